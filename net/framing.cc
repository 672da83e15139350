#include "net/framing.h"

namespace net {
namespace {
constexpr size_t kIdleCapacityBytes = 1024;  // chosen: what an idle connection may keep
}

void Reassembler::append(base::Bytes bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

bool Reassembler::complete() const {
  const size_t available = buffered_bytes();
  return available >= kLengthPrefixBytes && available >= kLengthPrefixBytes + base::load_be16(buffer_.data() + begin_);
}

Reassembler::Step Reassembler::next(base::Bytes& message) {
  if (!complete()) return Step::kNeedMore;
  const size_t length = base::load_be16(buffer_.data() + begin_);
  message = base::Bytes(buffer_).subspan(begin_ + kLengthPrefixBytes, length);
  begin_ += kLengthPrefixBytes + length;
  return length == 0 ? Step::kEmptyMessage : Step::kMessage;
}

void Reassembler::trim() {
  if (begin_ < buffer_.size()) return;
  begin_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > kIdleCapacityBytes) std::vector<uint8_t>().swap(buffer_);
}

}  // namespace net
