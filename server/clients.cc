#include "server/clients.h"

namespace server {
namespace {

constexpr uint64_t kSlotBits = 32;
constexpr uint64_t kSlotMask = (1ULL << kSlotBits) - 1;

uint64_t number_of(net::ConnectionId connection) { return static_cast<uint64_t>(connection); }

}  // namespace

resolver::ClientId Clients::add(const WayBack& way) {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  ++slot.generation;
  slot.way = way;
  ++size_;
  const uint64_t id = (uint64_t{slot.generation} << kSlotBits) | index;
  if (const auto* tcp = std::get_if<ConnectionClient>(&way)) by_connection_.emplace(number_of(tcp->connection), id);
  return resolver::ClientId{id};
}

std::optional<WayBack> Clients::take(resolver::ClientId client) {
  const uint64_t id = static_cast<uint64_t>(client);
  const uint64_t index = id & kSlotMask;
  if (index >= slots_.size()) return std::nullopt;
  Slot& slot = slots_[index];
  if (!slot.way || slot.generation != id >> kSlotBits) return std::nullopt;
  const WayBack way = *slot.way;
  slot.way.reset();
  free_.push_back(static_cast<uint32_t>(index));
  --size_;
  if (const auto* tcp = std::get_if<ConnectionClient>(&way)) {
    const auto [begin, end] = by_connection_.equal_range(number_of(tcp->connection));
    for (auto at = begin; at != end; ++at) {  // bounded by LoopOptions::queries_per_connection_max
      if (at->second != id) continue;
      by_connection_.erase(at);
      break;
    }
  }
  return way;
}

std::vector<resolver::ClientId> Clients::take_connection(net::ConnectionId connection) {
  std::vector<resolver::ClientId> clients;
  const auto [begin, end] = by_connection_.equal_range(number_of(connection));
  for (auto at = begin; at != end; ++at) clients.push_back(resolver::ClientId{at->second});
  for (const resolver::ClientId client : clients) take(client);
  return clients;
}

}  // namespace server
