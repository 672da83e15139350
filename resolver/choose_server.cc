#include "resolver/choose_server.h"

#include <algorithm>
#include <tuple>

#include "resolver/hedge.h"

namespace resolver {
namespace {

// Servers this close to the best count as equally good: within it, distance says nothing about
// which server is the better one, and the choice stays unpredictable.
constexpr base::Duration kGoodBandMin = base::milliseconds(30);
constexpr uint8_t kTimeoutDoublingsMax = 5;

// Lower tiers are asked first; a higher one only when no lower one has anyone left.
enum class Tier : uint8_t { kUsual, kFamilySuspect, kDoubted, kDark, kNever };

Tier tier_of(const Candidate& candidate) {
  if (candidate.excluded || candidate.sends >= kSendsPerTransportMax) return Tier::kNever;
  if (is_dark(candidate)) return Tier::kDark;
  if (candidate.doubted) return Tier::kDoubted;
  return candidate.family_suspect ? Tier::kFamilySuspect : Tier::kUsual;
}

base::Duration expected_wait(const cache::ServerView& health) {
  const base::Duration rtt = health.known ? health.smoothed_rtt : kUnknownServerRtt;
  return rtt * (1 << std::min(health.timeouts_in_row, kTimeoutDoublingsMax));
}

// The `nth` candidate that `usable` accepts. REQUIRES: there are more than `nth`.
template <class Usable>
size_t index_of_nth(std::span<const Candidate> candidates, uint32_t nth, Usable&& usable) {
  size_t index = 0;
  for (; index < candidates.size(); ++index) {
    if (usable(candidates[index]) && nth-- == 0) break;
  }
  return index;
}

template <class Usable>
size_t draw(std::span<const Candidate> candidates, base::Entropy& entropy, Usable&& usable) {
  const auto count = static_cast<uint32_t>(std::count_if(candidates.begin(), candidates.end(), usable));
  return index_of_nth(candidates, entropy.below(count), usable);
}

}  // namespace

std::optional<size_t> choose_server(std::span<const Candidate> candidates, base::Entropy& entropy) {
  Tier tier = Tier::kNever;
  for (const Candidate& candidate : candidates) tier = std::min(tier, tier_of(candidate));
  if (tier == Tier::kNever) return std::nullopt;

  const auto in_tier = [tier](const Candidate& candidate) { return tier_of(candidate) == tier; };
  // Who comes second is no experiment: somebody waits already.
  const auto was_asked = [](const Candidate& candidate) { return candidate.sends > 0; };
  const bool is_first = std::none_of(candidates.begin(), candidates.end(), was_asked);
  if (is_first && entropy.chance(1, kExploreOneIn)) {
    // Nor is one that takes seconds: it is explored beside another (probe_dead_server).
    const auto is_worth_waiting_for = [&](const Candidate& candidate) {
      return in_tier(candidate) && !takes_seconds(candidate.health);
    };
    if (std::any_of(candidates.begin(), candidates.end(), is_worth_waiting_for)) {
      return draw(candidates, entropy, is_worth_waiting_for);
    }
  }

  const auto sends_of = [](const Candidate& candidate) {
    return std::tuple(candidate.domain_sends, candidate.server_sends, candidate.sends);
  };
  std::tuple<uint8_t, uint8_t, uint8_t> fewest(UINT8_MAX, UINT8_MAX, UINT8_MAX);
  for (const Candidate& candidate : candidates) {
    if (in_tier(candidate)) fewest = std::min(fewest, sends_of(candidate));
  }
  base::Duration best = base::Duration::max();
  for (const Candidate& candidate : candidates) {
    if (in_tier(candidate) && sends_of(candidate) == fewest) best = std::min(best, expected_wait(candidate.health));
  }
  const base::Duration good = best + std::max(kGoodBandMin, best / 2);
  return draw(candidates, entropy, [&](const Candidate& candidate) {
    return in_tier(candidate) && sends_of(candidate) == fewest && expected_wait(candidate.health) <= good;
  });
}

base::Duration udp_timeout(const cache::ServerView& health, uint8_t earlier_sends) {
  const base::Duration longest = std::clamp(2 * health.smoothed_rtt, kTimeoutMax, kLateAnswerMax);
  base::Duration timeout =
      std::min(health.known ? health.smoothed_rtt + 4 * health.rtt_variation : kTimeoutUnknown, longest);
  for (uint8_t send = 0; send < earlier_sends && timeout < longest; ++send) timeout = std::min(timeout * 2, longest);
  const bool is_last = earlier_sends + 1 >= kSendsPerTransportMax;
  return std::max(timeout, is_last ? kTimeoutLastMin : kTimeoutMin);
}

}  // namespace resolver
