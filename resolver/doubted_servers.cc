#include "resolver/doubted_servers.h"

namespace resolver {

void DoubtedServers::doubt(base::Instant now, uint64_t key) {
  if (until_.size() >= kServersMax && !until_.contains(key)) {
    std::erase_if(until_, [now](const auto& item) { return item.second <= now; });
    if (until_.size() >= kServersMax) until_.erase(until_.begin());
  }
  until_[key] = now + kDoubtFor;
}

bool DoubtedServers::is_doubted(base::Instant now, uint64_t key) const {
  const auto found = until_.find(key);
  return found != until_.end() && now < found->second;
}

}  // namespace resolver
