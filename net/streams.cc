#include "net/streams.h"

#include <sys/socket.h>

#include <cerrno>

namespace net {
namespace {
constexpr size_t kReadBytes = 64 * 1024;
// Of one stream's messages, at most so many in a row: others get their share.
constexpr int kMessagesPerVisit = 16;
}  // namespace

Streams::Streams(base::Duration connect_limit, Poller& poller, EventQueue& events, base::Counters& counters)
    : connect_limit_(connect_limit), poller_(poller), events_(events), counters_(counters), scratch_(kReadBytes) {}

Streams::~Streams() = default;

Streams::Stream* Streams::find(StreamId id) {
  const auto found = open_.find(static_cast<uint64_t>(id));
  return found == open_.end() ? nullptr : found->second.get();
}

void Streams::open(StreamId id, const base::IpAddress* local_address, const base::Endpoint& server) {
  CHECK(find(id) == nullptr);
  auto fd = open_stream_socket(local_address, server);
  if (!fd) {
    if (fd.error() == OpenFailure::kNoDescriptor) counters_.add(base::Counter::kNetDescriptorsExhausted);
    events_.add_whenever(StreamClosed{id, to_transport_error(fd.error())});
    return;
  }
  auto stream = std::make_unique<Stream>();
  stream->id = id;
  stream->interest = {.read = false, .write = true};  // writable: connected, or failed
  stream->watch = poller_.watch(std::move(*fd), WatchKind::kStream, static_cast<uint64_t>(id), stream->interest);
  opened_.push_back(*stream);
  open_.emplace(static_cast<uint64_t>(id), std::move(stream));
}

void Streams::send(StreamId id, base::Bytes message) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->out.add(message);
  if (stream->connected && !stream->flushable.is_linked()) flushable_.push_back(*stream);
}

void Streams::close(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  poller_.close(stream->watch);
  open_.erase(static_cast<uint64_t>(id));  // leaves every list it is in
}

void Streams::end(Stream& stream, TransportError error) {
  const StreamId id = stream.id;
  close(id);
  events_.add_whenever(StreamClosed{id, error});
}

void Streams::on_ready(StreamId id, const Readiness& readiness) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  if (!stream->connected) {
    if (readiness.writable || readiness.failed) finish_connect(*stream);
    return;
  }
  if (readiness.writable && stream->interest.write) flush(*stream);
  stream = find(id);  // a failed write has closed it
  if (stream == nullptr) return;
  if ((readiness.readable || readiness.failed) && stream->interest.read) read(*stream);
}

void Streams::finish_connect(Stream& stream) {
  int errno_value = 0;
  socklen_t length = sizeof(errno_value);
  const int fd = poller_.descriptor(stream.watch);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno_value, &length) != 0) errno_value = errno;
  if (errno_value != 0) {
    // The kernel's own give-up means that nothing came back: as good as no route.
    const bool silent = errno_value == ETIMEDOUT;
    return end(stream, silent ? TransportError::kUnreachable : transport_error_of(errno_value));
  }
  stream.connected = true;
  stream.connecting.unlink();
  events_.add_whenever(StreamOpened{stream.id});
  flush(stream);
}

void Streams::read(Stream& stream) {
  const ssize_t count = recv(poller_.descriptor(stream.watch), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    stream.server_done = true;
    stream.end = transport_error_of(errno);
  } else if (count == 0) {
    stream.server_done = true;
  } else {
    stream.in.append(base::Bytes(scratch_).first(static_cast<size_t>(count)));
  }
  take_messages(stream);
}

void Streams::take_messages(Stream& stream) {
  for (int taken = 0; taken < kMessagesPerVisit && events_.room() > 0; ++taken) {
    base::Bytes message;
    const Reassembler::Step step = stream.in.next(message);
    if (step == Reassembler::Step::kNeedMore) break;
    if (step == Reassembler::Step::kEmptyMessage) return end(stream, TransportError::kOther);
    events_.add(StreamMessage{stream.id, events_.keep(message)});
  }
  settle(stream);
}

void Streams::flush(Stream& stream) {
  int errno_value = 0;
  switch (stream.out.flush(poller_.descriptor(stream.watch), errno_value)) {
    case Outbox::Flush::kFailed: return end(stream, transport_error_of(errno_value));
    case Outbox::Flush::kDone:
    case Outbox::Flush::kWouldBlock: break;
  }
  settle(stream);
}

void Streams::settle(Stream& stream) {
  const bool complete = stream.in.complete();
  stream.in.trim();
  if (complete) {
    if (!stream.resumable.is_linked()) resumable_.push_back(stream);
  } else if (stream.server_done) {
    return end(stream, stream.end);
  }
  const Interest wanted{.read = !stream.server_done && !complete, .write = stream.out.waiting_bytes() > 0};
  if (wanted == stream.interest) return;
  stream.interest = wanted;
  poller_.want(stream.watch, wanted);
}

void Streams::begin_turn(base::Instant now) {
  while (!opened_.empty()) {
    Stream& stream = opened_.front();
    opened_.pop_front();
    stream.connecting_since = now;
    connecting_.push_back(stream);
  }
  while (!flushable_.empty()) {
    Stream& stream = flushable_.front();
    flushable_.pop_front();
    flush(stream);
  }
  // Half of the room at most: sockets get the rest.
  const size_t room_left = events_.room() / 2;
  while (!resumable_.empty() && events_.room() > room_left) {
    Stream& stream = resumable_.front();
    resumable_.pop_front();  // take_messages() puts it at the back if there is more
    take_messages(stream);
  }
}

void Streams::end_turn(base::Instant now) {
  while (!connecting_.empty() && connecting_.front().connecting_since + connect_limit_ <= now) {
    end(connecting_.front(), TransportError::kUnreachable);
  }
}

base::Instant Streams::next_deadline() const {
  return connecting_.empty() ? base::Instant::never() : connecting_.front().connecting_since + connect_limit_;
}

}  // namespace net
