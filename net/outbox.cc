#include "net/outbox.h"

#include <sys/socket.h>

#include <cerrno>

#include "base/check.h"
#include "net/framing.h"

namespace net {
namespace {
constexpr size_t kIdleCapacityBytes = 4096;      // chosen: what an idle connection may keep
constexpr size_t kCompactBytes = size_t{1} << 16;  // taken bytes at the front that are worth moving the rest
}  // namespace

void Outbox::add(base::Bytes message) {
  CHECK(message.size() <= kMessageBytesMax);
  if (begin_ > kCompactBytes) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  const size_t at = bytes_.size();
  bytes_.resize(at + kLengthPrefixBytes);
  base::store_be16(bytes_.data() + at, static_cast<uint16_t>(message.size()));
  bytes_.insert(bytes_.end(), message.begin(), message.end());
}

Outbox::Flush Outbox::flush(int fd, int& errno_value) {
  while (begin_ < bytes_.size()) {
    const ssize_t sent = ::send(fd, bytes_.data() + begin_, bytes_.size() - begin_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      // Too little kernel memory passes; the write deadline bounds the wait.
      if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) return Flush::kWouldBlock;
      errno_value = errno;
      return Flush::kFailed;
    }
    begin_ += static_cast<size_t>(sent);
    taken_ += static_cast<uint64_t>(sent);
  }
  bytes_.clear();
  begin_ = 0;
  if (bytes_.capacity() > kIdleCapacityBytes) std::vector<uint8_t>().swap(bytes_);
  return Flush::kDone;
}

}  // namespace net
