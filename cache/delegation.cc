#include "cache/delegation.h"

#include <algorithm>
#include <array>

namespace cache {

namespace {

// The body, for each server:
//
//   | NS name, lower case | counts: v4 in the upper, v6 in the lower four bits | v4 4 ... | v6 16 ... |
//
// header.record_count is the number of servers; the entry's own name is the zone. The tail, 4 bytes: for how many
// seconds before `learned_s` the NS names had been the same, and kHasChanged if they had been others before that.
constexpr uint32_t kHasChanged = 1U << 31;
static_assert(kAddressesPerServerMax <= 15);
constexpr size_t kV4Bytes = 4;
constexpr size_t kV6Bytes = 16;

void add_address(std::vector<base::IpAddress>& glue, const base::IpAddress& address) {
  if (glue.size() >= kAddressesPerServerMax) return;
  if (std::find(glue.begin(), glue.end(), address) == glue.end()) glue.push_back(address);
}

// Each NS name once, with the addresses of all its mentions. At most kServersMax * servers.size()
// comparisons, and what comes behind the bound is not looked at further than that.
std::vector<DelegationServer> bounded(const std::vector<DelegationServer>& servers) {
  std::vector<DelegationServer> kept;
  for (const DelegationServer& server : servers) {
    auto at = std::find_if(kept.begin(), kept.end(),
                           [&](const DelegationServer& other) { return other.name == server.name; });
    if (at == kept.end()) {
      if (kept.size() == kServersMax) continue;
      at = kept.insert(kept.end(), DelegationServer{server.name.lowercased(), {}});
    }
    for (const base::IpAddress& address : server.glue) add_address(at->glue, address);
  }
  return kept;
}

void append_addresses(std::vector<uint8_t>& out, const std::vector<base::IpAddress>& glue, base::Family family) {
  for (const base::IpAddress& address : glue) {
    if (address.family() == family) out.insert(out.end(), address.bytes().begin(), address.bytes().end());
  }
}

uint8_t counts_of(const std::vector<base::IpAddress>& glue) {
  const auto v4_count = std::ranges::count_if(glue, [](const auto& address) { return address.is_v4(); });
  const auto v6_count = static_cast<ptrdiff_t>(glue.size()) - v4_count;
  return static_cast<uint8_t>(v4_count << 4 | v6_count);
}

void append_server(std::vector<uint8_t>& out, const DelegationServer& server) {
  const base::Bytes name = server.name.view().bytes();
  out.insert(out.end(), name.begin(), name.end());
  out.push_back(counts_of(server.glue));
  append_addresses(out, server.glue, base::Family::kV4);
  append_addresses(out, server.glue, base::Family::kV6);
}

// Takes one server off the front of `body`.
DelegationServer take_server(base::Bytes& body) {
  const auto name = wire::NameView::parse(body);
  CHECK(name.has_value());
  DelegationServer server{wire::Name(*name), {}};
  body = body.subspan(name->size());
  CHECK(!body.empty());
  const size_t v4_count = body[0] >> 4;
  const size_t v6_count = body[0] & 15;
  body = body.subspan(1);
  CHECK(body.size() >= v4_count * kV4Bytes + v6_count * kV6Bytes);
  server.glue.reserve(v4_count + v6_count);
  for (size_t i = 0; i < v4_count; ++i, body = body.subspan(kV4Bytes)) {
    server.glue.push_back(base::IpAddress::v4(body.first(kV4Bytes)));
  }
  for (size_t i = 0; i < v6_count; ++i, body = body.subspan(kV6Bytes)) {
    server.glue.push_back(base::IpAddress::v6(body.first(kV6Bytes)));
  }
  return server;
}

bool has_same_names(const Entry& previous, const std::vector<DelegationServer>& servers) {
  const std::vector<DelegationServer> others = read_delegation(previous).servers;
  return others.size() == servers.size() && std::ranges::all_of(servers, [&](const DelegationServer& server) {
           return std::ranges::any_of(others, [&](const DelegationServer& other) { return other.name == server.name; });
         });
}

}  // namespace

bool is_well_formed_delegation(base::Bytes body, uint16_t record_count) {
  size_t servers = 0;
  for (; !body.empty(); ++servers) {
    const auto name = wire::NameView::parse(body);
    if (!name || name->size() >= body.size()) return false;
    const uint8_t counts = body[name->size()];
    const size_t v4_count = counts >> 4;
    const size_t v6_count = counts & 15;
    const size_t bytes = name->size() + 1 + v4_count * kV4Bytes + v6_count * kV6Bytes;
    if (v4_count + v6_count > kAddressesPerServerMax || bytes > body.size()) return false;
    body = body.subspan(bytes);
  }
  return servers == record_count && servers <= kServersMax;
}

EntryPtr make_delegation_entry(base::Instant now, const Delegation& delegation, Space space, uint32_t ttl_s,
                               uint32_t lease_until_s, const Entry* previous, uint8_t step) {
  CHECK(space == Space::kDelegation || space == Space::kChildNs);
  const std::vector<DelegationServer> servers = bounded(delegation.servers);
  std::vector<uint8_t> body;
  for (const DelegationServer& server : servers) append_server(body, server);
  std::array<uint8_t, kDelegationTailBytes> tail{};
  if (previous != nullptr && previous->header().kind == Kind::kDelegation) {
    const bool is_same = has_same_names(*previous, servers);
    const uint32_t unchanged_for_s = is_same ? now.boot_seconds() - delegation_unchanged_since_s(*previous) : 0;
    const bool has_changed = !is_same || delegation_changed_s(*previous);
    base::store_be32(tail.data(), unchanged_for_s | (has_changed ? kHasChanged : 0));
  }

  EntryParts parts;
  parts.header.learned_s = now.boot_seconds();
  parts.header.ttl_s = ttl_s;
  parts.header.lease_until_s = lease_until_s;
  parts.header.record_count = static_cast<uint16_t>(servers.size());
  parts.header.type = wire::Type::kNs;
  parts.header.space = space;
  parts.header.kind = Kind::kDelegation;
  parts.header.rank = space == Space::kDelegation ? Rank::kReferral : Rank::kAuthAuthority;
  parts.header.step = step & 7;
  parts.header.zone_labels = static_cast<uint8_t>(delegation.zone.view().label_count());
  parts.name = delegation.zone;
  parts.body = body;
  parts.tail = tail;
  return parts.make();
}

bool holds_just(const Entry& entry, const std::vector<DelegationServer>& servers) {
  if (entry.header().kind != Kind::kDelegation || entry.header().record_count != servers.size()) return false;
  base::Bytes body = entry.body();
  const auto take = [&body](base::Bytes expected) {
    if (body.size() < expected.size() || !std::equal(expected.begin(), expected.end(), body.begin())) return false;
    body = body.subspan(expected.size());
    return true;
  };
  for (const DelegationServer& server : servers) {
    const auto name = wire::NameView::parse(body);
    if (!name || !(*name == wire::NameView(server.name))) return false;
    if (server.glue.size() > kAddressesPerServerMax) return false;
    body = body.subspan(name->size());
    const uint8_t counts[] = {counts_of(server.glue)};
    if (!take(counts)) return false;
    for (const base::Family family : {base::Family::kV4, base::Family::kV6}) {
      for (const base::IpAddress& address : server.glue) {
        if (address.family() == family && !take(address.bytes())) return false;
      }
    }
  }
  return body.empty();
}

uint32_t delegation_unchanged_since_s(const Entry& entry) {
  CHECK(entry.header().kind == Kind::kDelegation && entry.tail().size() == kDelegationTailBytes);
  return entry.header().learned_s - (base::load_be32(entry.tail().data()) & ~kHasChanged);
}

std::optional<uint32_t> delegation_changed_s(const Entry& entry) {
  const uint32_t since_s = delegation_unchanged_since_s(entry);
  if ((base::load_be32(entry.tail().data()) & kHasChanged) == 0) return std::nullopt;
  return since_s;
}

Delegation read_delegation(const Entry& entry) {
  CHECK(entry.header().kind == Kind::kDelegation);
  Delegation delegation{wire::Name(entry.name()), {}};
  delegation.servers.reserve(entry.header().record_count);
  base::Bytes body = entry.body();
  while (!body.empty()) delegation.servers.push_back(take_server(body));
  return delegation;
}

}  // namespace cache
