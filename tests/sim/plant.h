// Plants: bugs put in at the engines' seam, one or more for each checker, to show that it would
// notice. `sim --plant NAME` runs with one; `sim --plant all` expects each to be found.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

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
  kSeparateClaims
};

struct PlantInfo {
  Plant plant;
  std::string_view name;
  std::string_view found_by;
};

inline constexpr std::array<PlantInfo, 16> kPlants = {{
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
}};

}  // namespace sim
