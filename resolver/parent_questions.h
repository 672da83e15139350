// ParentQuestions: which zones' parents are asked again for a delegation, and when. While all servers of a zone
// fail, its owner may move it to others: the parent knows first. Asked every kIntervalMin at first, less often
// later; at most kPerParentPerSecond of one parent, zones that most clients ask for first.
//
// Only clients' questions bring a zone here, and it is forgotten when nobody asked for kForgetAfter. Bounded: at
// kZonesMax the zone that nobody asked for the longest gives way. Pure but for its memory.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/instant.h"
#include "wire/name.h"

namespace resolver {

class ParentQuestions {
 public:
  static constexpr base::Duration kIntervalMin = base::seconds(5);
  static constexpr base::Duration kIntervalMax = base::seconds(60);
  static constexpr base::Duration kOften = base::seconds(30);  // so long every kIntervalMin: owners move early
  static constexpr base::Duration kForgetAfter = base::seconds(300);
  static constexpr uint32_t kPerParentPerSecond = 100;
  static constexpr size_t kZonesMax = 8192;

  // A client asked for something in `zone`, and its servers are of no use. The keys: the caller's hashes.
  void on_failure(base::Instant now, wire::NameView zone, uint64_t key, uint64_t parent_key);
  // Its servers gave an answer.
  void on_answer(uint64_t key);
  // The zone whose parent is to be asked now, if any.
  [[nodiscard]] std::optional<wire::Name> take_due(base::Instant now);

  [[nodiscard]] size_t size() const { return zones_.size(); }

 private:
  struct Zone {
    wire::Name name;
    uint64_t key = 0;
    uint64_t parent_key = 0;
    base::Instant failed_since;
    base::Instant last_failure;
    base::Instant next_at;
    uint32_t asked = 0;  // by clients since the parent was asked last
  };
  struct Parent {
    std::set<std::pair<uint32_t, uint64_t>> waiting;  // (asked, key of zone): due, and its turn has not come
    uint32_t asked = 0;                               // in this second
    bool has_turn = false;                            // is in turns_
  };
  using Place = std::list<Zone>::iterator;
  void erase(Place zone);
  void give_turn(uint64_t key, Parent& parent);
  void begin_second(base::Instant now);

  std::list<Zone> zones_;  // the one that failed last first
  std::unordered_map<uint64_t, Place> by_key_;
  std::unordered_map<uint64_t, Parent> parents_;  // those with zones that wait, or asked in this second
  std::deque<uint64_t> turns_;                    // parents that may be asked, one after the other
  uint32_t second_ = 0;
};

}  // namespace resolver
