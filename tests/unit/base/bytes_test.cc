#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace {

TEST(Bytes, BigEndianIntegersAreReadInNetworkOrder) {
  const std::array<uint8_t, 8> bytes = {0x81, 0x02, 0xF3, 0x04, 0x05, 0x06, 0x07, 0xF8};
  EXPECT_EQ(base::load_be16(bytes.data()), 0x8102);
  EXPECT_EQ(base::load_be32(bytes.data()), 0x8102F304U);
  EXPECT_EQ(base::load_be64(bytes.data()), 0x8102F304050607F8ULL);
}

TEST(Bytes, WhatIsStoredIsLoadedAgain) {
  std::array<uint8_t, 10> bytes{};
  base::store_be16(bytes.data() + 1, 0xBEEF);
  EXPECT_EQ(base::load_be16(bytes.data() + 1), 0xBEEF);
  base::store_be32(bytes.data() + 1, 0xFFFFFFFE);
  EXPECT_EQ(base::load_be32(bytes.data() + 1), 0xFFFFFFFEU);
  base::store_be64(bytes.data() + 1, 0x0102030405060708);
  EXPECT_EQ(bytes[1], 1);
  EXPECT_EQ(bytes[8], 8);
  EXPECT_EQ(bytes[0], 0);  // neighbours untouched
  EXPECT_EQ(bytes[9], 0);
}

TEST(Bytes, TextAndBytesAreTheSameMemory) {
  const std::string_view text("a\0b", 3);
  const base::Bytes bytes = base::as_bytes(text);
  ASSERT_EQ(bytes.size(), 3U);
  EXPECT_EQ(bytes[1], 0);
  EXPECT_EQ(base::as_text(bytes), text);
}

}  // namespace
