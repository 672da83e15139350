// What survives, what is written how often, and what happens when the disk or the clock misbehaves.
#include "store/writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

#include "cache/server_health.h"
#include "store/health_state.h"
#include "store_support.h"

namespace {

using namespace store_test;

std::string name_of(int number) { return "n" + std::to_string(number) + ".example.com"; }

void learn(Life& run, int from, int to) {
  for (int i = from; i < to; ++i) {
    run.publish(address({name_of(i), run.now().boot.boot_seconds(), 3600, UINT32_MAX, static_cast<uint8_t>(i)}));
  }
}

int count_of(Life& run, int from, int to) {
  int found = 0;
  for (int i = from; i < to; ++i) {
    const cache::Entry* entry = run.find(name_of(i));
    if (entry == nullptr) continue;
    EXPECT_EQ(entry->body().back(), static_cast<uint8_t>(i)) << name_of(i);
    ++found;
  }
  return found;
}

size_t files_aside(const std::string& path) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const std::string file = entry.path().filename().string();
    count += file.starts_with("learned.db.aside-") && !file.ends_with("-wal") ? 1 : 0;
  }
  return count;
}

TEST(StoreWriter, EveryKindSurvivesARestartWithItsTimes) {
  const TempFolder folder;
  {
    Life run(folder.path);
    run.start();
    const auto now = static_cast<uint32_t>(Life::kBoot);
    run.publish(address({"a.example.com", now - 10, 300, now + 50}));
    run.publish(denial({"b.example.com", now}, cache::Kind::kNodata));
    run.publish(denial({"c.example.com", now}, cache::Kind::kNxdomain));
    run.publish(delegation({"example.com", now, 300, now + 300}, cache::Space::kDelegation));
    run.publish(delegation({"example.com", now, 300, now + 200}, cache::Space::kChildNs));
    run.turns(2);
    EXPECT_EQ(run.count(base::Counter::kStoreWritten), 5U);
    run.die();
  }
  // Another boot, 100 s later.
  constexpr int64_t kOtherBoot = 40'000'000;
  Life run(folder.path, 1'800'000'102, 7, 64 << 20, 8 << 20, kOtherBoot);
  run.start();
  EXPECT_EQ(run.count(base::Counter::kStoreLoaded), 5U);
  const cache::Entry* entry = run.find("a.example.com");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->header().learned_s, kOtherBoot - 102 - 10);
  EXPECT_EQ(entry->header().lease_until_s, kOtherBoot - 102 + 50);
  EXPECT_EQ(entry->header().ttl_s, 300U);
  EXPECT_NE(run.find("b.example.com", wire::Type::kAaaa), nullptr);
  EXPECT_NE(run.find("c.example.com", wire::Type::kNone, cache::Space::kNxdomain), nullptr);
  const cache::Entry* child = run.find("example.com", wire::Type::kNs, cache::Space::kChildNs);
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(child->header().lease_until_s, kOtherBoot - 102 + 200);
  EXPECT_EQ(cache::read_delegation(*child).servers.size(), 2U);
  EXPECT_NE(run.find("example.com", wire::Type::kNs, cache::Space::kDelegation), nullptr);
}

TEST(StoreWriter, WhatWasRemovedStaysRemoved) {
  const TempFolder folder;
  {
    Life run(folder.path);
    run.start();
    learn(run, 0, 3);
    run.turns(2);
    run.remove(name_of(1), wire::Type::kA);
    run.turns(2);
    run.die();
  }
  Life run(folder.path);
  run.start();
  EXPECT_EQ(count_of(run, 0, 3), 2);
  EXPECT_EQ(run.find(name_of(1)), nullptr);
}

TEST(StoreWriter, ARefreshOfTimesAloneIsWrittenOnceAMinute) {
  const TempFolder folder;
  Life run(folder.path);
  run.start();
  for (int second = 0; second < 180; ++second) {
    run.publish(
        address({"a.example.com", run.now().boot.boot_seconds(), 5, UINT32_MAX, 1, static_cast<uint32_t>(second % 7)}));
    run.turns(1);
  }
  EXPECT_GE(run.count(base::Counter::kStoreWritten), 3U);
  EXPECT_LE(run.count(base::Counter::kStoreWritten), 4U);
  EXPECT_GT(run.count(base::Counter::kStoreUnchanged), 150U);
  const uint64_t before = run.count(base::Counter::kStoreWritten);
  run.publish(address({"a.example.com", run.now().boot.boot_seconds(), 5, UINT32_MAX, 2}));
  run.turns(1);
  EXPECT_EQ(run.count(base::Counter::kStoreWritten), before + 1);
}

TEST(StoreWriter, WhatIsNotRefreshedIsWrittenOnce) {
  const TempFolder folder;
  Life run(folder.path);
  run.start();
  learn(run, 0, 50);
  run.turns(400);
  EXPECT_EQ(run.count(base::Counter::kStoreWritten), 50U);
}

TEST(StoreWriter, TheWalkFindsWhatTheQueueLost) {
  const TempFolder folder;
  Life run(folder.path);
  run.start();
  run.turns(1);
  run.cache->publish(*run.reader, run.now().boot, address({"a.example.com", run.now().boot.boot_seconds(), 3600}));
  run.turns(65);
  EXPECT_EQ(run.count(base::Counter::kStoreWritten), 1U);
}

TEST(StoreWriter, AnotherRouteIsNotBelieved) {
  const TempFolder folder;
  {
    Life run(folder.path, 1'800'000'000, 7);
    run.start();
    learn(run, 0, 3);
    run.turns(2);
    run.die();
  }
  Life other(folder.path, 1'800'000'010, 8);
  other.start();
  EXPECT_EQ(count_of(other, 0, 3), 0);
  EXPECT_EQ(other.count(base::Counter::kStoreDroppedRoute), 3U);
}

TEST(StoreWriter, WhatIsOlderThanTtlAndMaximumAgeIsLeftOut) {
  const TempFolder folder;
  {
    Life run(folder.path);
    run.start();
    run.publish(address({"short.example.com", run.now().boot.boot_seconds(), 10}));
    run.publish(address({"long.example.com", run.now().boot.boot_seconds(), 3600}));
    run.turns(2);
    run.die();
  }
  Life run(folder.path, 1'800'000'000 + 86400 + 20);  // max_age is a day here
  run.start();
  EXPECT_EQ(run.find("short.example.com"), nullptr);
  EXPECT_NE(run.find("long.example.com"), nullptr);
  EXPECT_EQ(run.count(base::Counter::kStoreDroppedOld), 1U);
}

TEST(StoreWriter, AWallClockThatSteppedBackMakesNothingYoung) {
  const TempFolder folder;
  {
    Life run(folder.path);
    run.start();
    learn(run, 0, 1);
    run.turns(500);  // the store notes the time with each commit, if only of the states
    run.die();
  }
  Life run(folder.path, 1'700'000'000);
  run.start();
  const cache::Entry* entry = run.find(name_of(0));
  ASSERT_NE(entry, nullptr);
  EXPECT_LE(entry->header().learned_s, Life::kBoot - 430);
}

TEST(StoreWriter, EntriesFromTheFutureCountAsLearnedNow) {
  const TempFolder folder;
  {
    Life run(folder.path);
    run.start();
    run.publish(address({"a.example.com", run.now().boot.boot_seconds() + 5000, 3600}));
    run.turns(2);
    run.die();
  }
  Life run(folder.path, 1'800'000'010);
  run.start();
  const cache::Entry* entry = run.find("a.example.com");
  ASSERT_NE(entry, nullptr);
  EXPECT_LE(entry->header().learned_s, Life::kBoot);
}

TEST(StoreWriter, NewerDataOfTheCacheIsNotReplacedByLoading) {
  const TempFolder folder;
  {
    Life run(folder.path);
    run.start();
    learn(run, 0, 2);
    run.turns(2);
    run.die();
  }
  Life run(folder.path, 1'800'000'100);
  run.cache->publish(*run.reader, run.now().boot, address({name_of(0), Life::kBoot, 60, UINT32_MAX, 200}));
  // A worker removed the other one before it was loaded.
  run.removed.set(store::record_key(run.writer->hash(), name(name_of(1)), wire::Type::kA, cache::Space::kAnswer));
  run.start();
  ASSERT_NE(run.find(name_of(0)), nullptr);
  EXPECT_EQ(run.find(name_of(0))->body().back(), 200);
  EXPECT_EQ(run.find(name_of(1)), nullptr);
}

TEST(StoreWriter, SizeIsBoundedAndTheNewestAndMostAskedStay) {
  const TempFolder folder;
  constexpr uint64_t kStoreBytes = 2 << 20;
  {
    Life run(folder.path, 1'800'000'000, 7, kStoreBytes, 64 << 20);
    run.start();
    learn(run, 0, 100);
    for (int times = 0; times < 3; ++times) {
      for (int i = 0; i < 100; ++i) {
        const wire::Name owner = name(name_of(i));
        static_cast<void>(run.cache->lookup(run.cache->key(owner, wire::Type::kA, cache::Space::kAnswer)));
      }
    }
    run.turns(1);
    for (int at = 100; at < 30'000; at += 300) {
      learn(run, at, at + 300);
      run.turns(1);
      ASSERT_LE(std::filesystem::file_size(folder.path + "/learned.db"), kStoreBytes);
    }
    EXPECT_GT(run.count(base::Counter::kStoreDroppedRoom), 1000U);
    EXPECT_EQ(run.count(base::Counter::kStoreFaults), 0U);
    run.die();
  }
  Life run(folder.path, 1'800'000'200, 7, kStoreBytes, 64 << 20);
  run.start();
  EXPECT_EQ(count_of(run, 0, 100), 100);
  EXPECT_EQ(count_of(run, 29'000, 30'000), 1000);
  EXPECT_LT(count_of(run, 100, 10'000), 5000);
}

TEST(StoreWriter, RewritingTheSameNamesForHoursDoesNotGrow) {
  const TempFolder folder;
  Life run(folder.path, 1'800'000'000, 7, 64 << 20, 64 << 20);
  run.start();
  for (int round = 0; round < 120; ++round) {
    for (int i = 0; i < 2000; ++i) {
      run.publish(address({name_of(i), run.now().boot.boot_seconds(), 3600, UINT32_MAX, static_cast<uint8_t>(round)}));
    }
    run.turns(2);
  }
  EXPECT_GT(run.count(base::Counter::kStoreCompacted), 0U);
  EXPECT_LT(std::filesystem::file_size(folder.path + "/learned.db"), 20U << 20);
}

TEST(StoreWriter, ServersHealthSurvives) {
  const TempFolder folder;
  const base::IpAddress server = base::IpAddress::v4(std::vector<uint8_t>{192, 0, 2, 53});
  base::KeyedHash::Secret secret{};
  {
    Life run(folder.path);
    secret = run.writer->secrets().servers;
    cache::ServerHealth health(64, secret);
    store::HealthState state(health);
    run.start({&state});
    health.on_response(run.now().boot, server, base::milliseconds(40));
    health.set_edns(run.now().boot, server, cache::EdnsSupport::kBroken);
    health.set_keeps_case(run.now().boot, server, false);
    run.turns(61);
    run.die();
  }
  Life run(folder.path, 1'800'000'100, 7, 64 << 20, 8 << 20, 50'000'000);
  EXPECT_EQ(run.writer->secrets().servers, secret);
  cache::ServerHealth health(64, run.writer->secrets().servers);
  store::HealthState state(health);
  run.start({&state});
  const cache::ServerView view = health.view(run.now().boot, server);
  EXPECT_TRUE(view.known);
  EXPECT_EQ(view.smoothed_rtt, base::milliseconds(40));
  EXPECT_EQ(view.edns, cache::EdnsSupport::kBroken);
  EXPECT_FALSE(view.keeps_case);
  run.pass(3600);
  EXPECT_EQ(health.view(run.now().boot, server).edns, cache::EdnsSupport::kUnknown);
}

TEST(StoreWriter, TheFileIsItsOwnersAlone) {
  const TempFolder folder;
  std::filesystem::permissions(folder.path, std::filesystem::perms(0755));
  Life run(folder.path);
  run.start();
  learn(run, 0, 3);
  run.turns(2);
  for (const char* file : {"/learned.db", "/learned.db-wal", "/lock"}) {
    EXPECT_EQ(std::filesystem::status(folder.path + file).permissions(), std::filesystem::perms(0600)) << file;
  }
}

TEST(StoreWriter, ASecondProcessGetsOneSentence) {
  const TempFolder folder;
  Life first(folder.path);
  const Life second(folder.path);
  EXPECT_EQ(first.refusal, "");
  EXPECT_NE(second.refusal.find("in use by another holdfastd"), std::string::npos);
  EXPECT_EQ(second.refusal.find('\n'), std::string::npos);
}

TEST(StoreWriter, AnotherVersionIsPutAsideAndAFewAreKept) {
  const TempFolder folder;
  for (int round = 0; round < 5; ++round) {
    {
      Life run(folder.path);
      run.start();
      learn(run, 0, 3);
      run.turns(2);
      run.die();
    }
    // user_version: four bytes at offset 60 of the header.
    const int file = open((folder.path + "/learned.db").c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(file, 0);
    ASSERT_EQ(pwrite(file, "\0\0\0\x63", 4, 60), 4);
    close(file);
    Life run(folder.path, 1'800'000'000 + round);
    run.start();
    EXPECT_EQ(count_of(run, 0, 3), 0);
    EXPECT_EQ(run.count(base::Counter::kStorePutAside), 1U);
    learn(run, 0, 3);
    run.turns(2);
    run.die();
  }
  EXPECT_EQ(files_aside(folder.path), 2U);
}

TEST(StoreWriter, NoFolderNoStoreButNoFailure) {
  Life run("/proc/no-such-folder/store");
  EXPECT_EQ(run.refusal, "");
  run.start();
  learn(run, 0, 3);
  run.turns(30);
  EXPECT_FALSE(run.writer->gauges().writing);
}

TEST(StoreWriter, AFolderThatAppearsLaterIsUsed) {
  const TempFolder folder;
  Life run(folder.path + "/later/store");
  run.start();
  learn(run, 0, 3);
  run.turns(2);
  EXPECT_FALSE(run.writer->gauges().writing);
  std::filesystem::create_directory(folder.path + "/later");
  run.turns(30);
  EXPECT_TRUE(run.writer->gauges().writing);
  run.die();
  Life next(folder.path + "/later/store", 1'800'000'100);
  next.start();
  EXPECT_EQ(count_of(next, 0, 3), 3);
}

// A disk without room: a limit on the size of files, in a process of its own.
TEST(StoreWriter, AFullDiskStopsWritingAndNothingElse) {
  const TempFolder folder;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto limit = [](rlim_t bytes) {
      const rlimit value{bytes, RLIM_INFINITY};
      setrlimit(RLIMIT_FSIZE, &value);
    };
    Life run(folder.path);
    run.start();
    learn(run, 0, 1000);
    run.turns(2);
    limit(300'000);
    learn(run, 1000, 9000);
    run.turns(5);
    const bool stopped = !run.writer->gauges().writing && run.count(base::Counter::kStoreFaults) > 0;
    const bool answers = count_of(run, 0, 9000) == 9000;
    run.remove(name_of(5), wire::Type::kA);
    run.turns(15);
    const bool still_stopped = !run.writer->gauges().writing;
    limit(RLIM_INFINITY);
    run.turns(30);
    const bool resumed = run.writer->gauges().writing;
    run.die();
    Life next(folder.path, 1'800'000'100);
    next.start();
    const bool all_there = count_of(next, 0, 9000) == 8999 && next.find(name_of(5)) == nullptr;
    _exit((stopped ? 0 : 1) | (answers ? 0 : 2) | (still_stopped ? 0 : 4) | (resumed ? 0 : 8) | (all_there ? 0 : 16));
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Killed at any moment: what a commit held before is there, and nothing is wrong.
TEST(StoreWriter, Kill9InTheMiddleOfWritingAgainAndAgain) {
  const TempFolder folder;
  std::array<int, 2> told{};
  int64_t wall_s = 1'800'000'000;
  int rounds = 0;
  for (unsigned round = 0; round < 25; ++round, ++rounds, wall_s += 1000) {
    ASSERT_EQ(pipe(told.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Life run(folder.path, wall_s, 7, 64 << 20, 64 << 20);
      run.start();
      for (int at = 0;; at += 100) {
        learn(run, at % 20'000, at % 20'000 + 100);
        run.turns(1);  // commits
        const int committed = std::min(at + 100, 20'000);
        if (write(told[1], &committed, sizeof(committed)) != sizeof(committed)) _exit(1);
      }
    }
    close(told[1]);
    int committed = 0;
    const int wanted = static_cast<int>(1 + round * 7 % 40);
    for (int i = 0; i < wanted; ++i)
      ASSERT_EQ(read(told[0], &committed, sizeof(committed)), ssize_t{sizeof(committed)});
    kill(child, SIGKILL);
    int later = 0;
    while (read(told[0], &later, sizeof(later)) == ssize_t{sizeof(later)}) committed = later;
    close(told[0]);
    waitpid(child, nullptr, 0);
    Life run(folder.path, wall_s + 500, 7, 64 << 20, 64 << 20);
    run.start();
    ASSERT_EQ(count_of(run, 0, committed), committed) << "round " << round;
    ASSERT_EQ(run.count(base::Counter::kStorePutAside), 0U);
    run.die();
  }
  EXPECT_EQ(rounds, 25);
}

}  // namespace
