// The two-byte length prefix of DNS over TCP (RFC 7766 §8), read from any split of the bytes.
//
//   | length: 2 bytes | message: length bytes | length | message ...
//
// Pure: bytes in, whole messages out. Memory grows with the bytes that came, never with the
// length that was announced.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace net {

inline constexpr size_t kMessageBytesMax = 65535;
inline constexpr size_t kLengthPrefixBytes = 2;

class Reassembler {
 public:
  enum class Step : uint8_t {
    kNeedMore,
    kMessage,
    kEmptyMessage,  // a length of zero: nothing a DNS peer sends; close
  };

  void append(base::Bytes bytes);
  // Takes the next whole message. `message` is valid until the next call of append() or trim().
  Step next(base::Bytes& message);
  // Gives back memory if nothing is buffered.
  void trim();

  // True if next() would give something else than kNeedMore.
  [[nodiscard]] bool complete() const;
  // True if the first bytes of a message are there, but not its last.
  [[nodiscard]] bool partial() const { return begin_ < buffer_.size() && !complete(); }
  [[nodiscard]] size_t buffered_bytes() const { return buffer_.size() - begin_; }

 private:
  std::vector<uint8_t> buffer_;
  size_t begin_ = 0;  // bytes before it are taken
};

}  // namespace net
