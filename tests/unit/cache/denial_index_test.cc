// The ordered index of denials: what is found for a name, what gives way, and the byte bound.
#include "cache/denial_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace {

using cache::canonical_sort_key;
using cache::DenialIndex;
using wire::Name;

constexpr base::KeyedHash::Secret kSecret{9};

Name name(std::string_view text) {
  const auto parsed = Name::from_text(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *parsed : Name();
}
base::Instant at_s(int64_t seconds) { return base::Instant::from_boot(base::seconds(seconds)); }

struct Fixture {
  explicit Fixture(uint64_t bytes_max = 1 << 20) : index(bytes_max, kSecret) {}
  void nsec(const char* zone, const char* owner, const char* next, uint32_t ttl_s = 100, int64_t now_s = 0) {
    const Name owner_name = name(owner);
    const Name next_name = name(next);
    index.put_nsec(at_s(now_s), name(zone), {owner_name, next_name.view().bytes(), {}, ttl_s}, next_name);
  }
  std::string found(const char* zone, const char* at, int64_t now_s = 0) {
    const auto record = index.nsec_at_or_before(at_s(now_s), name(zone), name(at));
    return record ? record->owner.to_text() : "";
  }
  void nsec3(uint8_t owner, uint8_t next, const cache::Nsec3Parameters& parameters = {}) {
    const Name owner_name = name("h" + std::to_string(owner) + ".example.");
    const std::array<uint8_t, 1> owner_hash{owner};
    const std::array<uint8_t, 1> next_hash{next};
    index.put_nsec3(at_s(0), name("example."), {owner_name, next_hash, {}, 100}, parameters, owner_hash, next_hash);
  }
  std::string found3(uint8_t hash, const cache::Nsec3Parameters& parameters = {}) {
    const std::array<uint8_t, 1> bytes{hash};
    const auto record = index.nsec3_at_or_before(at_s(0), name("example."), parameters, bytes);
    return record ? record->owner.to_text() : "";
  }
  DenialIndex index;
};

TEST(DenialIndex, SortKeysAreInCanonicalOrder) {
  // RFC 4034 6.1, and bytes that are special in the keys.
  const char* const sorted[] = {".",           "example.",       "a.example.",       "yljkjljk.a.example.", "Z.a.example.",
                                "zABC.a.EXAMPLE.", "\\000.z.example.", "\\000\\000.z.example.", "\\001.z.example.", "\\001a.z.example.",
                                "\\002.z.example.", "*.z.example.",    "\\200.z.example."};
  for (size_t left = 1; left < std::size(sorted); ++left) {
    EXPECT_LT(canonical_sort_key(name(sorted[left - 1])), canonical_sort_key(name(sorted[left]))) << sorted[left];
  }
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const auto draw = [&] {
      Name drawn;
      for (size_t labels = random() % 4; labels > 0; --labels) {
        std::array<uint8_t, 2> label;
        constexpr uint8_t kBytes[] = {0, 1, 2, 'a', 'A', 'b', 255};
        for (uint8_t& byte : label) byte = kBytes[random() % std::size(kBytes)];
        drawn = *Name::prepend(base::Bytes(label).first(1 + random() % 2), drawn);
      }
      return drawn;
    };
    const Name left = draw();
    const Name right = draw();
    const int keys = canonical_sort_key(left).compare(canonical_sort_key(right));
    const int names = left.view().compare_canonical(right);
    EXPECT_EQ(keys < 0, names < 0) << left.to_text() << " " << right.to_text();
    EXPECT_EQ(keys == 0, names == 0) << left.to_text() << " " << right.to_text();
  }
}

TEST(DenialIndex, FindsTheOwnerAtOrBefore) {
  Fixture fixture;
  fixture.nsec("example.", "example.", "b.example.");
  fixture.nsec("example.", "b.example.", "d.example.");
  fixture.nsec("example.", "D.example.", "example.");
  EXPECT_EQ(fixture.found("example.", "example."), "example.");
  EXPECT_EQ(fixture.found("example.", "a.example."), "example.");
  EXPECT_EQ(fixture.found("EXAMPLE.", "b.example."), "b.example.");
  EXPECT_EQ(fixture.found("example.", "x.B.example."), "b.example.");
  EXPECT_EQ(fixture.found("example.", "zz.example."), "D.example.");
  EXPECT_EQ(fixture.found("other.", "a.example."), "");
  EXPECT_EQ(fixture.index.nearest_zone(name("www.a.example.")), name("example."));
  EXPECT_FALSE(fixture.index.nearest_zone(name("www.a.other.")).has_value());
}

TEST(DenialIndex, EndsWithItsTtl) {
  Fixture fixture;
  fixture.nsec("example.", "example.", "b.example.", 50, 1000);
  const auto record = fixture.index.nsec_at_or_before(at_s(1049), name("example."), name("a.example."));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->ttl_left_s, 1U);
  EXPECT_EQ(fixture.found("example.", "a.example.", 1050), "");
}

TEST(DenialIndex, TheNewRecordRemovesWhatItContradicts) {
  Fixture fixture;
  fixture.nsec("example.", "example.", "d.example.");
  fixture.nsec("example.", "d.example.", "example.");
  fixture.nsec("example.", "b.example.", "d.example.");  // so apex -> d is not true any more
  EXPECT_EQ(fixture.found("example.", "a.example."), "d.example.") << "round to the last, which does not cover it";
  EXPECT_EQ(fixture.found("example.", "c.example."), "b.example.");
  fixture.nsec("example.", "example.", "z.example.");  // b and d are gone
  EXPECT_EQ(fixture.found("example.", "c.example."), "example.");
  EXPECT_EQ(fixture.index.usage().records, 1U);
  fixture.nsec("example.", "z.example.", "example.");
  fixture.nsec("example.", "zz.example.", "example.");  // beyond the last
  EXPECT_EQ(fixture.index.usage().records, 2U);
}

TEST(DenialIndex, HashesGoRound) {
  Fixture fixture;
  fixture.nsec3(50, 100);
  fixture.nsec3(100, 200);
  fixture.nsec3(200, 50);
  EXPECT_EQ(fixture.found3(50), "h50.example.");
  EXPECT_EQ(fixture.found3(99), "h50.example.");
  EXPECT_EQ(fixture.found3(255), "h200.example.");
  EXPECT_EQ(fixture.found3(3), "h200.example.") << "before the first";
  fixture.nsec3(20, 50);
  EXPECT_EQ(fixture.found3(255), "h100.example.") << "the span round the end is not true any more";
}

TEST(DenialIndex, KeepsTwoParameterSets) {
  Fixture fixture;
  const cache::Nsec3Parameters first{0, {}};
  const cache::Nsec3Parameters second{0, {1}};
  const cache::Nsec3Parameters third{5, {1}};
  fixture.nsec3(1, 2, first);
  fixture.nsec3(3, 4, second);
  EXPECT_EQ(fixture.found3(1, first), "h1.example.");
  EXPECT_EQ(fixture.found3(3, second), "h3.example.");
  EXPECT_EQ(fixture.found3(1, third), "");
  fixture.nsec3(5, 6, third);
  EXPECT_EQ(fixture.found3(1, first), "") << "the oldest gives way";
  EXPECT_EQ(fixture.index.nsec3_parameters(name("example.")), (std::vector<cache::Nsec3Parameters>{third, second}));
}

TEST(DenialIndex, IsBoundedInBytesAndAFloodGivesWayToItself) {
  constexpr uint64_t kBytesMax = 512 << 10;
  Fixture fixture(kBytesMax);
  // A small zone that is in use, in every shard.
  for (int zone = 0; zone < 32; ++zone) {
    const std::string text = "good" + std::to_string(zone) + ".";
    fixture.nsec(text.c_str(), text.c_str(), text.c_str(), 1000);
  }
  for (int round = 0; round < 20'000; ++round) {
    char owner[32];
    std::snprintf(owner, sizeof owner, "n%08d.bad.", round * 2);
    char next[32];
    std::snprintf(next, sizeof next, "n%08d.bad.", round * 2 + 1);
    fixture.nsec("bad.", owner, next, 1000);
    if (round % 1000 == 0) {
      EXPECT_LE(fixture.index.usage().bytes, kBytesMax);
    }
  }
  const DenialIndex::Usage usage = fixture.index.usage();
  EXPECT_LE(usage.bytes, kBytesMax);
  EXPECT_GT(usage.evictions, 10'000U);
  for (int zone = 0; zone < 32; ++zone) {
    const std::string text = "good" + std::to_string(zone) + ".";
    EXPECT_EQ(fixture.found(text.c_str(), ("a." + text).c_str()), text);
  }
}

TEST(DenialIndex, ManySmallZonesAreBoundedToo) {
  constexpr uint64_t kBytesMax = 256 << 10;
  Fixture fixture(kBytesMax);
  for (int zone = 0; zone < 5000; ++zone) {
    const std::string text = "z" + std::to_string(zone) + ".";
    fixture.nsec(text.c_str(), text.c_str(), text.c_str(), 1000);
  }
  EXPECT_LE(fixture.index.usage().bytes, kBytesMax);
  EXPECT_GT(fixture.index.usage().zones, 100U);
}

TEST(DenialIndex, CountsBytesBackToNothing) {
  Fixture fixture;
  fixture.nsec("example.", "example.", "b.example.");
  fixture.nsec3(50, 100);
  const Name zone = name("example.");
  fixture.index.put_soa(at_s(0), zone, {zone, base::as_bytes("some bytes"), {}, 60});
  fixture.index.put_soa(at_s(0), zone, {zone, base::as_bytes("other"), {}, 60});
  EXPECT_EQ(fixture.index.soa(at_s(59), zone)->ttl_left_s, 1U);
  EXPECT_FALSE(fixture.index.soa(at_s(60), zone).has_value());
  fixture.index.remove_zone(zone);
  fixture.index.remove_zone(zone);
  EXPECT_EQ(fixture.index.usage().bytes, 0U);
  EXPECT_EQ(fixture.index.usage().zones, 0U);
  EXPECT_EQ(fixture.found("example.", "a.example."), "");
}

}  // namespace
