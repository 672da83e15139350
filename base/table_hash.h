// SipHash under a secret, inline: for the tables that are looked into for every query.
//
// TableHash is SipHash-1-3: one round a word, three at the end, as the hash tables of Rust and Python
// use it. Its values never leave the process, so that an attacker has at most timing to go by. What is
// shown to others (cookies) takes base::KeyedHash, SipHash-2-4.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/keyed_hash.h"

namespace base {

template <int kRoundsPerWord, int kRoundsAtEnd>
class SipHash {
 public:
  explicit SipHash(const KeyedHash::Secret& secret)
      : start_{load(secret.data()) ^ 0x736f6d6570736575ULL, load(secret.data() + 8) ^ 0x646f72616e646f6dULL,
               load(secret.data()) ^ 0x6c7967656e657261ULL, load(secret.data() + 8) ^ 0x7465646279746573ULL} {}

  // Inline always: the compiler finds it long, but it is most of what a lookup costs.
  [[gnu::always_inline]] [[nodiscard]] uint64_t operator()(Bytes bytes) const {
    State state = start_;
    const uint8_t* const data = bytes.data();
    size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) state.absorb(load(data + at));
    state.absorb(last_word(bytes, at));
    state.v2 ^= 0xff;
    for (int round = 0; round < kRoundsAtEnd; ++round) state.turn();
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
  }

 private:
  struct State {
    uint64_t v0, v1, v2, v3;
    void turn() {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
    void absorb(uint64_t word) {
      v3 ^= word;
      for (int round = 0; round < kRoundsPerWord; ++round) turn();
      v0 ^= word;
    }
  };

  static uint64_t load(const uint8_t* at) {
    static_assert(std::endian::native == std::endian::little, "SipHash reads little-endian words");
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
  }
  // The bytes behind the last whole word, and the size.
  static uint64_t last_word(Bytes bytes, size_t at) {
    const uint64_t size_byte = uint64_t{bytes.size()} << 56;
    const size_t rest = bytes.size() - at;
    if (at >= 8) return (load(bytes.data() + bytes.size() - 8) >> 8) >> (56 - 8 * rest) | size_byte;
    uint64_t word = size_byte;
    for (size_t index = 0; index < rest; ++index) word |= uint64_t{bytes[at + index]} << (8 * index);
    return word;
  }

  State start_;  // the secret and the constants of SipHash
};

using TableHash = SipHash<1, 3>;

}  // namespace base
