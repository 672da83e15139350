// Streams: TCP connections to servers. Opens, frames, sends and reads; when to open or close one
// is the engine's to decide, but for the connect deadline. Timers are armed as in net/client_tcp.h:
// with the `now` of the turn after.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <unordered_map>
#include <vector>

#include "net/event_queue.h"
#include "net/framing.h"
#include "net/outbox.h"
#include "net/poller.h"

namespace net {

class Streams {
 public:
  Streams(base::Duration connect_limit, Poller& poller, EventQueue& events, base::Counters& counters);
  ~Streams();

  // REQUIRES: `id` is not open.
  void open(StreamId id, const base::IpAddress* local_address, const base::Endpoint& server);
  void send(StreamId id, base::Bytes message);
  void close(StreamId id);
  void on_ready(StreamId id, const Readiness& readiness);

  void begin_turn(base::Instant now);
  void end_turn(base::Instant now);
  [[nodiscard]] base::Instant next_deadline() const;
  [[nodiscard]] bool work_waiting() const { return !resumable_.empty(); }
  [[nodiscard]] uint32_t open() const { return static_cast<uint32_t>(open_.size()); }

 private:
  using Hook = boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  struct Stream {
    StreamId id{};
    WatchId watch{};
    Interest interest;
    bool connected = false;
    bool server_done = false;  // no more bytes will come; closed once all whole messages are given out
    TransportError end = TransportError::kOther;
    Reassembler in;
    Outbox out;
    base::Instant connecting_since;
    Hook connecting, resumable, flushable;
  };
  template <Hook Stream::*member>
  using List = boost::intrusive::list<Stream, boost::intrusive::member_hook<Stream, Hook, member>,
                                      boost::intrusive::constant_time_size<false>>;

  [[nodiscard]] Stream* find(StreamId id);
  void finish_connect(Stream& stream);
  void read(Stream& stream);
  void take_messages(Stream& stream);
  void flush(Stream& stream);
  void settle(Stream& stream);
  void end(Stream& stream, TransportError error);

  const base::Duration connect_limit_;
  Poller& poller_;
  EventQueue& events_;
  base::Counters& counters_;
  std::unordered_map<uint64_t, std::unique_ptr<Stream>> open_;  // ids are the engine's own
  List<&Stream::connecting> opened_;      // since the last turn: no deadline yet
  List<&Stream::connecting> connecting_;  // in the order of their deadlines
  List<&Stream::resumable> resumable_;    // whole messages are buffered
  List<&Stream::flushable> flushable_;
  std::vector<uint8_t> scratch_;
};

}  // namespace net
