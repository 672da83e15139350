// Plants: bugs put in at the engines' seam, one or more for each checker, to show that it would
// notice. `sim --plant NAME` runs with one; `sim --plant all` expects each to be found.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tests/sim/outage.h"
#include "tests/sim/signed_plan.h"

namespace sim {

enum class Plant : uint8_t {
  kNone,
  kDuplicateAnswer,
  kDropAnswer,
  kDeafToTime,
  kAlterRecord,
  kNeedlessServfail,
  kStaleHits,
  kLongerTtl,
  kResend,
  kIgnoreCaps,
  kFixedPort,
  kAcceptForged,
  kLeakExchange,
  kNoIdleTimeouts,
  kUnseeded,
  kBelieveLiar,
  kSeparateClaims,
  kImpatient,     // stale at the first moment in which it could be fresh
  kDeafToOthers,  // what the other providers say in an outage is not heard
  kNoStale,
  kNoCircuits,
  kChattyInTheDark,
  kBlameAll,       // one zone's refusals are held against all of the provider's zones
  kNeverRecovers,  // who was down once is not heard for a minute
  kStampede,
  kDeafToParent,  // what the parent says of a zone taken back or moved is not heard
  kMaskDenials,
  kUnvalidated,     // there are no anchors
  kBelieveDenials,  // of the forger, whatever they prove
  kAdForAll,
  kBogusAsSecure,  // everything heard is put into the cache as secure
  kGrudge,         // who was behind the forger is not heard any more
};

struct PlantInfo {
  Plant plant;
  std::string_view name;
  std::string_view found_by;
  uint64_t first_seed = 1;
};

inline constexpr std::array<PlantInfo, 32> kPlants = {{
    {Plant::kDuplicateAnswer, "duplicate_answer", "answered_once"},
    {Plant::kDropAnswer, "drop_answer", "answered_once"},
    {Plant::kDeafToTime, "deaf_to_time", "answered_once"},
    {Plant::kAlterRecord, "alter_record", "never_wrong"},
    {Plant::kNeedlessServfail, "needless_servfail", "never_wrong"},
    {Plant::kStaleHits, "stale_hits", "staleness_bounded"},
    {Plant::kLongerTtl, "longer_ttl", "staleness_bounded"},
    {Plant::kResend, "resend", "budget_kept"},
    {Plant::kIgnoreCaps, "ignore_caps", "budget_kept"},
    {Plant::kFixedPort, "fixed_port", "unpredictable"},
    {Plant::kAcceptForged, "accept_forged", "unpredictable"},
    {Plant::kLeakExchange, "leak_exchange", "quiet_when_idle"},
    {Plant::kNoIdleTimeouts, "no_idle_timeouts", "quiet_when_idle"},
    {Plant::kUnseeded, "unseeded", "same_seed_same_trace"},
    {Plant::kBelieveLiar, "believe_liar", "bailiwick"},
    {Plant::kSeparateClaims, "separate_claims", "one_flight"},
    {Plant::kImpatient, "impatient", "fresh_when_it_can", kFirstOutageSeed},
    {Plant::kDeafToOthers, "deaf_to_others", "other_provider_is_used", kFirstOutageSeed},
    {Plant::kNoStale, "no_stale", "learned_is_answered", kFirstOutageSeed},
    {Plant::kNoCircuits, "no_circuits", "dark_at_once", kFirstOutageSeed},
    {Plant::kChattyInTheDark, "chatty_in_the_dark", "dark_at_once", kFirstOutageSeed},
    {Plant::kBlameAll, "blame_all", "circuits_stay_closed", kFirstOutageSeed},
    {Plant::kNeverRecovers, "never_recovers", "recovers_soon", kFirstOutageSeed},
    {Plant::kStampede, "stampede", "recovers_soon", kFirstOutageSeed},
    {Plant::kDeafToParent, "ghost", "ghosts_end", kFirstOutageSeed},
    {Plant::kDeafToParent, "deaf_to_parent", "moves_are_found", kFirstOutageSeed},
    {Plant::kMaskDenials, "mask_denials", "denials_are_believed", kFirstOutageSeed},
    {Plant::kUnvalidated, "unvalidated", "nothing_forged", kFirstSignedSeed},
    {Plant::kBelieveDenials, "believe_denials", "nothing_forged", kFirstSignedSeed},
    {Plant::kAdForAll, "ad_for_all", "ad_means_secure", kFirstSignedSeed},
    {Plant::kBogusAsSecure, "bogus_as_secure", "cache_is_true", kFirstSignedSeed},
    {Plant::kGrudge, "grudge", "secure_again", kFirstSignedSeed},
}};

}  // namespace sim
