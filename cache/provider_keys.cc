#include "cache/provider_keys.h"

#include <algorithm>

namespace cache {
namespace {

enum Kind : uint8_t { kDomainKey = 1, kPrefixKey, kSetKey, kSetMember, kZoneKey, kServerKey };

}  // namespace

bool ServerGroups::shares_one_with(const ServerGroups& other) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] != 0 && keys[i] == other.keys[i]) return true;
  }
  return false;
}

uint64_t ProviderKeys::hash(uint8_t kind, base::Bytes bytes) const {
  std::array<uint8_t, 1 + std::max<size_t>(wire::kNameBytesMax, kSetMax * sizeof(uint64_t))> text;
  text[0] = kind;
  std::copy(bytes.begin(), bytes.end(), text.begin() + 1);
  return std::max<uint64_t>(hash_({text.data(), 1 + bytes.size()}), 1);
}

uint64_t ProviderKeys::hash(uint8_t kind, wire::NameView name) const {
  std::array<uint8_t, wire::kNameBytesMax> lower;
  const base::MutableBytes to(lower.data(), name.size());
  wire::lowercase_into(name.bytes(), to);
  return hash(kind, base::Bytes(to));
}

uint64_t ProviderKeys::domain(wire::NameView registrable) const { return hash(kDomainKey, registrable); }
uint64_t ProviderKeys::zone(wire::NameView registrable) const { return hash(kZoneKey, registrable); }
// Four bytes and sixteen are told apart by their number.
uint64_t ProviderKeys::server(const base::IpAddress& server) const { return hash(kServerKey, server.bytes()); }

uint64_t ProviderKeys::prefix(const base::IpAddress& server) const {
  const size_t bits = server.is_v4() ? kGroupPrefixBitsV4 : kGroupPrefixBitsV6;
  return hash(kPrefixKey, server.bytes().first(bits / 8));
}

uint64_t ProviderKeys::set(std::span<const wire::NameView> name_servers) const {
  std::array<uint64_t, kSetMax> members{};
  const size_t count = std::min(name_servers.size(), kSetMax);
  for (size_t i = 0; i < count; ++i) members[i] = hash(kSetMember, name_servers[i]);
  std::sort(members.begin(), members.begin() + count);
  const auto end = std::unique(members.begin(), members.begin() + count);
  std::array<uint8_t, kSetMax * sizeof(uint64_t)> bytes{};
  size_t size = 0;
  for (auto member = members.begin(); member != end; ++member, size += sizeof(uint64_t))
    base::store_be64(bytes.data() + size, *member);
  return hash(kSetKey, base::Bytes(bytes.data(), size));
}

}  // namespace cache
