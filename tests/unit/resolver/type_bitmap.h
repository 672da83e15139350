// The Type Bit Maps field of NSEC and NSEC3 (RFC 4034 §4.1.2), for the makers of test zones.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "wire/types.h"

namespace dnssec_test {

// `types` in any order.
inline void append_bitmap(std::vector<uint8_t>& out, const std::vector<wire::Type>& types) {
  struct Window {
    std::array<uint8_t, 32> bits{};
    size_t bytes = 0;
  };
  std::map<uint8_t, Window> windows;
  for (const wire::Type type : types) {
    const auto number = static_cast<uint16_t>(type);
    Window& window = windows[static_cast<uint8_t>(number >> 8)];
    const size_t low = number & 0xFF;
    window.bits[low / 8] |= static_cast<uint8_t>(0x80 >> (low % 8));
    window.bytes = std::max(window.bytes, low / 8 + 1);
  }
  for (const auto& [number, window] : windows) {
    out.push_back(number);
    out.push_back(static_cast<uint8_t>(window.bytes));
    out.insert(out.end(), window.bits.begin(), window.bits.begin() + static_cast<std::ptrdiff_t>(window.bytes));
  }
}

}  // namespace dnssec_test
