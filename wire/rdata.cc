#include "wire/rdata.h"

#include "wire/rdata_layout.h"

namespace wire {
namespace {

constexpr size_t kRdataBytesMax = 65535;

void append_bytes(std::vector<uint8_t>& out, base::Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// Appends the name at `at` of the message; it must end inside the RDATA. Gives where it ends.
Parsed<size_t> append_name(base::Bytes message, size_t at, size_t rdata_end, bool may_be_compressed,
                           std::vector<uint8_t>& out) {
  if (!may_be_compressed) {
    const auto name = NameView::parse(message.subspan(at, rdata_end - at));
    if (!name) return base::error(ParseError::kBadRdata);
    append_bytes(out, name->bytes());
    return at + name->size();
  }
  // The message is cut where the RDATA ends: pointers go backwards, so nothing behind is needed.
  size_t end = 0;
  const auto name = Name::from_message(message.first(rdata_end), at, &end);
  if (!name) return base::error(ParseError::kBadRdata);
  append_bytes(out, name->view().bytes());
  return end;
}

Parsed<size_t> append_fields(base::Bytes message, const RecordView& record, std::vector<uint8_t>& out) {
  const size_t start = out.size();
  size_t at = record.rdata_offset;
  const size_t end = at + record.rdata.size();
  for (const char field : rdata_layout(record.type)) {
    if (is_name_field(field)) {
      const auto next = append_name(message, at, end, field == 'c', out);
      if (!next) return next;
      at = *next;
      continue;
    }
    const auto bytes = rdata_field_bytes(field, message.subspan(at, end - at));
    if (!bytes) return bytes;
    append_bytes(out, message.subspan(at, *bytes));
    at += *bytes;
  }
  const size_t appended = out.size() - start;
  // Expanding may lengthen RDATA past what RDLENGTH can say (a long bitmap behind a pointer).
  if (at != end || appended > kRdataBytesMax) return base::error(ParseError::kBadRdata);
  return appended;
}

}  // namespace

Parsed<size_t> append_expanded_rdata(const MessageView& message, const RecordView& record, std::vector<uint8_t>& out) {
  const size_t start = out.size();
  auto appended = append_fields(message.bytes(), record, out);
  if (!appended) out.resize(start);
  return appended;
}

Parsed<SoaFields> parse_soa(base::Bytes rdata) {
  SoaFields soa;
  for (NameView* name : {&soa.mname, &soa.rname}) {
    const auto parsed = NameView::parse(rdata);
    if (!parsed) return base::error(parsed.error());
    *name = *parsed;
    rdata = rdata.subspan(parsed->size());
  }
  if (rdata.size() < 20) return base::error(ParseError::kTruncated);
  if (rdata.size() > 20) return base::error(ParseError::kTrailingBytes);
  soa.serial = base::load_be32(rdata.data());
  soa.refresh = base::load_be32(rdata.data() + 4);
  soa.retry = base::load_be32(rdata.data() + 8);
  soa.expire = base::load_be32(rdata.data() + 12);
  soa.minimum = base::load_be32(rdata.data() + 16);
  return soa;
}

std::optional<base::IpAddress> parse_address(Type type, base::Bytes rdata) {
  if (type == Type::kA && rdata.size() == 4) return base::IpAddress::v4(rdata);
  if (type == Type::kAaaa && rdata.size() == 16) return base::IpAddress::v6(rdata);
  return std::nullopt;
}

Parsed<NameView> parse_single_name(base::Bytes rdata) {
  auto name = NameView::parse(rdata);
  if (name && name->size() != rdata.size()) return base::error(ParseError::kTrailingBytes);
  return name;
}

std::vector<uint8_t> canonical_rdata(Type type, base::Bytes rdata) {
  std::vector<uint8_t> canonical(rdata.begin(), rdata.end());
  if (!lowercases_names(type)) return canonical;
  size_t at = 0;
  for (const char field : rdata_layout(type)) {
    if (is_name_field(field)) {
      const auto name = NameView::parse(rdata.subspan(at));
      if (!name) break;  // not of this type's form: compared as it is
      lowercase_into(name->bytes(), base::MutableBytes(canonical).subspan(at, name->size()));
      at += name->size();
      continue;
    }
    const auto bytes = rdata_field_bytes(field, rdata.subspan(at));
    if (!bytes) break;
    at += *bytes;
  }
  return canonical;
}

}  // namespace wire
