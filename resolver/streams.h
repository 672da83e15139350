// Streams: the pool of TCP connections to servers (RFC 7766 §6.2): reused, pipelined, at most
// kStreamsPerServerMax to one server, closed after kStreamIdle without use. It only keeps the
// books; opening and sending are effects of the engine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/entropy.h"
#include "base/instant.h"
#include "base/ip.h"
#include "resolver/engine.h"

namespace resolver {

inline constexpr size_t kStreamsPerServerMax = 2;
inline constexpr size_t kPipelinedMax = 64;                       // unanswered queries on one stream
inline constexpr base::Duration kStreamIdle = base::seconds(8);
inline constexpr base::Duration kTcpTimeout = base::milliseconds(3500);  // connecting included

struct Stream {
  StreamId id{};
  base::Endpoint server;
  bool open = false;
  bool answered = false;                                  // has carried a response already
  bool suspect = false;                                   // has let a query time out since
  std::unordered_map<uint16_t, ExchangeId> pending;       // by query id: unique on one stream
  base::Instant last_used;
};

class Streams {
 public:
  // A stream to `server` that can take another query, preferring open ones.
  [[nodiscard]] Stream* usable(const base::Endpoint& server);
  [[nodiscard]] bool may_open(const base::Endpoint& server, size_t streams_max) const;
  Stream& add(StreamId id, const base::Endpoint& server);
  [[nodiscard]] Stream* find(StreamId id);
  // A query id that is not pending on the stream.
  [[nodiscard]] static uint16_t draw_query_id(const Stream& stream, base::Entropy& entropy);
  void remove(StreamId id);
  // The idle stream that was used longest ago, if any is idle.
  [[nodiscard]] Stream* idlest();
  [[nodiscard]] size_t size() const { return streams_.size(); }
  [[nodiscard]] std::vector<StreamId> ids() const;

 private:
  std::unordered_map<StreamId, Stream> streams_;
  std::map<base::Endpoint, std::vector<StreamId>> by_server_;
};

}  // namespace resolver
