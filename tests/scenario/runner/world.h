// World: the scripted authorities. Given a query as it arrives at an address, and the step the
// scenario is at, it says what is sent back.
#pragma once

#include <set>

#include "match.h"
#include "settings.h"

namespace scenario {

struct Delivery {
  base::Duration delay{0};  // after the server's latency
  std::vector<uint8_t> message;
};

class World {
 public:
  World(const Scenario& scenario, const Settings& settings);

  // What the server at `address` sends; empty: nothing.
  [[nodiscard]] std::vector<Delivery> respond(base::Bytes query, const base::IpAddress& address,
                                              resolver::Transport transport, uint64_t step);
  [[nodiscard]] base::Duration latency(const base::IpAddress& address) const;
  [[nodiscard]] bool refuses_tcp(const base::IpAddress& address) const {
    return settings_.tcp_refused.contains(address);
  }
  [[nodiscard]] bool is_unreachable(const base::IpAddress& address) const {
    return settings_.unreachable.contains(address);
  }

 private:
  [[nodiscard]] const Entry* find_in_ranges(const Decoded& query, const base::IpAddress* address,
                                            resolver::Transport transport, uint64_t step) const;
  const Scenario& scenario_;
  const Settings& settings_;
  std::set<base::IpAddress> range_addresses_;
  std::set<base::IpAddress> hint_addresses_;
  std::set<const Step*> used_replies_;
};

// The packets of `entry` as an answer to `query`.
[[nodiscard]] std::vector<Delivery> make_deliveries(const Entry& entry, const Decoded& query, bool copies_name);

}  // namespace scenario
