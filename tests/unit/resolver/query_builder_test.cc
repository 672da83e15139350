#include "resolver/query_builder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/message.h"

namespace resolver {
namespace {

wire::Name name(const char* text) { return *wire::Name::from_text(text); }

TEST(QueryBuilder, AsksWithoutRecursionAndKeepsTheLetterCase) {
  const wire::Name asked = name("wWw.ExAmPlE.");
  QueryParts parts;
  parts.id = 0x1234;
  parts.name = asked;
  parts.type = wire::Type::kAaaa;
  const std::vector<uint8_t> query = build_query(parts);
  const auto message = wire::MessageView::parse(query);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header().id, 0x1234);
  EXPECT_FALSE(message->header().rd);
  EXPECT_FALSE(message->header().qr);
  EXPECT_TRUE(message->question()->name.view().equals_exactly(asked));
  EXPECT_EQ(message->question()->type, wire::Type::kAaaa);
  ASSERT_TRUE(message->edns());
  EXPECT_EQ(message->edns()->payload_bytes, wire::kEdnsPayloadBytes);
  EXPECT_FALSE(message->edns()->cookie);
}

TEST(QueryBuilder, AsksForwardersToRecurse) {
  const wire::Name asked = name("example.");
  QueryParts parts;
  parts.name = asked;
  parts.type = wire::Type::kA;
  parts.recursion_desired = true;
  const std::vector<uint8_t> query = build_query(parts);
  const auto message = wire::MessageView::parse(query);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->header().rd);
  EXPECT_FALSE(message->header().qr);
}

TEST(QueryBuilder, WithoutEdnsThereIsNoOptAndNoCookie) {
  const wire::Name asked = name("example.");
  QueryParts parts;
  parts.name = asked;
  parts.type = wire::Type::kA;
  parts.edns = false;
  parts.client_cookie = ClientCookie{1, 2, 3};
  const std::vector<uint8_t> query = build_query(parts);
  EXPECT_EQ(query.size(), 12U + 9U + 4U);
  EXPECT_FALSE(wire::MessageView::parse(query)->edns());
}

TEST(QueryBuilder, CarriesClientAndServerCookie) {
  const wire::Name asked = name("example.");
  QueryParts parts;
  parts.name = asked;
  parts.type = wire::Type::kA;
  parts.client_cookie = ClientCookie{1, 2, 3, 4, 5, 6, 7, 8};
  parts.server_cookie = cache::ServerCookie{9, 9, 9};
  const std::vector<uint8_t> query = build_query(parts);
  const auto message = wire::MessageView::parse(query);
  ASSERT_TRUE(message && message->edns() && message->edns()->cookie);
  EXPECT_TRUE(std::equal(parts.client_cookie->begin(), parts.client_cookie->end(), message->edns()->cookie->client.begin()));
  EXPECT_EQ(message->edns()->cookie->server.size(), 16U);
}

TEST(QueryBuilder, TheLongestNameFits) {
  std::string text;
  for (int label = 0; label < 3; ++label) text += std::string(63, 'a') + ".";
  text += std::string(61, 'b') + ".";
  const wire::Name asked = name(text.c_str());
  ASSERT_EQ(asked.view().size(), wire::kNameBytesMax);
  QueryParts parts;
  parts.name = asked;
  parts.type = wire::Type::kA;
  parts.client_cookie = ClientCookie{};
  parts.server_cookie = cache::ServerCookie{};
  EXPECT_TRUE(wire::MessageView::parse(build_query(parts)));
}

}  // namespace
}  // namespace resolver
