// MessageWriter fed with a program drawn from the input: names that share suffixes, any types and
// RDATA, limits that cut anywhere. Whatever it accepts parses back to the same.
#include <array>

#include "tests/fuzz/fuzz_support.h"
#include "wire/message.h"
#include "wire/rdata.h"
#include "wire/rdata_layout.h"
#include "wire/writer.h"

namespace {

using wire::Name;
using wire::NameView;
using wire::Section;
using wire::Type;

struct Written {
  Section section;
  Name owner;
  Type type;
  uint32_t ttl;
  std::vector<uint8_t> rdata;
};

// A new label before one of the names drawn so far.
Name draw_name(fuzz::Input& input, std::vector<Name>& names) {
  const uint8_t choice = input.u8();
  Name name = names.empty() ? Name() : names[choice % names.size()];
  if ((choice & 0xC0) == 0) return name;
  if ((choice & 0x40) != 0 && !name.view().is_root()) name = Name(name.view().parent());
  const auto longer = Name::prepend(input.bytes(choice & 7), name);
  if (longer) name = *longer;
  names.push_back(name);
  return name;
}

std::vector<uint8_t> draw_rdata(fuzz::Input& input, Type type, std::vector<Name>& names) {
  std::vector<uint8_t> rdata;
  for (const char field : wire::rdata_layout(type)) {
    if (wire::is_name_field(field)) {
      const Name name = draw_name(input, names);
      rdata.insert(rdata.end(), name.view().bytes().begin(), name.view().bytes().end());
      continue;
    }
    const base::Bytes bytes = input.bytes(field >= '1' && field <= '8' ? static_cast<size_t>(field - '0') : input.u8());
    rdata.insert(rdata.end(), bytes.begin(), bytes.end());
  }
  return rdata;
}

void check(base::Bytes message, const std::vector<Written>& all, size_t skipped_opt) {
  const auto view = wire::MessageView::parse(message);
  FUZZ_EXPECT(view.has_value());
  size_t index = 0;
  for (const Section section : {Section::kAnswer, Section::kAuthority, Section::kAdditional}) {
    for (const wire::RecordView& record : view->section(section)) {
      if (record.type == Type::kOpt) {
        FUZZ_EXPECT(skipped_opt-- == 1);
        continue;
      }
      FUZZ_EXPECT(index < all.size());
      const Written& wanted = all[index++];
      FUZZ_EXPECT(wanted.section == section && wanted.type == record.type && wanted.ttl == record.ttl);
      FUZZ_EXPECT(view->owner(record) == wanted.owner);
      std::vector<uint8_t> expanded;
      if (!is_expanded_rdata(wanted.type, wanted.rdata)) continue;
      FUZZ_EXPECT(append_expanded_rdata(*view, record, expanded).has_value());
      FUZZ_EXPECT(canonical_rdata(record.type, expanded) == canonical_rdata(record.type, wanted.rdata));
    }
  }
  FUZZ_EXPECT(index == all.size() && skipped_opt == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const size_t limit = wire::kHeaderBytes + input.u16() % 40000;
  std::vector<uint8_t> buffer(limit);  // exactly the limit: the address sanitizer watches its end
  wire::MessageWriter writer(buffer, limit, wire::Header{.id = input.u16(), .qr = true});
  std::vector<Name> names;
  const size_t reserved = input.u8() % 32;
  writer.reserve(reserved);
  const bool question = writer.question(draw_name(input, names), Type::kA, wire::Class::kIn);
  if (!question) FUZZ_EXPECT(writer.size() == wire::kHeaderBytes);
  std::vector<Written> all;
  auto section = Section::kAnswer;
  while (!input.empty()) {
    const uint8_t choice = input.u8();
    if ((choice & 0x0F) == 0 && section != Section::kAdditional) {
      section = section == Section::kAnswer ? Section::kAuthority : Section::kAdditional;
    }
    if (choice == 0xFF) {
      writer.drop_records();
      all.clear();
      section = Section::kAnswer;
    }
    const auto type = static_cast<Type>((choice & 0x80) != 0 ? input.u8() : choice & 0x1F);
    if (type == Type::kOpt) continue;
    const Name owner = draw_name(input, names);
    Written record{section, owner, type, input.u32(), draw_rdata(input, type, names)};
    if (record.rdata.size() > 65535) continue;
    const size_t before = writer.size();
    if (writer.record(section, owner, type, wire::Class::kIn, record.ttl, record.rdata)) {
      all.push_back(std::move(record));
    } else {
      FUZZ_EXPECT(writer.size() == before);
    }
    FUZZ_EXPECT(writer.size() + reserved <= limit || writer.size() == wire::kHeaderBytes);
  }
  const std::vector<uint8_t> options(reserved > 15 ? 4 : 0);
  const bool opt = writer.opt(1232, 0, false, options);
  FUZZ_EXPECT(opt || reserved < 11 || limit < wire::kHeaderBytes + reserved);
  check(writer.finish(), all, opt ? 1 : 0);
  return 0;
}
