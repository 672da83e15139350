#include "resolver/streams.h"

#include <algorithm>

namespace resolver {

Stream* Streams::usable(const base::Endpoint& server) {
  const auto found = by_server_.find(server);
  if (found == by_server_.end()) return nullptr;
  Stream* best = nullptr;
  for (const StreamId id : found->second) {
    Stream& stream = streams_.at(id);
    if (stream.suspect || stream.pending.size() >= kPipelinedMax) continue;
    const bool better = best == nullptr || (stream.open && !best->open) ||
                        (stream.open == best->open && stream.pending.size() < best->pending.size());
    if (better) best = &stream;
  }
  return best;
}

bool Streams::may_open(const base::Endpoint& server, size_t streams_max) const {
  if (streams_.size() >= streams_max) return false;
  const auto found = by_server_.find(server);
  return found == by_server_.end() || found->second.size() < kStreamsPerServerMax;
}

Stream& Streams::add(StreamId id, const base::Endpoint& server) {
  by_server_[server].push_back(id);
  Stream& stream = streams_[id];
  stream.id = id;
  stream.server = server;
  return stream;
}

Stream* Streams::find(StreamId id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

uint16_t Streams::draw_query_id(const Stream& stream, base::Entropy& entropy) {
  for (;;) {  // at most kPipelinedMax of 65,536 are taken
    const uint16_t id = entropy.next_u16();
    if (!stream.pending.contains(id)) return id;
  }
}

void Streams::remove(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const auto siblings = by_server_.find(found->second.server);
  std::erase(siblings->second, id);
  if (siblings->second.empty()) by_server_.erase(siblings);
  streams_.erase(found);
}

Stream* Streams::idlest() {
  Stream* idlest = nullptr;
  for (auto& [id, stream] : streams_) {
    if (!stream.pending.empty()) continue;
    if (idlest == nullptr || stream.last_used < idlest->last_used) idlest = &stream;
  }
  return idlest;
}

std::vector<StreamId> Streams::ids() const {
  std::vector<StreamId> all;
  for (const auto& [id, stream] : streams_) all.push_back(id);
  return all;
}

}  // namespace resolver
