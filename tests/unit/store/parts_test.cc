// The index and the queue.
#include <gtest/gtest.h>

#include <thread>

#include "store/change_queue.h"
#include "store/record_index.h"

namespace {

uint64_t key_of(uint64_t number) {
  number = (number ^ number >> 33) * 0xff51afd7ed558ccdULL;
  number = (number ^ number >> 33) * 0xc4ceb9fe1a85ec53ULL;
  return number ^ number >> 33;
}

TEST(RecordIndex, HoldsWhatItIsGivenUpToThreeQuarters) {
  store::RecordIndex index(1 << 14);
  const uint64_t count = index.capacity() / 4 * 3;
  for (uint64_t i = 1; i <= count; ++i) {
    index.put(key_of(i), {static_cast<uint32_t>(i), static_cast<uint16_t>(i), 1000, 3, false});
  }
  EXPECT_EQ(index.live(), count);
  for (uint64_t i = 1; i <= count; ++i) {
    const auto found = index.find(key_of(i), 1003);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->block, i);
    EXPECT_EQ(found->content, static_cast<uint16_t>(i));
    EXPECT_EQ(found->mark, 3);
    EXPECT_LE(found->written_s, 1003U);
    EXPECT_GE(found->written_s, 1003U - 2 * store::kIndexTick_s);
    EXPECT_TRUE(index.knows_all(key_of(i)));
  }
}

TEST(RecordIndex, WhenFullTheLeastAskedAndOldestGoes) {
  store::RecordIndex index(32);  // four buckets
  for (uint64_t i = 1; i <= 1000; ++i) {
    index.put(key_of(i), {static_cast<uint32_t>(i), 0, 0, static_cast<uint8_t>(i <= 4 ? 3 : 0), false});
  }
  EXPECT_LE(index.live(), index.capacity());
  for (uint64_t i = 1; i <= 4; ++i) EXPECT_TRUE(index.find(key_of(i), 0).has_value()) << i;
  EXPECT_TRUE(index.find(key_of(1000), 0).has_value());
  EXPECT_FALSE(index.find(key_of(5), 0).has_value());
  EXPECT_FALSE(index.knows_all(key_of(5)));
}

TEST(RecordIndex, WhatFoundNoRoomWhileLoadingLetsNoOlderOneIn) {
  store::RecordIndex index(32);
  std::vector<uint64_t> refused;
  for (uint64_t i = 1; i <= 200; ++i) {
    if (index.put_older(key_of(i), {100, 0, 0, 0, true}) == store::RecordIndex::Older::kNoRoom)
      refused.push_back(key_of(i));
  }
  ASSERT_FALSE(refused.empty());
  for (const uint64_t key : refused) {
    EXPECT_EQ(index.put_older(key, {50, 0, 0, 0, false}), store::RecordIndex::Older::kNoRoom);
  }
  EXPECT_EQ(index.live(), 0U);
  EXPECT_EQ(index.put_older(key_of(1), {50, 0, 0, 0, false}), store::RecordIndex::Older::kSuperseded);
}

TEST(RecordIndex, ForgetsWhatCouldNotBeWritten) {
  store::RecordIndex index(1024);
  index.put(key_of(1), {5, 0, 0, 0, false});
  index.put(key_of(2), {6, 0, 0, 0, false});
  index.put(key_of(3), {7, 0, 0, 0, true});
  index.forget_from(6);
  EXPECT_TRUE(index.find(key_of(1), 0).has_value());
  EXPECT_FALSE(index.find(key_of(2), 0).has_value());
  EXPECT_FALSE(index.find(key_of(3), 0).has_value());
  EXPECT_FALSE(index.knows_all(key_of(3)));
  EXPECT_EQ(index.live(), 1U);
}

TEST(ChangeQueue, LosesPublicationsButNoRemovals) {
  store::ChangeQueue queue(16);
  for (uint64_t i = 0; i < 16; ++i) queue.push({i, false});
  for (uint64_t i = 0; i < 10; ++i) queue.push({100 + i, false});
  for (uint64_t i = 0; i < 10; ++i) queue.push({200 + i, true});
  EXPECT_EQ(queue.dropped(), 10U);
  EXPECT_EQ(queue.take_overflow().size(), 10U);
  EXPECT_FALSE(queue.take_void());
  store::Change change;
  for (uint64_t i = 0; i < 16; ++i) {
    ASSERT_TRUE(queue.pop(change));
    EXPECT_EQ(change.key, i);
  }
  EXPECT_FALSE(queue.pop(change));
}

TEST(ChangeQueue, SaysWhenEvenRemovalsWereLost) {
  store::ChangeQueue queue(16);
  for (uint64_t i = 0; i < 16 + store::ChangeQueue::kOverflowMax; ++i) queue.push({i, true});
  EXPECT_FALSE(queue.take_void());
  queue.push({0, true});
  EXPECT_TRUE(queue.take_void());
  EXPECT_FALSE(queue.take_void());
}

TEST(ChangeQueue, ManyPushersOnePopper) {
  store::ChangeQueue queue(1024);
  constexpr uint64_t kEach = 20'000;
  std::vector<std::thread> pushers;
  for (uint64_t who = 0; who < 3; ++who) {
    pushers.emplace_back([&queue, who] {
      for (uint64_t i = 0; i < kEach; ++i) queue.push({who << 32 | i, true});
    });
  }
  std::vector<uint64_t> next(3);
  std::vector<uint64_t> seen;
  const auto take_all = [&] {
    store::Change change;
    while (queue.pop(change)) seen.push_back(change.key);
    for (const uint64_t key : queue.take_overflow()) seen.push_back(key);
  };
  while (seen.size() < 3 * kEach) take_all();
  for (std::thread& pusher : pushers) pusher.join();
  take_all();
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(seen.size(), 3 * kEach);
}

}  // namespace
