#include "cache/cache.h"

#include <gtest/gtest.h>

#include "tests/unit/cache/cache_test_support.h"

namespace {

using cache::Kind;
using cache::PublishOutcome;
using cache::Rank;
using cache::Space;
using cache_test::at_s;
using cache_test::EntrySpec;
using cache_test::OneReaderCache;
using wire::Type;

TEST(Cache, FindsWhatWasPublishedInAnyLetterCase) {
  OneReaderCache it;
  EXPECT_EQ(it.lookup("www.example.com"), nullptr);
  EXPECT_EQ(it.publish({.name = "WWW.Example.COM", .fill = 3}), PublishOutcome::kStored);
  const cache::Entry* found = it.lookup("www.example.com");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name().to_text(), "www.example.com.");
  EXPECT_EQ(found->body()[0], 3);
  EXPECT_EQ(it.peek("www.example.com"), found);
}

TEST(Cache, TypeAndNameAreComparedWhole) {
  OneReaderCache it;
  ASSERT_EQ(it.publish({}), PublishOutcome::kStored);
  EXPECT_EQ(it.lookup("www.example.com", Type::kAaaa), nullptr);
  EXPECT_EQ(it.lookup("ww.example.com"), nullptr);
  EXPECT_EQ(it.lookup("example.com"), nullptr);
  // The same hash by force, another name: still not found.
  const wire::Name right = cache_test::name("www.example.com");
  const wire::Name wrong = cache_test::name("wwv.example.com");
  cache::Key key = it.cache.key(right, Type::kA, Space::kAnswer);
  key.name = wrong;
  EXPECT_EQ(it.cache.lookup(key), nullptr);
}

TEST(Cache, SpacesLieSideBySide) {
  OneReaderCache it;
  const std::vector<EntrySpec> specs = {
      {.space = Space::kAnswer, .kind = Kind::kRrset, .fill = 1},
      {.type = Type::kNone, .space = Space::kNxdomain, .kind = Kind::kNxdomain, .fill = 2},
      {.space = Space::kFailure, .kind = Kind::kFailure, .fill = 3},
      {.type = Type::kNs, .space = Space::kDelegation, .kind = Kind::kDelegation, .fill = 4},
      {.type = Type::kNs, .space = Space::kChildNs, .kind = Kind::kDelegation, .fill = 5},
  };
  for (const EntrySpec& spec : specs) ASSERT_EQ(it.publish(spec), PublishOutcome::kStored);
  EXPECT_EQ(it.cache.usage().entries, specs.size());
  for (const EntrySpec& spec : specs) {
    const cache::Entry* found = it.lookup("www.example.com", spec.type, spec.space);
    ASSERT_NE(found, nullptr) << static_cast<int>(spec.fill);
    EXPECT_EQ(found->body()[0], spec.fill);
  }
  // One per name: the type of the question does not matter there.
  EXPECT_NE(it.lookup("www.example.com", Type::kMx, Space::kNxdomain), nullptr);
  EXPECT_NE(it.lookup("www.example.com", Type::kNone, Space::kDelegation), nullptr);
  EXPECT_EQ(it.lookup("www.example.com", Type::kMx, Space::kFailure), nullptr);
}

TEST(Cache, RankRules) {
  struct Row {
    const char* what;
    Rank old_rank;
    uint32_t old_ttl_s;
    Rank new_rank;
    PublishOutcome outcome;
  };
  // The old entry is of second 1000, the new one of second 1100.
  const Row rows[] = {
      {"equal rank: the newer wins", Rank::kAuthAnswer, 300, Rank::kAuthAnswer, PublishOutcome::kStored},
      {"higher wins", Rank::kGlue, 300, Rank::kAuthAnswer, PublishOutcome::kStored},
      {"lower does not", Rank::kAuthAnswer, 300, Rank::kGlue, PublishOutcome::kKeptOld},
      {"one step lower does not", Rank::kAuthAnswer, 300, Rank::kAuthAuthority, PublishOutcome::kKeptOld},
      {"its last second", Rank::kAuthAnswer, 101, Rank::kGlue, PublishOutcome::kKeptOld},
      {"expired never stays", Rank::kAuthAnswer, 100, Rank::kGlue, PublishOutcome::kStored},
      {"local stays before all", Rank::kLocal, 300, Rank::kAuthAnswer, PublishOutcome::kKeptOld},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    OneReaderCache it;
    ASSERT_EQ(it.publish({.rank = row.old_rank, .ttl_s = row.old_ttl_s, .fill = 1}), PublishOutcome::kStored);
    EXPECT_EQ(it.publish({.rank = row.new_rank, .learned_s = 1100, .fill = 2}, 1100), row.outcome);
    ASSERT_NE(it.lookup("www.example.com"), nullptr);
    EXPECT_EQ(it.lookup("www.example.com")->body()[0], row.outcome == PublishOutcome::kStored ? 2 : 1);
    EXPECT_EQ(it.cache.usage().entries, 1U);
  }
}

TEST(Cache, ADenialReplacesTheRrsetItDenies) {
  OneReaderCache it;
  ASSERT_EQ(it.publish({}), PublishOutcome::kStored);
  ASSERT_EQ(it.publish({.kind = Kind::kNodata}), PublishOutcome::kStored);
  ASSERT_NE(it.lookup("www.example.com"), nullptr);
  EXPECT_EQ(it.lookup("www.example.com")->header().kind, Kind::kNodata);
}

TEST(Cache, ExpiredEntriesAreStillFound) {
  OneReaderCache it;
  ASSERT_EQ(it.publish({.ttl_s = 5}), PublishOutcome::kStored);
  const cache::Entry* found = it.lookup("www.example.com");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->ttl_left_s(at_s(1004)), 1U);
  EXPECT_EQ(found->ttl_left_s(at_s(1005)), 0U);
  EXPECT_FALSE(found->is_fresh(at_s(9999)));
}

TEST(Cache, RemoveTakesOutOneKeyOnly) {
  OneReaderCache it;
  ASSERT_EQ(it.publish({}), PublishOutcome::kStored);
  ASSERT_EQ(it.publish({.type = Type::kAaaa}), PublishOutcome::kStored);
  it.remove("www.example.com");
  EXPECT_EQ(it.lookup("www.example.com"), nullptr);
  EXPECT_NE(it.lookup("www.example.com", Type::kAaaa), nullptr);
  it.remove("www.example.com");
  EXPECT_EQ(it.cache.usage().entries, 1U);
}

TEST(Cache, AnEntryThatWasTakenOutIsReadableUntilTheTurnEnds) {
  OneReaderCache it;
  ASSERT_EQ(it.publish({.fill = 9}), PublishOutcome::kStored);
  const cache::Entry* held = it.lookup("www.example.com");
  it.remove("www.example.com");
  EXPECT_GT(it.cache.usage().retired_bytes, 0U);
  EXPECT_EQ(held->body()[31], 9);  // under AddressSanitizer this is the test
  it.reader.quiescent();
  EXPECT_EQ(it.cache.usage().retired_bytes, 0U);
}

TEST(Cache, UsageComesBackToItsBase) {
  OneReaderCache it;
  const cache::Cache::Usage base = it.cache.usage();
  EXPECT_EQ(base.entries, 0U);
  EXPECT_GT(base.bytes, 0U);  // the slots
  for (int i = 0; i < 500; ++i) it.publish({.name = "n" + std::to_string(i), .body_bytes = static_cast<size_t>(i)});
  for (int i = 0; i < 500; ++i) it.publish({.name = "n" + std::to_string(i), .kind = Kind::kNodata});
  EXPECT_GT(it.cache.usage().bytes, base.bytes);
  for (int i = 0; i < 500; ++i) it.remove("n" + std::to_string(i));
  EXPECT_EQ(it.cache.usage().entries, 0U);
  for (int i = 0; i < 4; ++i) it.reader.quiescent();
  EXPECT_EQ(it.cache.usage().bytes, base.bytes);
  EXPECT_EQ(it.cache.usage().retired_bytes, 0U);
}

TEST(Cache, ForEachVisitsEveryEntryOnce) {
  OneReaderCache it;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(it.publish({.name = "n" + std::to_string(i)}), PublishOutcome::kStored);
  std::vector<std::string> names;
  it.cache.for_each([&](const cache::Entry& entry) { names.push_back(entry.name().to_text()); });
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names.size(), 100U);
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

// At the fill the table is made for no key finds both of its buckets full: whoever was let in is found again,
// and is taken out whole wherever it was.
TEST(Cache, AsManyAsFitAreAllFoundAgain) {
  OneReaderCache it(8 << 20);
  constexpr int kCount = 40'000;
  const auto host = [](int i) { return "www" + std::to_string(i) + ".example.com"; };
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(it.publish({.name = host(i)}), PublishOutcome::kStored);
  EXPECT_EQ(it.cache.usage().evictions, 0U);
  for (int i = 0; i < kCount; ++i) ASSERT_NE(it.lookup(host(i)), nullptr) << i;
  for (int i = 0; i < kCount; ++i) {
    const wire::Name owner = cache_test::name(host(i));
    const cache::Key key = it.cache.key(owner, wire::Type::kA, cache::Space::kAnswer);
    int visited = 0;
    it.cache.visit_places_of(key.hash, [&](const cache::Entry& entry, uint8_t mark) {
      if (!entry.matches(key)) return;
      ++visited;
      EXPECT_EQ(mark, 1);
    });
    ASSERT_EQ(visited, 1) << i;
  }
  for (int i = 0; i < kCount; ++i) it.remove(host(i));
  EXPECT_EQ(it.cache.usage().entries, 0U);
}

TEST(Cache, KeysDependOnTheSecret) {
  cache::CacheOptions options;
  options.memory_bytes = 1 << 20;
  cache::Cache one(options);
  options.secret[0] = 1;
  cache::Cache other(options);
  const wire::Name name = cache_test::name("example.com");
  EXPECT_NE(one.key(name, Type::kA, Space::kAnswer).hash, other.key(name, Type::kA, Space::kAnswer).hash);
}

// Ten times what fits goes through; at no moment does the cache count more than it may.
TEST(Cache, TheBoundHoldsThroughTenTurnovers) {
  for (const uint64_t memory_bytes : {uint64_t{1} << 20, uint64_t{4} << 20}) {
    OneReaderCache it(memory_bytes);
    const uint64_t count = memory_bytes / 150 * 10;
    uint64_t stored = 0;
    for (uint64_t i = 0; i < count; ++i) {
      const size_t body_bytes = 20 + i * 7919 % 200;
      if (it.publish({.name = "n" + std::to_string(i), .body_bytes = body_bytes}) == PublishOutcome::kStored) ++stored;
      ASSERT_LE(it.cache.usage().bytes, memory_bytes);
      if (i % 64 == 0) it.reader.quiescent();
    }
    it.reader.quiescent();
    EXPECT_GT(stored, count * 99 / 100);
    EXPECT_GT(it.cache.usage().bytes, memory_bytes * 80 / 100) << "the memory is not used";
    EXPECT_GT(it.cache.usage().evictions, count * 8 / 10);
  }
}

TEST(Cache, RefusesWhenNothingCanBeFreed) {
  OneReaderCache it;
  // No quiescent point: what is evicted stays retired, and counts.
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (it.publish({.name = "n" + std::to_string(i)}) == PublishOutcome::kRefused) ++refused;
    ASSERT_LE(it.cache.usage().bytes, it.cache.usage().bytes_max);
  }
  EXPECT_GT(refused, 0);
  for (int i = 0; i < 100; ++i) it.reader.quiescent();
  EXPECT_EQ(it.publish({.name = "again"}), PublishOutcome::kStored);
}

TEST(Cache, RefusesAnEntryOutOfProportion) {
  OneReaderCache it;
  EXPECT_EQ(it.publish({.body_bytes = 500'000}), PublishOutcome::kRefused);
  EXPECT_EQ(it.lookup("www.example.com"), nullptr);
  EXPECT_EQ(it.cache.usage().entries, 0U);
}

}  // namespace
