// Routes: how the names of a zone are resolved (design.md §6). A route holds for its zone and all
// below it that has no route of its own (split horizon); its steps are tried in order. A step is
// iteration from the root, or an upstream: forwarders, which are asked to recurse, or the
// authorities of a private zone, below which is iterated (a stub).
//
// Constant after start but for the counts, readable from any thread. Without configuration every name is iterated.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ip.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver {

// What an upstream was asked and what came of it, for people: written by all workers, relaxed.
struct UpstreamCounts {
  std::atomic<uint64_t> sent{0};
  std::atomic<uint64_t> responses{0};
  std::atomic<uint64_t> timeouts{0};
  std::atomic<uint64_t> answers{0};  // questions that were answered by this step of their route
};

struct Upstream {
  std::string name;
  std::vector<base::Endpoint> servers;
  bool authoritative = false;  // false: forwarders
  std::shared_ptr<UpstreamCounts> counts = std::make_shared<UpstreamCounts>();  // of all copies
};

inline constexpr size_t kIterateStep = SIZE_MAX;  // the step that is no upstream
inline constexpr size_t kRouteStepsMax = 7;       // cache::EntryHeader has three bits for a step

struct Route {
  wire::Name zone;            // lower case
  std::vector<size_t> steps;  // kIterateStep, or the index of an upstream; 1 to kRouteStepsMax
};

class RouteTable {
 public:
  RouteTable();
  // REQUIRES: steps in range, one route per zone.
  RouteTable(std::vector<Upstream> upstreams, std::vector<Route> routes);

  // The route of the longest zone that `name` is within. DS lies on the parent's side of a cut (RFC 4035
  // §3.1.4.1), so the DS of a route's zone is asked by the route above.
  [[nodiscard]] const Route& find(wire::NameView name, wire::Type type = wire::Type::kNone) const;
  // nullptr: the step iterates.
  [[nodiscard]] const Upstream* upstream_of(const Route& route, size_t step) const {
    return route.steps[step] == kIterateStep ? nullptr : &upstreams_[route.steps[step]];
  }
  [[nodiscard]] std::span<const Upstream> upstreams() const { return upstreams_; }
  [[nodiscard]] bool forwards(const Route& route) const;  // some step of it asks forwarders

  // What the route of `name` says, as a number that is the same after a restart: zone, steps and
  // servers, not the names of upstreams. What was stored under another one was learned by another route.
  [[nodiscard]] uint64_t fingerprint(wire::NameView name) const {
    return fingerprints_[static_cast<size_t>(&find(name) - routes_.data())];
  }
  // "iterate", or the upstream's name.
  [[nodiscard]] std::string_view step_name(const Route& route, size_t step) const;

 private:
  std::vector<Upstream> upstreams_;
  std::vector<Route> routes_;                           // the last one is the root's
  std::vector<uint64_t> fingerprints_;                  // one per route
  std::map<std::string, size_t, std::less<>> by_zone_;  // wire form, lower case
  size_t labels_max_ = 0;                               // of the longest zone
};

// choose_step: which step of a route to go to ----------------------------------------------------

enum class StepState : uint8_t {
  kUntried,
  kLeft,    // was silent for so long that another was tried meanwhile: may have a second chance
  kFailed,  // gave no usable answer
  kBarred,  // not for this question
};

struct StepView {
  StepState state = StepState::kUntried;
  bool dark = false;  // none of its servers has answered lately
};

struct StepChoice {
  size_t step = 0;
  bool again = false;             // its second chance
  std::optional<size_t> skipped;  // the first dark step that was passed over: worth a probe

  bool operator==(const StepChoice&) const = default;
};

// The first untried step that is not dark, then the first untried one, then the first that was left;
// nothing when all have failed. So an outage costs a route nothing but its probes.
[[nodiscard]] std::optional<StepChoice> choose_step(std::span<const StepView> steps);

}  // namespace resolver
