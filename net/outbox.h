// Messages on their way into a TCP connection: each with its length prefix, joined, so that
// answers made in one turn leave in one system call. Never blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace net {

class Outbox {
 public:
  enum class Flush : uint8_t { kDone, kWouldBlock, kFailed };

  // REQUIRES: at most 65535 bytes.
  void add(base::Bytes message);
  // On kFailed `errno_value` says why.
  Flush flush(int fd, int& errno_value);

  [[nodiscard]] size_t waiting_bytes() const { return bytes_.size() - begin_; }
  // Bytes ever added, and ever taken by the kernel: to see whether what was waiting at some
  // moment has left since.
  [[nodiscard]] uint64_t added() const { return taken_ + waiting_bytes(); }
  [[nodiscard]] uint64_t taken() const { return taken_; }

 private:
  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;
  uint64_t taken_ = 0;
};

}  // namespace net
