#include "resolver/local_names.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

// What RFC 6303 §3 gives for its zones: SOA and NS at the apex, nothing else.
constexpr uint32_t kLocalTtl_s = 10800;

// Zones of IANA's "Special-Use Domain Names" and "Locally-Served DNS Zones" that hold nothing. The
// documentation names (example, example.com and kin) are left out on purpose: RFC 6761 §6.5 asks caching
// servers to resolve them as any other.
constexpr std::string_view kEmptyZones[] = {
    "invalid",          // RFC 6761 §6.4
    "test",             // RFC 6761 §6.2
    "onion",            // RFC 7686 §2
    "alt",              // RFC 9476 §2
    "local",            // RFC 6762 §22.1
    "home.arpa",        // RFC 8375 §4
    "service.arpa",     // RFC 9665
    "6tisch.arpa",      // RFC 9031
    "eap-noob.arpa",    // RFC 9140
    "eap.arpa",         // RFC 9965
    "10.in-addr.arpa",  // RFC 6303 §4.1: private addresses; 172.16/12 is added below
    "168.192.in-addr.arpa",
    "0.in-addr.arpa",  // RFC 6303 §4.2
    "254.169.in-addr.arpa",
    "2.0.192.in-addr.arpa",
    "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa",
    "255.255.255.255.in-addr.arpa",
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",  // RFC 6303 §4.3
    "d.f.ip6.arpa",                                                              // RFC 6303 §4.4
    "8.e.f.ip6.arpa",                                                            // RFC 6303 §4.5
    "9.e.f.ip6.arpa",
    "a.e.f.ip6.arpa",
    "b.e.f.ip6.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",  // RFC 6303 §4.6
    "0.f.f.f.3.ip6.arpa",        // RFC 9637: documentation
};

// Zones that hold something, or that behave otherwise.
constexpr std::string_view kLoopbackV6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa";
constexpr std::string_view kOtherZones[] = {
    "localhost",                 // RFC 6761 §6.3: every name below it too is the loopback address
    "resolver.arpa",             // RFC 9462 §6.4: NODATA says that there is no designated resolver
    "ipv4only.arpa",             // RFC 8880 §7.1
    "170.0.0.192.in-addr.arpa",  // RFC 8880 §7.2
    "171.0.0.192.in-addr.arpa",
    "127.in-addr.arpa",  // RFC 6303 §4.2
    kLoopbackV6,         // RFC 6303 §4.3
};

// No configuration makes these go out: the RFCs leave no room for it (RFC 6761 §6.3 and §6.4, 7686 §2, 9476 §2),
// or what is answered here tells of this resolver itself (RFC 8880, 9462).
constexpr std::string_view kAlwaysLocal[] = {"localhost",
                                             "invalid",
                                             "onion",
                                             "alt",
                                             "resolver.arpa",
                                             "ipv4only.arpa",
                                             "170.0.0.192.in-addr.arpa",
                                             "171.0.0.192.in-addr.arpa"};

// Names outside these top-level domains are never local: the quick way out.
constexpr std::string_view kTops[] = {"arpa", "localhost", "invalid", "test", "onion", "alt", "local"};

struct LocalPointer {
  std::string_view owner;
  std::string_view target;
};
constexpr LocalPointer kPointers[] = {
    {"1.0.0.127.in-addr.arpa", "localhost"},
    {kLoopbackV6, "localhost"},
    {"170.0.0.192.in-addr.arpa", "ipv4only.arpa"},
    {"171.0.0.192.in-addr.arpa", "ipv4only.arpa"},
};

constexpr std::array<uint8_t, 4> kLoopbackA = {127, 0, 0, 1};
constexpr std::array<uint8_t, 16> kLoopbackAaaa = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::array<uint8_t, 4> kIpv4onlyFirst = {192, 0, 0, 170};
constexpr std::array<uint8_t, 4> kIpv4onlySecond = {192, 0, 0, 171};

wire::Name name_of(std::string_view text) {
  const auto name = wire::Name::from_text(text);
  CHECK(name.has_value());
  return *name;
}

// The zones, by their lower-case wire form.
class ZoneTable {
 public:
  ZoneTable() {
    for (const std::string_view zone : kEmptyZones) add(zone);
    for (const std::string_view zone : kOtherZones) add(zone);
    for (int net = 16; net <= 31; ++net) add(std::to_string(net) + ".172.in-addr.arpa");   // RFC 6303 §4.1
    for (int net = 64; net <= 127; ++net) add(std::to_string(net) + ".100.in-addr.arpa");  // RFC 7793
  }
  [[nodiscard]] bool contains(wire::NameView lowercase) const {
    return zones_.find(base::as_text(lowercase.bytes())) != zones_.end();
  }

 private:
  void add(std::string_view zone) { zones_.emplace(base::as_text(name_of(zone).view().bytes())); }
  std::set<std::string, std::less<>> zones_;
};

// What the local zones hold at a name, besides SOA and NS at the apex.
struct Found {
  bool exists = false;
  std::vector<uint8_t> rendered;
  uint16_t record_count = 0;
  void add(wire::Type type, base::Bytes rdata) {
    wire::append_rendered(rendered, type, wire::Class::kIn, kLocalTtl_s, rdata);
    ++record_count;
  }
};

std::vector<uint8_t> soa_rdata(wire::NameView zone) {
  const wire::Name contact = name_of("nobody.invalid");
  std::vector<uint8_t> rdata(zone.bytes().begin(), zone.bytes().end());
  rdata.insert(rdata.end(), contact.view().bytes().begin(), contact.view().bytes().end());
  const size_t fixed = rdata.size();
  rdata.resize(fixed + 20);
  constexpr uint32_t kFields[] = {1, 3600, 1200, 604800, 10800};  // RFC 6303 §3
  for (size_t index = 0; index < std::size(kFields); ++index) {
    base::store_be32(rdata.data() + fixed + 4 * index, kFields[index]);
  }
  return rdata;
}

void find_addresses(wire::NameView name, wire::NameView zone, wire::Type type, Found& found) {
  if (zone == name_of("localhost").view()) {
    found.exists = true;
    if (type == wire::Type::kA) found.add(type, kLoopbackA);
    if (type == wire::Type::kAaaa) found.add(type, kLoopbackAaaa);
  }
  if (name == name_of("ipv4only.arpa").view() && type == wire::Type::kA) {
    found.add(type, kIpv4onlyFirst);
    found.add(type, kIpv4onlySecond);
  }
}

Found find_data(wire::NameView name, wire::NameView zone, wire::Type type) {
  Found found;
  found.exists = name == zone || zone == name_of("resolver.arpa").view();
  if (name == zone && type == wire::Type::kSoa) found.add(type, soa_rdata(zone));
  if (name == zone && type == wire::Type::kNs) found.add(type, zone.bytes());
  find_addresses(name, zone, type, found);
  for (const LocalPointer& pointer : kPointers) {
    const wire::Name owner = name_of(pointer.owner);
    if (!owner.view().is_within(name)) continue;
    found.exists = true;  // the name itself, or an empty non-terminal above it
    if (owner == wire::Name(name) && type == wire::Type::kPtr) found.add(type, name_of(pointer.target).view().bytes());
  }
  return found;
}

cache::EntryPtr make_entry(base::Instant now, cache::Kind kind, wire::NameView name, wire::Type type,
                           wire::NameView zone, base::Bytes body, uint16_t record_count) {
  cache::EntryParts parts;
  parts.header.learned_s = now.boot_seconds();
  parts.header.ttl_s = kLocalTtl_s;
  parts.header.lease_until_s = std::numeric_limits<uint32_t>::max();
  parts.header.record_count = record_count;
  parts.header.type = type;
  parts.header.space = kind == cache::Kind::kNxdomain ? cache::Space::kNxdomain : cache::Space::kAnswer;
  parts.header.kind = kind;
  parts.header.rank = cache::Rank::kLocal;
  parts.header.validation = cache::Validation::kInsecure;
  parts.header.zone_labels = static_cast<uint8_t>(zone.label_count());
  parts.name = name;
  parts.body = body;
  return parts.make();
}

bool has_local_top(wire::NameView lowercase) {
  if (lowercase.is_root()) return false;
  const std::string_view top = base::as_text(lowercase.suffix(1).first_label());
  return std::find(std::begin(kTops), std::end(kTops), top) != std::end(kTops);
}

}  // namespace

bool is_always_local(wire::NameView zone) {
  return std::any_of(std::begin(kAlwaysLocal), std::end(kAlwaysLocal),
                     [&](std::string_view always) { return zone.is_within(name_of(always)); });
}

std::optional<LocalAnswer> answer_locally(base::Instant now, wire::NameView name, wire::Type type,
                                          wire::NameView route_zone) {
  static const ZoneTable table;
  const wire::Name lowercase = wire::Name(name).lowercased();
  if (!has_local_top(lowercase)) return std::nullopt;
  wire::NameView zone = lowercase;
  while (!zone.is_root() && !table.contains(zone)) zone = zone.parent();
  if (zone.is_root()) return std::nullopt;
  if (route_zone.is_within(zone) && !is_always_local(zone)) return std::nullopt;

  const Found found = find_data(lowercase, zone, type);
  LocalAnswer answer;
  if (found.record_count > 0) {
    answer.chain.push_back(
        make_entry(now, cache::Kind::kRrset, lowercase, type, zone, found.rendered, found.record_count));
    return answer;
  }
  std::vector<uint8_t> soa;
  wire::append_rendered(soa, wire::Type::kSoa, wire::Class::kIn, kLocalTtl_s, soa_rdata(zone));
  answer.rcode = found.exists ? wire::Rcode::kNoerror : wire::Rcode::kNxdomain;
  const cache::Kind kind = found.exists ? cache::Kind::kNodata : cache::Kind::kNxdomain;
  answer.chain.push_back(make_entry(now, kind, lowercase, type, zone, soa, 1));
  return answer;
}

}  // namespace resolver
