#include "wire/query.h"

#include "tests/unit/wire/support.h"

namespace {

using wire::Query;
using wire::QueryVerdict;
using wire::Rcode;
using wire::Type;
using wire::parse_query;
using wire::testing::Builder;
using wire::testing::ByteVector;
using wire::testing::hex;

constexpr uint16_t kRd = 0x0100;
constexpr uint16_t opcode_flags(unsigned opcode) { return static_cast<uint16_t>(opcode << 11); }
const ByteVector kCookie = hex("000a0008 0102030405060708");

std::string outcome(const Query& query) {
  switch (query.verdict) {
    case QueryVerdict::kDrop: return "drop";
    case QueryVerdict::kReply: return to_text(query.rcode);
    case QueryVerdict::kServe: return "serve";
  }
  return "?";
}

TEST(Query, APlainQueryIsServed) {
  const ByteVector packet = Builder(kRd, 1).question("wWw.Example.com", Type::kAaaa, wire::Class::kChaos).bytes;
  const Query query = parse_query(packet);
  ASSERT_EQ(outcome(query), "serve");
  EXPECT_EQ(query.header.id, 0x1234);
  EXPECT_TRUE(query.header.rd);
  EXPECT_EQ(query.name.to_text(), "wWw.Example.com.");
  EXPECT_EQ(query.name.bytes().data(), packet.data() + 12);
  EXPECT_EQ(query.type, Type::kAaaa);
  EXPECT_EQ(query.klass, wire::Class::kChaos);
  EXPECT_EQ(wire::testing::copy(query.question_bytes), ByteVector(packet.begin() + 12, packet.end()));
  EXPECT_FALSE(query.edns.has_value());
}

TEST(Query, EdnsIsRead) {
  const ByteVector packet =
      Builder(kRd, 1, 0, 0, 1).question(".", Type::kNs).opt(kCookie, 4096, 0x8000).bytes;
  const Query query = parse_query(packet);
  ASSERT_EQ(outcome(query), "serve");
  ASSERT_TRUE(query.edns.has_value());
  EXPECT_EQ(query.edns->payload_bytes, 4096);
  EXPECT_TRUE(query.edns->dnssec_ok);
  EXPECT_TRUE(query.edns->cookie.has_value());
}

TEST(Query, EachKindOfPacketHasItsVerdict) {
  const ByteVector tsig = hex("0000 0000 0000 0000");
  const struct {
    const char* what;
    ByteVector packet;
    std::string expected;
    bool question;
    bool edns;
  } kRows[] = {
      {"empty", {}, "drop", false, false},
      {"eleven bytes", ByteVector(11, 0), "drop", false, false},
      {"a response", Builder(0x8000, 1).question("a", Type::kA).bytes, "drop", false, false},
      {"NOTIFY", Builder(opcode_flags(4), 1).question("a", Type::kSoa).bytes, "NOTIMP", true, false},
      {"UPDATE with EDNS", Builder(opcode_flags(5), 1, 0, 0, 1).question("a", Type::kSoa).opt({}).bytes, "NOTIMP",
       true, true},
      {"STATUS without question", Builder(opcode_flags(2)).bytes, "NOTIMP", false, false},
      {"opcode 15, cut", Builder(opcode_flags(15), 1).bytes, "NOTIMP", false, false},
      {"no question", Builder(kRd).bytes, "FORMERR", false, false},
      {"no question, EDNS without cookie", Builder(kRd, 0, 0, 0, 1).opt({}).bytes, "FORMERR", false, true},
      {"no question but a cookie", Builder(kRd, 0, 0, 0, 1).opt(kCookie).bytes, "NOERROR", false, true},
      {"no question, cookie and more", Builder(kRd, 0, 0, 0, 2).opt(kCookie).name("a").rest(Type::kTsig, tsig).bytes,
       "FORMERR", false, true},
      {"two questions", Builder(kRd, 2).question("a", Type::kA).question("b", Type::kA).bytes, "FORMERR", false, false},
      {"two questions with EDNS",
       Builder(kRd, 2, 0, 0, 1).question("a", Type::kA).question("b", Type::kA).opt({}).bytes, "FORMERR", false, true},
      {"question cut", Builder(kRd, 1).name("a").u16(1).bytes, "FORMERR", false, false},
      {"pointer in the question", Builder(kRd, 1).u8(1).u8('a').pointer(0).u32(0).bytes, "FORMERR", false, false},
      {"label type 01", Builder(kRd, 1).u8(0x41).u32(0).bytes, "FORMERR", false, false},
      {"256-byte name", Builder(kRd, 1).raw(wire::testing::name_of_size(256)).u32(0).bytes, "FORMERR", false, false},
      {"255-byte name", Builder(kRd, 1).raw(wire::testing::name_of_size(255)).u32(0).bytes, "serve", true, false},
      {"an answer", Builder(kRd, 1, 1).question("a", Type::kA).name("a").rest(Type::kA, hex("01020304")).bytes,
       "FORMERR", true, false},
      {"authority as in IXFR", Builder(kRd, 1, 0, 1).question("a", Type::kIxfr).name("a").rest(Type::kSoa, {}).bytes,
       "FORMERR", true, false},
      {"TSIG behind OPT",
       Builder(kRd, 1, 0, 0, 2).question("a", Type::kA).opt({}).name("key").rest(Type::kTsig, tsig).bytes, "serve",
       true, true},
      {"unknown type before OPT",
       Builder(kRd, 1, 0, 0, 2).question("a", Type::kA).pointer(12).rest(static_cast<Type>(65280), tsig).opt({}).bytes,
       "serve", true, true},
      {"two OPTs", Builder(kRd, 1, 0, 0, 2).question("a", Type::kA).opt({}).opt({}).bytes, "FORMERR", true, true},
      {"OPT not at the root", Builder(kRd, 1, 0, 0, 1).question("a", Type::kA).name("a").rest(Type::kOpt, {}).bytes,
       "FORMERR", true, false},
      {"options overrun", Builder(kRd, 1, 0, 0, 1).question("a", Type::kA).opt(hex("000a0009 01")).bytes, "FORMERR",
       true, false},
      {"additional missing", Builder(kRd, 1, 0, 0, 1).question("a", Type::kA).bytes, "FORMERR", true, false},
      {"EDNS version 1", Builder(kRd, 1, 0, 0, 1).question("a", Type::kA).opt({}, 1232, 0x00010000).bytes, "BADVERS",
       true, true},
      {"malformed cookie", Builder(kRd, 1, 0, 0, 1).question("a", Type::kA).opt(hex("000a0004 01020304")).bytes,
       "FORMERR", true, true},
      {"bytes behind", Builder(kRd, 1).question("a", Type::kA).u32(0xFFFFFFFF).bytes, "serve", true, false},
      {"AXFR", Builder(kRd, 1).question("a", Type::kAxfr).bytes, "serve", true, false},
      {"type 0", Builder(kRd, 1).question("a", Type::kNone).bytes, "serve", true, false},
  };
  for (const auto& row : kRows) {
    const Query query = parse_query(row.packet);
    EXPECT_EQ(outcome(query), row.expected) << row.what;
    EXPECT_EQ(!query.question_bytes.empty(), row.question) << row.what;
    EXPECT_EQ(query.edns.has_value(), row.edns) << row.what;
  }
}

TEST(Query, EveryTruncationIsAnsweredOrDropped) {
  const ByteVector packet =
      Builder(kRd, 1, 0, 0, 1).question("www.example.com", Type::kA).opt(kCookie, 1232, 0x8000).bytes;
  ASSERT_EQ(outcome(parse_query(packet)), "serve");
  for (size_t size = 0; size < packet.size(); ++size) {
    const ByteVector cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(outcome(parse_query(cut)), size < 12 ? "drop" : "FORMERR") << size;
  }
}

}  // namespace
