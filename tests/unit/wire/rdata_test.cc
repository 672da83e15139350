#include "wire/rdata.h"

#include "tests/unit/wire/support.h"
#include "wire/rdata_layout.h"

namespace {

using wire::MessageView;
using wire::ParseError;
using wire::Section;
using wire::Type;
using wire::testing::Builder;
using wire::testing::ByteVector;
using wire::testing::hex;

// The question is "ab.cd" at 12 ("cd" at 15), and RDATA is put behind it; "bad" when it does not expand.
std::string expand(Type type, const ByteVector& rdata) {
  const ByteVector bytes = Builder(0x8180, 1, 1).question("ab.cd", type).pointer(12).rest(type, rdata).bytes;
  const auto view = MessageView::parse(bytes);
  if (!view) return "message";
  ByteVector out = hex("eeee");
  const auto appended = append_expanded_rdata(*view, *view->section(Section::kAnswer).begin(), out);
  if (!appended) {
    EXPECT_EQ(out.size(), 2U) << "left behind by a failure";
    return "bad";
  }
  EXPECT_EQ(*appended, out.size() - 2);
  std::string digits;
  for (size_t at = 2; at < out.size(); ++at) {
    constexpr char kDigits[] = "0123456789abcdef";
    digits += kDigits[out[at] >> 4];
    digits += kDigits[out[at] & 15];
  }
  return digits;
}

std::string squeeze(std::string_view text) {
  std::string squeezed;
  for (const char character : text) {
    if (character != ' ') squeezed += character;
  }
  return squeezed;
}

TEST(Rdata, ExpandsAndChecksEachForm) {
  const struct {
    Type type;
    const char* rdata;
    const char* expanded;
  } kRows[] = {
      {Type::kA, "01020304", "01020304"}, {Type::kA, "010203", "bad"}, {Type::kA, "0102030405", "bad"},
      {Type::kA, "", "bad"},
      {Type::kAaaa, "00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff"},
      {Type::kAaaa, "00112233445566778899aabbccddee", "bad"},
      {Type::kNs, "026e73 c00c", "026e73 026162 026364 00"}, {Type::kNs, "00", "00"}, {Type::kNs, "", "bad"},
      {Type::kNs, "c00c 00", "bad"}, {Type::kNs, "026e73", "bad"}, {Type::kNs, "c0", "bad"}, {Type::kNs, "c0ff", "bad"},
      {Type::kCname, "C00F", "026364 00"}, {Type::kPtr, "015A c00f", "015A 026364 00"},
      {Type::kSoa, "c00c 0168 c00f 00000001 00000002 00000003 00000004 00000005",
       "026162 026364 00 0168 026364 00 00000001 00000002 00000003 00000004 00000005"},
      {Type::kSoa, "c00c c00c 00000001 00000002 00000003 00000004 000000", "bad"},
      {Type::kSoa, "c00c c00c 00000001 00000002 00000003 00000004 00000005 00", "bad"},
      {Type::kMx, "000a c00c", "000a 026162 026364 00"}, {Type::kMx, "000a", "bad"}, {Type::kMx, "00", "bad"},
      {Type::kTxt, "00", "00"}, {Type::kTxt, "0161 00 026263", "0161 00 026263"}, {Type::kTxt, "", "bad"},
      {Type::kTxt, "0261", "bad"}, {Type::kSpf, "0161", "0161"},
      {Type::kHinfo, "0161 0162", "0161 0162"}, {Type::kHinfo, "0161", "bad"}, {Type::kHinfo, "0161 0162 0163", "bad"},
      {Type::kRp, "c00c c00f", "026162 026364 00 026364 00"}, {Type::kAfsdb, "0001 c00f", "0001 026364 00"},
      {Type::kPx, "0001 c00f c00f", "0001 026364 00 026364 00"}, {Type::kIsdn, "0161", "0161"},
      {Type::kIsdn, "0161 0162", "0161 0162"}, {Type::kWks, "01020304 06 ff", "01020304 06 ff"},
      {Type::kSrv, "0001 0002 0035 c00f", "0001 0002 0035 026364 00"}, {Type::kKx, "0001 c00f", "0001 026364 00"},
      {Type::kNaptr, "0001 0002 0141 0142 00 c00f", "0001 0002 0141 0142 00 026364 00"},
      {Type::kDname, "c00f", "026364 00"}, {Type::kSig, "0001 05 02 00000000 00000000 00000000 0000 c00f aa",
       "0001 05 02 00000000 00000000 00000000 0000 026364 00 aa"},
      // Later types may not compress (RFC 3597 §4, RFC 4034, RFC 9460).
      {Type::kRrsig, "0001 05 02 00000000 00000000 00000000 0000 c00f aa", "bad"},
      {Type::kRrsig, "0001 05 02 00000000 00000000 00000000 0000 00 aa",
       "0001 05 02 00000000 00000000 00000000 0000 00 aa"},
      {Type::kNsec, "c00f 0001", "bad"}, {Type::kNsec, "00 0001 40", "00 0001 40"}, {Type::kHttps, "0001 c00f", "bad"},
      {Type::kHttps, "0001 00", "0001 00"}, {Type::kLp, "0001 c00f", "bad"}, {Type::kTalink, "00 00", "00 00"},
      {Type::kDnskey, "0101 03 08 aa", "0101 03 08 aa"}, {Type::kDnskey, "0101 03", "bad"},
      {Type::kDs, "0001 08", "bad"},
      {Type::kNsec3, "01 00 0000 00 02aabb", "01 00 0000 00 02aabb"}, {Type::kNsec3, "01 00 0000 00 02aa", "bad"},
      {Type::kNsec3param, "01 00 0000 01ff", "01 00 0000 01ff"}, {Type::kNsec3param, "01 00 0000 01ff ff", "bad"},
      {Type::kEui48, "010203040506", "010203040506"}, {Type::kEui48, "0102030405", "bad"},
      {Type::kEui64, "0102030405060708", "0102030405060708"}, {Type::kL32, "0001 01020304", "0001 01020304"},
      {Type::kNid, "0001 01020304", "bad"}, {Type::kCaa, "00 056973737565 6361", "00 056973737565 6361"},
      {Type::kCaa, "00 05697373", "bad"}, {Type::kUri, "0001 0002 61", "0001 0002 61"}, {Type::kUri, "0001 00", "bad"},
      // No form is known, or none is required: anything goes, pointers are not looked for.
      {Type::kNull, "", ""}, {Type::kApl, "", ""}, {static_cast<Type>(65280), "c00c", "c00c"},
      {static_cast<Type>(65280), "", ""}, {static_cast<Type>(110), "c0", "c0"}, {Type::kTkey, "c00c", "c00c"},
  };
  for (const auto& row : kRows) {
    const std::string expected = squeeze(row.expanded);
    std::string got = expand(row.type, hex(row.rdata));
    EXPECT_STRCASEEQ(got.c_str(), expected.c_str()) << to_text(row.type) << " " << row.rdata;
  }
}

TEST(Rdata, NamesMustEndInsideTheRdata) {
  // The last label reaches into the next record; there the name would be whole.
  Builder message(0x8180, 0, 2);
  message.u8(0).rest(Type::kNs, hex("0361 62")).raw(hex("00 0001 0001 00000000 0000 00000000000000"));
  const auto view = MessageView::parse(message.bytes);
  ASSERT_TRUE(view.has_value());
  ByteVector out;
  EXPECT_FALSE(append_expanded_rdata(*view, *view->section(Section::kAnswer).begin(), out).has_value());
  EXPECT_TRUE(out.empty());
}

TEST(Rdata, ExpandingPast65535BytesIsBad) {
  // A name of 255 bytes behind a pointer, then an NXT bitmap that fills the RDATA.
  for (const size_t bitmap : {65535U - 255U, 65535U - 254U}) {
    Builder message(0x8180, 1, 1);
    message.raw(wire::testing::name_of_size(255)).u32(0x00010001);
    ByteVector rdata = hex("c00c");
    rdata.resize(2 + bitmap);
    message.u8(0).rest(Type::kNxt, rdata);
    const auto view = MessageView::parse(message.bytes);
    ASSERT_TRUE(view.has_value());
    ByteVector out;
    const auto appended = append_expanded_rdata(*view, *view->section(Section::kAnswer).begin(), out);
    EXPECT_EQ(appended.has_value(), bitmap == 65280U);
  }
}

TEST(Rdata, EveryTypeIsTotalOnEverything) {
  for (unsigned type = 0; type < 300; ++type) {
    for (const unsigned fill : {0U, 1U, 5U, 0x3FU, 0x40U, 0xC0U, 0xFFU}) {
      for (size_t size = 0; size < 40; size += 7) {
        const ByteVector rdata(size, static_cast<uint8_t>(fill));
        const std::string expanded = expand(static_cast<Type>(type), rdata);
        if (expanded != "bad") {
          EXPECT_TRUE(is_expanded_rdata(static_cast<Type>(type), hex(expanded)));
        }
        EXPECT_EQ(canonical_rdata(static_cast<Type>(type), rdata).size(), size);
      }
    }
  }
}

TEST(Rdata, SoaIsRead) {
  const ByteVector rdata = hex("016d00 017200 00000001 00000002 00000003 00000004 80000005");
  const auto soa = wire::parse_soa(rdata);
  ASSERT_TRUE(soa.has_value());
  EXPECT_EQ(soa->mname.to_text(), "m.");
  EXPECT_EQ(soa->rname.to_text(), "r.");
  EXPECT_EQ(soa->serial, 1U);
  EXPECT_EQ(soa->refresh, 2U);
  EXPECT_EQ(soa->retry, 3U);
  EXPECT_EQ(soa->expire, 4U);
  EXPECT_EQ(soa->minimum, 0x80000005U);
  for (size_t size = 0; size < rdata.size(); ++size) {
    EXPECT_EQ(wire::parse_soa(base::Bytes(rdata).first(size)).error(), ParseError::kTruncated) << size;
  }
  ByteVector longer = rdata;
  longer.push_back(0);
  EXPECT_EQ(wire::parse_soa(longer).error(), ParseError::kTrailingBytes);
}

TEST(Rdata, AddressesAndSingleNamesAreRead) {
  EXPECT_EQ(wire::parse_address(Type::kA, hex("c0000201"))->to_text(), "192.0.2.1");
  EXPECT_EQ(wire::parse_address(Type::kAaaa, hex("20010db8000000000000000000000001"))->to_text(), "2001:db8::1");
  EXPECT_FALSE(wire::parse_address(Type::kA, hex("c00002")).has_value());
  EXPECT_FALSE(wire::parse_address(Type::kA, hex("20010db8000000000000000000000001")).has_value());
  EXPECT_FALSE(wire::parse_address(Type::kAaaa, hex("c0000201")).has_value());
  EXPECT_FALSE(wire::parse_address(Type::kNs, hex("c0000201")).has_value());
  const ByteVector one = hex("016100");
  EXPECT_EQ(wire::parse_single_name(one)->to_text(), "a.");
  EXPECT_EQ(wire::parse_single_name(hex("01610000")).error(), ParseError::kTrailingBytes);
  EXPECT_EQ(wire::parse_single_name(hex("0161")).error(), ParseError::kTruncated);
}

TEST(Rdata, CanonicalFormLowersTheNamesOfRfc4034) {
  const struct {
    Type type;
    const char* rdata;
    const char* canonical;
  } kRows[] = {
      {Type::kNs, "024142 00", "026162 00"}, {Type::kMx, "4142 024142 00", "4142 026162 00"},
      {Type::kSoa, "0141 00 0142 00 41424344 41424344 41424344 41424344 41424344",
       "0161 00 0162 00 41424344 41424344 41424344 41424344 41424344"},
      {Type::kNaptr, "4142 4142 0141 0142 0143 0141 00", "4142 4142 0141 0142 0143 0161 00"},
      {Type::kRrsig, "4142 41 42 41424344 41424344 41424344 4142 0141 00 4142",
       "4142 41 42 41424344 41424344 41424344 4142 0161 00 4142"},
      {Type::kSrv, "4142 4142 4142 0141 00", "4142 4142 4142 0161 00"}, {Type::kDname, "0141 00", "0161 00"},
      // RFC 6840 §5.1: not NSEC; not the types since.
      {Type::kNsec, "0141 00 0001 40", "0141 00 0001 40"}, {Type::kHttps, "0001 0141 00", "0001 0141 00"},
      {Type::kTxt, "0141", "0141"}, {static_cast<Type>(65280), "0141 00", "0141 00"},
      // Not of its form: as it is.
      {Type::kNs, "0241", "0241"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(canonical_rdata(row.type, hex(row.rdata)), hex(row.canonical)) << to_text(row.type) << " " << row.rdata;
  }
}

}  // namespace
