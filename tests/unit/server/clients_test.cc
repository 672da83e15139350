#include "server/clients.h"

#include <gtest/gtest.h>

namespace server {
namespace {

DatagramClient datagram(uint16_t port) { return {net::ListenerId{1}, {base::IpAddress(), port}, base::IpAddress(), 0}; }
ConnectionClient connection(uint64_t id) { return {net::ConnectionId{id}}; }

TEST(Clients, GivesTheWayBackOnce) {
  Clients clients;
  const auto id = clients.add(datagram(1234));
  const auto way = clients.take(id);
  ASSERT_TRUE(way.has_value());
  EXPECT_EQ(std::get<DatagramClient>(*way).client.port, 1234);
  EXPECT_FALSE(clients.take(id).has_value());
  EXPECT_EQ(clients.size(), 0U);
}

TEST(Clients, AnOldIdDoesNotReachWhoHasTheSlotNow) {
  Clients clients;
  const auto first = clients.add(datagram(1));
  clients.take(first);
  const auto second = clients.add(datagram(2));
  EXPECT_NE(first, second);
  EXPECT_FALSE(clients.take(first).has_value());
  EXPECT_EQ(std::get<DatagramClient>(*clients.take(second)).client.port, 2);
}

TEST(Clients, ForgetsAllOfAConnectionAndNobodyElse) {
  Clients clients;
  const auto a = clients.add(connection(7));
  const auto b = clients.add(connection(7));
  const auto other = clients.add(connection(8));
  const auto udp = clients.add(datagram(1));
  EXPECT_EQ(clients.take_connection(net::ConnectionId{7}).size(), 2U);
  EXPECT_FALSE(clients.take(a).has_value());
  EXPECT_FALSE(clients.take(b).has_value());
  EXPECT_TRUE(clients.take(other).has_value());
  EXPECT_TRUE(clients.take(udp).has_value());
  EXPECT_TRUE(clients.take_connection(net::ConnectionId{8}).empty());
}

TEST(Clients, AnAnsweredQueryLeavesItsConnection) {
  Clients clients;
  clients.take(clients.add(connection(7)));
  const auto open = clients.add(connection(7));
  const auto taken = clients.take_connection(net::ConnectionId{7});
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0], open);
}

TEST(Clients, UnknownIdsGiveNobody) {
  Clients clients;
  EXPECT_FALSE(clients.take(resolver::ClientId{0}).has_value());
  EXPECT_FALSE(clients.take(resolver::ClientId{UINT64_MAX}).has_value());
}

TEST(Clients, ReusesSlots) {
  Clients clients;
  for (int round = 0; round < 1000; ++round) {
    const auto id = clients.add(datagram(1));
    EXPECT_EQ(static_cast<uint64_t>(id) & 0xFFFFFFFF, 0U);
    clients.take(id);
  }
}

}  // namespace
}  // namespace server
