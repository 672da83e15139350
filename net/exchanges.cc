#include "net/exchanges.h"

#include <sys/socket.h>

#include <cerrno>

#include "net/address.h"
#include "net/framing.h"

namespace net {
namespace {
// Reads that fail or lead nowhere, in one visit: a flood on one port must not delay others.
constexpr int kReadsPerVisit = 4;
}  // namespace

Exchanges::Exchanges(Poller& poller, EventQueue& events, base::Counters& counters)
    : poller_(poller), events_(events), counters_(counters), scratch_(kMessageBytesMax) {}

void Exchanges::open(ExchangeId id, const base::IpAddress* local_address, uint16_t local_port,
                     const base::Endpoint& server, base::Bytes query) {
  const auto key = static_cast<uint64_t>(id);
  CHECK(!open_.contains(key));
  auto fd = open_exchange_socket(local_address, local_port, server);
  if (!fd) return fail(id, fd.error());
  if (::send(fd->get(), query.data(), query.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    // No room in the kernel is a lost packet like any other: the engine's timer finds it.
    if (errno != EAGAIN && !is_own_lack(errno)) {
      events_.add_whenever(ExchangeFailed{id, transport_error_of(errno)});
      return;
    }
    counters_.add(base::Counter::kNetUdpSendErrors);
  }
  const WatchId watch = poller_.watch(std::move(*fd), WatchKind::kExchange, key, {.read = true, .write = false});
  open_.emplace(key, Exchange{watch, server});
}

void Exchanges::fail(ExchangeId id, OpenFailure failure) {
  switch (failure) {
    case OpenFailure::kPortTaken:
      events_.add_whenever(ExchangePortTaken{id});
      return;
    case OpenFailure::kNoDescriptor:
      counters_.add(base::Counter::kNetDescriptorsExhausted);
      events_.add_whenever(ExchangeNoDescriptor{id});
      return;
    case OpenFailure::kUnreachable:
    case OpenFailure::kRefused:
    case OpenFailure::kOther:
      events_.add_whenever(ExchangeFailed{id, to_transport_error(failure)});
      return;
  }
}

void Exchanges::close(ExchangeId id) {
  const auto found = open_.find(static_cast<uint64_t>(id));
  if (found == open_.end()) return;
  poller_.close(found->second.watch);
  open_.erase(found);
}

void Exchanges::on_ready(ExchangeId id) {
  const auto found = open_.find(static_cast<uint64_t>(id));
  if (found == open_.end()) return;
  const int fd = poller_.descriptor(found->second.watch);
  for (int count = 0; count < kReadsPerVisit && events_.room() > 0; ++count) {
    SocketAddress from;
    socklen_t length = sizeof(from);
    const ssize_t bytes = recvfrom(fd, scratch_.data(), scratch_.size(), MSG_DONTWAIT, &from.any, &length);
    if (bytes < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || is_own_lack(errno)) return;
      const TransportError error = transport_error_of(errno);
      close(id);
      events_.add_whenever(ExchangeFailed{id, error});
      return;
    }
    if (to_endpoint(from) != found->second.server) continue;
    events_.add(ExchangeResponse{id, events_.keep(base::Bytes(scratch_).first(static_cast<size_t>(bytes)))});
    return;  // nearly always the only one: to look for another costs a system call; the next turn reports it
  }
}

}  // namespace net
