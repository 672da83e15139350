// MessageView on any bytes, with ldns as oracle: what ldns accepts we accept, but for the
// differences explained below; and a message of which all RDATA expands is the same after it was
// written by MessageWriter and read again.
#include <algorithm>
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
    // forwards as well, to labels that run on over the pointer, and up to 65535 of them.
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

// How the names in the RDATA of `record` look to a reader that does not heed RDLENGTH.
struct RdataNames {
  bool off_length = false;       // the fields end before or behind where RDLENGTH says
  bool cut_short = false;        // the RDATA ends behind a whole field, with fields missing
  bool bad_pointer = false;      // as above: not to a name before it
  bool illegal_pointer = false;  // in a type whose names are never compressed
};

RdataNames look_at_names(base::Bytes message, const RecordView& record) {
  RdataNames names;
  size_t at = record.rdata_offset;
  const size_t rdata_end = at + record.rdata.size();
  for (const char field : wire::rdata_layout(record.type)) {
    if (at == rdata_end && field != '*' && field != 'Z') {
      names.cut_short = true;
      return names;
    }
    if (!wire::is_name_field(field)) {
      const auto bytes = wire::rdata_field_bytes(field, message.subspan(at, rdata_end - at));
      if (!bytes) return names;
      at += *bytes;
      continue;
    }
    size_t end = 0;
    const auto name = wire::Name::from_message(message, at, &end);
    names.bad_pointer = names.bad_pointer || (!name && name.error() == ParseError::kBadPointer);
    if (!name) return names;
    const bool compressed = !wire::NameView::parse(message.subspan(at, end - at)).has_value();
    names.illegal_pointer = names.illegal_pointer || (field == 'n' && compressed);
    at = end;
    if (at > rdata_end) break;
  }
  names.off_length = at != rdata_end;
  return names;
}

// RDATA that ldns takes and we do not.
bool is_explained(base::Bytes message, const RecordView& record) {
  // ldns stops at RDLENGTH, whichever fields are still to come, as the empty RDATA of an UPDATE
  // needs (RFC 2136 §2.4). In the records we read, the fields of a type are all there (RFC 1035 §3.3).
  // Bytes between the last field and the end, or a name that goes on behind the end: see below.
  // Pointers in types that must not be compressed (RFC 3597 §4, RFC 4034 §3.1.7 and §4.1.1,
  // RFC 9460 §2.2): ldns expands them everywhere.
  const RdataNames names = look_at_names(message, record);
  return names.cut_short || names.off_length || names.bad_pointer || names.illegal_pointer;
}

// Types that ldns reads by other fields than we do, and so may stop before RDLENGTH (see below):
// NSAP-PTR is a domain name (RFC 1348 §3), to ldns a string; SINK has no form that anybody uses,
// to ldns one byte; TALINK, never in use either, is two names to ldns and bytes to us; ISDN is two
// strings at the most to ldns, and what comes behind the first is not looked at here; the others
// hold lengths of their own that we do not look at, because nothing here needs what is in them
// (RFC 3597 §3 lets us carry them as they are).
bool has_another_form_in_ldns(Type type) {
  constexpr std::array kTypes = {Type::kNsapPtr, Type::kSink, Type::kApl, Type::kTkey, Type::kTsig,
                                 Type::kHip, Type::kLoc, Type::kIpseckey, Type::kTalink, Type::kIsdn};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

// RDLENGTH says where the next record begins (RFC 1035 §3.2.1). ldns goes on where the last
// field of the RDATA ends, before or behind that place, so from such a record on it reads other records
// than we do, and its opinion of them says nothing.
bool ldns_loses_framing(base::Bytes message) {
  const auto header = wire::Header::parse(message);
  if (!header) return false;
  size_t at = wire::kHeaderBytes;
  for (unsigned left = header->question_count; left > 0; --left) {
    const auto end = wire::Name::check_in_message(message, at);
    if (!end) return false;
    at = *end + 4;
  }
  unsigned records = unsigned{header->answer_count} + header->authority_count + header->additional_count;
  for (; records > 0; --records) {
    const auto record = wire::read_record_at(message, at);
    if (!record) return false;
    const RdataNames names = look_at_names(message, *record);
    if (names.off_length || names.bad_pointer || has_another_form_in_ldns(record->type)) return true;
    at = record->rdata_offset + record->rdata.size();
  }
  return false;
}

void write_again(const MessageView& view, const std::vector<std::vector<uint8_t>>& rdata) {
  static std::array<uint8_t, 65535> buffer;
  wire::MessageWriter writer(buffer, buffer.size(), view.header());
  if (view.header().question_count > 1) return;
  if (const auto& question = view.question()) {
    FUZZ_EXPECT(writer.question(question->name, question->type, question->klass));
  }
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

// ldns_wire2pkt loses a record that it has read in part when it refuses the message. The product itself never
// calls it.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT: the name is the sanitizer's
  return "leak:libldns\n";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes bytes(data, size);
  const bool oracle = wire::ldns_accepts(bytes);
  const auto view = MessageView::parse(bytes);
  if (!view) {
    if (oracle && !is_explained(view.error()) && !ldns_loses_framing(bytes)) {
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
      if (oracle && !is_explained(bytes, record) && !ldns_loses_framing(bytes)) {
        std::fprintf(stderr, "ldns accepts this RDATA, we do not: %s %s\n", to_text(record.type).c_str(),
                     wire::rdata_to_text(static_cast<Type>(65280), record.rdata).c_str());
        std::abort();
      }
    }
  }
  if (all_expand) write_again(*view, rdata);
  return 0;
}
