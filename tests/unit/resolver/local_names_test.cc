#include "resolver/local_names.h"

#include "tests/unit/resolver/support.h"

namespace {

using resolver::answer_locally;
using resolver_test::name;
using wire::Type;

struct Row {
  const char* qname;
  Type qtype;
  const char* expected;  // "" for names that are resolved as any other
};

// "NOERROR localhost. A 127.0.0.1" or "NXDOMAIN test. SOA"
std::string local(std::string_view qname, Type qtype) {
  const auto now = base::Instant::from_boot(base::seconds(100));
  const auto answer = answer_locally(now, name(qname), qtype);
  if (!answer) return "";
  EXPECT_EQ(answer->chain.size(), 1U);
  const cache::Entry& entry = *answer->chain.front();
  EXPECT_EQ(entry.ttl_left_s(now), 10800U);
  EXPECT_EQ(entry.name(), wire::NameView(name(qname)));
  const bool is_rrset = entry.header().kind == cache::Kind::kRrset;
  std::string text = wire::to_text(answer->rcode) + " " + (is_rrset ? entry.name() : entry.zone()).to_text();
  uint16_t records = 0;
  wire::for_each_rendered(entry.body(), [&](Type type, uint32_t, base::Bytes rdata) {
    ++records;
    text += " " + wire::to_text(type);
    if (is_rrset) text += " " + wire::rdata_to_text(type, rdata);
  });
  EXPECT_EQ(records, entry.header().record_count);
  return text;
}

TEST(LocalNames, Table) {
  constexpr Row kRows[] = {
      {"localhost", Type::kA, "NOERROR localhost. A 127.0.0.1"},
      {"LocalHost", Type::kAaaa, "NOERROR localhost. AAAA ::1"},
      {"a.b.localhost", Type::kA, "NOERROR a.b.localhost. A 127.0.0.1"},
      {"localhost", Type::kMx, "NOERROR localhost. SOA"},
      {"a.localhost", Type::kNs, "NOERROR localhost. SOA"},
      {"localhost", Type::kNs, "NOERROR localhost. NS localhost."},
      {"test", Type::kA, "NOERROR test. SOA"},
      {"www.test", Type::kA, "NXDOMAIN test. SOA"},
      {"x.invalid", Type::kAaaa, "NXDOMAIN invalid. SOA"},
      {"x.onion", Type::kA, "NXDOMAIN onion. SOA"},
      {"x.y.alt", Type::kA, "NXDOMAIN alt. SOA"},
      {"printer.local", Type::kA, "NXDOMAIN local. SOA"},
      {"home.arpa", Type::kSoa, "NOERROR home.arpa. SOA home.arpa. nobody.invalid. 1 3600 1200 604800 10800"},
      {"nas.home.arpa", Type::kA, "NXDOMAIN home.arpa. SOA"},
      {"home.arpa", Type::kDs, "NOERROR home.arpa. SOA"},
      {"_dns.resolver.arpa", static_cast<Type>(64), "NOERROR resolver.arpa. SOA"},
      {"ipv4only.arpa", Type::kA, "NOERROR ipv4only.arpa. A 192.0.0.170 A 192.0.0.171"},
      {"ipv4only.arpa", Type::kAaaa, "NOERROR ipv4only.arpa. SOA"},
      {"170.0.0.192.in-addr.arpa", Type::kPtr, "NOERROR 170.0.0.192.in-addr.arpa. PTR ipv4only.arpa."},
      {"1.0.0.127.in-addr.arpa", Type::kPtr, "NOERROR 1.0.0.127.in-addr.arpa. PTR localhost."},
      {"0.0.127.in-addr.arpa", Type::kPtr, "NOERROR 127.in-addr.arpa. SOA"},
      {"2.0.0.127.in-addr.arpa", Type::kPtr, "NXDOMAIN 127.in-addr.arpa. SOA"},
      {"x.1.0.0.127.in-addr.arpa", Type::kPtr, "NXDOMAIN 127.in-addr.arpa. SOA"},
      {"1.2.3.10.in-addr.arpa", Type::kPtr, "NXDOMAIN 10.in-addr.arpa. SOA"},
      {"1.1.16.172.in-addr.arpa", Type::kPtr, "NXDOMAIN 16.172.in-addr.arpa. SOA"},
      {"1.1.31.172.in-addr.arpa", Type::kPtr, "NXDOMAIN 31.172.in-addr.arpa. SOA"},
      {"1.1.64.100.in-addr.arpa", Type::kPtr, "NXDOMAIN 64.100.in-addr.arpa. SOA"},
      {"1.1.127.100.in-addr.arpa", Type::kPtr, "NXDOMAIN 127.100.in-addr.arpa. SOA"},
      {"1.1.168.192.in-addr.arpa", Type::kPtr, "NXDOMAIN 168.192.in-addr.arpa. SOA"},
      {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", Type::kPtr,
       "NOERROR 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa. PTR localhost."},
      {"1.d.f.ip6.arpa", Type::kPtr, "NXDOMAIN d.f.ip6.arpa. SOA"},
      {"x.8.b.d.0.1.0.0.2.ip6.arpa", Type::kPtr, "NXDOMAIN 8.b.d.0.1.0.0.2.ip6.arpa. SOA"},
      // Resolved as any other name.
      {"15.172.in-addr.arpa", Type::kPtr, ""},
      {"32.172.in-addr.arpa", Type::kPtr, ""},
      {"63.100.in-addr.arpa", Type::kPtr, ""},
      {"128.100.in-addr.arpa", Type::kPtr, ""},
      {"8.8.8.8.in-addr.arpa", Type::kPtr, ""},
      {"1.0.0.2.ip6.arpa", Type::kPtr, ""},
      {"arpa", Type::kNs, ""},
      {"in-addr.arpa", Type::kNs, ""},
      {".", Type::kNs, ""},
      {"example.com", Type::kA, ""},
      {"example", Type::kA, ""},
      {"localhost.com", Type::kA, ""},
      {"notlocal", Type::kA, ""},
  };
  for (const Row& row : kRows) EXPECT_EQ(local(row.qname, row.qtype), row.expected) << row.qname << " " << wire::to_text(row.qtype);
}

struct RouteRow {
  const char* qname;
  const char* route_zone;
  bool local;
};

TEST(LocalNames, StepAsideForARouteOfTheirOwn) {
  constexpr RouteRow kRows[] = {
      {"1.0.0.10.in-addr.arpa", ".", true},
      {"1.0.0.10.in-addr.arpa", "in-addr.arpa", true},
      {"1.0.0.10.in-addr.arpa", "10.in-addr.arpa", false},
      {"1.0.0.10.in-addr.arpa", "0.0.10.in-addr.arpa", false},
      {"1.0.168.192.in-addr.arpa", "192.in-addr.arpa", true},
      {"nas.home.arpa", "home.arpa", false},
      {"dc.corp.local", "corp.local", false},
      {"www.test", "test", false},
      {"x.localhost", "localhost", true},  // not left to the operator
      {"x.onion", "x.onion", true},
      {"x.invalid", "invalid", true},
      {"x.alt", "alt", true},
      {"ipv4only.arpa", "ipv4only.arpa", true},
  };
  for (const RouteRow& row : kRows) {
    const auto now = base::Instant::from_boot(base::seconds(100));
    EXPECT_EQ(answer_locally(now, name(row.qname), Type::kA, name(row.route_zone)).has_value(), row.local)
        << row.qname << " " << row.route_zone;
  }
}

}  // namespace
