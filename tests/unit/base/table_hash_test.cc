#include "base/table_hash.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace {

// The construction is libsodium's when the rounds are.
TEST(TableHash, WithItsRoundsGivesSipHash24) {
  base::KeyedHash::Secret secret;
  for (size_t index = 0; index < secret.size(); ++index) secret[index] = static_cast<uint8_t>(index * 17 + 3);
  const base::KeyedHash expected(secret);
  const base::SipHash<2, 4> hash(secret);
  std::vector<uint8_t> bytes;
  for (size_t size = 0; size <= 300; ++size) {
    EXPECT_EQ(hash(bytes), expected(bytes)) << size;
    bytes.push_back(static_cast<uint8_t>(size * 31 + 7));
  }
}

// What CPython 3.11 computes with PYTHONHASHSEED=0, which is the secret of zeros.
TEST(TableHash, IsSipHash13) {
  const base::TableHash hash(base::KeyedHash::Secret{});
  for (const auto& [text, expected] : std::vector<std::pair<std::string_view, uint64_t>>{
           {"a", 0x407448d2b89b1813ULL},
           {"example", 0xcf5a8cd89871f5e5ULL},
           {"sixteen-bytes-16", 0x095c9c9e93db58c4ULL},
           {"www.example.com and some more", 0xf7e7b8a73125d7bbULL},
       }) {
    EXPECT_EQ(hash(base::as_bytes(text)), expected) << text;
  }
}

TEST(TableHash, DependsOnTheSecret) {
  EXPECT_NE(base::TableHash({1})(base::as_bytes("example")), base::TableHash({2})(base::as_bytes("example")));
}

}  // namespace
