#include "wire/types.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "wire/parse_error.h"

namespace wire {
namespace {

struct NumberName {
  uint16_t number;
  std::string_view name;
};

// IANA registry "Resource Record (RR) TYPEs", in numerical order.
constexpr std::array kTypeNames = {
    NumberName{1, "A"},           NumberName{2, "NS"},        NumberName{3, "MD"},       NumberName{4, "MF"},
    NumberName{5, "CNAME"},       NumberName{6, "SOA"},       NumberName{7, "MB"},       NumberName{8, "MG"},
    NumberName{9, "MR"},          NumberName{10, "NULL"},     NumberName{11, "WKS"},     NumberName{12, "PTR"},
    NumberName{13, "HINFO"},      NumberName{14, "MINFO"},    NumberName{15, "MX"},      NumberName{16, "TXT"},
    NumberName{17, "RP"},         NumberName{18, "AFSDB"},    NumberName{19, "X25"},     NumberName{20, "ISDN"},
    NumberName{21, "RT"},         NumberName{22, "NSAP"},     NumberName{23, "NSAP-PTR"}, NumberName{24, "SIG"},
    NumberName{25, "KEY"},        NumberName{26, "PX"},       NumberName{27, "GPOS"},    NumberName{28, "AAAA"},
    NumberName{29, "LOC"},        NumberName{30, "NXT"},      NumberName{31, "EID"},     NumberName{32, "NIMLOC"},
    NumberName{33, "SRV"},        NumberName{34, "ATMA"},     NumberName{35, "NAPTR"},   NumberName{36, "KX"},
    NumberName{37, "CERT"},       NumberName{38, "A6"},       NumberName{39, "DNAME"},   NumberName{40, "SINK"},
    NumberName{41, "OPT"},        NumberName{42, "APL"},      NumberName{43, "DS"},      NumberName{44, "SSHFP"},
    NumberName{45, "IPSECKEY"},   NumberName{46, "RRSIG"},    NumberName{47, "NSEC"},    NumberName{48, "DNSKEY"},
    NumberName{49, "DHCID"},      NumberName{50, "NSEC3"},    NumberName{51, "NSEC3PARAM"}, NumberName{52, "TLSA"},
    NumberName{53, "SMIMEA"},     NumberName{55, "HIP"},      NumberName{56, "NINFO"},   NumberName{57, "RKEY"},
    NumberName{58, "TALINK"},     NumberName{59, "CDS"},      NumberName{60, "CDNSKEY"}, NumberName{61, "OPENPGPKEY"},
    NumberName{62, "CSYNC"},      NumberName{63, "ZONEMD"},   NumberName{64, "SVCB"},    NumberName{65, "HTTPS"},
    NumberName{99, "SPF"},        NumberName{104, "NID"},     NumberName{105, "L32"},    NumberName{106, "L64"},
    NumberName{107, "LP"},        NumberName{108, "EUI48"},   NumberName{109, "EUI64"},  NumberName{249, "TKEY"},
    NumberName{250, "TSIG"},      NumberName{251, "IXFR"},    NumberName{252, "AXFR"},   NumberName{253, "MAILB"},
    NumberName{254, "MAILA"},     NumberName{255, "ANY"},     NumberName{256, "URI"},    NumberName{257, "CAA"},
    NumberName{32768, "TA"},      NumberName{32769, "DLV"},
};

constexpr std::array kRcodeNames = {
    NumberName{0, "NOERROR"},  NumberName{1, "FORMERR"},   NumberName{2, "SERVFAIL"}, NumberName{3, "NXDOMAIN"},
    NumberName{4, "NOTIMP"},   NumberName{5, "REFUSED"},   NumberName{6, "YXDOMAIN"}, NumberName{7, "YXRRSET"},
    NumberName{8, "NXRRSET"},  NumberName{9, "NOTAUTH"},   NumberName{10, "NOTZONE"}, NumberName{16, "BADVERS"},
    NumberName{23, "BADCOOKIE"},
};

constexpr std::array kClassNames = {
    NumberName{1, "IN"}, NumberName{3, "CH"}, NumberName{4, "HS"}, NumberName{254, "NONE"}, NumberName{255, "ANY"},
};

template <size_t count>
std::string name_of(const std::array<NumberName, count>& names, uint16_t number, std::string_view unknown_prefix) {
  const auto found = std::lower_bound(names.begin(), names.end(), number,
                                      [](const NumberName& entry, uint16_t wanted) { return entry.number < wanted; });
  if (found != names.end() && found->number == number) return std::string(found->name);
  return std::string(unknown_prefix) + std::to_string(number);
}

}  // namespace

std::string to_text(Type type) { return name_of(kTypeNames, static_cast<uint16_t>(type), "TYPE"); }
std::string to_text(Rcode rcode) { return name_of(kRcodeNames, static_cast<uint16_t>(rcode), "RCODE"); }
std::string to_text(Class klass) { return name_of(kClassNames, static_cast<uint16_t>(klass), "CLASS"); }

std::string_view to_text(ParseError error) {
  switch (error) {
    case ParseError::kTruncated: return "truncated";
    case ParseError::kBadLabel: return "bad label type";
    case ParseError::kBadPointer: return "bad compression pointer";
    case ParseError::kNameTooLong: return "name too long";
    case ParseError::kBadRdata: return "bad rdata";
    case ParseError::kTrailingBytes: return "trailing bytes";
    case ParseError::kBadOpt: return "bad OPT record";
    case ParseError::kBadText: return "bad presentation format";
  }
  return "unknown";
}

}  // namespace wire
