// HealthState: cache::ServerHealth as a section of the store: round-trip times and verdicts about EDNS and
// letter case. The servers are named by keyed hashes, so the table must have been made with the store's secret.
#pragma once

#include "cache/server_health.h"
#include "store/state.h"

namespace store {

class HealthState final : public StateSection {
 public:
  explicit HealthState(cache::ServerHealth& health) : health_(health) {}
  [[nodiscard]] std::string name() const override { return "servers"; }
  void save(const TimeBase& times, const std::function<void(base::Bytes chunk)>& emit) const override;
  void restore(const TimeBase& times, base::Bytes chunk) override;

 private:
  cache::ServerHealth& health_;
};

}  // namespace store
