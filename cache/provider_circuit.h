// The decisions about providers, pure: when the silence of a group of servers, or its refusals, are an
// outage of the group, and when the silence of all is the loss of our own uplink. docs/outages.md says the
// same in plain words; the static_asserts at the end restate it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/instant.h"

namespace cache {

// Evidence older than this is forgotten (in halves: what counts is between 5 and 10 s old at most).
inline constexpr base::Duration kEvidenceWindow = base::seconds(10);
// Only zones that the group answered within this count, and only groups that answered anything.
inline constexpr base::Duration kAnsweredMemory = base::seconds(3600);
inline constexpr base::Duration kSilenceMin = base::milliseconds(500);
inline constexpr uint32_t kTimeoutsMin = 8;
// When another group of the same server answered meanwhile: the path to all of them may just be bad.
inline constexpr uint32_t kTimeoutsAmongLiving = 32;
inline constexpr uint32_t kTimeoutsNeededMax = 512;
inline constexpr uint32_t kAddressesMin = 3;
inline constexpr uint32_t kZonesMin = 3;
inline constexpr uint32_t kRefusedZonesMin = 10;

inline constexpr base::Duration kCanaryInterval = base::seconds(1);
inline constexpr base::Duration kCanaryClaimMax = base::seconds(3);

inline constexpr uint32_t kUplinkProvidersMin = 3;
// Where nothing but one provider and the roots is asked, no third can fail: two, and a root asked twice.
inline constexpr uint32_t kUplinkProvidersFew = 2;
inline constexpr base::Duration kUplinkFewWait = base::milliseconds(1500);
inline constexpr uint32_t kUnreachableMin = 3;
// Longer than any round trip: a host without IPv6 sees "unreachable" before its first answer over IPv4.
inline constexpr base::Duration kUnreachableWait = base::seconds(1);
inline constexpr base::Duration kRootProbeInterval = base::seconds(1);
inline constexpr base::Duration kRootSilence = base::milliseconds(400);

// How many of the last few dozen exchanges were lost, between answers: the silence that is being judged
// is not in it.
struct LossHistory {
  uint32_t answers = 0;
  uint32_t losses = 0;
};

constexpr bool is_worse(const LossHistory& left, const LossHistory& right) {
  return uint64_t{left.losses} * (uint64_t{right.answers} + right.losses + 1) >
         uint64_t{right.losses} * (uint64_t{left.answers} + left.losses + 1);
}

// So many timeouts in a row that a path which loses as much as this one did before would show them once in
// 2^chance_bits runs. Little history counts as some loss (Laplace's rule).
constexpr uint32_t run_of_chance(const LossHistory& history, int chance_bits) {
  const uint64_t loss = ((uint64_t{history.losses} + 1) << 32) / (uint64_t{history.answers} + history.losses + 2);
  const uint64_t wanted = (uint64_t{1} << 32) >> chance_bits;
  uint64_t chance = loss;
  uint32_t run = 1;
  while (chance > wanted && run < kTimeoutsNeededMax) {
    chance = chance * loss >> 32;
    ++run;
  }
  return run;
}

// For a circuit: a path that loses nine of ten needs about two hundred.
constexpr uint32_t timeouts_needed(const LossHistory& history) {
  return std::max(run_of_chance(history, 30), kTimeoutsMin);
}

struct Tally {
  uint32_t timeouts = 0;
  uint32_t addresses = 0;  // distinct
  uint32_t zones = 0;      // distinct registrable domains
  friend constexpr bool operator==(const Tally&, const Tally&) = default;
};

// All of it since the group's last answer: an answer of any member, or a refusal, voids what was before.
struct CircuitEvidence {
  bool is_uplink_lost = false;
  base::Duration since_answer = base::Duration::max();  // of any member
  // The worst of the server's groups: a narrow group is asked too seldom to have seen the loss of its path.
  LossHistory history;
  bool is_kin_alive = false;  // another group of the server answered since the first of these was sent
  Tally all;
  // What is left of it when only those timeouts count after which somebody outside the group answered.
  Tally confirmed;
};

// As wide as a circuit asks for, and no usual run of losses, but not yet for so long or so often.
constexpr bool is_suspicious(const Tally& silence, const LossHistory& history) {
  return silence.addresses >= kAddressesMin && silence.zones >= kZonesMin &&
         silence.timeouts >= run_of_chance(history, 6);
}

enum class CircuitDecision : uint8_t {
  kWait,
  kAskRoot,  // complete but for an answer from outside: without one it might be our own uplink
  kOpen,
};

constexpr bool is_complete(const Tally& tally, const CircuitEvidence& evidence) {
  return tally.addresses >= kAddressesMin && tally.zones >= kZonesMin &&
         tally.timeouts >= (evidence.is_kin_alive ? kTimeoutsAmongLiving : kTimeoutsMin) &&
         tally.timeouts >= timeouts_needed(evidence.history);
}

constexpr CircuitDecision decide_circuit(const CircuitEvidence& evidence) {
  if (evidence.is_uplink_lost) return CircuitDecision::kWait;
  if (evidence.since_answer < kSilenceMin || evidence.since_answer > kAnsweredMemory) return CircuitDecision::kWait;
  if (is_complete(evidence.confirmed, evidence)) return CircuitDecision::kOpen;
  return is_complete(evidence.all, evidence) ? CircuitDecision::kAskRoot : CircuitDecision::kWait;
}

// `zones`: distinct, each answered well by the group within the last hour, that turned to SERVFAIL or REFUSED
// while the group gave no good answer since the first of them.
constexpr CircuitDecision decide_refusals(uint32_t zones) {
  return zones >= kRefusedZonesMin ? CircuitDecision::kOpen : CircuitDecision::kWait;
}

// All of it since the last packet from anyone.
struct UplinkEvidence {
  base::Duration since_answer = base::Duration::max();  // of anyone; max: there was none
  base::Duration since_first_failure{0};
  LossHistory history;
  uint32_t timeouts = 0;
  uint32_t unreachable = 0;
  uint32_t addresses = 0;
  uint32_t providers = 0;  // failed servers of which no two share a group
  // Since the first question to a root server in this silence; 0: none was asked.
  base::Duration since_root_probe{0};
};

enum class UplinkDecision : uint8_t { kUp, kAskRoot, kLost };

constexpr UplinkDecision decide_uplink(const UplinkEvidence& evidence) {
  if (evidence.unreachable >= kUnreachableMin && evidence.timeouts == 0 && evidence.addresses >= kAddressesMin &&
      evidence.providers >= kUplinkProvidersFew && evidence.since_first_failure >= kUnreachableWait) {
    return UplinkDecision::kLost;
  }
  const uint32_t failures = evidence.timeouts + evidence.unreachable;
  if (evidence.since_answer < kSilenceMin || evidence.addresses < kAddressesMin || failures < kTimeoutsMin ||
      failures < timeouts_needed(evidence.history)) {
    return UplinkDecision::kUp;
  }
  const bool is_root_silent = evidence.since_root_probe >= kRootSilence;
  if (is_root_silent && evidence.providers >= kUplinkProvidersMin) return UplinkDecision::kLost;
  if (evidence.since_root_probe >= kUplinkFewWait && evidence.providers >= kUplinkProvidersFew)
    return UplinkDecision::kLost;
  return UplinkDecision::kAskRoot;
}

namespace provider_circuit_law {

constexpr CircuitEvidence complete() {
  return {.since_answer = base::milliseconds(600), .history = {100, 0}, .all = {8, 3, 3}, .confirmed = {8, 3, 3}};
}
template <class Change>
constexpr CircuitDecision but(Change change) {
  CircuitEvidence evidence = complete();
  change(evidence);
  return decide_circuit(evidence);
}
using D = CircuitDecision;
using E = CircuitEvidence;
static_assert(decide_circuit(complete()) == D::kOpen);
static_assert(but([](E& e) { e.since_answer = base::milliseconds(499); }) == D::kWait, "it has just answered");
static_assert(but([](E& e) { e.since_answer = base::seconds(3601); }) == D::kWait, "it never answered lately");
static_assert(but([](E& e) { e.all.addresses = e.confirmed.addresses = 2; }) == D::kWait, "a dead server, or two");
static_assert(but([](E& e) { e.all.zones = e.confirmed.zones = 2; }) == D::kWait, "a broken zone, or two");
static_assert(but([](E& e) { e.all.timeouts = e.confirmed.timeouts = 7; }) == D::kWait);
static_assert(but([](E& e) { e.confirmed = {}; }) == D::kAskRoot, "nobody else was heard: is it us?");
static_assert(but([](E& e) { e.confirmed.zones = 2; }) == D::kAskRoot);
static_assert(but([](E& e) { e.is_uplink_lost = true; }) == D::kWait);
static_assert(but([](E& e) { e.history = {70, 30}; }) == D::kWait, "eight in a row are not rare on a lossy path");
static_assert(but([](E& e) { e.is_kin_alive = true; }) == D::kWait, "its /24 is silent, its domain is not");
static_assert(but([](E& e) { e.is_kin_alive = true, e.all.timeouts = e.confirmed.timeouts = 32; }) == D::kOpen);
static_assert(timeouts_needed({100, 0}) == 8 && timeouts_needed({0, 0}) == 30 && timeouts_needed({1000, 50}) == 8);
static_assert(timeouts_needed({70, 30}) > 15 && timeouts_needed({40, 60}) > 35 && timeouts_needed({10, 90}) > 150);
static_assert(timeouts_needed({0, 100'000}) == kTimeoutsNeededMax);

static_assert(is_suspicious({3, 3, 3}, {100, 0}) && is_suspicious({3, 3, 3}, {60, 4}));
static_assert(!is_suspicious({20, 3, 3}, {6, 58}), "twenty in a row are usual where nine of ten are lost");
static_assert(is_suspicious({40, 3, 3}, {6, 58}) && !is_suspicious({40, 2, 3}, {6, 58}));

static_assert(decide_refusals(9) == D::kWait && decide_refusals(10) == D::kOpen);

constexpr UplinkEvidence silent(uint32_t providers, base::Duration since_root_probe) {
  return {.since_answer = base::milliseconds(600),
          .since_first_failure = base::milliseconds(500),
          .history = {100, 0},
          .timeouts = 8,
          .addresses = 3,
          .providers = providers,
          .since_root_probe = since_root_probe};
}
static_assert(decide_uplink(silent(3, kRootSilence)) == UplinkDecision::kLost);
static_assert(decide_uplink(silent(9, base::Duration(0))) == UplinkDecision::kAskRoot, "no root was asked");
static_assert(decide_uplink(silent(2, kRootSilence)) == UplinkDecision::kAskRoot);
static_assert(decide_uplink(silent(2, kUplinkFewWait)) == UplinkDecision::kLost);
static_assert(decide_uplink(silent(1, kUplinkFewWait)) == UplinkDecision::kAskRoot);

}  // namespace provider_circuit_law

}  // namespace cache
