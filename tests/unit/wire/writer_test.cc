#include "wire/writer.h"

#include <array>

#include "tests/unit/wire/support.h"
#include "wire/rdata.h"

namespace {

using wire::Class;
using wire::Header;
using wire::MessageView;
using wire::MessageWriter;
using wire::Name;
using wire::RecordView;
using wire::Section;
using wire::Type;
using wire::testing::ByteVector;
using wire::testing::copy;
using wire::testing::hex;
using wire::testing::name;

ByteVector soa_rdata() {
  ByteVector rdata = copy(name("ns.example.com").view().bytes());
  const ByteVector rname = copy(name("hostmaster.EXAMPLE.com").view().bytes());
  rdata.insert(rdata.end(), rname.begin(), rname.end());
  rdata.resize(rdata.size() + 20, 7);
  return rdata;
}

class WriterTest : public testing::Test {
 protected:
  std::array<uint8_t, 70000> buffer{};
  MessageWriter writer(size_t limit = 512) { return {buffer, limit, Header{.id = 7, .qr = true}}; }
};

TEST_F(WriterTest, CompressesAgainstEarlierNamesWhateverTheirCase) {
  MessageWriter writer = this->writer();
  ASSERT_TRUE(writer.question(name("www.Example.com"), Type::kA, Class::kIn));
  ASSERT_TRUE(writer.record(Section::kAnswer, name("WWW.example.COM"), Type::kA, Class::kIn, 60, hex("01020304")));
  ASSERT_TRUE(writer.record(Section::kAuthority, name("example.com"), Type::kNs, Class::kIn, 61,
                            name("ns.example.com").view().bytes()));
  ASSERT_TRUE(writer.record(Section::kAdditional, name("ns.example.com"), Type::kA, Class::kIn, 62, hex("01020305")));
  const ByteVector expected = hex(
      "0007 8000 0001 0001 0001 0001"
      "03777777 074578616d706c65 03636f6d 00 0001 0001"
      "c00c 0001 0001 0000003c 0004 01020304"
      "c010 0002 0001 0000003d 0005 026e73 c010"
      "c03d 0001 0001 0000003e 0004 01020305");
  EXPECT_EQ(copy(writer.finish()), expected);
}

TEST_F(WriterTest, RdataIsCompressedOnlyForTheTypesOfRfc1035) {
  const Name target = name("www.example.com");
  for (const auto& [type, compressed] : {std::pair(Type::kCname, true), std::pair(Type::kPtr, true),
                                         std::pair(Type::kDname, false), std::pair(static_cast<Type>(65280), false)}) {
    MessageWriter writer = this->writer();
    ASSERT_TRUE(writer.question(target, Type::kA, Class::kIn));
    const size_t before = writer.size();
    ASSERT_TRUE(writer.record(Section::kAnswer, target, type, Class::kIn, 60, target.view().bytes()));
    EXPECT_EQ(writer.size() - before, 12 + (compressed ? 2U : target.view().size())) << to_text(type);
  }
}

TEST_F(WriterTest, NamesOfUncompressedRdataAreNoTargets) {
  MessageWriter writer = this->writer();
  ASSERT_TRUE(writer.record(Section::kAnswer, name("a"), Type::kSrv, Class::kIn, 60, hex("000100020003 016200")));
  const size_t before = writer.size();
  ASSERT_TRUE(writer.record(Section::kAnswer, name("b"), Type::kA, Class::kIn, 60, hex("01020304")));
  EXPECT_EQ(writer.size() - before, 3U + 10 + 4);
}

TEST_F(WriterTest, EachElementIsWrittenWholeOrNotAtAll) {
  // What a message of three elements looks like at every limit.
  size_t question_end = 0;
  size_t answer_end = 0;
  size_t whole = 0;
  for (size_t limit = 512; limit >= 12; --limit) {
    buffer.fill(0xEE);
    MessageWriter writer = this->writer(limit);
    const bool question = writer.question(name("example.com"), Type::kSoa, Class::kIn);
    if (limit == 512) question_end = writer.size();
    const bool answer = writer.record(Section::kAnswer, name("example.com"), Type::kSoa, Class::kIn, 5, soa_rdata());
    if (limit == 512) answer_end = writer.size();
    const bool opt = writer.opt(1232, 0, true, {});
    if (limit == 512) whole = writer.size();
    EXPECT_EQ(question, limit >= question_end) << limit;
    if (question) {
      EXPECT_EQ(answer, limit >= answer_end) << limit;
    }
    if (answer) {
      EXPECT_EQ(opt, limit >= whole) << limit;
    }
    EXPECT_LE(writer.size(), limit);
    const auto view = MessageView::parse(writer.finish());
    ASSERT_TRUE(view.has_value()) << limit;
    EXPECT_EQ(view->header().question_count, question ? 1 : 0);
    EXPECT_EQ(view->header().answer_count, answer ? 1 : 0);
    EXPECT_EQ(view->edns().has_value(), opt);
    EXPECT_EQ(buffer[limit], 0xEE);
  }
}

TEST_F(WriterTest, AFailedElementIsNoCompressionTarget) {
  MessageWriter writer = this->writer(60);
  ASSERT_TRUE(writer.question(name("a"), Type::kA, Class::kIn));
  EXPECT_FALSE(writer.record(Section::kAnswer, name("example.com"), Type::kTxt, Class::kIn, 5, ByteVector(40, 0)));
  ASSERT_TRUE(writer.record(Section::kAnswer, name("example.com"), Type::kA, Class::kIn, 5, hex("01020304")));
  const auto view = MessageView::parse(writer.finish());
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->owner(*view->section(Section::kAnswer).begin()), name("example.com"));
}

TEST_F(WriterTest, ReservedBytesAreForOpt) {
  MessageWriter writer = this->writer(12 + 5 + 15 + 11);
  writer.reserve(11);
  ASSERT_TRUE(writer.question(name("."), Type::kA, Class::kIn));
  ASSERT_TRUE(writer.record(Section::kAnswer, name("."), Type::kA, Class::kIn, 0, hex("01020304")));
  EXPECT_FALSE(writer.record(Section::kAdditional, name("."), Type::kNull, Class::kIn, 0, {}));
  EXPECT_FALSE(writer.opt(1232, 0, false, hex("00030000")));  // four bytes more than there are
  ASSERT_TRUE(writer.opt(1232, 0xAB, true, {}));
  const auto view = MessageView::parse(writer.finish());
  ASSERT_TRUE(view && view->edns());
  EXPECT_EQ(view->edns()->payload_bytes, 1232);
  EXPECT_EQ(view->edns()->extended_rcode, 0xAB);
  EXPECT_TRUE(view->edns()->dnssec_ok);
}

TEST_F(WriterTest, MoreReservedThanThereIsLeavesNoRoom) {
  MessageWriter writer = this->writer(20);
  writer.reserve(100);
  EXPECT_FALSE(writer.question(name("."), Type::kA, Class::kIn));
  EXPECT_EQ(writer.size(), 12U);
}

TEST_F(WriterTest, DropRecordsLeavesTheQuestion) {
  MessageWriter writer = this->writer();
  ASSERT_TRUE(writer.question(name("example.com"), Type::kA, Class::kIn));
  const size_t question_end = writer.size();
  ASSERT_TRUE(writer.record(Section::kAuthority, name("x.org"), Type::kA, Class::kIn, 1, hex("01020304")));
  writer.drop_records();
  writer.set_truncated();
  writer.set_rcode(2);
  EXPECT_EQ(writer.size(), question_end);
  // An earlier section may be begun again, and the dropped name is no target.
  ASSERT_TRUE(writer.record(Section::kAnswer, name("x.org"), Type::kA, Class::kIn, 1, hex("01020304")));
  const auto view = MessageView::parse(writer.finish());
  ASSERT_TRUE(view.has_value());
  EXPECT_TRUE(view->header().tc);
  EXPECT_EQ(view->header().rcode, 2);
  EXPECT_EQ(view->header().authority_count, 0);
  EXPECT_EQ(view->owner(*view->section(Section::kAnswer).begin()), name("x.org"));
}

TEST_F(WriterTest, RdataThatIsNotOfItsFormIsCopied) {
  MessageWriter writer = this->writer();
  for (const char* rdata : {"", "02", "c00c", "0261", "016100 ff"}) {
    ASSERT_TRUE(writer.record(Section::kAnswer, name("."), Type::kNs, Class::kIn, 1, hex(rdata)));
  }
  const auto view = MessageView::parse(writer.finish());
  ASSERT_TRUE(view.has_value());
  std::vector<ByteVector> seen;
  for (const RecordView& record : view->section(Section::kAnswer)) seen.push_back(copy(record.rdata));
  EXPECT_EQ(seen, (std::vector<ByteVector>{{}, hex("02"), hex("c00c"), hex("0261"), hex("016100ff")}));
}

TEST_F(WriterTest, AFullMessageParsesToWhatWasWritten) {
  // More names than targets, past 16 KiB where no pointer reaches, up to the last byte.
  MessageWriter writer = this->writer(65535);
  ASSERT_TRUE(writer.question(name("example.com"), Type::kMx, Class::kIn));
  std::vector<Name> owners;
  ByteVector rdata = hex("000a");
  for (size_t index = 0;; ++index) {
    const Name owner = name("host" + std::to_string(index % 700) + ".example" + std::to_string(index % 3) + ".com");
    ByteVector mx = rdata;
    mx.insert(mx.end(), owner.view().bytes().begin(), owner.view().bytes().end());
    if (!writer.record(Section::kAnswer, owner, Type::kMx, Class::kIn, static_cast<uint32_t>(index), mx)) break;
    owners.push_back(owner);
  }
  EXPECT_GT(writer.size(), 65535U - 60);
  const auto view = MessageView::parse(writer.finish());
  ASSERT_TRUE(view.has_value());
  size_t index = 0;
  for (const RecordView& record : view->section(Section::kAnswer)) {
    ASSERT_TRUE(view->owner(record).view().equals_exactly(owners[index])) << index;
    ByteVector expanded;
    ASSERT_TRUE(append_expanded_rdata(*view, record, expanded).has_value());
    EXPECT_EQ(*wire::parse_single_name(base::Bytes(expanded).subspan(2)), owners[index].view());
    EXPECT_EQ(record.ttl, index);
    ++index;
  }
  EXPECT_EQ(index, owners.size());
}

TEST_F(WriterTest, TheLimitIsNeverAbove65535) {
  MessageWriter writer = this->writer(70000);
  EXPECT_TRUE(writer.record(Section::kAnswer, name("."), Type::kNull, Class::kIn, 0, ByteVector(65535 - 12 - 11)));
  EXPECT_EQ(writer.size(), 65535U);
  EXPECT_FALSE(writer.record(Section::kAnswer, name("."), Type::kNull, Class::kIn, 0, {}));
}

TEST(WriterOptions, AreWholeOrNotThere) {
  std::array<uint8_t, 20> options{};
  size_t used = 0;
  EXPECT_TRUE(append_option(options, used, wire::OptionCode::kNsid, base::as_bytes("ab")));
  EXPECT_TRUE(append_extended_error(options, used, wire::ExtendedError::kStaleAnswer, "why"));
  EXPECT_EQ(used, 15U);
  EXPECT_FALSE(append_option(options, used, wire::OptionCode::kNsid, base::as_bytes("ab")));
  EXPECT_FALSE(append_extended_error(options, used, wire::ExtendedError::kOther, ""));
  EXPECT_TRUE(append_option(options, used, wire::OptionCode::kPadding, base::as_bytes("x")));
  EXPECT_EQ(copy(options), hex("0003 0002 6162  000f 0005 0003 776879  000c 0001 78"));
  EXPECT_FALSE(append_option(options, used, wire::OptionCode::kPadding, {}));
}

}  // namespace
