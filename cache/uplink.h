// Uplink: is it we who are cut off? What all servers together answer and leave unanswered. Inside cache/ only
// (ProviderHealth, which says when to call what). Thread-safe; hear() while all is well is one relaxed load and
// one store.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "cache/provider_event.h"
#include "cache/provider_evidence.h"
#include "cache/provider_keys.h"

namespace cache {

struct FailedQuery;
struct UplinkOutage;

class Uplink {
 public:
  // A packet from any server. The event, if there is one: restored.
  std::optional<ProviderEvent> hear(uint64_t stamp);
  // The event, if there is one: lost.
  std::optional<ProviderEvent> fail(uint64_t stamp, const FailedQuery& query, bool is_unreachable);

  [[nodiscard]] uint64_t heard_at() const { return answered_at(heard_.load(std::memory_order_relaxed)); }
  [[nodiscard]] bool is_lost() const { return is_lost_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::optional<UplinkOutage> last_outage() const;
  void want_root(uint64_t stamp) { root_wanted_at_.store(stamp, std::memory_order_relaxed); }
  [[nodiscard]] bool take_root_probe(uint64_t stamp);

 private:
  static constexpr size_t kProvidersMax = 8;
  // Since the last packet from anyone.
  struct Evidence {
    uint64_t first_sent = 0;  // 0: none
    uint64_t first_at = 0;
    uint64_t last_at = 0;
    uint32_t timeouts = 0;
    uint32_t unreachable = 0;
    TagSet addresses;
    std::array<ServerGroups, kProvidersMax> providers{};  // no two share a group
    uint32_t provider_count = 0;
    uint64_t first_root_probe = 0;
    uint32_t failures_since_lost = 0;
  };
  void count(uint64_t stamp, const FailedQuery& query, bool is_unreachable);
  std::optional<ProviderEvent> judge(uint64_t stamp);

  std::atomic<uint64_t> heard_{0};
  std::atomic<bool> is_pending_{false};  // the next packet has something to settle
  std::atomic<bool> is_lost_{false};
  std::atomic<uint64_t> root_wanted_at_{0};
  // Of the last outage: changed under the mutex, `lost_at_` first. Restored before lost: it is not over.
  std::atomic<uint64_t> lost_at_{0};
  std::atomic<uint64_t> restored_at_{0};

  std::mutex mutex_;
  Evidence evidence_;
  LossMeter meter_;
  uint64_t root_probe_at_ = 0;
};

}  // namespace cache
