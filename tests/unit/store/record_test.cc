#include "store/record.h"

#include <gtest/gtest.h>

#include "store/times.h"
#include "store_support.h"

namespace {

using namespace store_test;

const base::KeyedHash kHash(base::KeyedHash::Secret{1, 2, 3});

std::vector<uint8_t> record_of(const cache::Entry& entry, store::RecordHead head = {}) {
  head.key = store::record_key(kHash, entry.name(), entry.header().type, entry.header().space);
  std::vector<uint8_t> block;
  store::append_entry(block, kHash, head, entry);
  return block;
}

std::vector<cache::EntryPtr> one_of_each() {
  std::vector<cache::EntryPtr> entries;
  entries.push_back(address({}));
  cache::EntryParts forwarded;
  forwarded.header = entries.front()->header();
  forwarded.header.rank = cache::Rank::kNonAuthAnswer;
  forwarded.header.step = 5;
  forwarded.header.forwarded = 1;
  forwarded.name = entries.front()->name();
  forwarded.body = entries.front()->body();
  entries.push_back(forwarded.make());
  entries.push_back(denial({}, cache::Kind::kNodata));
  entries.push_back(denial({}, cache::Kind::kNxdomain));
  entries.push_back(delegation({"example.com"}, cache::Space::kDelegation));
  entries.push_back(delegation({"example.com"}, cache::Space::kChildNs));
  entries.push_back(delegation({"."}, cache::Space::kDelegation));
  return entries;
}

TEST(StoreRecord, EveryKindComesBackAsItWas) {
  for (const cache::EntryPtr& entry : one_of_each()) {
    const std::vector<uint8_t> block = record_of(*entry, {0, store::What::kEntry, 2, 77, 1234567, -5, 99});
    base::Bytes rest = block;
    const auto record = store::parse_record(kHash, store::take_record(rest));
    EXPECT_TRUE(rest.empty());
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->head.mark, 2);
    EXPECT_EQ(record->head.route, 77U);
    EXPECT_EQ(record->head.learned_wall_s, 1234567);
    EXPECT_EQ(record->head.lease_after_s, -5);
    EXPECT_EQ(record->head.content, 99);
    cache::EntryParts parts = record->parts;
    parts.header.learned_s = entry->header().learned_s;
    parts.header.lease_until_s = entry->header().lease_until_s;
    const cache::EntryPtr again = parts.make();
    ASSERT_EQ(again->total_bytes(), entry->total_bytes());
    EXPECT_EQ(std::memcmp(again.get(), entry.get(), entry->total_bytes()), 0);
  }
}

TEST(StoreRecord, EveryFlippedBitIsSeen) {
  for (const cache::EntryPtr& entry : one_of_each()) {
    const std::vector<uint8_t> good = record_of(*entry);
    for (size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::vector<uint8_t> bad = good;
      bad[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
      base::Bytes rest = bad;
      const base::Bytes record = store::take_record(rest);
      EXPECT_TRUE(record.empty() || !store::parse_record(kHash, record)) << "bit " << bit;
    }
  }
}

TEST(StoreRecord, EveryLengthIsSeen) {
  const std::vector<uint8_t> good = record_of(*address({}));
  for (size_t size = 0; size < good.size(); ++size) {
    base::Bytes rest = base::Bytes(good).first(size);
    EXPECT_TRUE(store::take_record(rest).empty()) << size;
    EXPECT_FALSE(store::parse_record(kHash, base::Bytes(good).first(size)).has_value()) << size;
  }
}

// Sealed with the right secret, and still no entry.
TEST(StoreRecord, AForgedRecordIsNoEntry) {
  cache::EntryPtr good = address({});
  struct Case {
    const char* what;
    void (*change)(cache::EntryParts&);
  };
  static const std::vector<uint8_t> kShort(11, 0);
  static const std::vector<uint8_t> kLongRdata = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 200, 1, 2, 3, 4};
  static const std::vector<uint8_t> kThreeBytes = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 3, 1, 2, 3};
  static const std::vector<uint8_t> kPointer = {0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xC0, 12};
  const Case cases[] = {
      {"space of another kind", [](auto& parts) { parts.header.space = cache::Space::kNxdomain; }},
      {"kind out of range", [](auto& parts) { parts.header.kind = static_cast<cache::Kind>(9); }},
      {"rank out of range", [](auto& parts) { parts.header.rank = static_cast<cache::Rank>(6); }},
      {"validation out of range", [](auto& parts) { parts.header.validation = static_cast<cache::Validation>(8); }},
      {"more records than there are", [](auto& parts) { parts.header.record_count = 2; }},
      {"no records", [](auto& parts) { parts.header.record_count = 0, parts.body = {}; }},
      {"signatures that are not there", [](auto& parts) { parts.header.tail_count = 1; }},
      {"type of another record", [](auto& parts) { parts.header.type = wire::Type::kAaaa; }},
      {"question type", [](auto& parts) { parts.header.type = wire::Type::kAny; }},
      {"zone longer than the name", [](auto& parts) { parts.header.zone_labels = 4; }},
      {"a cut record", [](auto& parts) { parts.body = kShort; }},
      {"RDATA beyond the end", [](auto& parts) { parts.body = kLongRdata; }},
      {"an address of three bytes", [](auto& parts) { parts.body = kThreeBytes; }},
      {"a compressed name", [](auto& parts) { parts.body = kPointer, parts.header.type = wire::Type::kCname; }},
      {"a delegation that is none",
       [](auto& parts) {
         parts.header.kind = cache::Kind::kDelegation, parts.header.space = cache::Space::kDelegation;
         parts.header.type = wire::Type::kNs;
       }},
      {"a failure",
       [](auto& parts) { parts.header.kind = cache::Kind::kFailure, parts.header.space = cache::Space::kFailure; }},
      {"a denial without an SOA", [](auto& parts) { parts.header.kind = cache::Kind::kNodata; }},
  };
  for (const Case& test : cases) {
    cache::EntryParts parts;
    parts.header = good->header();
    parts.name = good->name();
    parts.body = good->body();
    test.change(parts);
    const std::vector<uint8_t> block = record_of(*parts.make());
    const auto record = store::parse_record(kHash, block);
    ASSERT_FALSE(record.has_value()) << test.what;
    EXPECT_EQ(record.error(), store::BadRecord::kMalformed) << test.what;
  }
}

TEST(StoreRecord, ContentLeavesOutTtls) {
  const Made made;
  Made refreshed = made;
  refreshed.learned_s = 50, refreshed.ttl_s = 17, refreshed.record_ttl_s = 17;
  Made changed = made;
  changed.last_octet = 2;
  EXPECT_EQ(store::content_hash(kHash, *address(made)), store::content_hash(kHash, *address(refreshed)));
  EXPECT_NE(store::content_hash(kHash, *address(made)), store::content_hash(kHash, *address(changed)));
}

TEST(StoreTimes, BootTimeThereAndBack) {
  const store::TimeBase then = store::time_base(at(500, 10'000));
  const store::TimeBase later = store::time_base(at(3'000, 10'600));  // another boot
  EXPECT_EQ(store::boot_of(later, store::wall_of(then, 450)), 3'000U - 650U);
  EXPECT_EQ(store::boot_of(later, 10'600 - 3'001), std::nullopt);
  EXPECT_EQ(store::boot_of(later, -1), std::nullopt);
  EXPECT_EQ(store::boot_of(later, INT64_MIN), std::nullopt);
}

TEST(StoreTimes, WhatComesFromTheFutureCountsAsLearnedNow) {
  const store::TimeBase base = store::time_base(at(3'000, 10'000));
  EXPECT_EQ(store::boot_of(base, 10'001), 3'000U);
  EXPECT_EQ(store::boot_of(base, INT64_MAX), 3'000U);
}

TEST(StoreTimes, AStepBackwardsIsNoticedAsFarAsItWasLaterOnce) {
  // Learned at 10000, something written at 10500, the clock stepped back to 9000: at least 500 s old.
  const store::TimeBase base = store::time_base(at(3'000, 9'000), 10'500);
  EXPECT_EQ(store::boot_of(base, 10'000), 2'500U);
}

TEST(StoreTimes, LeasesMoveWithTheirEntry) {
  EXPECT_EQ(store::lease_until(100, store::lease_after(50, 80)), 130U);
  EXPECT_EQ(store::lease_until(100, store::lease_after(50, 20)), 70U);
  EXPECT_EQ(store::lease_until(10, store::lease_after(50, 20)), 0U);
  EXPECT_EQ(store::lease_until(10, store::lease_after(50, UINT32_MAX)), UINT32_MAX);
  EXPECT_EQ(store::lease_until(10, INT64_MAX - 1), UINT32_MAX - 1);
  EXPECT_EQ(store::lease_until(10, INT64_MIN), 0U);
}

}  // namespace
