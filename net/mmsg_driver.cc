#include "net/mmsg_driver.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>

namespace net {
namespace {

// epoll_data: | listener bit | generation: 31 bits | slot: 32 bits |, or the listener's index.
constexpr uint64_t kListenerBit = uint64_t{1} << 63;
constexpr uint32_t kGenerationMask = 0x7fffffff;

uint64_t token_of(uint32_t slot, uint32_t generation) { return (uint64_t{generation & kGenerationMask} << 32) | slot; }

timespec to_timespec(base::Duration duration) {
  const auto whole = base::duration_cast<base::seconds>(duration);
  return {.tv_sec = whole.count(), .tv_nsec = (duration - whole).count()};
}

}  // namespace

base::Result<std::unique_ptr<Driver>, StartError> MmsgDriver::make(EventQueue& events, base::Counters& counters) {
  Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) {
    return base::error(StartError{std::string("cannot make an epoll instance: ") + std::strerror(errno)});
  }
  return std::unique_ptr<Driver>(new MmsgDriver(std::move(epoll), events, counters));
}

MmsgDriver::MmsgDriver(Descriptor epoll, EventQueue& events, base::Counters& counters)
    : epoll_(std::move(epoll)), events_(events), counters_(counters), slots_(new Slot[kEventsPerTurnMax]) {}

// Watching ---------------------------------------------------------------------------------------

void MmsgDriver::update(int operation, uint32_t slot) {
  const Watch& watch = watches_[slot];
  epoll_event event{};
  if (watch.interest.read) event.events |= EPOLLIN;
  if (watch.interest.write) event.events |= EPOLLOUT;
  event.data.u64 = token_of(slot, watch.generation);
  // Failing takes kernel memory to be out; the socket then stays silent and its owner's timer ends it.
  if (epoll_ctl(epoll_.get(), operation, watch.fd.get(), &event) != 0) {
    counters_.add(base::Counter::kNetDescriptorsExhausted);
  }
}

WatchId MmsgDriver::watch(Descriptor fd, WatchKind kind, uint64_t owner, Interest interest) {
  if (free_watches_.empty()) {
    free_watches_.push_back(static_cast<uint32_t>(watches_.size()));
    watches_.emplace_back();
  }
  const uint32_t slot = free_watches_.back();
  free_watches_.pop_back();
  Watch& watch = watches_[slot];
  watch.fd = std::move(fd);
  watch.kind = kind;
  watch.owner = owner;
  watch.interest = interest;
  ++watch.generation;
  if (interest != Interest{}) update(EPOLL_CTL_ADD, slot);
  return WatchId{slot};
}

void MmsgDriver::want(WatchId id, Interest interest) {
  const auto slot = static_cast<uint32_t>(id);
  Watch& watch = watches_[slot];
  const Interest before = watch.interest;
  if (before == interest) return;
  watch.interest = interest;
  // Nothing wanted is not watched at all: epoll would go on reporting hang-ups.
  if (before == Interest{})
    update(EPOLL_CTL_ADD, slot);
  else
    update(interest == Interest{} ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, slot);
}

void MmsgDriver::close(WatchId id) {
  const auto slot = static_cast<uint32_t>(id);
  watches_[slot].fd.reset();  // the last reference: epoll forgets it
  ++watches_[slot].generation;
  free_watches_.push_back(slot);
}

int MmsgDriver::descriptor(WatchId id) const { return watches_[static_cast<uint32_t>(id)].fd.get(); }

// Waiting ----------------------------------------------------------------------------------------

int MmsgDriver::wait_for_ready(std::optional<base::Duration> wait) {
  const auto room = static_cast<int>(ready_.size());
  if (waits_exactly_) {
    const timespec timeout = to_timespec(wait.value_or(base::Duration(0)));
    const int count = epoll_pwait2(epoll_.get(), ready_.data(), room, wait ? &timeout : nullptr, nullptr);
    // Some filters of system calls and valgrind do not know it.
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    waits_exactly_ = false;
  }
  int timeout_ms = -1;
  if (wait) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*wait).count();
    timeout_ms = static_cast<int>(std::min<int64_t>(whole, std::numeric_limits<int>::max()));
  }
  return epoll_wait(epoll_.get(), ready_.data(), room, timeout_ms);
}

void MmsgDriver::collect(std::optional<base::Duration> wait, ReadySink& sink) {
  if (ready_next_ == ready_end_) {
    const int count = wait_for_ready(wait);
    ready_next_ = 0;
    ready_end_ = count > 0 ? static_cast<size_t>(count) : 0;
  }
  while (ready_next_ < ready_end_ && events_.room() > 0) {
    const epoll_event& event = ready_[ready_next_++];
    if ((event.data.u64 & kListenerBit) != 0) {
      receive(listeners_[event.data.u64 & ~kListenerBit]);
      continue;
    }
    const Watch& watch = watches_[static_cast<uint32_t>(event.data.u64)];
    if (token_of(static_cast<uint32_t>(event.data.u64), watch.generation) != event.data.u64) continue;
    sink.on_ready(watch.kind, watch.owner,
                  {.readable = (event.events & EPOLLIN) != 0,
                   .writable = (event.events & EPOLLOUT) != 0,
                   .failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0});
  }
}

// Datagrams --------------------------------------------------------------------------------------

bool MmsgDriver::start_receiving(const UdpListener& listener) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kListenerBit | listeners_.size();
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.fd, &event) != 0) return false;
  listeners_.push_back(listener);
  return true;
}

void MmsgDriver::stop_receiving(ListenerId id) {
  for (UdpListener& listener : listeners_) {
    if (listener.id != id || listener.fd < 0) continue;
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.fd, nullptr);
    listener.fd = -1;
  }
}

void MmsgDriver::receive(const UdpListener& listener) {
  if (listener.fd < 0) return;  // stopped since it was reported
  for (size_t received = 0; received < kVisitMax && events_.room() > 0;) {
    const size_t batch = std::min({kBatch, events_.room(), kEventsPerTurnMax - slots_used_});
    const size_t count = receive_batch(listener, batch);
    received += count;
    if (count < batch || batch == 0) return;
  }
}

size_t MmsgDriver::receive_batch(const UdpListener& listener, size_t batch) {
  for (size_t index = 0; index < batch; ++index) {
    Slot& slot = slots_[slots_used_ + index];
    parts_[index] = {slot.bytes.data(), slot.bytes.size()};
    msghdr& header = headers_[index].msg_hdr;
    header.msg_name = &slot.client;
    header.msg_namelen = sizeof(slot.client);
    header.msg_iov = &parts_[index];
    header.msg_iovlen = 1;
    header.msg_control = listener.local == nullptr ? slot.control.data() : nullptr;
    header.msg_controllen = listener.local == nullptr ? slot.control.size() : 0;
    header.msg_flags = 0;
  }
  const int count = recvmmsg(listener.fd, headers_.data(), static_cast<unsigned>(batch), MSG_DONTWAIT, nullptr);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) counters_.add(base::Counter::kNetUdpReceiveErrors);
    return 0;
  }
  for (size_t index = 0; index < static_cast<size_t>(count); ++index) {
    msghdr& header = headers_[index].msg_hdr;
    const Slot& slot = slots_[slots_used_ + index];
    if ((header.msg_flags & MSG_TRUNC) != 0) {
      counters_.add(base::Counter::kNetDatagramsTruncated);
      continue;
    }
    Arrival arrival;
    if (listener.local != nullptr)
      arrival.local = *listener.local;
    else if ((header.msg_flags & MSG_CTRUNC) != 0) {  // where to answer from is not known
      counters_.add(base::Counter::kNetUdpReceiveErrors);
      continue;
    } else
      read_packet_info(header, arrival);
    events_.add(DatagramReceived{listener.id, to_endpoint(slot.client), arrival.local, arrival.interface_index,
                                 base::Bytes(slot.bytes).first(headers_[index].msg_len)});
  }
  slots_used_ += static_cast<size_t>(count);
  return static_cast<size_t>(count);
}

}  // namespace net
