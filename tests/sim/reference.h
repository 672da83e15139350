// The reference resolver: it looks into the generated zones directly, without a network, and says
// what an answer may be. Because zones change while the world runs, a link of an answer is right
// when some version of its zone that was in force within the link's TTL says the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/zone.h"
#include "wire/message.h"

namespace sim {

// Links that a resolver must follow; between this and its limit it may give up (a DNAME counts
// as two: itself and the CNAME made from it).
inline constexpr size_t kLinksThatMustResolve = 8;
// A response may be on its way, or held for the rest of its chain, this long after the zone changed.
inline constexpr base::Duration kHeldAnswerMax = base::seconds(13);

class Reference {
 public:
  explicit Reference(const std::vector<Zone>& zones) : zones_(zones) {}

  // DS belongs to the parent.
  [[nodiscard]] const Zone& zone_of(wire::NameView name, wire::Type type = wire::Type::kNone) const;
  [[nodiscard]] bool is_evil(wire::NameView name) const { return zone_of(name).evil; }

  // Everything that may be heard about the name at `now`, up to `past_ttl` after it ended.
  [[nodiscard]] std::vector<Lookup> may_say(base::Instant now, wire::NameView name, wire::Type type,
                                            base::Duration past_ttl = base::Duration(0)) const;

  // False when the chain loops, is long, or passes through a zone that lies.
  [[nodiscard]] bool must_resolve(base::Instant now, wire::NameView name, wire::Type type) const;

  // Why the NOERROR or NXDOMAIN answer in `message` is wrong, or nothing.
  [[nodiscard]] std::optional<std::string> disagreement(base::Instant now, wire::NameView name, wire::Type type,
                                                        const wire::MessageView& message,
                                                        base::Duration past_ttl = base::Duration(0)) const;

 private:
  const std::vector<Zone>& zones_;
};

}  // namespace sim
