// MessageView on any bytes, with ldns as oracle: what ldns accepts we accept, but for the
// differences explained below; and a message of which all RDATA expands is the same after it was
// written by MessageWriter and read again.
#include <array>

#include "tests/fuzz/fuzz_support.h"
#include "wire/ldns_bridge.h"
#include "wire/message.h"
#include "wire/rdata.h"
#include "wire/rdata_layout.h"
#include "wire/writer.h"

namespace {

using wire::MessageView;
using wire::ParseError;
using wire::RecordView;
using wire::Section;
using wire::Type;

constexpr std::array kSections = {Section::kAnswer, Section::kAuthority, Section::kAdditional};

// Whole messages that ldns takes and we do not.
bool is_explained(ParseError error) {
  switch (error) {
    // "A pointer to a prior occurrence of the same name" (RFC 1035 §4.1.4). ldns follows pointers
    // forwards as well, and up to 65535 of them.
    case ParseError::kBadPointer:
    // At most one OPT, in the additional section, owned by the root, options within RDLENGTH
    // (RFC 6891 §6.1.1, §6.1.2). ldns looks at none of these.
    case ParseError::kBadOpt:
      return true;
    case ParseError::kTruncated:
    case ParseError::kBadLabel:
    case ParseError::kNameTooLong:
    case ParseError::kBadRdata:
    case ParseError::kTrailingBytes:
    case ParseError::kBadText:
      return false;
  }
  return false;
}

bool has_name_field(Type type) {
  for (const char field : wire::rdata_layout(type)) {
    if (wire::is_name_field(field)) return true;
  }
  return false;
}

// RDATA that ldns takes and we do not.
bool is_explained(const RecordView& record) {
  // RFC 2136 §2.4: an UPDATE may hold empty RDATA of any type, so ldns takes it everywhere. We
  // read answers, and there no type of a known form is empty.
  if (record.rdata.empty()) return true;
  // Names: pointers that do not go backwards, as above; and pointers in types that must not be
  // compressed (RFC 3597 §4, RFC 4034 §3.1.7 and §4.1.1, RFC 9460 §2.2), which ldns expands.
  return has_name_field(record.type);
}

void write_again(const MessageView& view, const std::vector<std::vector<uint8_t>>& rdata) {
  static std::array<uint8_t, 65535> buffer;
  wire::MessageWriter writer(buffer, buffer.size(), view.header());
  if (view.header().question_count > 1) return;
  if (view.question()) FUZZ_EXPECT(writer.question(view.question()->name, view.question()->type, view.question()->klass));
  size_t index = 0;
  for (const Section section : kSections) {
    for (const RecordView& record : view.section(section)) {
      // Expanded names may take more than 65535 bytes.
      if (!writer.record(section, view.owner(record), record.type, record.klass, record.ttl, rdata[index++])) return;
    }
  }
  const base::Bytes written = writer.finish();
  const auto again = MessageView::parse(written);
  FUZZ_EXPECT(again.has_value());
  FUZZ_EXPECT(again->question().has_value() == view.question().has_value());
  FUZZ_EXPECT(!view.question() || again->question()->name.view().equals_exactly(view.question()->name));
  index = 0;
  for (const Section section : kSections) {
    FUZZ_EXPECT(again->section(section).count() == view.section(section).count());
    auto original = view.section(section).begin();
    for (const RecordView& record : again->section(section)) {
      FUZZ_EXPECT(again->owner(record) == view.owner(*original));
      FUZZ_EXPECT(record.type == original->type && record.klass == original->klass && record.ttl == original->ttl);
      std::vector<uint8_t> expanded;
      FUZZ_EXPECT(append_expanded_rdata(*again, record, expanded).has_value());
      FUZZ_EXPECT(canonical_rdata(record.type, expanded) == canonical_rdata(record.type, rdata[index]));
      ++index;
      ++original;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes bytes(data, size);
  const bool oracle = wire::ldns_accepts(bytes);
  const auto view = MessageView::parse(bytes);
  if (!view) {
    if (oracle && !is_explained(view.error())) {
      std::fprintf(stderr, "ldns accepts, we say: %s\n", std::string(to_text(view.error())).c_str());
      std::abort();
    }
    return 0;
  }
  bool all_expand = true;
  std::vector<std::vector<uint8_t>> rdata;
  for (const Section section : kSections) {
    for (const RecordView& record : view->section(section)) {
      FUZZ_EXPECT(wire::NameView::parse(view->owner(record).view().bytes()).has_value());
      std::vector<uint8_t>& expanded = rdata.emplace_back();
      if (append_expanded_rdata(*view, record, expanded)) {
        FUZZ_EXPECT(is_expanded_rdata(record.type, expanded));
        if (rdata.size() < 20) (void)wire::rdata_to_text(record.type, expanded);
        continue;
      }
      all_expand = false;
      FUZZ_EXPECT(expanded.empty());
      if (oracle && !is_explained(record)) {
        std::fprintf(stderr, "ldns accepts this RDATA, we do not: %s %s\n", to_text(record.type).c_str(),
                     wire::rdata_to_text(static_cast<Type>(65280), record.rdata).c_str());
        std::abort();
      }
    }
  }
  if (all_expand) write_again(*view, rdata);
  return 0;
}
