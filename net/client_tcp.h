// Clients' TCP connections: accepting, reading whole messages, writing answers, and closing what
// is idle, slow or too much. The rules are in net/connections.h; this file does the work.
//
// Time: data arrives after the `now` of the turn that waits for it was read. So nothing is
// stamped when it happens: what a connection did puts it on `touched_`, and its timers are armed
// with the `now` of the next turn, which was read right after.
//
// Each open connection is
//   - touched (no idle timer), or idle (nothing unanswered), or answering (RFC 7766 §6.2.3: not
//     idle; yet closed if nothing at all happens for the whole idle time), and
//   - perhaps in `messages_`: a message has begun and not ended, and
//   - perhaps in `writes_`: answers wait for the client to read.
// Each list is in the order of its deadlines, so the next deadline is the earliest front.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <vector>

#include "net/connections.h"
#include "net/event_queue.h"
#include "net/framing.h"
#include "net/outbox.h"
#include "net/poller.h"

namespace net {

class ClientTcp {
 public:
  ClientTcp(const LoopOptions& options, Poller& poller, EventQueue& events, base::Counters& counters);
  ~ClientTcp();

  // Accepts what waits on a listener, a bounded number. False: this machine lacks descriptors or
  // memory; try again later. `local` is null on a wildcard listener.
  [[nodiscard]] bool accept_from(int listener, const base::IpAddress* local);
  void on_ready(ConnectionId id, const Readiness& readiness);
  void send(ConnectionId id, base::Bytes message);

  // First in a turn: arms timers, writes what was queued, goes on with what was read before.
  void begin_turn(base::Instant now);
  // Last in a turn: closes what is past its deadline at the turn's `now`.
  void end_turn(base::Instant now);
  [[nodiscard]] base::Instant next_deadline() const;
  // True if there is work that no socket will announce.
  [[nodiscard]] bool work_waiting() const { return !resumable_.empty(); }
  [[nodiscard]] uint32_t open() const { return open_; }

 private:
  using Hook = boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  struct Connection {
    ConnectionId id{};
    WatchId watch{};
    base::Endpoint client;
    base::IpAddress local;
    Interest interest;
    Reassembler in;
    Outbox out;
    uint32_t unanswered = 0;
    bool client_done = false;  // it sent FIN; what it asked before is still answered
    base::Instant active_since;
    base::Instant message_since;
    base::Instant write_since;
    uint64_t write_mark = 0;  // all bytes before it have to leave by write_since + client_write
    Hook order, messages, writes, resumable, flushable;
  };
  template <Hook Connection::*member>
  using List = boost::intrusive::list<Connection, boost::intrusive::member_hook<Connection, Hook, member>,
                                      boost::intrusive::constant_time_size<false>>;

  [[nodiscard]] Connection* find(ConnectionId id);
  [[nodiscard]] bool make_room(const base::IpAddress& address);
  [[nodiscard]] Connection* victim_of(const base::IpAddress& address);
  void open_connection(Descriptor fd, const base::Endpoint& client, const base::IpAddress& local);
  void read(Connection& connection);
  void take_messages(Connection& connection);
  void flush(Connection& connection);
  void touch(Connection& connection);
  void arm(Connection& connection, base::Instant now);
  // Sets what is watched, and closes a connection that has nothing left to do.
  void settle(Connection& connection);
  void close(Connection& connection);

  const LoopOptions options_;
  Poller& poller_;
  EventQueue& events_;
  base::Counters& counters_;

  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<uint32_t> generations_;
  std::vector<uint32_t> free_slots_;
  uint32_t open_ = 0;
  AddressCounts per_address_;
  List<&Connection::order> touched_;
  List<&Connection::order> idle_;
  List<&Connection::order> answering_;
  List<&Connection::messages> messages_;
  List<&Connection::writes> writes_;
  List<&Connection::resumable> resumable_;  // whole messages are buffered and may be taken
  List<&Connection::flushable> flushable_;  // answers were queued since the last turn
  std::vector<uint8_t> scratch_;
};

}  // namespace net
