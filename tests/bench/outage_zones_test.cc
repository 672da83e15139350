#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "bench/outage/zones.h"

namespace {

using outage::Provider;
using outage::Voice;
using outage::World;

constexpr uint16_t kA = 1, kNs = 2, kSoa = 6, kTxt = 16, kAaaa = 28;
constexpr uint64_t kTenths = 0x0345'6789;

constexpr char kWorld[] =
    "provider A provider-a.net ns001.provider-a.net,ns002.provider-a.net\n"
    "server A 198.18.1.1\n"
    "host ns001.provider-a.net 198.18.1.1\n"
    "zone a www mine.com ns001.provider-a.net,ns002.provider-a.net ns001.provider-b.org,ns002.provider-b.org\n"
    "zone b www yours.com - ns001.provider-b.org,ns002.provider-b.org\n"
    "zone ab www both.com ns001.provider-a.net,ns001.provider-b.org ns001.provider-a.net,ns001.provider-b.org\n";

struct Reply {
  size_t size = 0;
  bool is_authoritative = false;
  int rcode = -1;
  int answers = 0, authority = 0, additional = 0;
  std::string bytes;
};

class Zones : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string path = ::testing::TempDir() + "outage_world.txt";
    std::ofstream(path) << kWorld;
    std::string error;
    std::optional<World> read = World::read(path, error);
    std::remove(path.c_str());
    ASSERT_TRUE(read.has_value()) << error;
    world_ = std::move(*read);
  }

  static std::vector<uint8_t> query(const std::string& name, uint16_t type, bool edns = true) {
    std::vector<uint8_t> bytes{0xab, 0xcd, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, static_cast<uint8_t>(edns ? 1 : 0)};
    size_t start = 0;
    while (start < name.size()) {
      const size_t dot = std::min(name.find('.', start), name.size());
      bytes.push_back(static_cast<uint8_t>(dot - start));
      for (size_t i = start; i < dot; ++i) bytes.push_back(static_cast<uint8_t>(name[i]));
      start = dot + 1;
    }
    for (const int byte : {0, 0, static_cast<int>(type), 0, 1}) bytes.push_back(static_cast<uint8_t>(byte));
    if (edns) {
      for (const int byte : {0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0}) bytes.push_back(static_cast<uint8_t>(byte));
    }
    return bytes;
  }

  Reply ask(Provider provider, const std::string& name, uint16_t type, Voice voice = Voice::kTruth, bool edns = true) {
    std::array<uint8_t, 512> room{};
    Reply reply;
    reply.size = world_.answer(provider, voice, kTenths, query(name, type, edns), room);
    if (reply.size == 0) return reply;
    EXPECT_EQ(room[0], 0xab);
    EXPECT_EQ(room[1], 0xcd);
    EXPECT_EQ(room[2] & 0x81, 0x81) << "QR, and RD as asked";
    reply.is_authoritative = (room[2] & 4) != 0;
    reply.rcode = room[3];
    reply.answers = room[7];
    reply.authority = room[9];
    reply.additional = room[11];
    reply.bytes.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(reply.size));
    return reply;
  }

  World world_{};
};

TEST_F(Zones, EachQuestionGetsItsKindOfAnswer) {
  const struct {
    Provider provider;
    const char* name;
    uint16_t type;
    Voice voice;
    int rcode, answers, authority;
    bool is_authoritative;
  } rows[] = {
      {Provider::kA, "www.mine.com", kA, Voice::kTruth, 0, 1, 0, true},
      {Provider::kA, "www.mine.com", kTxt, Voice::kTruth, 0, 1, 0, true},
      {Provider::kA, "www.mine.com", kAaaa, Voice::kTruth, 0, 0, 1, true},
      {Provider::kA, "mine.com", kNs, Voice::kTruth, 0, 2, 0, true},
      {Provider::kA, "mine.com", kSoa, Voice::kTruth, 0, 1, 0, true},
      {Provider::kA, "mine.com", kA, Voice::kTruth, 0, 0, 1, true},
      {Provider::kA, "other.mine.com", kA, Voice::kTruth, 3, 0, 1, true},
      {Provider::kA, "a.www.mine.com", kA, Voice::kTruth, 3, 0, 1, true},
      {Provider::kB, "www.mine.com", kA, Voice::kTruth, 0, 1, 0, true},
      {Provider::kA, "www.yours.com", kA, Voice::kTruth, 5, 0, 0, false},
      {Provider::kB, "www.yours.com", kA, Voice::kTruth, 0, 1, 0, true},
      {Provider::kA, "www.both.com", kA, Voice::kTruth, 0, 1, 0, true},
      {Provider::kA, "nobody.org", kA, Voice::kTruth, 5, 0, 0, false},
      {Provider::kA, "ns001.provider-a.net", kA, Voice::kTruth, 0, 1, 0, true},
      {Provider::kA, "ns001.provider-a.net", kAaaa, Voice::kTruth, 0, 0, 1, true},
      {Provider::kA, "ns999.provider-a.net", kA, Voice::kTruth, 3, 0, 1, true},
      {Provider::kB, "ns001.provider-a.net", kA, Voice::kTruth, 5, 0, 0, false},
      {Provider::kA, "www.mine.com", kA, Voice::kServfail, 2, 0, 0, false},
      {Provider::kA, "www.mine.com", kA, Voice::kRefused, 5, 0, 0, false},
      {Provider::kA, "www.mine.com", kA, Voice::kNxdomain, 3, 0, 1, true},
      {Provider::kA, "mine.com", kSoa, Voice::kNxdomain, 0, 1, 0, true},
      {Provider::kA, "ns001.provider-a.net", kA, Voice::kNxdomain, 0, 1, 0, true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.name) + " " + std::to_string(row.type) + (row.provider == Provider::kA ? " A" : " B"));
    const Reply reply = ask(row.provider, row.name, row.type, row.voice);
    EXPECT_EQ(reply.rcode, row.rcode);
    EXPECT_EQ(reply.answers, row.answers);
    EXPECT_EQ(reply.authority, row.authority);
    EXPECT_EQ(reply.additional, 1) << "OPT";
    EXPECT_EQ(reply.is_authoritative, row.is_authoritative);
  }
}

TEST_F(Zones, AddressTellsProviderAndMoment) {
  const Reply from_a = ask(Provider::kA, "www.mine.com", kA, Voice::kTruth, false);
  EXPECT_EQ(from_a.bytes.substr(from_a.size - 4), std::string("\x0b\x45\x67\x89", 4));
  const Reply from_b = ask(Provider::kB, "www.mine.com", kA, Voice::kTruth, false);
  EXPECT_EQ(from_b.bytes.substr(from_b.size - 4), std::string("\x0c\x45\x67\x89", 4));
  EXPECT_EQ(from_a.bytes.substr(from_a.size - 10, 4), std::string("\0\0\0\5", 4)) << "TTL";
}

TEST_F(Zones, EachProviderTellsItsOwnServers) {
  EXPECT_NE(ask(Provider::kA, "mine.com", kNs).bytes.find("provider-a"), std::string::npos);
  EXPECT_EQ(ask(Provider::kA, "mine.com", kNs).bytes.find("provider-b"), std::string::npos);
  EXPECT_NE(ask(Provider::kB, "mine.com", kNs).bytes.find("provider-b"), std::string::npos);
  const Reply both = ask(Provider::kA, "both.com", kNs);
  EXPECT_NE(both.bytes.find("provider-a"), std::string::npos);
  EXPECT_NE(both.bytes.find("provider-b"), std::string::npos);
}

TEST_F(Zones, LetterCaseIsKeptAndEdnsEchoed) {
  const Reply reply = ask(Provider::kA, "wWw.MiNe.COM", kA);
  EXPECT_EQ(reply.answers, 1);
  EXPECT_NE(reply.bytes.find(std::string("wWw\4MiNe\3COM", 12)), std::string::npos);
  EXPECT_EQ(reply.bytes[reply.size - 4], '\x80') << "DO is repeated";
  const Reply plain = ask(Provider::kA, "www.mine.com", kA, Voice::kTruth, false);
  EXPECT_EQ(plain.additional, 0) << "no OPT unasked";
}

TEST_F(Zones, BrokenQueriesGetNothing) {
  std::array<uint8_t, 512> room{};
  const std::vector<uint8_t> whole = query("www.mine.com", kA);
  for (size_t size = 0; size < whole.size() - 11; ++size) {
    EXPECT_EQ(world_.answer(Provider::kA, Voice::kTruth, 0, std::span(whole).first(size), room), 0u) << size;
  }
  std::vector<uint8_t> response = whole;
  response[2] |= 0x80;
  EXPECT_EQ(world_.answer(Provider::kA, Voice::kTruth, 0, response, room), 0u);
  std::vector<uint8_t> pointer = whole;
  pointer[12] = 0xc0;
  EXPECT_EQ(world_.answer(Provider::kA, Voice::kTruth, 0, pointer, room), 0u);
}

TEST(WorldFile, AnUnknownLineIsNamed) {
  const std::string path = ::testing::TempDir() + "outage_world_broken.txt";
  std::ofstream(path) << "server A 198.18.1.1\nservant A 198.18.1.1\n";
  std::string error;
  EXPECT_FALSE(World::read(path, error).has_value());
  std::remove(path.c_str());
  EXPECT_NE(error.find(":2:"), std::string::npos) << error;
  EXPECT_FALSE(World::read(path, error).has_value());
  EXPECT_NE(error.find("cannot read"), std::string::npos) << error;
}

}  // namespace
