// Names for groups, zones and servers in ProviderHealth: 64 bits each, SipHash under a secret, a domain of
// its own for each kind, never 0 (0: none). Letter case does not matter. Thread-safe (const).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/ip.h"
#include "base/keyed_hash.h"
#include "cache/provider_event.h"
#include "wire/name.h"

namespace cache {

// The groups that a server address is in, by GroupKind; 0: not in one of that kind.
struct ServerGroups {
  std::array<uint64_t, kGroupKinds> keys{};
  [[nodiscard]] uint64_t& operator[](GroupKind kind) { return keys[static_cast<size_t>(kind)]; }
  [[nodiscard]] uint64_t operator[](GroupKind kind) const { return keys[static_cast<size_t>(kind)]; }
  [[nodiscard]] bool shares_one_with(const ServerGroups& other) const;
  friend bool operator==(const ServerGroups&, const ServerGroups&) = default;
};

inline constexpr uint8_t kGroupPrefixBitsV4 = 24;
inline constexpr uint8_t kGroupPrefixBitsV6 = 48;

class ProviderKeys {
 public:
  // More name servers than these are not looked at when a set is named.
  static constexpr size_t kSetMax = 32;

  explicit ProviderKeys(const base::KeyedHash::Secret& secret) : hash_(secret) {}
  // `registrable`: resolver::registrable_domain() of the name server's name.
  [[nodiscard]] uint64_t domain(wire::NameView registrable) const;
  [[nodiscard]] uint64_t prefix(const base::IpAddress& server) const;
  // In any order, doubles ignored.
  [[nodiscard]] uint64_t set(std::span<const wire::NameView> name_servers) const;
  // `registrable`: resolver::registrable_domain() of the zone's name.
  [[nodiscard]] uint64_t zone(wire::NameView registrable) const;
  [[nodiscard]] uint64_t server(const base::IpAddress& server) const;

 private:
  [[nodiscard]] uint64_t hash(uint8_t kind, base::Bytes bytes) const;
  [[nodiscard]] uint64_t hash(uint8_t kind, wire::NameView name) const;
  base::KeyedHash hash_;
};

}  // namespace cache
