#include "wire/message.h"

#include "tests/unit/wire/support.h"

namespace {

using wire::Header;
using wire::MessageView;
using wire::ParseError;
using wire::Rcode;
using wire::RecordView;
using wire::Section;
using wire::Type;
using wire::testing::Builder;
using wire::testing::ByteVector;
using wire::testing::hex;

std::string_view outcome(const ByteVector& bytes) {
  const auto parsed = MessageView::parse(bytes);
  return parsed ? "ok" : to_text(parsed.error());
}

// One of each: question, two answers, an authority record, glue and OPT.
Builder typical() {
  Builder message(0x8580, 1, 2, 1, 2);
  message.question("www.example.com", Type::kA);
  message.pointer(12).rest(Type::kA, hex("c0000201"), 300);
  message.pointer(12).rest(Type::kA, hex("c0000202"), 0x80000001);
  message.pointer(16).rest(Type::kNs, hex("c00c"), 3600);
  message.name("ns.example.com").rest(Type::kAaaa, hex("20010db8000000000000000000000001"), 60);
  message.opt(hex("000a0008 0102030405060708"), 1400, 0x01008000);
  return message;
}

TEST(Header, EveryBitIsReadAndWrittenAlone) {
  for (int bit = 0; bit < 96; ++bit) {
    ByteVector bytes(12, 0);
    bytes[static_cast<size_t>(bit) / 8] = static_cast<uint8_t>(0x80 >> (bit % 8));
    const auto header = Header::parse(bytes);
    ASSERT_TRUE(header.has_value());
    ByteVector again(12, 0xFF);
    header->write(again.data());
    EXPECT_EQ(again, bytes) << "bit " << bit;
  }
}

TEST(Header, FieldsStandWhereRfc1035PutsThem) {
  const auto header = Header::parse(hex("abcd a5b3 0001 0002 0003 0004"));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->id, 0xABCD);
  EXPECT_TRUE(header->qr && header->aa && header->rd && header->ra && header->ad && header->cd);
  EXPECT_FALSE(header->tc || header->z);
  EXPECT_EQ(header->opcode, wire::Opcode::kNotify);
  EXPECT_EQ(header->rcode, 3);
  EXPECT_EQ(header->question_count, 1);
  EXPECT_EQ(header->additional_count, 4);
}

TEST(MessageView, ReadsAllSections) {
  const ByteVector bytes = typical().bytes;
  const auto view = MessageView::parse(bytes);
  ASSERT_TRUE(view.has_value());
  ASSERT_TRUE(view->question().has_value());
  EXPECT_EQ(view->question()->name.to_text(), "www.example.com.");
  EXPECT_EQ(view->question()->type, Type::kA);
  std::vector<std::string> lines;
  for (const Section section : {Section::kAnswer, Section::kAuthority, Section::kAdditional}) {
    for (const RecordView& record : view->section(section)) {
      lines.push_back(view->owner(record).to_text() + " " + std::to_string(record.ttl) + " " + to_text(record.type) +
                      " " + std::to_string(record.rdata.size()));
      EXPECT_EQ(record.rdata.data(), bytes.data() + record.rdata_offset);
    }
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"www.example.com. 300 A 4", "www.example.com. 2147483649 A 4",
                                             "example.com. 3600 NS 2", "ns.example.com. 60 AAAA 16",
                                             ". 16809984 OPT 12"}));
  ASSERT_TRUE(view->edns().has_value());
  EXPECT_EQ(view->edns()->payload_bytes, 1400);
  EXPECT_TRUE(view->edns()->dnssec_ok);
  EXPECT_TRUE(view->edns()->cookie.has_value());
  EXPECT_EQ(view->rcode(), Rcode::kBadvers);  // 1 above, 0 below
}

TEST(MessageView, EveryTruncationIsAnError) {
  const ByteVector bytes = typical().bytes;
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A copy of exactly that size, so that the address sanitizer sees a read behind it.
    const ByteVector cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(outcome(cut), "ok") << size;
  }
}

TEST(MessageView, EveryByteMayBeAnything) {
  ByteVector bytes = typical().bytes;
  for (size_t at = 0; at < bytes.size(); ++at) {
    const uint8_t before = bytes[at];
    for (int value = 0; value < 256; ++value) {
      bytes[at] = static_cast<uint8_t>(value);
      const auto view = MessageView::parse(bytes);
      if (!view) continue;
      for (const Section section : {Section::kAnswer, Section::kAuthority, Section::kAdditional}) {
        for (const RecordView& record : view->section(section)) {
          EXPECT_LE(record.rdata_offset + record.rdata.size(), bytes.size());
          EXPECT_GE(view->owner(record).view().size(), 1U);
        }
      }
    }
    bytes[at] = before;
  }
}

TEST(MessageView, QuestionCountsOtherThanOne) {
  EXPECT_EQ(outcome(Builder(0x8180).bytes), "ok");
  EXPECT_FALSE(MessageView::parse(Builder(0x8180).bytes)->question().has_value());
  Builder two(0x8180, 2, 1);
  two.question("a", Type::kA).question("b", Type::kA).name("a").rest(Type::kA, hex("01020304"));
  const auto view = MessageView::parse(two.bytes);
  ASSERT_TRUE(view.has_value());
  EXPECT_FALSE(view->question().has_value());
  EXPECT_EQ(view->owner(*view->section(Section::kAnswer).begin()).to_text(), "a.");
  EXPECT_EQ(outcome(Builder(0x8180, 1).bytes), "truncated");
  EXPECT_EQ(outcome(Builder(0x8180, 65535).question("a", Type::kA).bytes), "truncated");
}

TEST(MessageView, BytesBehindTheLastRecordAreIgnored) {
  Builder message = typical();
  message.u32(0xFFFFFFFF);
  EXPECT_EQ(outcome(message.bytes), "ok");
}

TEST(MessageView, OptStandsOnceInAdditionalAtTheRoot) {
  EXPECT_EQ(outcome(Builder(0x8180, 0, 0, 0, 1).opt({}).bytes), "ok");
  EXPECT_EQ(outcome(Builder(0x8180, 0, 0, 0, 2).opt({}).opt({}).bytes), "bad OPT record");
  EXPECT_EQ(outcome(Builder(0x8180, 0, 1).opt({}).bytes), "bad OPT record");
  EXPECT_EQ(outcome(Builder(0x8180, 0, 0, 1).opt({}).bytes), "bad OPT record");
  EXPECT_EQ(outcome(Builder(0x8180, 0, 0, 0, 1).name("a").rest(Type::kOpt, {}).bytes), "bad OPT record");
  EXPECT_EQ(outcome(Builder(0x8180, 0, 0, 0, 1).opt(hex("000a0008")).bytes), "bad OPT record");
  EXPECT_EQ(MessageView::parse(Builder(0x8183).bytes)->rcode(), Rcode::kNxdomain);
}

TEST(MessageView, HostileNamesAreErrors) {
  EXPECT_EQ(outcome(Builder(0x8180, 1).pointer(12).u32(0).bytes), "bad compression pointer");
  EXPECT_EQ(outcome(Builder(0x8180, 1).pointer(14).u32(0).bytes), "bad compression pointer");
  EXPECT_EQ(outcome(Builder(0x8180, 1).u8(0x40).u32(0).bytes), "bad label type");
  Builder too_long(0x8180, 1, 1);
  const ByteVector name254 = wire::testing::name_of_size(254);
  too_long.raw(name254).u16(1).u16(1);
  too_long.u8(1).u8('a').pointer(12).rest(Type::kA, hex("01020304"));
  EXPECT_EQ(outcome(too_long.bytes), "name too long");
}

TEST(MessageView, RdlengthPastTheEndIsTruncated) {
  Builder message(0x8180, 0, 1);
  message.u8(0).u16(1).u16(1).u32(0).u16(5).u32(0);
  EXPECT_EQ(outcome(message.bytes), "truncated");
}

// As many records as fit, each owner behind the longest allowed chain of pointers: the bound on
// pointers is what keeps this linear.
TEST(MessageView, PointerChainsInEveryOwnerAreBounded) {
  Builder message(0x8180, 0, 4000);
  message.u8(0).rest(Type::kNull, [] {
    ByteVector chain = hex("00");  // at 23; then pointers to the one before
    for (size_t target = 23; chain.size() < 400; target = target == 23 ? 24 : target + 2) {
      chain.push_back(static_cast<uint8_t>(0xC0 | (target >> 8)));
      chain.push_back(static_cast<uint8_t>(target));
    }
    return chain;
  }());
  Builder deep = message;
  for (int record = 1; record < 4000; ++record) {
    message.pointer(24 + 2 * (wire::kNamePointersMax - 2)).rest(Type::kNull, {});
    deep.pointer(24 + 2 * (wire::kNamePointersMax - 1)).rest(Type::kNull, {});
  }
  EXPECT_EQ(outcome(message.bytes), "ok");
  EXPECT_EQ(outcome(deep.bytes), "bad compression pointer");
}

}  // namespace
