#include "tests/sim/zone_signer.h"

#include <algorithm>

#include "tests/sim/event_queue.h"

namespace sim {

using dnssec_test::SigningKey;
using wire::NameView;
using wire::Type;

namespace {

constexpr uint16_t kKeySigningKeyFlags = 257;
constexpr uint16_t kZoneKeyFlags = 256;
constexpr uint32_t kDay_s = 86400;

uint32_t wall_s(base::Instant when) { return static_cast<uint32_t>(wall_at(when).seconds_since_1970); }

}  // namespace

Rdata draw_secret(Random& dice) {
  Rdata secret(32);
  for (uint8_t& byte : secret) byte = static_cast<uint8_t>(dice.next());
  return secret;
}

Rdata make_rrsig(const SigningKey& key, NameView owner, Type type, const RrSet& set, SignatureTimes times) {
  dnssec_test::OwnedRrset owned;
  owned.owner = wire::Name(owner);
  owned.type = type;
  for (const Rdata& rdata : set.rdatas) {
    wire::append_rendered(owned.records, type, wire::Class::kIn, set.ttl_s, rdata);
  }
  dnssec_test::SignOptions options;
  options.inception = times.inception;
  options.expiration = times.expiration;
  options.original_ttl = options.rrsig_ttl = set.ttl_s;
  dnssec_test::append_signature(owned, key, options);
  return {owned.signatures.begin() + static_cast<ptrdiff_t>(wire::kRenderedRecordHeaderBytes), owned.signatures.end()};
}

ZoneSigner::ZoneSigner(NameView origin, const SigningPlan& plan, Random& dice)
    : origin_(origin),
      plan_(plan),
      key_signing_key_(origin, draw_secret(dice), kKeySigningKeyFlags),
      zone_key_(origin, draw_secret(dice), kZoneKeyFlags),
      new_zone_key_(origin, draw_secret(dice), kZoneKeyFlags) {}

std::vector<Rdata> ZoneSigner::dnskeys(base::Instant when) const {
  std::vector<Rdata> keys = {key_signing_key_.rdata()};
  if (!plan_.has_zone_key) return keys;
  if (when < plan_.old_key_gone) keys.push_back(zone_key_.rdata());
  if (when >= plan_.new_key_published) keys.push_back(new_zone_key_.rdata());
  return keys;
}

Rdata ZoneSigner::ds() const {
  std::vector<uint8_t> rendered;
  dnssec_test::append_ds(rendered, origin_, key_signing_key_.rdata(), resolver::dnssec::digest_type::kSha256);
  return {rendered.begin() + static_cast<ptrdiff_t>(wire::kRenderedRecordHeaderBytes), rendered.end()};
}

SignatureTimes ZoneSigner::times_at(base::Instant now) const {
  const base::Instant start = base::Instant::from_boot(kBootAtStart);
  constexpr uint32_t kBefore_s = 600;
  if (plan_.fault == SigningFault::kExpired) {
    if (now < plan_.fault_until) return {wall_s(start) - kBefore_s, wall_s(plan_.fault_from)};
    return {wall_s(plan_.fault_until) - kBefore_s, wall_s(plan_.fault_until) + 30 * kDay_s};
  }
  if (plan_.renewed > base::Duration(0)) {
    const base::Instant at = start + (now - start) / plan_.renewed * plan_.renewed;
    return {wall_s(at) - kBefore_s, wall_s(at + 2 * plan_.renewed)};
  }
  return {wall_s(start) - kDay_s, wall_s(start) + 30 * kDay_s};
}

std::vector<Rdata> ZoneSigner::sign(NameView owner, Type type, const RrSet& set, base::Instant now) {
  const bool is_missing = plan_.fault == SigningFault::kMissing && is_at_fault(now);
  if (is_missing) return {};
  const bool by_key_signing_key = type == Type::kDnskey || !plan_.has_zone_key;
  const bool by_new_key = now >= plan_.new_key_signs;
  const SigningKey& key = by_key_signing_key ? key_signing_key_ : by_new_key ? new_zone_key_ : zone_key_;
  const SignatureTimes times = times_at(now);

  std::string what = key_of(owner);
  const auto append = [&](uint32_t number) {
    uint8_t bytes[4];
    base::store_be32(bytes, number);
    what += base::as_text(bytes);
  };
  append(static_cast<uint32_t>(type) << 16 | key.tag());
  append(times.inception);
  append(times.expiration);
  append(set.ttl_s);
  for (const Rdata& rdata : set.rdatas) {
    append(static_cast<uint32_t>(rdata.size()));
    what += base::as_text(rdata);
  }
  const auto [remembered, is_new] = signatures_.try_emplace(std::move(what));
  if (is_new) remembered->second = make_rrsig(key, owner, type, set, times);
  Rdata signature = remembered->second;
  if (plan_.fault == SigningFault::kNotMatching && is_at_fault(now)) signature.back() ^= 1;
  return {signature};
}

const DenialChain& ZoneSigner::chain_of(const ZoneData& data) {
  const auto found = chains_.find(&data);
  if (found != chains_.end()) return found->second;
  return chains_.emplace(&data, DenialChain(origin_, data, plan_.denial)).first->second;
}

void ZoneSigner::heal(base::Instant now) { plan_.fault_until = std::min(plan_.fault_until, now); }

}  // namespace sim
