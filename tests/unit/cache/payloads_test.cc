// The payloads of entries: failures and delegations.
#include <gtest/gtest.h>

#include "cache/delegation.h"
#include "cache/failure.h"
#include "tests/unit/cache/cache_test_support.h"

namespace {

using cache::Delegation;
using cache::DelegationServer;
using cache::EntryPtr;
using cache::Space;
using cache_test::at_s;
using wire::ExtendedError;
using wire::Type;

TEST(Entry, KeepsItsPartsAndClones) {
  const wire::Name name = cache_test::name("WWW.Example.com");
  const std::vector<uint8_t> body = {1, 2, 3};
  const std::vector<uint8_t> tail = {4, 5};
  cache::EntryParts parts;
  parts.header.zone_labels = 2;
  parts.header.record_count = 1;
  parts.name = name;
  parts.body = body;
  parts.tail = tail;
  const EntryPtr entry = parts.make();
  const EntryPtr copy = clone(*entry);
  for (const cache::Entry* it : {entry.get(), copy.get()}) {
    EXPECT_TRUE(it->name().equals_exactly(cache_test::name("www.example.com")));
    EXPECT_EQ(it->zone().to_text(), "example.com.");
    EXPECT_TRUE(std::equal(body.begin(), body.end(), it->body().begin(), it->body().end()));
    EXPECT_TRUE(std::equal(tail.begin(), tail.end(), it->tail().begin(), it->tail().end()));
    EXPECT_EQ(it->total_bytes(), 40U + 17 + 3 + 2);
  }
}

TEST(Entry, TtlDoesNotOverflow) {
  const EntryPtr entry = cache_test::make({.learned_s = 4'000'000'000, .ttl_s = 4'000'000'000});
  EXPECT_EQ(entry->ttl_left_s(at_s(4'000'000'001)), 3'999'999'999U);
}

EntryPtr failure(int64_t now_s, const cache::Entry* previous) {
  return cache::make_failure_entry(at_s(now_s), cache_test::name("example.com"), Type::kA, previous,
                                   ExtendedError::kNoReachableAuthority, cache::Silence::kOfAll, "timeout");
}

TEST(Failure, BacksOffAndStopsAtFiveMinutes) {
  int64_t now_s = 1000;
  EntryPtr entry = failure(now_s, nullptr);
  EXPECT_EQ(read_failure(*entry).repetitions, 0);
  for (const uint32_t ttl_s : {5U, 10U, 20U, 40U, 80U, 160U, 300U, 300U, 300U}) {
    EXPECT_EQ(entry->header().ttl_s, ttl_s);
    now_s += ttl_s;
    entry = failure(now_s, entry.get());
  }
  for (int i = 0; i < 300; ++i) entry = failure(now_s, entry.get());
  EXPECT_EQ(read_failure(*entry).repetitions, 255);
  EXPECT_EQ(entry->header().ttl_s, 300U);
}

TEST(Failure, ForgetsFiveMinutesAfterItExpired) {
  const EntryPtr first = failure(1000, nullptr);
  EXPECT_EQ(read_failure(*failure(1005 + 299, first.get())).repetitions, 1);
  EXPECT_EQ(read_failure(*failure(1005 + 300, first.get())).repetitions, 0);
  // What is not a failure is no previous failure.
  EXPECT_EQ(read_failure(*failure(1001, cache_test::make({}).get())).repetitions, 0);
}

TEST(Failure, KeepsErrorAndTextWithinBounds) {
  const wire::Name name = cache_test::name("Example.com");
  const EntryPtr entry = failure(1000, nullptr);
  EXPECT_EQ(entry->header().space, Space::kFailure);
  EXPECT_EQ(entry->header().type, Type::kA);
  EXPECT_EQ(read_failure(*entry).error, ExtendedError::kNoReachableAuthority);
  EXPECT_EQ(read_failure(*entry).text, "timeout");
  // 199 letters, then a character of two bytes across the bound.
  const std::string long_text = std::string(199, 'a') + "\xc3\xa9" + std::string(100, 'b');
  const EntryPtr cut = cache::make_failure_entry(at_s(0), name, Type::kA, nullptr, ExtendedError::kOther,
                                                 cache::Silence::kOfNobody, long_text);
  EXPECT_EQ(read_failure(*cut).text, std::string(199, 'a'));
  const EntryPtr empty = cache::make_failure_entry(at_s(0), name, Type::kA, nullptr, ExtendedError::kOther,
                                                   cache::Silence::kOfServers, {});
  EXPECT_EQ(read_failure(*empty).text, "");
  EXPECT_EQ(read_failure(*empty).silence, cache::Silence::kOfServers);
  EXPECT_EQ(read_failure(*entry).silence, cache::Silence::kOfAll);
}

base::IpAddress ip(std::string_view text) { return *base::IpAddress::parse(text); }

TEST(Delegation, ComesBackAsItWas) {
  const Delegation delegation{
      cache_test::name("Example.com"),
      {{cache_test::name("NS1.example.com"), {ip("192.0.2.1"), ip("2001:db8::1"), ip("192.0.2.2")}},
       {cache_test::name("ns.other.net"), {}},
       {wire::Name(), {ip("2001:db8::2")}}}};
  const EntryPtr entry = cache::make_delegation_entry(at_s(1000), delegation, Space::kDelegation, 3600, 4600);
  EXPECT_EQ(entry->header().ttl_s, 3600U);
  EXPECT_EQ(entry->header().lease_until_s, 4600U);
  EXPECT_EQ(entry->header().rank, cache::Rank::kReferral);
  EXPECT_EQ(entry->zone().to_text(), "example.com.");
  const Delegation read = read_delegation(*entry);
  EXPECT_EQ(read.zone.to_text(), "example.com.");
  ASSERT_EQ(read.servers.size(), 3U);
  EXPECT_EQ(read.servers[0].name.to_text(), "ns1.example.com.");
  EXPECT_EQ(read.servers[0].glue, (std::vector{ip("192.0.2.1"), ip("192.0.2.2"), ip("2001:db8::1")}));
  EXPECT_TRUE(read.servers[1].glue.empty());
  EXPECT_EQ(read.servers[2].name.to_text(), ".");
  EXPECT_EQ(read.servers[2].glue, std::vector{ip("2001:db8::2")});
}

TEST(Delegation, IsKnownAgainWhenAllOfItIsTheSame) {
  const std::vector<DelegationServer> servers = {
      {cache_test::name("ns1.example.com"), {ip("192.0.2.1"), ip("2001:db8::1"), ip("192.0.2.2")}},
      {cache_test::name("ns.other.net"), {}}};
  const wire::Name zone = cache_test::name("example.com");
  const EntryPtr entry = cache::make_delegation_entry(at_s(0), {zone, servers}, Space::kChildNs, 60, 60);
  EXPECT_TRUE(cache::holds_just(*entry, servers));
  const auto but = [&](auto change) {
    std::vector<DelegationServer> changed = servers;
    change(changed);
    return cache::holds_just(*entry, changed);
  };
  EXPECT_TRUE(but([](auto& s) { s[0].name = cache_test::name("NS1.Example.com"); }));
  EXPECT_TRUE(but([](auto& s) { std::swap(s[0].glue[0], s[0].glue[1]); })) << "families are kept apart";
  EXPECT_FALSE(but([](auto& s) { s[0].name = cache_test::name("ns2.example.com"); }));
  EXPECT_FALSE(but([](auto& s) { s[0].glue[1] = ip("2001:db8::2"); }));
  EXPECT_FALSE(but([](auto& s) { s[0].glue.pop_back(); }));
  EXPECT_FALSE(but([](auto& s) { s[1].glue.push_back(ip("192.0.2.3")); }));
  EXPECT_FALSE(but([](auto& s) { s.pop_back(); }));
  EXPECT_FALSE(but([](auto& s) { s.push_back({cache_test::name("ns3.example.com"), {}}); }));
  EXPECT_FALSE(but([](auto& s) { s[0].glue.resize(17, ip("192.0.2.9")); }));
}

TEST(Delegation, DropsDuplicates) {
  const Delegation delegation{cache_test::name("example.com"),
                              {{cache_test::name("ns.example.com"), {ip("192.0.2.1"), ip("192.0.2.1")}},
                               {cache_test::name("NS.EXAMPLE.com"), {ip("192.0.2.1"), ip("192.0.2.3")}}}};
  const Delegation read =
      cache::read_delegation(*cache::make_delegation_entry(at_s(0), delegation, Space::kChildNs, 60, 60));
  ASSERT_EQ(read.servers.size(), 1U);
  EXPECT_EQ(read.servers[0].glue, (std::vector{ip("192.0.2.1"), ip("192.0.2.3")}));
}

TEST(Delegation, KeepsItsBounds) {
  Delegation delegation{cache_test::name("example.com"), {}};
  for (int i = 0; i < 1500; ++i) {
    DelegationServer server{cache_test::name("ns" + std::to_string(i) + ".example.com"), {}};
    for (int j = 0; j < 40; ++j) server.glue.push_back(ip("192.0.2." + std::to_string(j)));
    delegation.servers.push_back(server);
  }
  const EntryPtr entry = cache::make_delegation_entry(at_s(0), delegation, Space::kDelegation, 60, 60);
  const Delegation read = read_delegation(*entry);
  EXPECT_EQ(read.servers.size(), cache::kServersMax);
  for (const DelegationServer& server : read.servers) EXPECT_EQ(server.glue.size(), cache::kAddressesPerServerMax);
  EXPECT_LT(entry->total_bytes(), 2000U);
}

TEST(Delegation, MayBeEmpty) {
  const EntryPtr entry = cache::make_delegation_entry(at_s(0), {wire::Name(), {}}, Space::kDelegation, 60, 60);
  EXPECT_TRUE(read_delegation(*entry).servers.empty());
}

}  // namespace
