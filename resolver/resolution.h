// Resolution: the engine's work on one question (name and type), whoever asked it: clients, or
// other resolutions that need an address or an alias's target. Equal questions share one.
//
// It holds what it waits for and what was tried; deciding is elsewhere (digest, choose_server,
// next_qname), doing is in the engine_*.cc files. `enter` is the one writer of the phase.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/check.h"
#include "base/instant.h"
#include "base/ip.h"
#include "cache/delegation.h"
#include "cache/entry.h"
#include "resolver/budget.h"
#include "resolver/check_turns.h"
#include "resolver/client.h"
#include "resolver/digest.h"
#include "resolver/engine.h"
#include "resolver/phase.h"
#include "resolver/routes.h"
#include "resolver/validation.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver {

using ResolutionId = uint64_t;  // 0: none

// What was tried with one server address for this question in this zone.
struct Attempt {
  base::IpAddress address;
  uint8_t server = 0;  // index into delegation.servers: by whose name it was found
  uint16_t port = 0;   // 0: Options::server_port
  uint8_t udp_sends = 0;
  uint8_t tcp_sends = 0;
  bool excluded = false;  // gave a useless answer, or could not be reached
  bool without_edns = false;
  bool without_case = false;  // does not keep the letter case: TCP was tried, now plain UDP
  uint8_t bad_cookies = 0;
};

enum class AddressLookup : uint8_t { kNotStarted, kRunning, kDone };

// The zone whose servers are being asked. Replaced whole when a referral leads on.
struct ZoneVisit {
  cache::Delegation delegation;
  uint32_t lease_until_s = UINT32_MAX;  // boot seconds; root hints have no end
  std::vector<Attempt> attempts;
  std::vector<AddressLookup> lookups;  // one per delegation.servers
  uint8_t glue_lookups = 0;            // server names in the zone that its parent was asked for
  bool new_servers_used = false;       // that the parent named while it was visited
  bool child_ns_used = false;
  bool other_glue_used = false;
  size_t known_labels = 0;             // see next_qname_labels
  const Upstream* upstream = nullptr;  // its servers are asked, not those of a delegation
  bool judged = false;                 // see settle_without_asking
  bool patience_running = false;       // since the first query to them
  uint64_t provider_zone = 0;          // cache::ProviderKeys, made when first needed
  uint64_t provider_set = 0;
};

// What of its route a resolution may use.
enum class RouteUse : uint8_t {
  kAll,
  kIterate,  // addresses of servers: no forwarder's word serves iteration (MaginotDNS)
  kProbe,    // one dark step, for nobody: to see whether it is back
};

// Sets a question for glue apart from the same one for an answer.
inline constexpr uint64_t kGlueMark = 2;
// And one that is not validated from one that is.
inline constexpr uint64_t kUncheckedMark = 4;

// How far a resolution has come along its route (engine_routes.cc).
struct RouteWalk {
  const Route* route = nullptr;
  RouteUse use = RouteUse::kAll;
  std::vector<StepState> states;  // one per step of the route; empty: not on its way yet
  size_t step = 0;                // the step that is being tried
  base::Instant entered_at;
  std::vector<std::pair<size_t, ZoneVisit>> left;    // where the steps were left that may be tried again
  base::Instant leaves_at = base::Instant::never();  // of a timer; never: none is set
  std::string forwarder_said;                        // "quad9: EDE 6", for the text of a failure
};

// Counts for the one line that says why it failed.
struct Evidence {
  uint16_t timeouts = 0, unreachable = 0, refused = 0, servfail = 0, lame = 0, broken = 0, no_address = 0, shed = 0;
  uint16_t by_forwarders = 0;  // of the useless answers
  [[nodiscard]] int useless_answers() const { return refused + servfail + lame + broken; }
};

enum class Outcome : uint8_t {
  kAnswered,  // rcode and chain are the result, denials among them
  kFailed,    // the zone's servers (or an alias's) gave no usable answer: cached (RFC 9520)
  kCached,    // a cached failure answered
  kBudget,    // the budget is used up
  kLoop,      // an alias or delegation loop
  kShed,      // gave way: our own bounds
};

// Why a resolution runs.
enum class Purpose : uint8_t {
  kAnswer,   // somebody waits for it
  kRefresh,  // nobody does: what is in the cache is to be replaced; its servers are asked even if they seem dark
  kParent,   // the name is a zone: its parent's servers are asked whom it is given to now
  kGlue,     // the name is a server's in glue_zone: the zone's parent is asked for the address it has, not for clients
};

// A doubtful response to the whole question, taken when no server of the zone does better.
struct LastResort {
  wire::Name zone;
  ResponseDigest digest;
};

struct Result {
  bool is_stale = false;  // some of the chain is past its TTL
  Outcome outcome = Outcome::kFailed;
  wire::Rcode rcode = wire::Rcode::kServfail;
  std::vector<cache::EntryPtr> chain;
  std::optional<wire::ExtendedError> error;
  std::string error_text;
  std::optional<wire::ExtendedError> cause;  // of stale data: what validation said of the new
};

// Where what is being validated came from.
enum class ValidationSource : uint8_t {
  kResponse,
  kReferral,    // DS or its denial, seen beside a referral
  kLastResort,  // kept until no server did better
};

// Of Phase::kValidate.
struct Validating {
  Validating(ResponseDigest digest, const ValidationQuestion& question, ValidationSource from)
      : validation(std::move(digest), question), source(from) {}
  Validation validation;
  ValidationSource source;
  base::Instant received;  // TTLs count from then
  base::IpAddress server;  // that answered
  uint16_t port = 0;
  const Upstream* forwarder = nullptr;
  std::vector<Validation::Need> asked;
  uint8_t restarts = 0;
  std::optional<CheckTurns::Waiting> waits_for_checks;
};

struct Resolution {
  // Constant after construction.
  ResolutionId id = 0;
  uint64_t question = 0;  // key in the engine's by_question_
  wire::Name name;        // lower case
  wire::Type type = wire::Type::kNone;
  std::shared_ptr<QueryBudget> budget;
  Purpose purpose = Purpose::kAnswer;
  base::Instant started;
  bool unchecked = false;               // not validated: addresses of servers; for clients with CD, what is bogus
  bool from_client = false;             // the budget was made for this very question
  std::optional<wire::Name> glue_zone;  // of Purpose::kGlue
  uint8_t depth = 0;         // sub-questions above it

  // Who waits for it.
  std::unordered_set<ClientId> clients;
  std::vector<ResolutionId> dependents;

  // Its way.
  Phase phase = Phase::kCacheCheck;
  RouteWalk walk;
  std::optional<ZoneVisit> visit;
  std::vector<wire::Name> failed_zones;  // do not start there again: their parents are asked
  uint8_t minimise_steps = 0;
  bool minimise = true;
  uint8_t address_lookups = 0;        // server names looked up so far, over all zones
  base::Instant next_name_at = base::Instant::never();  // when one more is, should none have an address by then
  std::vector<ResolutionId> awaited;  // sub-questions that are out
  uint64_t flight = 0;                // owned or followed; 0: none
  bool flight_failed = false;         // its owner found no server
  bool parked = false;                // waits for another worker's claim
  base::Instant parked_until;
  std::vector<ExchangeId> exchanges;  // the queries that are out: two when the first is slow (hedged)
  Evidence evidence;
  bool stale_used = false;  // stale data was taken, or looked for in vain
  bool is_overdue = false;  // its clients have lost patience: who comes now does not wait
  base::Instant patience_until = base::Instant::never();
  uint8_t retry = 0;                        // of a refresh that failed before: which time this is
  bool tries_dark = false;                  // one of the few that may ask a dark provider
  std::unique_ptr<LastResort> last_resort;  // from a server of the zone being visited
  std::unique_ptr<Validating> validating;   // of Phase::kValidate
  std::optional<dnssec::Verdict> bogus;     // what the last bogus answer was
  uint8_t bogus_answers = 0;
  bool cut_short = false;   // a sub-question was refused: what failed says nothing of the name
  uint64_t held_bytes = 0;  // counted against Bounds::bytes_max
  Result result;

  void enter(Phase next) {
    CHECK(may_follow(phase, next));
    phase = next;
  }
};

// For nobody and cut short on purpose; a refresh that is tried again is no probe.
[[nodiscard]] inline bool is_probe(const Resolution& resolution) {
  return resolution.budget->is_small() && resolution.retry == 0;
}

// Whether it has failed or ended meanwhile, or has gone on with a stale alias: nobody is to be asked any more.
[[nodiscard]] inline bool is_settled(const Resolution& resolution) {
  return resolution.phase == Phase::kFinished || resolution.phase == Phase::kAwaitAlias;
}

// Bounds on sub-questions for server addresses (NXNSAttack, CVE-2020-12662; NRDelegation).
inline constexpr uint8_t kAddressLookupsPerResolutionMax = 8;  // server names, each A and AAAA
// What a resolution weighs itself: its visit holds up to 20 server names.
inline constexpr uint64_t kResolutionBytes = 4096;
inline constexpr uint8_t kGlueLookupsPerVisitMax = 2;  // those in the zone itself: its parent is asked
inline constexpr uint8_t kDepthMax = 8;  // sub-questions below sub-questions
// More than this under way below one question is no honest delegation.
inline constexpr size_t kAwaitedNodesMax = 64;

}  // namespace resolver
