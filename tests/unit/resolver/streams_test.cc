#include "resolver/streams.h"

#include <gtest/gtest.h>

namespace resolver {
namespace {

base::Endpoint server(const char* text) { return *base::Endpoint::parse(text, 53); }

TEST(Streams, PrefersAnOpenStreamWithFewerQueries) {
  Streams streams;
  streams.add(StreamId{1}, server("192.0.2.1"));
  Stream& open = streams.add(StreamId{2}, server("192.0.2.1"));
  open.open = true;
  open.pending[1] = ExchangeId{1};
  EXPECT_EQ(streams.usable(server("192.0.2.1"))->id, StreamId{2});
  EXPECT_EQ(streams.usable(server("192.0.2.2")), nullptr);
  EXPECT_EQ(streams.usable(server("192.0.2.1@5353")), nullptr);
}

TEST(Streams, AFullStreamIsNotUsable) {
  Streams streams;
  Stream& stream = streams.add(StreamId{1}, server("192.0.2.1"));
  for (uint16_t id = 0; id < kPipelinedMax; ++id) stream.pending[id] = ExchangeId{id};
  EXPECT_EQ(streams.usable(server("192.0.2.1")), nullptr);
}

TEST(Streams, BoundsPerServerAndInAll) {
  Streams streams;
  EXPECT_TRUE(streams.may_open(server("192.0.2.1"), 8));
  for (uint64_t id = 1; id <= kStreamsPerServerMax; ++id) streams.add(StreamId{id}, server("192.0.2.1"));
  EXPECT_FALSE(streams.may_open(server("192.0.2.1"), 8));
  EXPECT_TRUE(streams.may_open(server("192.0.2.2"), 8));
  EXPECT_FALSE(streams.may_open(server("192.0.2.2"), kStreamsPerServerMax));
}

TEST(Streams, DrawsOnlyIdsThatAreNotPending) {
  Streams streams;
  Stream& stream = streams.add(StreamId{1}, server("192.0.2.1"));
  base::Entropy entropy(base::Entropy::seed_from_number(1));
  base::Entropy same(base::Entropy::seed_from_number(1));
  const uint16_t first = Streams::draw_query_id(stream, entropy);
  stream.pending[first] = ExchangeId{1};
  EXPECT_NE(Streams::draw_query_id(stream, same), first);
}

TEST(Streams, TheIdlestIsTheOneUsedLongestAgoAmongTheIdle) {
  Streams streams;
  streams.add(StreamId{1}, server("192.0.2.1")).last_used = base::Instant::from_boot(base::seconds(5));
  streams.add(StreamId{2}, server("192.0.2.2")).last_used = base::Instant::from_boot(base::seconds(3));
  Stream& busy = streams.add(StreamId{3}, server("192.0.2.3"));
  busy.pending[9] = ExchangeId{9};
  EXPECT_EQ(streams.idlest()->id, StreamId{2});
  streams.remove(StreamId{2});
  EXPECT_EQ(streams.idlest()->id, StreamId{1});
  streams.remove(StreamId{1});
  EXPECT_EQ(streams.idlest(), nullptr);
  EXPECT_EQ(streams.ids(), std::vector<StreamId>{StreamId{3}});
}

}  // namespace
}  // namespace resolver
