#include "net/uring_receiver.h"

#include <sys/mman.h>

#include <cerrno>

#include "net/uring_datagram.h"

namespace net {
namespace {

void* map_bytes(size_t bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

std::unique_ptr<UringReceiver> UringReceiver::make(io_uring& ring, const UdpListener& listener, uint16_t group,
                                                   EventQueue& events, base::Counters& counters) {
  std::unique_ptr<UringReceiver> made(new UringReceiver(ring, listener, group, events, counters));
  return made->map_memory() ? std::move(made) : nullptr;
}

UringReceiver::UringReceiver(io_uring& ring, const UdpListener& listener, uint16_t group, EventQueue& events,
                             base::Counters& counters)
    : ring_(ring),
      listener_(listener),
      group_(group),
      events_(events),
      counters_(counters),
      layout_(receive_layout(listener.local == nullptr)),
      owners_(kBuffers, Owner::kKernel) {
  decoding_.reserve(kBuffers);
}

bool UringReceiver::map_memory() {
  buffer_ring_ = static_cast<io_uring_buf_ring*>(map_bytes(kBuffers * sizeof(io_uring_buf)));
  buffers_ = static_cast<uint8_t*>(map_bytes(kBuffers * kReceiveBufferBytes));
  if (buffer_ring_ == nullptr || buffers_ == nullptr) return false;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(buffer_ring_);
  registration.ring_entries = kBuffers;
  registration.bgid = group_;
  if (const int result = io_uring_register_buf_ring(&ring_, &registration, 0); result != 0) {
    errno = -result;
    return false;
  }
  registered_ = true;
  io_uring_buf_ring_init(buffer_ring_);
  for (uint32_t buffer = 0; buffer < kBuffers; ++buffer) give(static_cast<uint16_t>(buffer), static_cast<int>(buffer));
  io_uring_buf_ring_advance(buffer_ring_, kBuffers);
  return true;
}

UringReceiver::~UringReceiver() {
  if (registered_) io_uring_unregister_buf_ring(&ring_, group_);
  if (buffer_ring_ != nullptr) munmap(buffer_ring_, kBuffers * sizeof(io_uring_buf));
  if (buffers_ != nullptr) munmap(buffers_, kBuffers * kReceiveBufferBytes);
}

void UringReceiver::give(uint16_t buffer, int offset) {
  io_uring_buf_ring_add(buffer_ring_, buffers_ + size_t{buffer} * kReceiveBufferBytes, kReceiveBufferBytes, buffer,
                        io_uring_buf_ring_mask(kBuffers), offset);
}

void UringReceiver::begin_turn() {
  if (decoding_.empty()) return;
  int offset = 0;
  for (const uint16_t buffer : decoding_) {
    CHECK(owners_[buffer] == Owner::kDecoder);
    owners_[buffer] = Owner::kKernel;
    give(buffer, offset++);
  }
  io_uring_buf_ring_advance(buffer_ring_, offset);
  decoding_.clear();
}

bool UringReceiver::wants_arming() const {
  return !armed_ && !stopped_ && kBuffers - decoding_.size() >= kRearmBuffersMin;
}

void UringReceiver::arm(io_uring_sqe& request) {
  CHECK(!armed_);
  io_uring_prep_recvmsg_multishot(&request, listener_.fd, &layout_, 0);
  request.flags |= IOSQE_BUFFER_SELECT;
  request.buf_group = group_;
  armed_ = true;
}

void UringReceiver::handle_completion(const io_uring_cqe& completion) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) armed_ = false;
  if ((completion.flags & IORING_CQE_F_BUFFER) == 0) {
    if (completion.res == -ENOBUFS) counters_.add(base::Counter::kNetBuffersExhausted);
    else if (completion.res != -ECANCELED) counters_.add(base::Counter::kNetUdpReceiveErrors);
    return;
  }
  const auto buffer = static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  CHECK(buffer < kBuffers);
  CHECK(owners_[buffer] == Owner::kKernel);
  owners_[buffer] = Owner::kDecoder;
  decoding_.push_back(buffer);
  if (completion.res < 0) {
    counters_.add(base::Counter::kNetUdpReceiveErrors);
    return;
  }
  const base::MutableBytes filled(buffers_ + size_t{buffer} * kReceiveBufferBytes, static_cast<size_t>(completion.res));
  ReceivedDatagram datagram;
  switch (decode_received(filled, layout_, datagram)) {
    case Received::kTruncated: counters_.add(base::Counter::kNetDatagramsTruncated); return;
    case Received::kUnusable: counters_.add(base::Counter::kNetUdpReceiveErrors); return;
    case Received::kWhole: break;
  }
  if (listener_.local != nullptr) datagram.arrival.local = *listener_.local;
  events_.add(DatagramReceived{listener_.id, datagram.client, datagram.arrival.local, datagram.arrival.interface_index,
                               datagram.bytes});
}

}  // namespace net
