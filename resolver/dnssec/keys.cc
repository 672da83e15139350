#include "resolver/dnssec/keys.h"

#include <utility>

#include "wire/rendered.h"

namespace resolver::dnssec {
namespace {

constexpr uint8_t kDnssecProtocol = 3;        // RFC 4034 §2.1.2
constexpr size_t kPublicKeyBytesMax = 2048;  // RSA: a modulus of 512 bytes, an exponent, and some zeros

Reason flaw_of(const wire::DnskeyFields& fields) {
  if (!fields.is_zone_key()) return Reason::kNoZoneKeyBit;
  if (fields.protocol != kDnssecProtocol) return Reason::kKeyProtocol;
  if (fields.is_revoked()) return Reason::kKeyRevoked;
  return Reason::kNone;
}

}  // namespace

std::shared_ptr<PublicKey> KeyCache::parse(uint8_t algorithm, base::Bytes public_key) {
  // No key that can be used is longer; the long ones are refused at a glance and not worth keeping.
  if (public_key.size() > kPublicKeyBytesMax) return nullptr;
  std::vector<uint8_t> id(public_key.begin(), public_key.end());
  id.push_back(algorithm);
  if (const auto found = young_.find(id); found != young_.end()) return found->second;
  std::shared_ptr<PublicKey> key;
  if (const auto found = old_.find(id); found != old_.end()) {
    key = std::move(found->second);
    old_.erase(found);
  } else {
    key = PublicKey::parse(algorithm, public_key);
  }
  if (young_.size() >= keys_max_ / 2) {
    old_ = std::move(young_);
    young_ = Generation(0, hash_);
  }
  young_.emplace(std::move(id), key);
  return key;
}

PublicKey* ZoneKey::usable(KeyCache& cache) {
  if (!parsed) {
    parsed = true;
    key = cache.parse(fields.algorithm, fields.public_key);
  }
  return key.get();
}

KeySet::KeySet(wire::NameView zone, base::Bytes dnskey_records) : zone_(wire::Name(zone).lowercased()) {
  wire::for_each_rendered(dnskey_records, [&](wire::Type type, uint32_t, base::Bytes rdata) {
    if (type == wire::Type::kDnskey) add(rdata);
  });
}

KeySet KeySet::of_revoked_key(wire::NameView zone, base::Bytes dnskey_rdata) {
  KeySet set(zone);
  set.add(dnskey_rdata);
  for (ZoneKey& key : set.keys_) {
    if (key.flaw == Reason::kKeyRevoked) key.flaw = Reason::kNone;
  }
  return set;
}

void KeySet::add(base::Bytes dnskey_rdata) {
  ZoneKey key;
  key.rdata.assign(dnskey_rdata.begin(), dnskey_rdata.end());
  const auto fields = wire::parse_dnskey(key.rdata);  // moving a vector keeps its bytes where they are
  if (!fields) return;
  key.fields = *fields;
  key.tag = wire::key_tag(key.rdata);
  key.flaw = flaw_of(key.fields);
  keys_.push_back(std::move(key));
}

}  // namespace resolver::dnssec
