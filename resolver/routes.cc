#include "resolver/routes.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace resolver {
namespace {

// FNV-1a, 64 bits: not keyed, so that it is the same in every run. The text is the operator's own.
uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xCBF2'9CE4'8422'2325;
  for (const char character : text) {
    hash ^= static_cast<uint8_t>(character);
    hash *= 0x0000'0100'0000'01B3;
  }
  return hash;
}

std::string text_of(const Upstream& upstream) {
  std::vector<std::string> servers;
  for (const base::Endpoint& server : upstream.servers) servers.push_back(server.to_text());
  std::sort(servers.begin(), servers.end());
  std::string text = upstream.authoritative ? "stub" : "forward";
  for (const std::string& server : servers) text += " " + server;
  return text;
}

}  // namespace

RouteTable::RouteTable() : RouteTable({}, {}) {}

RouteTable::RouteTable(std::vector<Upstream> upstreams, std::vector<Route> routes)
    : upstreams_(std::move(upstreams)), routes_(std::move(routes)) {
  const bool has_root =
      std::any_of(routes_.begin(), routes_.end(), [](const Route& route) { return route.zone.view().is_root(); });
  if (!has_root) routes_.push_back({wire::Name(), {kIterateStep}});
  for (size_t index = 0; index < routes_.size(); ++index) {
    Route& route = routes_[index];
    CHECK(!route.steps.empty() && route.steps.size() <= kRouteStepsMax);
    for (const size_t step : route.steps) CHECK(step == kIterateStep || step < upstreams_.size());
    route.zone = route.zone.lowercased();
    labels_max_ = std::max(labels_max_, route.zone.view().label_count());
    CHECK(by_zone_.emplace(base::as_text(route.zone.view().bytes()), index).second);
    std::string text = route.zone.to_text();
    for (const size_t step : route.steps) text += step == kIterateStep ? "\niterate" : "\n" + text_of(upstreams_[step]);
    fingerprints_.push_back(fnv1a(text));
  }
}

const Route& RouteTable::find(wire::NameView name, wire::Type type) const {
  if (routes_.size() == 1) return routes_.front();
  const wire::Name lower = wire::Name(name).lowercased();
  wire::NameView zone = lower;
  if (type == wire::Type::kDs && !zone.is_root()) zone = zone.parent();
  if (zone.label_count() > labels_max_) zone = zone.suffix(labels_max_);
  for (;; zone = zone.parent()) {
    const auto found = by_zone_.find(base::as_text(zone.bytes()));
    if (found != by_zone_.end()) return routes_[found->second];
    CHECK(!zone.is_root());
  }
}

bool RouteTable::forwards(const Route& route) const {
  return std::any_of(route.steps.begin(), route.steps.end(),
                     [&](size_t step) { return step != kIterateStep && !upstreams_[step].authoritative; });
}

std::string_view RouteTable::step_name(const Route& route, size_t step) const {
  const Upstream* upstream = upstream_of(route, step);
  return upstream == nullptr ? std::string_view("iterate") : std::string_view(upstream->name);
}

std::optional<StepChoice> choose_step(std::span<const StepView> steps) {
  std::optional<size_t> dark;
  std::optional<size_t> left;
  for (size_t step = 0; step < steps.size(); ++step) {
    if (steps[step].state == StepState::kLeft && !left) left = step;
    if (steps[step].state != StepState::kUntried) continue;
    if (!steps[step].dark) return StepChoice{step, false, dark};
    if (!dark) dark = step;
  }
  if (dark) return StepChoice{*dark, false, std::nullopt};
  if (left) return StepChoice{*left, true, std::nullopt};
  return std::nullopt;
}

}  // namespace resolver
