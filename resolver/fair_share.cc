#include "resolver/fair_share.h"

namespace resolver {

void FairShare::join(uint64_t member, uint64_t key) {
  leave(member);
  std::list<uint64_t>& held = by_key_[key];
  by_size_.erase({held.size(), key});
  const auto place = held.insert(held.end(), member);
  by_size_.insert({held.size(), key});
  members_.insert({member, Member{key, place}});
}

void FairShare::leave(uint64_t member) {
  const auto found = members_.find(member);
  if (found == members_.end()) return;
  const uint64_t key = found->second.key;
  const auto holder = by_key_.find(key);
  std::list<uint64_t>& held = holder->second;
  by_size_.erase({held.size(), key});
  held.erase(found->second.place);
  if (held.empty()) {
    by_key_.erase(holder);
  } else {
    by_size_.insert({held.size(), key});
  }
  members_.erase(found);
}

void FairShare::clear() {
  members_.clear();
  by_key_.clear();
  by_size_.clear();
}

size_t FairShare::held_by(uint64_t key) const {
  const auto holder = by_key_.find(key);
  return holder == by_key_.end() ? 0 : holder->second.size();
}

std::optional<uint64_t> FairShare::oldest_of_largest() const {
  if (by_size_.empty()) return std::nullopt;
  return oldest_of(by_size_.rbegin()->second);
}

std::optional<uint64_t> FairShare::oldest_of(uint64_t key) const {
  const auto holder = by_key_.find(key);
  if (holder == by_key_.end()) return std::nullopt;
  return holder->second.front();
}

}  // namespace resolver
