// Outage: what an outage world adds: providers of name servers with many zones each, names that clients ask
// again and again, one fault with a beginning and an end. Seeds from kFirstOutageSeed on draw such worlds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/instant.h"
#include "wire/name.h"
#include "wire/types.h"

namespace sim {

inline constexpr uint64_t kFirstOutageSeed = 1'000'000;

enum class OutageKind : uint8_t {
  kNone,
  kSilent,         // of one provider
  kServfail,       // the same
  kRefused,        // the same
  kLossy,          // the same, a share of the packets both ways
  kSlow,           // the same, answers late
  kHalf,           // half of its servers are silent
  kWrongNxdomain,  // it denies all names of its customers
  kMoved,          // it is silent, and some zones are moved to another provider by their parent
  kGhost,          // some zones are taken back by their parent; their servers go on answering, or are silent
  kUplink,         // nothing arrives from anyone
  kOneServer,      // one server is silent
  kOneZone,        // one zone is not answered by anyone
  kAttacker,       // strangers' zones, delegated to the provider, which never answers for them
};

struct KnownName {
  wire::Name name;
  wire::Type type = wire::Type::kA;
  size_t zone = 0;
  base::Duration period{};  // asked so often
};

struct Provider {
  wire::Name domain;
  std::vector<size_t> servers;
};

struct Outage {
  OutageKind kind = OutageKind::kNone;
  base::Instant from;
  base::Instant until;
  base::Instant end;      // of the clients
  base::Instant changed;  // kMoved, kGhost: when the parents say otherwise
  size_t provider = 0;
  std::vector<size_t> failing;  // servers
  std::vector<size_t> zones;    // kMoved, kGhost, kOneZone, kAttacker
  uint32_t loss = 0;            // kLossy: percent, each way
  base::Duration slowness{};    // kSlow
  bool is_ghost_silent = false;
  uint32_t delegation_ttl_s = 0;  // of the customers' zones

  std::vector<Provider> providers;
  std::vector<size_t> provider_of;  // by server; kNobody for those of root and top-level domains
  std::vector<KnownName> names;

  static constexpr size_t kNobody = SIZE_MAX;

  [[nodiscard]] bool is_on(base::Instant now) const { return from <= now && now < until; }
  [[nodiscard]] bool fails(size_t server, base::Instant now) const { return is_on(now) && is_failing(server); }
  [[nodiscard]] bool is_failing(size_t server) const { return std::ranges::find(failing, server) != failing.end(); }
  [[nodiscard]] bool concerns(size_t zone) const { return std::ranges::find(zones, zone) != zones.end(); }
  // Failing servers do not answer at all.
  [[nodiscard]] bool is_silence() const {
    return kind == OutageKind::kSilent || kind == OutageKind::kHalf || kind == OutageKind::kMoved ||
           kind == OutageKind::kUplink || kind == OutageKind::kOneServer ||
           (kind == OutageKind::kGhost && is_ghost_silent);
  }
};

}  // namespace sim
