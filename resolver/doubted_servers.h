// DoubtedServers: which servers gave bogus answers in a zone lately. They are asked last in that zone: one secondary
// that is behind, or a server that a forger made up, costs one question its time and not each. Nobody is left out:
// where all are doubted, all are asked. Bounded at kServersMax; pure but for its memory.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/instant.h"

namespace resolver {

class DoubtedServers {
 public:
  static constexpr base::Duration kDoubtFor = base::seconds(300);
  static constexpr size_t kServersMax = 1024;

  // `key`: the caller's hash of the server's address and the zone.
  void doubt(base::Instant now, uint64_t key);
  [[nodiscard]] bool empty() const { return until_.empty(); }
  [[nodiscard]] bool is_doubted(base::Instant now, uint64_t key) const;

 private:
  std::unordered_map<uint64_t, base::Instant> until_;
};

}  // namespace resolver
