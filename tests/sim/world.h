// World: everything that is drawn from the seed before the first packet: the tree of zones, the
// servers with their faults, the clients' habits, the engines' options. Swarm style: each fault's
// probability is itself drawn, and often zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "resolver/options.h"
#include "tests/sim/outage.h"
#include "tests/sim/random.h"
#include "tests/sim/signed_plan.h"
#include "tests/sim/zone.h"

namespace sim {

// How honest and alive a server is.
enum class Manner : uint8_t { kGood, kDead, kRefuses, kServfails, kFormerrs, kRefersUpward };

struct Server {
  std::string name;
  std::vector<base::IpAddress> addresses;
  std::vector<size_t> zones;  // indexes into World::zones
  base::Duration round_trip{};
  bool evil = false;

  // Quirks: odd, but every name stays resolvable.
  bool formerr_on_edns = false;
  bool lowers_case = false;
  bool echoes_cookies = false;
  bool demands_cookies = false;  // BADCOOKIE without a server cookie
  bool truncates_all = false;
  bool minimal = false;
  bool recursive = false;  // a forwarder: knows every honest zone, answers with RA and without AA

  // Faults.
  Manner manner = Manner::kGood;
  bool drops_edns = false;
  bool refuses_tcp = false;
  bool closes_stream_after_each = false;  // what was pipelined behind it is lost
  base::Duration tcp_delay{};
  base::Instant dark_from = base::Instant::never();
  base::Instant dark_until = base::Instant::never();
};

// Probabilities in percent.
struct Faults {
  uint32_t loss = 0;
  uint32_t duplicate = 0;
  uint32_t late = 0;  // far out of order
  uint32_t port_taken = 0;
  uint32_t no_descriptor = 0;
  uint32_t forge = 0;  // queries that an off-path attacker answers first
  bool ipv6_dead = false;
};

enum class Level : uint8_t {
  kClean,   // nothing may fail
  kQuirky,  // odd servers and attackers off the path, yet nothing may fail
  kFaulty,  // SERVFAIL is a legal answer until the world is healed
};

struct Question {
  wire::Name name;
  wire::Type type = wire::Type::kA;
};

struct ClientHabits {
  uint32_t queries = 0;
  base::Duration span{};
  bool one_at_a_time = false;
  uint32_t burst = 0;  // percent of the arrivals that are bursts of equal questions
  uint32_t flood = 0;  // percent that are random names below one zone
  uint32_t tcp = 0;
  uint32_t gone = 0;  // percent of TCP clients that leave before the answer
  uint32_t addresses = 1;
};

struct ZoneChange {
  base::Instant when;
  size_t zone = 0;
  std::shared_ptr<const ZoneData> data;
};

struct World {
  uint64_t seed = 0;
  Level level = Level::kClean;
  std::vector<Zone> zones;  // [0] is the root
  std::vector<Server> servers;
  std::vector<Question> questions;  // interesting ones
  std::vector<ZoneChange> changes;
  std::optional<Outage> outage;       // of the seeds from kFirstOutageSeed on
  std::optional<SignedPlan> signing;  // of the seeds from kFirstSignedSeed on
  Faults faults;
  ClientHabits habits;
  size_t engine_count = 1;
  base::Duration step_delay_max{};  // how late a worker may notice a timeout or a wake-up
  uint64_t cache_bytes = 0;
  bool has_tight_bounds = false;  // so tight that honest questions may have to give way
  resolver::Options options;      // the same for each engine but for worker_index
  Random dice{0};                 // for what is drawn while it runs

  // Ends every fault and quirk; liars go on lying, and so does the forger's own server.
  void heal(base::Instant now);
};

[[nodiscard]] World draw_world(uint64_t seed);

// Between the questions of who asks one at a time: longer than everything that is done for one.
inline constexpr base::Duration kAloneGap = base::seconds(40);

// In no answer and in no cache entry, whoever sent it:
[[nodiscard]] base::IpAddress forged_address(wire::Type type);  // by the attacker off the path
// In none about a name that is secure, but for who has set CD; in no cache entry that counts as secure:
[[nodiscard]] base::IpAddress forger_address(wire::Type type);  // by the forger on the path
inline constexpr const char* kForgerLabel = "forger-marker";
// In none about names outside of a liar's own zone:
[[nodiscard]] base::IpAddress liar_address(wire::Type type);
inline constexpr const char* kForgedLabel = "forged-marker";
inline constexpr const char* kLiarLabel = "liar-marker";

// Parts of draw_world.
void make_tree(World& world, Random& dice);
void fill_zones(World& world, Random& dice);
void draw_changes(World& world, Random& dice);
void make_outage(World& world, Random& dice);
void make_signed(World& world, Random& dice);
void draw_forger(World& world, Random& dice);

}  // namespace sim
