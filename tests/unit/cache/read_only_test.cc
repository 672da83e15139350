// A hit on a hot key writes nothing that threads share: a million of them with slots and entries
// mapped read-only. A write would end the test with SIGSEGV.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "cache/eviction.h"
#include "tests/unit/cache/cache_test_support.h"

namespace {

// Entries one behind the other in a mapping; never reused.
class Arena : public cache::EntryAllocator {
 public:
  static constexpr size_t kBytes = 1 << 20;
  Arena() : memory_(static_cast<uint8_t*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
  ~Arena() override { munmap(memory_, kBytes); }
  void* allocate(size_t bytes) override {
    void* at = memory_ + used_;
    used_ += (bytes + 15) / 16 * 16;
    return used_ <= kBytes ? at : nullptr;
  }
  void release(const void*) override { ++released; }
  bool protect(int protection) { return mprotect(memory_, kBytes, protection) == 0; }
  int released = 0;

 private:
  uint8_t* memory_;
  size_t used_ = 0;
};

TEST(ReadOnly, AMillionHotHitsWriteNothingShared) {
  Arena arena;
  {
    cache_test::OneReaderCache it(1 << 20, &arena);
    std::vector<wire::Name> names;
    for (int i = 0; i < 64; ++i) {
      names.push_back(cache_test::name("hot" + std::to_string(i) + ".example"));
      ASSERT_EQ(it.publish({.name = "hot" + std::to_string(i) + ".example"}), cache::PublishOutcome::kStored);
    }
    std::vector<cache::Key> keys;
    for (const wire::Name& name : names) keys.push_back(it.cache.key(name, wire::Type::kA, cache::Space::kAnswer));
    for (int times = 0; times < cache::kMarkMax; ++times) {
      for (const cache::Key& key : keys) ASSERT_NE(it.cache.lookup(key), nullptr);
    }
    const base::Bytes slots = it.cache.slot_memory();
    void* slots_at = const_cast<uint8_t*>(slots.data());
    ASSERT_TRUE(arena.protect(PROT_READ));
    ASSERT_EQ(mprotect(slots_at, slots.size(), PROT_READ), 0);
    uint64_t found = 0;
    for (size_t i = 0; i < 1'000'000; ++i) {
      const cache::Entry* entry = it.cache.lookup(keys[i % keys.size()]);
      if (entry != nullptr) found += entry->body()[0] == 0x5a;
      if (i % 64 == 0) it.reader.quiescent();
    }
    ASSERT_EQ(mprotect(slots_at, slots.size(), PROT_READ | PROT_WRITE), 0);
    ASSERT_TRUE(arena.protect(PROT_READ | PROT_WRITE));
    EXPECT_EQ(found, 1'000'000U);
    it.remove("hot0.example");
  }
  EXPECT_EQ(arena.released, 64);
}

// The test can fail: the first hit writes a mark.
TEST(ReadOnlyDeathTest, AColdHitWritesItsMark) {
  cache_test::OneReaderCache it;
  ASSERT_EQ(it.publish({}), cache::PublishOutcome::kStored);
  const base::Bytes slots = it.cache.slot_memory();
  EXPECT_DEATH(
      {
        mprotect(const_cast<uint8_t*>(slots.data()), slots.size(), PROT_READ);
        it.lookup("www.example.com");
      },
      "");
}

}  // namespace
