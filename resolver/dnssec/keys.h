// KeySet: the DNSKEYs of one zone; KeyCache: public keys that were parsed before, so that the same
// key is parsed once however often its zone's DNSKEY RRset is fetched. Both belong to one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/keyed_hash.h"
#include "resolver/dnssec/crypto.h"
#include "resolver/dnssec/reason.h"
#include "wire/dnssec_rdata.h"
#include "wire/name.h"

namespace resolver::dnssec {

// Bounded by count: a parsed key takes 1 to 4 KiB. Two generations: when the younger half is full,
// the older one, in which nothing was looked up since, is dropped.
class KeyCache {
 public:
  KeyCache(size_t keys_max, const base::KeyedHash::Secret& secret)
      : keys_max_(keys_max), hash_{base::KeyedHash(secret)} {}
  // nullptr for a key that cannot be used; that is remembered too.
  std::shared_ptr<PublicKey> parse(uint8_t algorithm, base::Bytes public_key);
  [[nodiscard]] size_t size() const { return young_.size() + old_.size(); }

 private:
  struct Hash {
    base::KeyedHash keyed;
    size_t operator()(const std::vector<uint8_t>& bytes) const { return keyed(bytes); }
  };
  using Generation = std::unordered_map<std::vector<uint8_t>, std::shared_ptr<PublicKey>, Hash>;
  size_t keys_max_;
  Hash hash_;
  Generation young_{0, hash_};
  Generation old_{0, hash_};
};

struct ZoneKey {
  ZoneKey() = default;
  ZoneKey(ZoneKey&&) = default;  // a copy's fields would look into the original
  ZoneKey& operator=(ZoneKey&&) = default;

  std::vector<uint8_t> rdata;
  uint16_t tag = 0;
  wire::DnskeyFields fields;    // of rdata
  Reason flaw = Reason::kNone;  // why it may sign nothing
  bool parsed = false;
  std::shared_ptr<PublicKey> key;  // once parsed; nullptr: kKeyUnusable
  // Parses at the first use. nullptr: cannot be used.
  PublicKey* usable(KeyCache& cache);
};

class KeySet {
 public:
  KeySet() = default;
  // Of rendered DNSKEY records; malformed ones are left out.
  KeySet(wire::NameView zone, base::Bytes dnskey_records);
  // The one key, also if it is revoked: to check that it signed its own revocation (RFC 5011 §2.1).
  static KeySet of_revoked_key(wire::NameView zone, base::Bytes dnskey_rdata);
  KeySet(KeySet&&) = default;
  KeySet& operator=(KeySet&&) = default;
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  [[nodiscard]] wire::NameView zone() const { return zone_; }
  [[nodiscard]] std::vector<ZoneKey>& keys() { return keys_; }
  [[nodiscard]] const std::vector<ZoneKey>& keys() const { return keys_; }
  void add(base::Bytes dnskey_rdata);
  void add_copy(const ZoneKey& key) { add(key.rdata); }

 private:
  explicit KeySet(wire::NameView zone) : zone_(zone) {}
  wire::Name zone_;
  std::vector<ZoneKey> keys_;
};

}  // namespace resolver::dnssec
