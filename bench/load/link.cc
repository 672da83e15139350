#include "bench/load/link.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

constexpr size_t kReplyBytesMax = 4096;

[[noreturn]] void fail(const LoadOptions& options, const char* what) {
  std::fprintf(stderr, "bench_load: cannot %s %s port %u: %s\n", what, options.server.c_str(), options.port,
               std::strerror(errno));
  std::exit(1);
}

}  // namespace

Link::Link(const LoadOptions& options, size_t flying_max) : tcp_(options.tcp), flying_(flying_max) {
  fd_ = socket(AF_INET, (tcp_ ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail(options, "open a socket towards");
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(options.port);
  if (inet_pton(AF_INET, options.server.c_str(), &server.sin_addr) != 1) fail(options, "read the address");
  const int receive_bytes = 4 << 20;
  if (!options.unseen_ports) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
  const int on = 1;
  if (tcp_) setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0) fail(options, "connect to");
  fcntl(fd_, F_SETFL, O_NONBLOCK);
}

Link::~Link() { close(fd_); }

void Link::add(base::Bytes query) {
  if (tcp_) {
    out_.push_back(static_cast<uint8_t>(query.size() >> 8));
    out_.push_back(static_cast<uint8_t>(query.size()));
    out_.insert(out_.end(), query.begin(), query.end());
    return;
  }
  std::memcpy(queries_[batch_].data(), query.data(), query.size());
  sizes_[batch_] = query.size();
  if (++batch_ == kBatch) flush();
}

void Link::flush() {
  if (tcp_) return flush_stream();
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> parts;
  for (size_t index = 0; index < batch_; ++index) {
    parts[index] = {queries_[index].data(), sizes_[index]};
    headers[index].msg_hdr.msg_iov = &parts[index];
    headers[index].msg_hdr.msg_iovlen = 1;
  }
  // What cannot be sent counts as unanswered in the end.
  for (size_t sent = 0; sent < batch_;) {
    const int result = sendmmsg(fd_, &headers[sent], static_cast<unsigned>(batch_ - sent), MSG_NOSIGNAL);
    sent += result > 0 ? static_cast<size_t>(result) : 1;
  }
  batch_ = 0;
}

void Link::flush_stream() {
  if (out_.empty()) return;
  const ssize_t sent = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) out_.erase(out_.begin(), out_.begin() + sent);
}

void Link::receive(const std::function<void(base::Bytes)>& take) {
  if (tcp_)
    receive_stream(take);
  else
    receive_datagrams(take);
}

void Link::receive_datagrams(const std::function<void(base::Bytes)>& take) {
  static std::array<std::array<uint8_t, kReplyBytesMax>, kBatch> replies;
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> parts;
  for (size_t index = 0; index < kBatch; ++index) {
    parts[index] = {replies[index].data(), kReplyBytesMax};
    headers[index].msg_hdr.msg_iov = &parts[index];
    headers[index].msg_hdr.msg_iovlen = 1;
  }
  const int count = recvmmsg(fd_, headers.data(), kBatch, MSG_DONTWAIT, nullptr);
  for (int index = 0; index < count; ++index) {
    const auto at = static_cast<size_t>(index);
    take(base::Bytes(replies[at]).first(headers[at].msg_len));
  }
}

void Link::receive_stream(const std::function<void(base::Bytes)>& take) {
  std::array<uint8_t, 65536> bytes;
  const ssize_t count = recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count == 0) {
    std::fputs("bench_load: the server closed a connection; are its TCP limits raised?\n", stderr);
    std::exit(1);
  }
  if (count < 0) return;
  in_.insert(in_.end(), bytes.begin(), bytes.begin() + count);
  size_t at = 0;
  while (in_.size() - at >= 2) {
    const size_t size = base::load_be16(in_.data() + at);
    if (in_.size() - at - 2 < size) break;
    take(base::Bytes(in_).subspan(at + 2, size));
    at += 2 + size;
  }
  in_.erase(in_.begin(), in_.begin() + static_cast<ptrdiff_t>(at));
}

}  // namespace bench
