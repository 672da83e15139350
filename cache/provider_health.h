// ProviderHealth: which providers are dark, and whether our own uplink is lost. One for all workers.
//
// A server address is in up to three groups (ServerGroups). A group is dark while its circuit is open:
// opened by the evidence that provider_circuit.h asks for, closed by the first answer of any member. An open
// circuit forbids nothing: it is for the caller to change order and waiting.
//
//   every exchange ends in one of   on_answer, on_timeout, on_refusal, on_unreachable
//   before asking                   is_dark, and while it is: take_canary; is_uplink_lost
//   each turn                       take_root_probe: when true, ask a root server and report how it ended
//   now and then                    poll_event, for the log
//
// Threads: any thread calls anything. is_dark is one relaxed load while no circuit is open. on_answer for
// groups known and healthy reads and writes a few relaxed words and takes no lock; all else takes a small
// mutex for a moment. Threads may differ in `now` by a turn.
//
// Memory is fixed at start: groups_max groups of about 850 bytes, 8 bytes for each zone that a group
// answered. Only an answer makes a group known, so silent strangers take nothing; a full bucket replaces the
// group with the fewest answers (halved each ten minutes), never one whose circuit is open. What is
// forgotten can only keep a circuit closed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "cache/answered_zones.h"
#include "cache/provider_circuit.h"
#include "cache/provider_event.h"
#include "cache/provider_keys.h"
#include "cache/uplink.h"

namespace cache {

struct ProviderOptions {
  uint32_t groups_max = 4096;
  uint32_t group_zones_max = 1 << 18;  // (group, zone) pairs, 8 bytes each
};

// A question to a server that brought no answer to use.
struct FailedQuery {
  ServerGroups groups;
  uint64_t server = 0;  // ProviderKeys::server
  uint64_t zone = 0;    // ProviderKeys::zone
  base::Instant sent;   // a timeout is evidence only when it was sent after the group's last answer
};

// The last time the uplink was lost. A timeout of a question sent in [from, to) says nothing of the server.
struct UplinkOutage {
  base::Instant from;                         // no later than the first failure that counted was sent
  base::Instant to = base::Instant::never();  // never: it is lost now
  [[nodiscard]] bool covers(base::Instant sent) const { return sent >= from && sent < to; }
};

class ProviderHealth {
 public:
  // A reader that is this far behind loses events (counted): the log is no reason to keep memory.
  static constexpr size_t kEventsMax = 64;

  explicit ProviderHealth(const ProviderOptions& options);
  ~ProviderHealth();

  // A usable answer or referral for a name in `zone`: NOERROR or NXDOMAIN by a server that is not lame.
  void on_answer(base::Instant now, const ServerGroups& groups, uint64_t zone);
  // The same, of a time before this process: the cache holds what was answered then. Says nothing of today.
  void recall_answer(base::Instant at, const ServerGroups& groups, uint64_t zone);
  void on_timeout(base::Instant now, const FailedQuery& query, const GroupNames& names);
  // SERVFAIL or REFUSED.
  void on_refusal(base::Instant now, const FailedQuery& query, const GroupNames& names);
  // The network said so, at once (ICMP, ENETUNREACH). Speaks of the uplink only.
  void on_unreachable(base::Instant now, const FailedQuery& query);

  [[nodiscard]] bool is_dark(const ServerGroups& groups) const;
  // Silent towards as many zones and addresses as a circuit asks for, more than its path usually loses in a row, but
  // not yet for so long or so often. No second query to it for the same question: it would tell nothing new.
  [[nodiscard]] bool is_suspect(const ServerGroups& groups) const;
  // True: the caller asks this dark server now, whatever is_dark says. One at a time and at most one a second
  // for the first of its groups that is open; the claim ends with whatever that group does next, or after
  // kCanaryClaimMax.
  [[nodiscard]] bool take_canary(base::Instant now, const ServerGroups& groups);
  // A stale answer was given because these are dark: counted for the first of them that is open.
  void on_stale_answer(const ServerGroups& groups);
  struct OpenCircuit {
    std::string group;
    base::Duration open_for{0};
    uint32_t failures = 0;  // timeouts and refusals since it opened
    uint32_t stale_answers = 0;
  };
  // For people; takes each mutex in turn.
  [[nodiscard]] std::vector<OpenCircuit> list_open(base::Instant now) const;
  // A circuit of one of the groups closed after `since`: what was held back because of it may go on.
  [[nodiscard]] bool has_recovered_since(base::Instant since, const ServerGroups& groups) const;
  // Some member of one of the groups answered something after `since` (both to the millisecond).
  [[nodiscard]] bool has_answered_since(base::Instant since, const ServerGroups& groups) const;

  [[nodiscard]] bool is_uplink_lost() const;
  [[nodiscard]] std::optional<UplinkOutage> last_uplink_outage() const;
  // True at most once a second, while evidence against a group is complete but that nobody else was heard, or
  // nobody is heard at all, or the uplink is lost: ask a root server, each time another.
  [[nodiscard]] bool take_root_probe(base::Instant now);

  [[nodiscard]] std::optional<ProviderEvent> poll_event();
  [[nodiscard]] uint64_t events_dropped() const;
  [[nodiscard]] uint32_t open_circuits() const { return open_circuits_.load(std::memory_order_relaxed); }

 private:
  struct KeyBucket;
  struct HotGroup;
  struct ColdGroup;
  static constexpr uint32_t kShards = 64;

  [[nodiscard]] uint32_t bucket_of(uint64_t key) const;
  [[nodiscard]] HotGroup* find(uint64_t key) const;
  HotGroup* find_or_take(uint64_t stamp, uint64_t key);
  [[nodiscard]] uint32_t index_of(const HotGroup& group) const;
  [[nodiscard]] bool is_still(const HotGroup& group, uint64_t key) const;
  [[nodiscard]] std::mutex& shard_of(const HotGroup& group) const;
  [[nodiscard]] ColdGroup& cold_of(const HotGroup& group) const;
  [[nodiscard]] bool is_open(uint64_t key) const;

  void answer(uint64_t stamp, uint64_t key, uint64_t zone);
  void settle(uint64_t stamp, HotGroup& group, uint64_t key);
  void fail_in_the_dark(const ServerGroups& groups);
  struct Kin {
    LossHistory history;
    uint64_t answered_at = 0;
  };
  [[nodiscard]] Kin kin_of(uint64_t stamp, const ServerGroups& groups, GroupKind kind) const;
  bool count_timeout(uint64_t stamp, GroupKind kind, const FailedQuery& query, const GroupNames& names);
  bool count_refusal(uint64_t stamp, GroupKind kind, const FailedQuery& query, const GroupNames& names);
  [[nodiscard]] bool is_of_lost_uplink(const ColdGroup& cold, uint64_t sent) const;
  void open(uint64_t stamp, HotGroup& group, ProviderEvent event);
  void push(std::optional<ProviderEvent> event);

  const uint32_t bucket_count_;
  std::unique_ptr<KeyBucket[]> keys_;
  std::unique_ptr<HotGroup[]> hot_;
  std::unique_ptr<ColdGroup[]> cold_;  // by the shard of the bucket
  mutable std::array<std::mutex, kShards> shards_;
  AnsweredZones answered_zones_;
  Uplink uplink_;
  std::atomic<uint32_t> open_circuits_{0};

  mutable std::mutex events_mutex_;
  std::deque<ProviderEvent> events_;
  uint64_t events_dropped_ = 0;
  std::atomic<bool> has_events_{false};
};

}  // namespace cache
