// Flipped bits and cut files, anywhere: never a crash, never anything but what was learned.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <random>

#include "store_support.h"

namespace {

using namespace store_test;

constexpr int kNames = 3000;

std::string name_of(int number) { return "n" + std::to_string(number) + ".example.com"; }

class StoreDamage : public ::testing::Test {
 protected:
  // A store with a log of commits beside it, as kill -9 leaves it.
  void SetUp() override {
    Life run(folder_.path + "/good");
    run.start();
    for (int i = 0; i < kNames; ++i) {
      run.publish(address({name_of(i), run.now().boot.boot_seconds(), 3600, UINT32_MAX, static_cast<uint8_t>(i)}));
      if (i % 300 == 299) run.turns(2);
    }
    std::filesystem::copy(folder_.path + "/good", folder_.path + "/killed");
    ASSERT_TRUE(std::filesystem::exists(folder_.path + "/killed/learned.db-wal"));
  }

  template <class Damage>
  void check(unsigned round, Damage&& damage) {
    const std::string path = folder_.path + "/damaged";
    std::filesystem::remove_all(path);
    std::filesystem::copy(folder_.path + "/killed", path);
    const std::string file = path + (round % 3 == 2 ? "/learned.db-wal" : "/learned.db");
    damage(file);
    {
      Life run(path, 1'800'000'100);
      run.start();
      whole_ += expect_nothing_wrong(run) == kNames ? 1 : 0;
      // It goes on: whatever was wrong, it writes and compacts again.
      run.publish(address({"after.example.com", run.now().boot.boot_seconds(), 3600}));
      run.turns(15);
      EXPECT_TRUE(run.writer->gauges().writing);
      run.die();
    }
    Life next(path, 1'800'000'200);
    next.start();
    expect_nothing_wrong(next);
    EXPECT_NE(next.find("after.example.com"), nullptr) << "round " << round;
  }

  static int expect_nothing_wrong(Life& run) {
    int found = 0;
    run.cache->for_each([&](const cache::Entry& entry) {
      if (entry.name() == name("after.example.com")) return;
      ++found;
      const std::string text = entry.name().to_text();
      const int number = std::atoi(text.c_str() + 1);
      ASSERT_EQ(text, name_of(number) + ".");
      const cache::EntryPtr expected =
          address({name_of(number), entry.header().learned_s, 3600, UINT32_MAX, static_cast<uint8_t>(number)});
      ASSERT_EQ(entry.body().size(), expected->body().size());
      ASSERT_EQ(std::memcmp(entry.body().data(), expected->body().data(), entry.body().size()), 0) << text;
      ASSERT_EQ(entry.header().ttl_s, 3600U);
    });
    return found;
  }

  const TempFolder folder_;
  std::mt19937_64 random_{20260101};  // NOLINT: the same damage each time
  int whole_ = 0;
};

TEST_F(StoreDamage, FlippedBits) {
  constexpr unsigned kRounds = 150;
  for (unsigned round = 0; round < kRounds; ++round) {
    check(round, [&](const std::string& path) {
      const uint64_t size = std::filesystem::file_size(path);
      const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
      ASSERT_GE(file, 0);
      for (unsigned i = 0; i < 1 + round % 5; ++i) {
        // Every other time among what SQLite itself needs: headers of the file and its pages.
        const uint64_t within = round % 2 == 0 ? size : std::min<uint64_t>(size, 4096);
        const auto at = static_cast<off_t>(random_() % within);
        char byte = 0;
        ASSERT_EQ(pread(file, &byte, 1, at), 1);
        byte = static_cast<char>(byte ^ 1 << random_() % 8);
        ASSERT_EQ(pwrite(file, &byte, 1, at), 1);
      }
      close(file);
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_LT(whole_, static_cast<int>(kRounds));  // the damage is real
}

TEST_F(StoreDamage, WildPages) {
  for (unsigned round = 0; round < 60; ++round) {
    check(round, [&](const std::string& path) {
      const uint64_t pages = std::max<uint64_t>(std::filesystem::file_size(path) / 4096, 1);
      std::array<uint64_t, 512> junk;
      for (uint64_t& word : junk) word = random_();
      const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
      ASSERT_GE(file, 0);
      ASSERT_EQ(pwrite(file, junk.data(), sizeof(junk), static_cast<off_t>(random_() % pages * 4096)),
                ssize_t{sizeof(junk)});
      close(file);
    });
    if (HasFatalFailure()) return;
  }
}

TEST_F(StoreDamage, CutFiles) {
  for (unsigned round = 0; round < 60; ++round) {
    check(round, [&](const std::string& path) {
      std::filesystem::resize_file(path, random_() % std::filesystem::file_size(path));
    });
    if (HasFatalFailure()) return;
  }
}

}  // namespace
