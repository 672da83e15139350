// The payload of a kDelegation (or kChildNs) entry: the NS names of a zone and the addresses that
// came with them.
//
//   | servers 2 | flags per server... |   see delegation.cc for the bytes
//
// Parent and child are kept apart: what the parent said is never overwritten by the child, so a
// delegation that the parent takes back ends with its lease (ghost domains, CVE-2012-1033).
// Bounds: kServersMax NS names and kAddressesPerServerMax addresses each are kept
// (NRDelegation CVE-2022-3204, BIND CVE-2026-3592); duplicates are dropped.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ip.h"
#include "cache/entry.h"
#include "wire/name.h"

namespace cache {

inline constexpr size_t kServersMax = 20;
inline constexpr size_t kAddressesPerServerMax = 6;
inline constexpr size_t kDelegationTailBytes = 4;  // see delegation_unchanged_since_s and _changed_s

struct DelegationServer {
  wire::Name name;
  std::vector<base::IpAddress> glue;
};

struct Delegation {
  wire::Name zone;
  std::vector<DelegationServer> servers;
};

// Keeps the bounds above. `space` is kDelegation or kChildNs; `lease_until_s` boot seconds. `previous`: the entry
// now in the cache for the same zone and space, expired or not, or nullptr. `step` as in EntryHeader.
[[nodiscard]] EntryPtr make_delegation_entry(base::Instant now, const Delegation& delegation, Space space,
                                             uint32_t ttl_s, uint32_t lease_until_s, const Entry* previous = nullptr,
                                             uint8_t step = 0);
// Whether read_delegation() can read `body`: for bytes that this process did not make.
[[nodiscard]] bool is_well_formed_delegation(base::Bytes body, uint16_t record_count);
// REQUIRES: the entry is of kind kDelegation.
[[nodiscard]] Delegation read_delegation(const Entry& entry);
// Whether the entry holds just these servers, in this order, with these addresses; false where the bounds cut.
[[nodiscard]] bool holds_just(const Entry& entry, const std::vector<DelegationServer>& servers);
// Since when, in boot seconds, the zone has been given to just these NS names, as far as is known.
[[nodiscard]] uint32_t delegation_unchanged_since_s(const Entry& entry);
// When, in boot seconds, the names were last replaced by these; nothing: never, as far as is known.
[[nodiscard]] std::optional<uint32_t> delegation_changed_s(const Entry& entry);

}  // namespace cache
