// What ProviderHealth tells: once when a circuit opens, once when it closes, the same for the uplink; with
// the evidence. to_line() makes the one line of the log.
#pragma once

#include <cstdint>
#include <string>

#include "base/instant.h"
#include "cache/provider_circuit.h"

namespace cache {

// The groups that a server is in; also the places of their keys in ServerGroups.
enum class GroupKind : uint8_t {
  kDomain,  // the registrable domain of the name server's name
  kPrefix,  // its /24 or /48
  kSet,     // the exact set of name servers of the delegation
};
inline constexpr size_t kGroupKinds = 3;

// Who calls ProviderHealth can name the groups of the server at hand; asked only when a circuit opens, under
// a lock: do not call back. "example.net", "192.0.2.0/24", "the name servers a.example., b.example.".
class GroupNames {
 public:
  [[nodiscard]] virtual std::string name_of(GroupKind kind) const = 0;

 protected:
  ~GroupNames() = default;
};

// GroupNames from a lambda: GroupNamesBy([&](GroupKind kind) { return ...; }).
template <class Function>
class GroupNamesBy final : public GroupNames {
 public:
  explicit GroupNamesBy(Function function) : function_(std::move(function)) {}
  [[nodiscard]] std::string name_of(GroupKind kind) const override { return function_(kind); }

 private:
  Function function_;
};

struct ProviderEvent {
  enum class Type : uint8_t { kSilent, kRefusing, kClosed, kUplinkLost, kUplinkRestored };
  Type type = Type::kClosed;
  base::Instant at;
  std::string group;  // empty for the uplink
  // kSilent, kUplinkLost: distinct addresses and zones are counted up to kDistinctMax. kRefusing: zones only.
  Tally tally;
  uint32_t unreachable = 0;              // kUplinkLost
  uint32_t providers = 0;                // kUplinkLost
  base::Duration since_answer{0};        // of the group, or of anyone for the uplink; max: there was none
  base::Duration since_other_answer{0};  // kSilent: of anyone outside the group
  base::Duration lasted{0};              // kClosed, kUplinkRestored: since it opened
  uint32_t failures = 0;                 // kClosed, kUplinkRestored: timeouts and refusals meanwhile
  uint32_t stale_answers = 0;            // kClosed: given meanwhile because of it
};

// So many distinct addresses or zones are told apart; a count of kDistinctMax means "or more".
inline constexpr uint32_t kDistinctMax = 16;

[[nodiscard]] std::string to_line(const ProviderEvent& event);

}  // namespace cache
