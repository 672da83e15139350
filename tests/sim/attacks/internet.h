// The small Internet of the attacks: a root, an attacker's zones and a victim's, each at an address
// of its own. An attack is a function that says what the attacker's server answers.
//
//   evil.    at kAttacker    what the attack makes of it
//   victim.  at kVictim      honest: no such name
//   dead.    at kDead...     six addresses that never answer
//   live.    at kLive        honest: every name has an address
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/attacks/bench.h"

namespace attacks {

inline base::IpAddress address(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  const uint8_t bytes[4] = {a, b, c, d};
  return base::IpAddress::v4(bytes);
}

inline const base::IpAddress kClient = address(10, 0, 0, 1);
inline const base::IpAddress kResolver = address(100, 64, 0, 53);
inline const base::IpAddress kRoot = address(198, 41, 0, 4);
inline const base::IpAddress kAttacker = address(198, 18, 1, 1);
inline const base::IpAddress kAttacker2 = address(198, 18, 1, 2);
inline const base::IpAddress kVictim = address(198, 18, 2, 1);
inline const base::IpAddress kLive = address(198, 18, 3, 1);
inline const base::IpAddress kGood = address(198, 18, 99, 1);    // what an honest answer says
inline const base::IpAddress kForged = address(198, 18, 66, 6);  // what a forger would like it to say
inline constexpr size_t kDeadServers = 6;
base::IpAddress dead_server(size_t index);
// The attacker again; the last byte is a number of the attack's own.
base::IpAddress server_at_depth(size_t depth);

struct NameServer {
  std::string name;
  std::vector<base::IpAddress> glue;
};

[[nodiscard]] sim::Response refer(const std::string& zone, const std::vector<NameServer>& servers);
[[nodiscard]] sim::Response alias(wire::NameView name, const std::string& target);
[[nodiscard]] sim::Response addresses(wire::NameView name, const std::vector<base::IpAddress>& addresses);
[[nodiscard]] sim::Response no_such_name(const std::string& zone);
[[nodiscard]] sim::Response no_data(const std::string& zone);

// Rendered with EDNS within 1232 bytes over UDP: TC where it does not fit.
[[nodiscard]] std::vector<uint8_t> render(const Ask& ask, const sim::Response& response);
[[nodiscard]] Packets reply(const Ask& ask, const sim::Response& response);

// `evil` answers for kAttacker, kAttacker2 and server_at_depth(); everything else is as above.
[[nodiscard]] Authority internet(Authority evil);

// The last labels of a name, as text.
[[nodiscard]] std::string suffix(wire::NameView name, size_t labels);
// The first label.
[[nodiscard]] std::string label(wire::NameView name);

}  // namespace attacks
