#include "store/managed_keys_state.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "wire/dnssec_rdata.h"

namespace store {

namespace {

// A chunk: | version 1 | name bytes 1 | name | keys 1 | keys ... |, each
//   | state 1 | is configured 1 | since 8 | RDATA bytes 2 | RDATA |
constexpr uint8_t kVersion = 1;
constexpr size_t kKeyHeadBytes = 12;
constexpr int64_t kLatest_s = int64_t{1} << 40;  // so that sums of times stay in range

// Takes bytes off the front; once there were too few, all that follows is nothing.
class Bites {
 public:
  explicit Bites(base::Bytes bytes) : left_(bytes) {}
  base::Bytes take(size_t count) {
    if (count > left_.size()) {
      failed_ = true;
      left_ = {};
      return {};
    }
    const base::Bytes taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }
  uint8_t take_u8() {
    const base::Bytes taken = take(1);
    return taken.empty() ? 0 : taken[0];
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool is_at_end() const { return left_.empty() && !failed_; }

 private:
  base::Bytes left_;
  bool failed_ = false;
};

bool is_managed_dnskey(base::Bytes rdata) {
  const auto fields = wire::parse_dnskey(rdata);
  return fields && rdata.size() <= cache::kManagedKeyBytesMax && fields->is_zone_key() && fields->is_entry_point() &&
         !fields->is_revoked() && fields->protocol == 3;
}

std::optional<cache::ManagedKey> take_key(Bites& bites) {
  const base::Bytes head = bites.take(kKeyHeadBytes);
  if (head.empty()) return std::nullopt;
  const base::Bytes rdata = bites.take(base::load_be16(head.data() + 10));
  cache::ManagedKey key;
  key.state = static_cast<cache::KeyState>(head[0]);
  key.is_configured = head[1] == 1;
  key.since = {static_cast<int64_t>(base::load_be64(head.data() + 2))};
  const bool is_known_state = head[0] < cache::kKeyStates && key.state != cache::KeyState::kStart;
  const bool is_in_range = key.since.seconds_since_1970 >= 0 && key.since.seconds_since_1970 <= kLatest_s;
  if (!is_known_state || head[1] > 1 || !is_in_range || !is_managed_dnskey(rdata)) return std::nullopt;
  key.rdata.assign(rdata.begin(), rdata.end());
  return key;
}

}  // namespace

std::vector<uint8_t> encode_managed_zone(const cache::ManagedZone& zone) {
  const base::Bytes name = zone.zone.view().bytes();
  const size_t count = std::min(zone.keys.size(), cache::kKeysPerZoneMax);
  std::vector<uint8_t> chunk;
  chunk.reserve(3 + name.size() + count * kKeyHeadBytes);
  chunk.push_back(kVersion);
  chunk.push_back(static_cast<uint8_t>(name.size()));
  chunk.insert(chunk.end(), name.begin(), name.end());
  chunk.push_back(static_cast<uint8_t>(count));
  for (size_t index = 0; index < count; ++index) {
    const cache::ManagedKey& key = zone.keys[index];
    uint8_t head[kKeyHeadBytes] = {static_cast<uint8_t>(key.state), static_cast<uint8_t>(key.is_configured ? 1 : 0)};
    base::store_be64(head + 2, static_cast<uint64_t>(key.since.seconds_since_1970));
    base::store_be16(head + 10, static_cast<uint16_t>(key.rdata.size()));
    chunk.insert(chunk.end(), std::begin(head), std::end(head));
    chunk.insert(chunk.end(), key.rdata.begin(), key.rdata.end());
  }
  return chunk;
}

std::optional<cache::ManagedZone> decode_managed_zone(base::Bytes chunk) {
  Bites bites(chunk);
  if (bites.take_u8() != kVersion) return std::nullopt;
  const base::Bytes bytes = bites.take(bites.take_u8());
  const auto name = wire::NameView::parse(bytes);
  if (bites.failed() || !name || name->size() != bytes.size()) return std::nullopt;
  cache::ManagedZone zone{wire::Name(*name).lowercased(), {}};
  const uint8_t count = bites.take_u8();
  if (count > cache::kKeysPerZoneMax) return std::nullopt;
  for (uint8_t index = 0; index < count; ++index) {
    auto key = take_key(bites);
    if (!key) return std::nullopt;
    const bool is_known = std::any_of(zone.keys.begin(), zone.keys.end(),
                                      [&](const cache::ManagedKey& other) { return other.rdata == key->rdata; });
    if (is_known) return std::nullopt;
    zone.keys.push_back(*std::move(key));
  }
  if (!bites.is_at_end()) return std::nullopt;
  return zone;
}

void ManagedKeysState::save(const TimeBase&, const std::function<void(base::Bytes chunk)>& emit) const {
  for (const cache::ManagedZone& zone : keys_.zones()) emit(encode_managed_zone(zone));
}

void ManagedKeysState::restore(const TimeBase&, base::Bytes chunk) {
  if (auto zone = decode_managed_zone(chunk)) return keys_.put(*std::move(zone));
  base::log_line(base::LogLevel::kWarning,
                 "store: the managed keys of a zone are of a form that this release does not read, and are left out: "
                 "its configured anchors are trusted");
}

}  // namespace store
