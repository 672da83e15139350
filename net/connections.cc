#include "net/connections.h"

#include <algorithm>

#include "base/check.h"

namespace net {

Admission decide_admission(uint32_t open, uint32_t open_from_address, const LoopOptions& options) {
  if (options.client_connections_max == 0) return Admission::kRefuseAll;
  if (open_from_address >= options.client_connections_per_address_max) return Admission::kRefuseAddress;
  return open >= options.client_connections_max ? Admission::kAdmitAfterEviction : Admission::kAdmit;
}

base::Duration idle_limit(base::Duration idle, uint32_t open, uint32_t open_max) {
  if (open_max == 0) return idle / 10;
  const int64_t filled_permille = std::min<uint64_t>(1000, uint64_t{open} * 1000 / open_max);
  return idle - idle / 10'000 * (filled_permille * 9);
}

bool may_take_message(uint32_t unanswered, size_t backlog_bytes, const LoopOptions& options) {
  return unanswered < options.queries_per_connection_max && backlog_bytes <= kBacklogPauseBytes;
}

void AddressCounts::remove(const base::IpAddress& address) {
  const auto found = counts_.find(address);
  CHECK(found != counts_.end());
  if (--found->second == 0) counts_.erase(found);
}

uint32_t AddressCounts::count(const base::IpAddress& address) const {
  const auto found = counts_.find(address);
  return found == counts_.end() ? 0 : found->second;
}

std::optional<base::IpAddress> AddressCounts::largest() const {
  const auto most = std::max_element(counts_.begin(), counts_.end(),
                                     [](const auto& left, const auto& right) { return left.second < right.second; });
  if (most == counts_.end()) return std::nullopt;
  return most->first;
}

}  // namespace net
