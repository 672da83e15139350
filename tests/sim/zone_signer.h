// ZoneSigner: how one simulated zone is signed: by which keys, when each of them is published and signs, from when to
// when its signatures hold, and what is wrong with them for a while. Everything comes from the world's dice, so the
// keys are of Ed25519, whose signatures are the same each time. A signature is made when it is first served, and
// remembered.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.h"
#include "tests/sim/denial_chain.h"
#include "tests/sim/random.h"
#include "tests/sim/zone.h"
#include "tests/unit/resolver/dnssec_signer.h"

namespace sim {

// In seconds since 1970, as RRSIGs have them.
struct SignatureTimes {
  uint32_t inception = 0;
  uint32_t expiration = 0;
};

enum class SigningFault : uint8_t {
  kNone,
  kExpired,      // nobody signs anew: from then on they have expired
  kNotMatching,  // the signatures are of something else
  kMissing,      // no signatures at all
};

struct SigningPlan {
  DenialParameters denial;
  bool has_zone_key = false;  // beside the key signing key; it can be rolled
  base::Duration renewed{};   // how often everything is signed anew; 0: it lasts
  SigningFault fault = SigningFault::kNone;
  base::Instant fault_from = base::Instant::never();
  base::Instant fault_until = base::Instant::never();
  // A rollover by pre-publication (RFC 6781 §4.1.1.1): when the new zone key is published, when it signs, and when
  // the old one is gone.
  base::Instant new_key_published = base::Instant::never();
  base::Instant new_key_signs = base::Instant::never();
  base::Instant old_key_gone = base::Instant::never();
};

// RDATA of the RRSIG. `owner` as it stands in the zone: of what a wildcard makes, the wildcard.
[[nodiscard]] Rdata make_rrsig(const dnssec_test::SigningKey& key, wire::NameView owner, wire::Type type,
                               const RrSet& set, SignatureTimes times);
[[nodiscard]] Rdata draw_secret(Random& dice);

class ZoneSigner {
 public:
  ZoneSigner(wire::NameView origin, const SigningPlan& plan, Random& dice);

  [[nodiscard]] const SigningPlan& plan() const { return plan_; }
  // As published at `when`.
  [[nodiscard]] std::vector<Rdata> dnskeys(base::Instant when) const;
  [[nodiscard]] Rdata ds() const;
  // RDATA of its RRSIGs as served at `now`.
  [[nodiscard]] std::vector<Rdata> sign(wire::NameView owner, wire::Type type, const RrSet& set, base::Instant now);
  // REQUIRES: `data` is a version of the zone that outlives this.
  [[nodiscard]] const DenialChain& chain_of(const ZoneData& data);
  // Nothing is wrong any more.
  void heal(base::Instant now);

 private:
  [[nodiscard]] SignatureTimes times_at(base::Instant now) const;
  [[nodiscard]] bool is_at_fault(base::Instant now) const { return plan_.fault_from <= now && now < plan_.fault_until; }

  wire::Name origin_;
  SigningPlan plan_;
  dnssec_test::SigningKey key_signing_key_;
  dnssec_test::SigningKey zone_key_;
  dnssec_test::SigningKey new_zone_key_;
  std::map<std::string, Rdata> signatures_;
  std::map<const ZoneData*, DenialChain> chains_;
};

}  // namespace sim
