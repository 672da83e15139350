// ManagedKeysState: cache::ManagedKeys as a section of the store: which keys of which zones are trusted, wait for
// it, or are revoked (RFC 5011), and since when. One chunk a zone.
#pragma once

#include <optional>

#include "cache/managed_keys.h"
#include "store/state.h"

namespace store {

class ManagedKeysState final : public StateSection {
 public:
  explicit ManagedKeysState(cache::ManagedKeys& keys) : keys_(keys) {}
  [[nodiscard]] std::string name() const override { return "managed-keys"; }
  void save(const TimeBase& times, const std::function<void(base::Bytes chunk)>& emit) const override;
  // What is no chunk of this release's form is left out with one log line.
  void restore(const TimeBase& times, base::Bytes chunk) override;

 private:
  cache::ManagedKeys& keys_;
};

[[nodiscard]] std::vector<uint8_t> encode_managed_zone(const cache::ManagedZone& zone);
// Nothing unless every byte is as encode_managed_zone() writes it, and within the limits of cache/managed_keys.h.
[[nodiscard]] std::optional<cache::ManagedZone> decode_managed_zone(base::Bytes chunk);

}  // namespace store
