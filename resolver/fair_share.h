// FairShare: who holds how much of a bounded thing, and who has to give way. Members join under a
// key (client prefix, zone); the victim is the oldest member of the key that holds the most.
// Every operation is O(log n); nothing is scanned.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace resolver {

class FairShare {
 public:
  void join(uint64_t member, uint64_t key);
  void leave(uint64_t member);  // unknown members are ignored
  void clear();
  [[nodiscard]] size_t size() const { return members_.size(); }
  [[nodiscard]] size_t held_by(uint64_t key) const;
  [[nodiscard]] std::optional<uint64_t> oldest_of_largest() const;
  [[nodiscard]] std::optional<uint64_t> oldest_of(uint64_t key) const;

 private:
  struct Member {
    uint64_t key;
    std::list<uint64_t>::iterator place;
  };
  std::unordered_map<uint64_t, Member> members_;
  std::unordered_map<uint64_t, std::list<uint64_t>> by_key_;  // oldest first
  std::set<std::pair<size_t, uint64_t>> by_size_;             // (held, key)
};

}  // namespace resolver
