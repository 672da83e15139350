#include "resolver/refusal.h"

namespace resolver {
namespace {
constexpr auto kNxnameType = static_cast<wire::Type>(128);
}

std::optional<wire::Rcode> refusal_for(wire::Type type, wire::Class klass) {
  // Nothing of the other classes is known or asked for; ANY and NONE are not classes of data (RFC 6895 §3.2).
  if (klass != wire::Class::kIn) return wire::Rcode::kRefused;
  if (!wire::is_meta_type(type) || type == wire::Type::kAny) return std::nullopt;
  // A resolver is no zone's server: transfers are refused (RFC 5936 §2.2.1, RFC 1995 §4).
  if (type == wire::Type::kAxfr || type == wire::Type::kIxfr) return wire::Rcode::kRefused;
  // OPT is no question (RFC 6891 §6.1.1), and neither is NXNAME (RFC 9824 §3.5).
  if (type == wire::Type::kOpt || type == kNxnameType) return wire::Rcode::kFormerr;
  // MAILA, MAILB (obsolete: RFC 1035 §3.2.3), TSIG, TKEY, type 0 and the unassigned meta types (RFC 6895 §3.1).
  return wire::Rcode::kNotimp;
}

}  // namespace resolver
