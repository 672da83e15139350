// Shorthands of the wire tests: bytes from hex, names from text, a message put together by hand.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/message.h"
#include "wire/name.h"

namespace wire::testing {

using ByteVector = std::vector<uint8_t>;

// Hex digits; blanks and line ends are ignored.
inline ByteVector hex(std::string_view digits) {
  ByteVector bytes;
  int high = -1;
  for (const char digit : digits) {
    if (digit == ' ' || digit == '\n') continue;
    const int value = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<uint8_t>(high * 16 + value));
      high = -1;
    }
  }
  return bytes;
}

inline Name name(std::string_view text) {
  const auto parsed = Name::from_text(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Name());
}

inline ByteVector copy(base::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// A name of exactly `bytes` bytes in wire form, of labels of at most 63 bytes. REQUIRES: bytes >= 3 or 1.
inline ByteVector name_of_size(size_t bytes, char letter = 'a') {
  ByteVector wire;
  while (bytes - wire.size() > 1) {
    size_t label = std::min<size_t>(63, bytes - wire.size() - 2);
    if (bytes - wire.size() - 2 - label == 1) --label;  // never leave room for a length byte alone
    wire.push_back(static_cast<uint8_t>(label));
    wire.insert(wire.end(), label, static_cast<uint8_t>(letter));
  }
  wire.push_back(0);
  return wire;
}

// Appends numbers, names and raw bytes; no checks, so that broken messages can be made.
struct Builder {
  ByteVector bytes;
  explicit Builder(uint16_t flags = 0x8180, uint16_t questions = 0, uint16_t answers = 0, uint16_t authorities = 0,
                   uint16_t additionals = 0) {
    u16(0x1234).u16(flags).u16(questions).u16(answers).u16(authorities).u16(additionals);
  }
  Builder& u8(unsigned value) {
    bytes.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  Builder& u16(unsigned value) { return u8(value >> 8).u8(value & 0xFF); }
  Builder& u32(uint32_t value) { return u16(value >> 16).u16(value & 0xFFFF); }
  Builder& raw(base::Bytes more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return *this;
  }
  Builder& name(std::string_view text) { return raw(testing::name(text).view().bytes()); }
  Builder& pointer(size_t target) { return u16(0xC000U | static_cast<unsigned>(target)); }
  Builder& question(std::string_view owner, Type type, Class klass = Class::kIn) {
    return name(owner).u16(static_cast<uint16_t>(type)).u16(static_cast<uint16_t>(klass));
  }
  // Type, class, TTL, RDLENGTH and RDATA: the owner comes before.
  Builder& rest(Type type, base::Bytes rdata, uint32_t ttl = 300, Class klass = Class::kIn) {
    return u16(static_cast<uint16_t>(type)).u16(static_cast<uint16_t>(klass)).u32(ttl)
        .u16(static_cast<uint16_t>(rdata.size())).raw(rdata);
  }
  Builder& opt(base::Bytes options, uint16_t payload = 1232, uint32_t ttl = 0) {
    return u8(0).rest(Type::kOpt, options, ttl, static_cast<Class>(payload));
  }
};

}  // namespace wire::testing
