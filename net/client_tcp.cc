#include "net/client_tcp.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "net/address.h"

namespace net {
namespace {

constexpr int kAcceptsPerVisit = 64;
constexpr size_t kReadBytes = 16 * 1024;
// Of one connection's messages, at most so many in a row: others get their share.
constexpr int kMessagesPerVisit = 16;

ConnectionId make_id(uint32_t generation, uint32_t slot) {
  return ConnectionId{(uint64_t{generation} << 32) | slot};
}
uint32_t slot_of(ConnectionId id) { return static_cast<uint32_t>(id); }

}  // namespace

ClientTcp::ClientTcp(const LoopOptions& options, Poller& poller, EventQueue& events, base::Counters& counters)
    : options_(options), poller_(poller), events_(events), counters_(counters), scratch_(kReadBytes) {}

ClientTcp::~ClientTcp() = default;

ClientTcp::Connection* ClientTcp::find(ConnectionId id) {
  const uint32_t slot = slot_of(id);
  if (slot >= slots_.size() || slots_[slot] == nullptr || slots_[slot]->id != id) return nullptr;
  return slots_[slot].get();
}

// Opening ----------------------------------------------------------------------------------------

bool ClientTcp::accept_from(int listener, const base::IpAddress* local) {
  for (int count = 0; count < kAcceptsPerVisit; ++count) {
    SocketAddress peer;
    socklen_t length = sizeof(peer);
    Descriptor fd(accept4(listener, &peer.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      if (is_own_lack(errno)) {
        counters_.add(base::Counter::kNetDescriptorsExhausted);
        return false;
      }
      if (errno == EAGAIN) return true;
      continue;  // this one connection died before it was accepted (accept(2), "Error handling")
    }
    const base::Endpoint client = to_endpoint(peer);
    if (!make_room(client.address)) continue;
    if (local != nullptr) {
      open_connection(std::move(fd), client, *local);
      continue;
    }
    SocketAddress own;
    length = sizeof(own);
    if (getsockname(fd.get(), &own.any, &length) != 0) continue;
    open_connection(std::move(fd), client, to_endpoint(own).address);
  }
  return true;
}

bool ClientTcp::make_room(const base::IpAddress& address) {
  switch (decide_admission(open_, per_address_.count(address), options_)) {
    case Admission::kAdmit: return true;
    case Admission::kRefuseAddress: counters_.add(base::Counter::kNetTcpRefusedClient); return false;
    case Admission::kRefuseAll: counters_.add(base::Counter::kNetTcpRefusedTotal); return false;
    case Admission::kAdmitAfterEviction: break;
  }
  counters_.add(base::Counter::kNetTcpRefusedTotal);
  const auto largest = per_address_.largest();
  CHECK(largest.has_value());
  Connection* victim = victim_of(*largest);
  CHECK(victim != nullptr);
  close(*victim);
  return true;
}

// The connection of `address` on which nothing happened for longest: idle ones before those that
// wait for answers, and these before those that did something in this turn.
ClientTcp::Connection* ClientTcp::victim_of(const base::IpAddress& address) {
  for (auto* list : {&idle_, &answering_, &touched_}) {
    for (Connection& connection : *list) {
      if (connection.client.address == address) return &connection;
    }
  }
  return nullptr;
}

void ClientTcp::open_connection(Descriptor fd, const base::Endpoint& client, const base::IpAddress& local) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
    generations_.push_back(0);
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot] = std::make_unique<Connection>();
  Connection& connection = *slots_[slot];
  connection.id = make_id(++generations_[slot], slot);
  connection.client = client;
  connection.local = local;
  connection.interest = {.read = true, .write = false};
  connection.watch =
      poller_.watch(std::move(fd), WatchKind::kConnection, static_cast<uint64_t>(connection.id), connection.interest);
  ++open_;
  per_address_.add(client.address);
  counters_.add(base::Counter::kNetTcpAccepted);
  touch(connection);
}

// Reading and writing ----------------------------------------------------------------------------

void ClientTcp::on_ready(ConnectionId id, const Readiness& readiness) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  if (readiness.failed && !connection->interest.read) return close(*connection);
  if (readiness.writable && connection->interest.write) flush(*connection);
  connection = find(id);  // a failed write has closed it
  if (connection == nullptr) return;
  if ((readiness.readable || readiness.failed) && connection->interest.read) read(*connection);
}

void ClientTcp::read(Connection& connection) {
  const ssize_t count = recv(poller_.descriptor(connection.watch), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) close(connection);
    return;
  }
  if (count == 0) connection.client_done = true;
  else connection.in.append(base::Bytes(scratch_).first(static_cast<size_t>(count)));
  touch(connection);
  take_messages(connection);
}

void ClientTcp::take_messages(Connection& connection) {
  for (int taken = 0; taken < kMessagesPerVisit && events_.room() > 0; ++taken) {
    if (!may_take_message(connection.unanswered, connection.out.waiting_bytes(), options_)) break;
    base::Bytes message;
    const Reassembler::Step step = connection.in.next(message);
    if (step == Reassembler::Step::kNeedMore) break;
    connection.messages.unlink();  // that message is whole; the next one has its own deadline
    if (step == Reassembler::Step::kEmptyMessage) return close(connection);
    ++connection.unanswered;
    events_.add(MessageReceived{connection.id, connection.client, connection.local, events_.keep(message)});
  }
  settle(connection);
}

void ClientTcp::send(ConnectionId id, base::Bytes message) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  if (connection->unanswered > 0) --connection->unanswered;
  connection->out.add(message);
  touch(*connection);
  if (connection->out.waiting_bytes() > kBacklogMaxBytes) {
    counters_.add(base::Counter::kNetTcpSlowClosed);
    return close(*connection);
  }
  if (!connection->flushable.is_linked()) flushable_.push_back(*connection);
}

void ClientTcp::flush(Connection& connection) {
  int errno_value = 0;
  switch (connection.out.flush(poller_.descriptor(connection.watch), errno_value)) {
    case Outbox::Flush::kFailed: return close(connection);
    case Outbox::Flush::kDone: connection.writes.unlink(); break;
    case Outbox::Flush::kWouldBlock:
      if (connection.out.taken() >= connection.write_mark) connection.writes.unlink();
      break;
  }
  touch(connection);
  settle(connection);
}

void ClientTcp::settle(Connection& connection) {
  const bool takes = may_take_message(connection.unanswered, connection.out.waiting_bytes(), options_);
  const bool complete = connection.in.complete();
  connection.in.trim();
  if (complete && takes) {
    if (!connection.resumable.is_linked()) resumable_.push_back(connection);
  } else if (connection.client_done && !complete && connection.unanswered == 0 &&
             connection.out.waiting_bytes() == 0) {
    return close(connection);
  }
  const Interest wanted{.read = !connection.client_done && takes && !complete,
                        .write = connection.out.waiting_bytes() > 0};
  if (wanted == connection.interest) return;
  connection.interest = wanted;
  poller_.want(connection.watch, wanted);
}

// Time -------------------------------------------------------------------------------------------

void ClientTcp::touch(Connection& connection) {
  connection.order.unlink();
  touched_.push_back(connection);
}

void ClientTcp::arm(Connection& connection, base::Instant now) {
  connection.active_since = now;
  connection.order.unlink();
  if (connection.unanswered == 0) idle_.push_back(connection);
  else answering_.push_back(connection);

  // A message that we do not read on because of our own pause is not the client's delay.
  if (!connection.in.partial() || !connection.interest.read) {
    connection.messages.unlink();
  } else if (!connection.messages.is_linked()) {
    connection.message_since = now;
    messages_.push_back(connection);
  }
  if (connection.out.waiting_bytes() > 0 && !connection.writes.is_linked()) {
    connection.write_since = now;
    connection.write_mark = connection.out.added();
    writes_.push_back(connection);
  }
}

void ClientTcp::begin_turn(base::Instant now) {
  while (!flushable_.empty()) {
    Connection& connection = flushable_.front();
    flushable_.pop_front();
    flush(connection);
  }
  while (!touched_.empty()) arm(touched_.front(), now);
  // Half of the room at most: sockets get the rest.
  const size_t room_left = events_.room() / 2;
  while (!resumable_.empty() && events_.room() > room_left) {
    Connection& connection = resumable_.front();
    resumable_.pop_front();  // take_messages() puts it at the back if there is more
    touch(connection);
    take_messages(connection);
  }
}

void ClientTcp::end_turn(base::Instant now) {
  const auto close_overdue = [&](auto& list, base::Instant Connection::*since, base::Duration limit,
                                 base::Counter counter) {
    while (!list.empty() && list.front().*since + limit <= now) {
      counters_.add(counter);
      close(list.front());
    }
  };
  close_overdue(messages_, &Connection::message_since, options_.client_message, base::Counter::kNetTcpSlowClosed);
  close_overdue(writes_, &Connection::write_since, options_.client_write, base::Counter::kNetTcpSlowClosed);
  close_overdue(answering_, &Connection::active_since, options_.client_idle, base::Counter::kNetTcpIdleClosed);
  // One at a time: each one that goes leaves the others more time.
  while (!idle_.empty() &&
         idle_.front().active_since + idle_limit(options_.client_idle, open_, options_.client_connections_max) <= now) {
    counters_.add(base::Counter::kNetTcpIdleClosed);
    close(idle_.front());
  }
}

base::Instant ClientTcp::next_deadline() const {
  base::Instant next = base::Instant::never();
  const auto consider = [&next](const auto& list, base::Instant Connection::*since, base::Duration limit) {
    if (!list.empty()) next = std::min(next, list.front().*since + limit);
  };
  consider(messages_, &Connection::message_since, options_.client_message);
  consider(writes_, &Connection::write_since, options_.client_write);
  consider(answering_, &Connection::active_since, options_.client_idle);
  consider(idle_, &Connection::active_since, idle_limit(options_.client_idle, open_, options_.client_connections_max));
  return next;
}

void ClientTcp::close(Connection& connection) {
  events_.add_whenever(ConnectionClosed{connection.id});
  poller_.close(connection.watch);
  per_address_.remove(connection.client.address);
  --open_;
  const uint32_t slot = slot_of(connection.id);
  free_slots_.push_back(slot);
  slots_[slot].reset();  // leaves every list it is in
}

}  // namespace net
