// The managed keys of trust anchors on disk: whole, or not at all.
#include "store/managed_keys_state.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/store/store_support.h"

namespace {

using cache::KeyState;
using cache::ManagedKey;
using cache::ManagedKeys;
using cache::ManagedZone;
using namespace store_test;  // NOLINT

ManagedKey key(uint8_t seed, KeyState state, int64_t since = 1'700'000'000, bool is_configured = false) {
  std::vector<uint8_t> rdata = {1, 1, 3, 15};
  rdata.resize(36, seed);
  return {rdata, state, {since}, is_configured};
}

bool same(const ManagedZone& left, const ManagedZone& right) {
  return left.zone == right.zone &&
         std::equal(left.keys.begin(), left.keys.end(), right.keys.begin(), right.keys.end(),
                    [](const ManagedKey& one, const ManagedKey& other) {
                      return one.rdata == other.rdata && one.state == other.state && one.since == other.since &&
                             one.is_configured == other.is_configured;
                    });
}

ManagedZone sample() {
  return {name("example.com"),
          {key(1, KeyState::kValid, 0, true), key(2, KeyState::kAddPending), key(3, KeyState::kRevoked),
           key(4, KeyState::kMissing), key(5, KeyState::kRemoved, int64_t{1} << 40)}};
}

TEST(ManagedKeysState, ComesBackAsItWas) {
  for (const ManagedZone& zone : {sample(), ManagedZone{name("."), {}}, ManagedZone{name("."), {key(9, KeyState::kValid)}}}) {
    const auto back = store::decode_managed_zone(store::encode_managed_zone(zone));
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(same(*back, zone));
  }
}

TEST(ManagedKeysState, NothingIsReadFromBytesThatAreNotItsOwn) {
  const std::vector<uint8_t> whole = store::encode_managed_zone({name("a"), {key(1, KeyState::kValid)}});
  // | version | 3 | 1 'a' 0 | 1 | state, configured, since 8, length 2, RDATA 36
  ASSERT_EQ(whole.size(), 54U);
  struct Row {
    size_t at;
    uint8_t byte;
    const char* what;
  };
  const Row rows[] = {
      {0, 0, "no version"},           {0, 2, "a later version"},    {1, 0, "no name"},
      {1, 2, "a name cut short"},     {1, 4, "a name and a byte"},  {1, 255, "a name beyond the end"},
      {2, 64, "a label of a type"},   {5, 0, "a key too many"},     {5, 2, "a key too few"},
      {5, 255, "more than a zone has"}, {6, 0, "state start"},      {6, 6, "no state"},
      {7, 2, "neither yes nor no"},   {8, 0x80, "before 1970"},     {9, 1, "a time that overflows sums"},
      {16, 1, "a length beyond the end"}, {17, 35, "a length too short"}, {17, 3, "no DNSKEY"},
      {18, 0, "no zone key"},         {19, 0, "no entry point"},    {19, 0x81, "revoked"},
      {20, 2, "another protocol"},
  };
  for (const Row& row : rows) {
    std::vector<uint8_t> bytes = whole;
    bytes[row.at] = row.byte;
    EXPECT_FALSE(store::decode_managed_zone(bytes).has_value()) << row.what;
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(store::decode_managed_zone(base::Bytes(whole).first(size)).has_value()) << size;
  }
  std::vector<uint8_t> longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(store::decode_managed_zone(longer).has_value());
  EXPECT_FALSE(store::decode_managed_zone(
                   store::encode_managed_zone({name("a"), {key(1, KeyState::kValid), key(1, KeyState::kRevoked)}}))
                   .has_value())
      << "one key in two states";
  ManagedKey large = key(1, KeyState::kValid);
  large.rdata.resize(cache::kManagedKeyBytesMax + 1, 7);
  EXPECT_FALSE(store::decode_managed_zone(store::encode_managed_zone({name("a"), {large}})).has_value());
}

// Whatever is read can be written again as the same bytes; nothing else is read.
TEST(ManagedKeysState, RandomDamageIsReadWholeOrNotAtAll) {
  std::mt19937 random(5011);
  const std::vector<uint8_t> whole = store::encode_managed_zone(sample());
  size_t read = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::vector<uint8_t> bytes = whole;
    for (uint32_t changes = random() % 4 + 1; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    }
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
    const auto zone = store::decode_managed_zone(bytes);
    if (!zone) continue;
    ++read;
    ASSERT_LE(zone->keys.size(), cache::kKeysPerZoneMax);
    std::vector<uint8_t> again = store::encode_managed_zone(*zone);
    for (size_t at = 2; at < 2U + bytes[1]; ++at) bytes[at] = static_cast<uint8_t>(std::tolower(bytes[at]));
    ASSERT_EQ(again, bytes);
  }
  EXPECT_GT(read, 1000U) << "most bytes are those of keys, and may be any";
}

TEST(ManagedKeysState, SurvivesKillAndIsBackBeforeAnythingIsServed) {
  const TempFolder folder;
  {
    Life run(folder.path);
    ManagedKeys keys;
    store::ManagedKeysState state(keys);
    run.writer->restore_first(run.now(), state);
    EXPECT_TRUE(keys.zones().empty());
    run.start();
    keys.put(sample());
    run.turns(61);
    run.die();
  }
  {
    Life run(folder.path, 1'800'000'100);
    ManagedKeys keys;
    store::ManagedKeysState state(keys);
    run.writer->restore_first(run.now(), state);
    ASSERT_EQ(keys.zones().size(), 1U);
    EXPECT_TRUE(same(keys.zones()[0], sample()));
    keys.put({name("example.com"), {key(7, KeyState::kValid)}});
    run.start();
    EXPECT_EQ(keys.zones()[0].keys.size(), 1U) << "what is loaded later does not bring the old state back";
    run.turns(61);
    run.writer->finish(run.now());
  }
  Life run(folder.path, 1'800'000'200);
  ManagedKeys keys;
  store::ManagedKeysState state(keys);
  run.writer->restore_first(run.now(), state);
  ASSERT_EQ(keys.zones().size(), 1U);
  EXPECT_EQ(keys.zones()[0].keys.size(), 1U);
}

TEST(ManagedKeysState, AChunkOfAnotherFormChangesNothing) {
  ManagedKeys keys;
  keys.put(sample());
  store::ManagedKeysState state(keys);
  state.restore({}, std::vector<uint8_t>{9, 9, 9});
  state.restore({}, {});
  ASSERT_EQ(keys.zones().size(), 1U);
  EXPECT_TRUE(same(keys.zones()[0], sample()));
}

TEST(ManagedKeys, EveryChangeRaisesTheVersion) {
  ManagedKeys keys;
  const uint64_t first = keys.version();
  keys.put(sample());
  const uint64_t second = keys.version();
  EXPECT_GT(second, first);
  keys.put({name("EXAMPLE.com"), {}});
  ASSERT_EQ(keys.zones().size(), 1U);
  EXPECT_TRUE(keys.zones()[0].keys.empty());
  keys.replace_all({});
  EXPECT_GT(keys.version(), second);
  EXPECT_TRUE(keys.zones().empty());
}

}  // namespace
