#include "resolver/dnssec/zone_trusts.h"

#include <algorithm>
#include <utility>

namespace resolver::dnssec {
namespace {

std::string key_of(wire::NameView name) {
  std::string key(name.size(), '\0');
  wire::lowercase_into(name.bytes(), {reinterpret_cast<uint8_t*>(key.data()), key.size()});
  return key;
}

base::Instant end_of(base::Instant now, uint32_t ttl_s) { return now + base::seconds(std::max<uint32_t>(ttl_s, 1)); }

}  // namespace

const ZoneTrusts::Trust* ZoneTrusts::find(base::Instant now, wire::NameView name) const {
  const auto found = trusts_.find(key_of(name));
  if (found == trusts_.end()) return nullptr;
  const Trust& trust = found->second;
  return now < trust.cut_until || now < trust.keys_until ? &trust : nullptr;
}

Cut ZoneTrusts::cut(base::Instant now, wire::NameView name) const {
  const Trust* trust = find(now, name);
  return trust != nullptr && now < trust->cut_until ? trust->cut : Cut::kUnknown;
}

std::shared_ptr<KeySet> ZoneTrusts::keys(base::Instant now, wire::NameView zone) const {
  const Trust* trust = find(now, zone);
  return trust != nullptr && now < trust->keys_until ? trust->keys : nullptr;
}

ZoneTrusts::Trust& ZoneTrusts::at(base::Instant now, wire::NameView name) {
  std::string key = key_of(name);
  const auto found = trusts_.find(key);
  if (found != trusts_.end()) return found->second;
  if (trusts_.size() >= zones_max_) {
    std::erase_if(trusts_,
                  [&](const auto& item) { return now >= item.second.cut_until && now >= item.second.keys_until; });
  }
  if (trusts_.size() >= zones_max_) {
    auto victim = trusts_.upper_bound(hand_);
    if (victim == trusts_.end()) victim = trusts_.begin();
    hand_ = victim->first;
    trusts_.erase(victim);
  }
  return trusts_[std::move(key)];
}

ZoneTrusts::Trust& ZoneTrusts::set_cut(base::Instant now, wire::NameView name, Cut cut, uint32_t ttl_s) {
  Trust& trust = at(now, name);
  trust.cut = cut;
  trust.cut_until = end_of(now, ttl_s);
  trust.ds_records.clear();
  if (cut != Cut::kSigned) trust.keys.reset();
  return trust;
}

void ZoneTrusts::put_signed(base::Instant now, wire::NameView zone, base::Bytes ds_records, uint32_t ttl_s) {
  set_cut(now, zone, Cut::kSigned, ttl_s).ds_records.assign(ds_records.begin(), ds_records.end());
}

void ZoneTrusts::put_unsigned(base::Instant now, wire::NameView zone, const Verdict& why, uint32_t ttl_s) {
  set_cut(now, zone, Cut::kUnsigned, ttl_s).verdict = why;
}

void ZoneTrusts::put_no_cut(base::Instant now, wire::NameView name, uint32_t ttl_s) {
  set_cut(now, name, Cut::kNone, ttl_s);
}

void ZoneTrusts::put_keys(base::Instant now, wire::NameView zone, std::shared_ptr<KeySet> keys, uint32_t ttl_s) {
  Trust& trust = at(now, zone);
  trust.keys = std::move(keys);
  trust.keys_until = end_of(now, ttl_s);
}

void ZoneTrusts::forget_keys(wire::NameView zone) {
  if (const auto found = trusts_.find(key_of(zone)); found != trusts_.end()) found->second.keys.reset();
}

}  // namespace resolver::dnssec
