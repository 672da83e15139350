#include "wire/rdata_layout.h"

#include <algorithm>
#include <array>

namespace wire {
namespace {

struct TypeLayout {
  Type type;
  std::string_view fields;
};

constexpr TypeLayout kLayouts[] = {
    {Type::kA, "4"}, {Type::kNs, "c"}, {Type::kMd, "c"}, {Type::kMf, "c"}, {Type::kCname, "c"},
    {Type::kSoa, "cc44444"}, {Type::kMb, "c"}, {Type::kMg, "c"}, {Type::kMr, "c"}, {Type::kNull, "*"},
    {Type::kWks, "41*"}, {Type::kPtr, "c"}, {Type::kHinfo, "ss"}, {Type::kMinfo, "cc"}, {Type::kMx, "2c"},
    {Type::kTxt, "S"}, {Type::kRp, "cc"}, {Type::kAfsdb, "2c"}, {Type::kX25, "s"}, {Type::kIsdn, "s*"},
    {Type::kRt, "2c"}, {Type::kNsap, "+"}, {Type::kNsapPtr, "c"}, {Type::kSig, "2114442c*"}, {Type::kKey, "211*"},
    {Type::kPx, "2cc"}, {Type::kGpos, "sss"}, {Type::kAaaa, "88"}, {Type::kLoc, "+"}, {Type::kNxt, "c*"},
    {Type::kSrv, "222c"}, {Type::kAtma, "+"}, {Type::kNaptr, "22sssc"}, {Type::kKx, "2c"}, {Type::kCert, "221*"},
    {Type::kA6, "+"}, {Type::kDname, "c"}, {Type::kDs, "211*"}, {Type::kSshfp, "11*"}, {Type::kIpseckey, "111*"},
    {Type::kRrsig, "2114442n*"}, {Type::kNsec, "n*"}, {Type::kDnskey, "211*"}, {Type::kDhcid, "+"},
    {Type::kNsec3, "112ss*"}, {Type::kNsec3param, "112s"}, {Type::kTlsa, "111*"}, {Type::kSmimea, "111*"},
    {Type::kHip, "112*"}, {Type::kNinfo, "*"}, {Type::kRkey, "*"}, {Type::kTalink, "*"}, {Type::kCds, "211*"},
    {Type::kCdnskey, "211*"}, {Type::kOpenpgpkey, "+"}, {Type::kCsync, "42*"}, {Type::kZonemd, "411*"},
    {Type::kSvcb, "2n*"}, {Type::kHttps, "2n*"}, {Type::kSpf, "S"}, {Type::kNid, "28"}, {Type::kL32, "24"},
    {Type::kL64, "28"}, {Type::kLp, "2n"}, {Type::kEui48, "6"}, {Type::kEui64, "8"}, {Type::kUri, "22*"},
    {Type::kCaa, "1s*"}, {Type::kTa, "*"}, {Type::kDlv, "*"},  // these and NINFO, RKEY, TALINK: never in use
};

constexpr Type kCompressedWhenSent[] = {Type::kNs, Type::kMd, Type::kMf, Type::kCname, Type::kSoa, Type::kMb,
                                        Type::kMg, Type::kMr, Type::kPtr, Type::kMinfo, Type::kMx};

constexpr Type kLowercasedBesides[] = {Type::kRp, Type::kAfsdb, Type::kRt, Type::kSig, Type::kPx, Type::kNxt,
                                       Type::kNaptr, Type::kKx, Type::kSrv, Type::kDname, Type::kRrsig};

// Types below this are looked up by index, the few others one by one.
constexpr size_t kIndexedTypes = 110;

constexpr auto kLayoutByType = [] {
  std::array<std::string_view, kIndexedTypes> table{};
  for (auto& fields : table) fields = "*";
  for (const TypeLayout& layout : kLayouts) {
    if (static_cast<size_t>(layout.type) < table.size()) table[static_cast<size_t>(layout.type)] = layout.fields;
  }
  return table;
}();

Parsed<size_t> strings_bytes(base::Bytes rdata) {
  size_t at = 0;
  while (at < rdata.size()) at += rdata[at] + size_t{1};
  if (at != rdata.size()) return base::error(ParseError::kBadRdata);
  return at;
}

}  // namespace

std::string_view rdata_layout(Type type) {
  if (static_cast<size_t>(type) < kIndexedTypes) return kLayoutByType[static_cast<size_t>(type)];
  for (const TypeLayout& layout : kLayouts) {
    if (layout.type == type) return layout.fields;
  }
  return "*";
}

bool compresses_names_when_sent(Type type) {
  const auto* const end = std::end(kCompressedWhenSent);
  return std::find(std::begin(kCompressedWhenSent), end, type) != end;
}

bool lowercases_names(Type type) {
  return compresses_names_when_sent(type) ||
         std::find(std::begin(kLowercasedBesides), std::end(kLowercasedBesides), type) != std::end(kLowercasedBesides);
}

Parsed<size_t> rdata_field_bytes(char field, base::Bytes rdata) {
  size_t bytes = 0;
  if (field >= '1' && field <= '8') {
    bytes = static_cast<size_t>(field - '0');
  } else if (field == 's') {
    bytes = rdata.empty() ? 1 : rdata[0] + size_t{1};
  } else if (field == 'S' || field == 'Z') {
    if (field == 'S' && rdata.empty()) return base::error(ParseError::kBadRdata);
    return strings_bytes(rdata);
  } else {
    if (field == '+' && rdata.empty()) return base::error(ParseError::kBadRdata);
    return rdata.size();
  }
  if (bytes > rdata.size()) return base::error(ParseError::kBadRdata);
  return bytes;
}

bool is_expanded_rdata(Type type, base::Bytes rdata) {
  for (const char field : rdata_layout(type)) {
    if (is_name_field(field)) {
      const auto name = NameView::parse(rdata);
      if (!name) return false;
      rdata = rdata.subspan(name->size());
    } else {
      const auto bytes = rdata_field_bytes(field, rdata);
      if (!bytes) return false;
      rdata = rdata.subspan(*bytes);
    }
  }
  return rdata.empty();
}

}  // namespace wire
