#include "cache/managed_keys.h"

#include <algorithm>
#include <utility>

namespace cache {

std::vector<ManagedZone> ManagedKeys::zones() const {
  const std::lock_guard lock(mutex_);
  return zones_;
}

void ManagedKeys::replace_all(std::vector<ManagedZone> zones) {
  const std::lock_guard lock(mutex_);
  zones_ = std::move(zones);
  version_.fetch_add(1, std::memory_order_release);  // pairs with version()
}

void ManagedKeys::put(ManagedZone zone) {
  const std::lock_guard lock(mutex_);
  const auto same = std::find_if(zones_.begin(), zones_.end(),
                                 [&](const ManagedZone& known) { return known.zone.view() == zone.zone.view(); });
  if (same != zones_.end()) {
    *same = std::move(zone);
  } else {
    zones_.push_back(std::move(zone));
  }
  version_.fetch_add(1, std::memory_order_release);  // pairs with version()
}

}  // namespace cache
