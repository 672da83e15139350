#include "wire/ldns_bridge.h"

#include "tests/unit/wire/support.h"

namespace {

using wire::Type;
using wire::testing::ByteVector;
using wire::testing::hex;
using wire::testing::name;

TEST(LdnsBridge, OneRecordFromText) {
  const auto record = wire::record_from_text("wWw.Example.com. 3600 IN A 192.0.2.1", 5, name("."));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->owner.to_text(), "wWw.Example.com.");
  EXPECT_EQ(record->type, Type::kA);
  EXPECT_EQ(record->klass, wire::Class::kIn);
  EXPECT_EQ(record->ttl, 3600U);
  EXPECT_EQ(record->rdata, hex("c0000201"));
}

TEST(LdnsBridge, DefaultsApplyWhereTheTextLeavesThemOut) {
  const auto record = wire::record_from_text("www MX 10 Mail", 77, name("Example.org"));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->owner.to_text(), "www.Example.org.");
  EXPECT_EQ(record->ttl, 77U);
  EXPECT_EQ(record->rdata, hex("000a 044d61696c 074578616d706c65 036f7267 00"));
}

TEST(LdnsBridge, RdataSurvivesTextInBothDirections) {
  const struct {
    Type type;
    const char* text;
    const char* rdata;
  } kRows[] = {
      {Type::kAaaa, "2001:db8::1", "20010db8000000000000000000000001"},
      {Type::kNs, "NS.Example.", "024e53 074578616d706c65 00"},
      {Type::kSoa, "a. b. 1 2 3 4 5", "016100 016200 00000001 00000002 00000003 00000004 00000005"},
      {Type::kTxt, "\"a b\" \"\"", "03612062 00"},
      {Type::kSrv, "1 2 53 a.", "0001 0002 0035 016100"},
      {Type::kDs, "1 8 2 aabb", "0001 08 02 aabb"},
      {Type::kCaa, "0 issue \"ca.example\"", "00 056973737565 63612e6578616d706c65"},
      {static_cast<Type>(65280), "\\# 3 010203", "010203"},
      {static_cast<Type>(65280), "\\# 0", ""},
      {Type::kNsec, "b. A RRSIG", "016200 0006 400000000002"},
  };
  for (const auto& row : kRows) {
    const auto record = wire::record_from_text("x. 1 IN " + to_text(row.type) + " " + row.text, 0, name("."));
    ASSERT_TRUE(record.has_value()) << row.text;
    EXPECT_EQ(record->type, row.type);
    EXPECT_EQ(record->rdata, hex(row.rdata)) << row.text;
    EXPECT_STRCASEEQ(wire::rdata_to_text(row.type, record->rdata).c_str(), row.text);
  }
}

TEST(LdnsBridge, RdataThatIsNotOfItsTypePrintsAsUnknown) {
  EXPECT_EQ(wire::rdata_to_text(Type::kA, hex("0102")), "\\# 2 0102");
  EXPECT_EQ(wire::rdata_to_text(Type::kNs, hex("c000")), "\\# 2 c000");
  EXPECT_EQ(wire::rdata_to_text(Type::kA, {}), "\\# 0");
}

TEST(LdnsBridge, BadRecordsAreErrors) {
  for (const char* text : {"", "www", "www. IN A", "www. 1 IN A 1.2.3", "www. 1 IN NOTATYPE x", "a..b. 1 IN A 1.2.3.4",
                           "www. 1 IN TYPE65280 \\# 3 01", "; nothing"}) {
    EXPECT_FALSE(wire::record_from_text(text, 0, name(".")).has_value()) << text;
  }
  EXPECT_FALSE(wire::record_from_text(std::string_view("a. 1 IN A 1.2.3.4\0b", 19), 0, name(".")).has_value());
  EXPECT_FALSE(wire::record_from_text(std::string(70, 'a') + ". 1 IN A 1.2.3.4", 0, name(".")).has_value());
}

TEST(LdnsBridge, MasterFileKeepsOriginTtlAndOwner) {
  const auto records = wire::parse_master_file(
      "$ORIGIN example.com.\n"
      "$TTL 2h\n"
      "@ IN SOA ns hostmaster ( 1 2 ; a comment\n"
      "                         3 4 5 )\n"
      "  IN NS ns\n"
      "\n"
      "; only a comment\n"
      "Ns 60 IN A 192.0.2.1\n"
      "$ORIGIN sub\n"
      "www CNAME ns.example.com.\n"
      "last IN TXT \"no line end\"",
      name("."));
  ASSERT_TRUE(records.has_value()) << records.error().line << ": " << records.error().what;
  std::vector<std::string> lines;
  for (const auto& record : *records) {
    lines.push_back(record.owner.to_text() + " " + std::to_string(record.ttl) + " " + to_text(record.type) + " " +
                    wire::rdata_to_text(record.type, record.rdata));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "example.com. 7200 SOA ns.example.com. hostmaster.example.com. 1 2 3 4 5",
                       "example.com. 7200 NS ns.example.com.",
                       "Ns.example.com. 60 A 192.0.2.1",
                       "www.sub.example.com. 7200 CNAME ns.example.com.",
                       "last.sub.example.com. 7200 TXT \"no line end\"",
                   }));
}

TEST(LdnsBridge, MasterFileErrorsNameTheLine) {
  const struct {
    std::string_view text;
    size_t line;
  } kRows[] = {
      {"a. 1 IN A 1.2.3.4\nb. 1 IN A 1.2.3\n", 2},
      {"a. 1 IN A 1.2.3.4\n\n\nb. 1 IN NOTATYPE x\n", 4},
      {"$INCLUDE other.zone\n", 1},
  };
  for (const auto& row : kRows) {
    const auto records = wire::parse_master_file(row.text, name("."));
    ASSERT_FALSE(records.has_value()) << row.text;
    EXPECT_EQ(records.error().line, row.line) << row.text << records.error().what;
    EXPECT_FALSE(records.error().what.empty());
  }
  EXPECT_FALSE(wire::parse_master_file(std::string_view("a. 1 IN A 1.2.3.4\0", 18), name(".")).has_value());
  EXPECT_TRUE(wire::parse_master_file("", name("."))->empty());
  EXPECT_TRUE(wire::parse_master_file("\n; nothing\n", name("."))->empty());
}

TEST(LdnsBridge, TypesFromText) {
  const struct {
    const char* text;
    unsigned number;
  } kRows[] = {
      {"A", 1}, {"aaaa", 28}, {"HTTPS", 65}, {"ANY", 255}, {"TYPE65280", 65280}, {"type1", 1}, {"TYPE", 0},
      {"TYPE65536", 0}, {"TYPE-1", 0}, {"TYPE1x", 0}, {"NOTATYPE", 0}, {"", 0}, {"A ", 0},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(static_cast<unsigned>(wire::type_from_text(row.text)), row.number) << row.text;
  }
}

TEST(LdnsBridge, OracleTellsGoodFromBad) {
  wire::testing::Builder good(0x8180, 1, 1);
  good.question("a", Type::kA).pointer(12).rest(Type::kA, hex("01020304"));
  EXPECT_TRUE(wire::ldns_accepts(good.bytes));
  EXPECT_FALSE(wire::ldns_accepts(base::Bytes(good.bytes).first(good.bytes.size() - 1)));
  EXPECT_FALSE(wire::ldns_accepts({}));
}

}  // namespace
