#include "net/uring_driver.h"

#include <poll.h>

#include <cerrno>
#include <cstring>

namespace net {
namespace {

constexpr unsigned kSubmissionEntries = 1024;
constexpr unsigned kCompletionEntries = 4 * kSubmissionEntries;  // bursts must not overflow it
// At the end, how often and how long to wait for the kernel to let go of what was cancelled.
constexpr int kDrainRounds = 100;
constexpr long kDrainWaitNs = 10'000'000;

__kernel_timespec to_kernel_timespec(base::Duration duration) {
  const auto whole = base::duration_cast<base::seconds>(duration);
  return {.tv_sec = whole.count(), .tv_nsec = (duration - whole).count()};
}

StartError not_usable(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return {"io_uring is not allowed here (kernel.io_uring_disabled, or a filter of system calls)"};
    case ENOSYS: return {"this kernel has no io_uring"};
    case EINVAL: return {"this kernel's io_uring is too old (6.1 is the least)"};
    case ENOMEM: return {"io_uring got no memory (the limit of locked memory is too low)"};
    default: return {std::string("io_uring is not usable: ") + std::strerror(error)};
  }
}

bool supports_all(io_uring& ring) {
  io_uring_probe* probe = io_uring_get_probe_ring(&ring);
  if (probe == nullptr) return false;
  bool all = true;
  for (const int operation : {IORING_OP_RECVMSG, IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL}) {
    all = all && io_uring_opcode_supported(probe, operation) != 0;
  }
  io_uring_free_probe(probe);
  return all;
}

}  // namespace

base::Result<std::unique_ptr<Driver>, StartError> UringDriver::make(EventQueue& events, base::Counters& counters) {
  std::unique_ptr<UringDriver> driver(new UringDriver(events, counters));
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;
  params.flags |= IORING_SETUP_CQSIZE;
  params.cq_entries = kCompletionEntries;
  if (const int result = io_uring_queue_init_params(kSubmissionEntries, &driver->ring_, &params); result != 0) {
    return base::error(not_usable(-result));
  }
  driver->ring_made_ = true;
  if (!supports_all(driver->ring_)) return base::error(not_usable(EINVAL));
  io_uring_register_ring_fd(&driver->ring_);  // spares a look-up in each call; works without
  return std::unique_ptr<Driver>(std::move(driver));
}

// Cancel everything, wait until the kernel has let go of it, and only then close descriptors and
// unmap buffers. Should that fail, the end of the ring cancels too, but later.
UringDriver::~UringDriver() {
  if (!ring_made_) return;
  for (Receiving& receiving : receivers_) receiving.receiver->stop();
  if (io_uring_sqe* cancel = request(); cancel != nullptr) {
    io_uring_prep_cancel(cancel, nullptr, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    tag(*cancel, Request::kCancelAll, 0);
  }
  for (int round = 0; round < kDrainRounds; ++round) {
    __kernel_timespec wait{.tv_sec = 0, .tv_nsec = requests_pending() ? kDrainWaitNs : 0};
    io_uring_cqe* completion = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &completion, 1, &wait, nullptr);
    events_.begin_turn();  // room for what still comes; nobody will read it
    for (size_t count = 0; count < kEventsPerTurnMax && io_uring_peek_cqe(&ring_, &completion) == 0; ++count) {
      const io_uring_cqe copy = *completion;
      io_uring_cqe_seen(&ring_, completion);
      handle(copy, nullptr);
    }
    for (Receiving& receiving : receivers_) receiving.receiver->begin_turn();
    if (!requests_pending()) break;
  }
  receivers_.clear();
  io_uring_queue_exit(&ring_);
}

bool UringDriver::requests_pending() const {
  for (const Receiving& receiving : receivers_) {
    if (receiving.receiver->armed()) return true;
  }
  for (const Watch& watch : watches_) {
    if (watch.armed != Interest{} || watch.cancelling) return true;
  }
  return false;
}

// Watching ---------------------------------------------------------------------------------------

WatchId UringDriver::watch(Descriptor fd, WatchKind kind, uint64_t owner, Interest interest) {
  if (free_watches_.empty()) {
    free_watches_.push_back(static_cast<uint32_t>(watches_.size()));
    watches_.emplace_back();
  }
  const uint32_t slot = free_watches_.back();
  free_watches_.pop_back();
  Watch& watch = watches_[slot];
  CHECK(watch.armed == Interest{});
  watch.fd = std::move(fd);
  watch.kind = kind;
  watch.owner = owner;
  watch.interest = interest;
  watch.closing = false;
  note_change(slot);
  return WatchId{slot};
}

void UringDriver::want(WatchId id, Interest interest) {
  const auto slot = static_cast<uint32_t>(id);
  watches_[slot].interest = interest;
  note_change(slot);
}

void UringDriver::close(WatchId id) {
  const auto slot = static_cast<uint32_t>(id);
  Watch& watch = watches_[slot];
  CHECK(!watch.closing);
  watch.closing = true;
  watch.interest = {};
  if (watch.armed == Interest{}) release(slot);
  else note_change(slot);
}

void UringDriver::release(uint32_t slot) {
  Watch& watch = watches_[slot];
  if (watch.armed != Interest{} || watch.cancelling) return;
  watch.fd.reset();
  watch.closing = false;
  free_watches_.push_back(slot);
}

int UringDriver::descriptor(WatchId id) const { return watches_[static_cast<uint32_t>(id)].fd.get(); }

void UringDriver::note_change(uint32_t slot) {
  if (std::exchange(watches_[slot].changed, true)) return;
  changes_.push_back(slot);
}

// Submitting -------------------------------------------------------------------------------------

io_uring_sqe* UringDriver::request() {
  io_uring_sqe* free_request = io_uring_get_sqe(&ring_);
  if (free_request == nullptr) {
    io_uring_submit(&ring_);  // EBUSY: completions must be reaped first; then the caller comes back
    free_request = io_uring_get_sqe(&ring_);
  }
  return free_request;
}

// After the request was prepared, which may clear this field.
void UringDriver::tag(io_uring_sqe& prepared, Request kind, uint32_t index) {
  io_uring_sqe_set_data64(&prepared, (uint64_t{static_cast<uint8_t>(kind)} << 32) | index);
}

void UringDriver::submit_changes() {
  changes_in_work_.swap(changes_);
  for (const uint32_t slot : changes_in_work_) {
    watches_[slot].changed = false;
    if (!submit_change(slot)) note_change(slot);
  }
  changes_in_work_.clear();
}

bool UringDriver::submit_change(uint32_t slot) {
  Watch& watch = watches_[slot];
  if (!watch.fd.valid()) return true;  // closed in the meantime
  if (watch.closing) {
    if (watch.cancelling || watch.armed == Interest{}) return true;
    io_uring_sqe* cancel = request();
    if (cancel == nullptr) return false;
    io_uring_prep_cancel_fd(cancel, watch.fd.get(), IORING_ASYNC_CANCEL_ALL);
    tag(*cancel, Request::kCancelWatch, slot);
    watch.cancelling = true;
    return true;
  }
  if (watch.interest.read && !watch.armed.read) {
    io_uring_sqe* poll = request();
    if (poll == nullptr) return false;
    io_uring_prep_poll_add(poll, watch.fd.get(), POLLIN);
    tag(*poll, Request::kPollRead, slot);
    watch.armed.read = true;
  }
  if (watch.interest.write && !watch.armed.write) {
    io_uring_sqe* poll = request();
    if (poll == nullptr) return false;
    io_uring_prep_poll_add(poll, watch.fd.get(), POLLOUT);
    tag(*poll, Request::kPollWrite, slot);
    watch.armed.write = true;
  }
  return true;
}

void UringDriver::submit_and_wait(std::optional<base::Duration> wait) {
  if (io_uring_cq_ready(&ring_) > 0) wait = base::Duration(0);
  // Errors are not ours to handle: what was not submitted stays queued, what did not come is
  // still pending, and deadlines are read off the clock in the next turn.
  if (!wait.has_value()) {
    io_uring_submit_and_wait(&ring_, 1);
  } else if (*wait == base::Duration(0)) {
    io_uring_submit_and_get_events(&ring_);
  } else {
    __kernel_timespec timeout = to_kernel_timespec(*wait);
    io_uring_cqe* first = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  }
}

// Receiving --------------------------------------------------------------------------------------

bool UringDriver::start_receiving(const UdpListener& listener) {
  auto receiver = UringReceiver::make(ring_, listener, static_cast<uint16_t>(receivers_.size()), events_, counters_);
  if (receiver == nullptr) return false;
  receivers_.push_back({.receiver = std::move(receiver), .cancel_wanted = false});
  return true;
}

void UringDriver::stop_receiving(ListenerId listener) {
  for (Receiving& receiving : receivers_) {
    if (receiving.receiver->listener().id != listener) continue;
    receiving.receiver->stop();
    receiving.cancel_wanted = true;
  }
}

void UringDriver::submit_receivers() {
  for (uint32_t index = 0; index < receivers_.size(); ++index) {
    Receiving& receiving = receivers_[index];
    if (receiving.cancel_wanted && receiving.receiver->armed()) {
      io_uring_sqe* cancel = request();
      if (cancel == nullptr) return;
        io_uring_prep_cancel_fd(cancel, receiving.receiver->listener().fd, IORING_ASYNC_CANCEL_ALL);
      tag(*cancel, Request::kCancelReceive, index);
      receiving.cancel_wanted = false;
    }
    if (!receiving.receiver->wants_arming()) continue;
    io_uring_sqe* receive = request();
    if (receive == nullptr) return;
    receiving.receiver->arm(*receive);
    tag(*receive, Request::kReceive, index);
  }
}

// Reaping ----------------------------------------------------------------------------------------

void UringDriver::begin_turn() {
  for (Receiving& receiving : receivers_) receiving.receiver->begin_turn();
}

void UringDriver::collect(std::optional<base::Duration> wait, ReadySink& sink) {
  submit_receivers();
  submit_changes();
  submit_and_wait(wait);
  io_uring_cqe* completion = nullptr;
  while (events_.room() > 0 && io_uring_peek_cqe(&ring_, &completion) == 0) {
    const io_uring_cqe copy = *completion;
    io_uring_cqe_seen(&ring_, completion);
    handle(copy, &sink);
  }
}

void UringDriver::handle(const io_uring_cqe& completion, ReadySink* sink) {
  const auto index = static_cast<uint32_t>(completion.user_data);
  switch (static_cast<Request>(completion.user_data >> 32)) {
    case Request::kPollRead: return handle_poll(index, true, completion.res, sink);
    case Request::kPollWrite: return handle_poll(index, false, completion.res, sink);
    case Request::kCancelWatch:
      watches_[index].cancelling = false;
      release(index);
      return;
    case Request::kReceive: return receivers_[index].receiver->handle_completion(completion);
    case Request::kCancelReceive:
    case Request::kCancelAll: return;
  }
}

void UringDriver::handle_poll(uint32_t slot, bool reading, int result, ReadySink* sink) {
  Watch& watch = watches_[slot];
  (reading ? watch.armed.read : watch.armed.write) = false;
  if (watch.closing) return release(slot);
  note_change(slot);  // armed again if it is still of interest then
  if (sink == nullptr || result == -ECANCELED) return;
  const bool failed = result < 0 || (result & (POLLERR | POLLHUP)) != 0;
  const Readiness readiness{.readable = reading && result > 0 && (result & POLLIN) != 0,
                            .writable = !reading && result > 0 && (result & POLLOUT) != 0,
                            .failed = failed};
  if (reading ? !watch.interest.read : !watch.interest.write) {
    if (!failed) return;  // wanted when it was armed, but not any more
  }
  sink->on_ready(watch.kind, watch.owner, readiness);
}

}  // namespace net
