// What fuzz targets share: an assertion that names itself before it ends the process, so that
// libFuzzer keeps the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"

#define FUZZ_EXPECT(condition)                                                                  \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);       \
      std::abort();                                                                             \
    }                                                                                           \
  } while (false)

namespace fuzz {

// Draws values from the input, front to back; zeros when it is used up.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(data, size) {}
  [[nodiscard]] bool empty() const { return left_.empty(); }
  uint8_t u8() {
    if (left_.empty()) return 0;
    const uint8_t value = left_.front();
    left_ = left_.subspan(1);
    return value;
  }
  uint16_t u16() {
    const auto high = static_cast<uint16_t>(u8() << 8);
    return static_cast<uint16_t>(high | u8());
  }
  uint32_t u32() {
    const uint32_t high = uint32_t{u16()} << 16;
    return high | u16();
  }
  base::Bytes bytes(size_t count) {
    const base::Bytes taken = left_.first(count < left_.size() ? count : left_.size());
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  base::Bytes left_;
};

}  // namespace fuzz
