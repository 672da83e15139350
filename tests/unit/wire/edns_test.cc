#include "wire/edns.h"

#include "tests/unit/wire/support.h"

namespace {

using wire::Edns;
using wire::testing::ByteVector;
using wire::testing::hex;

TEST(Edns, ReadsTheFixedPart) {
  const auto edns = Edns::parse(4096, 0x01008001, {});
  ASSERT_TRUE(edns.has_value());
  EXPECT_EQ(edns->payload_bytes, 4096);
  EXPECT_EQ(edns->extended_rcode, 1);
  EXPECT_EQ(edns->version, 0);
  EXPECT_TRUE(edns->dnssec_ok);
  EXPECT_FALSE(Edns::parse(0, 0x7FFF, {})->dnssec_ok);
  EXPECT_EQ(Edns::parse(0, 0x00FF0000, {})->version, 255);
}

TEST(Edns, CookieLengthsAreThoseOfRfc7873) {
  for (size_t length = 0; length <= 50; ++length) {
    ByteVector rdata = hex("000a00");
    rdata.push_back(static_cast<uint8_t>(length));
    rdata.resize(4 + length, 0x11);
    const auto edns = Edns::parse(1232, 0, rdata);
    ASSERT_TRUE(edns.has_value()) << length;
    const bool legal = length == 8 || (length >= 16 && length <= 40);
    EXPECT_EQ(edns->cookie.has_value(), legal) << length;
    EXPECT_EQ(edns->malformed_cookie, !legal) << length;
    if (legal) {
      EXPECT_EQ(edns->cookie->client.size(), 8U);
      EXPECT_EQ(edns->cookie->server.size(), length - 8);
    }
  }
}

TEST(Edns, TheFirstOfEqualOptionsCounts) {
  const ByteVector rdata = hex("000a0008 0102030405060708  000a0008 ffffffffffffffff"
                               "000f0004 0003 6161  000f0002 0016");
  const auto edns = Edns::parse(1232, 0, rdata);
  ASSERT_TRUE(edns.has_value());
  ASSERT_TRUE(edns->cookie && edns->extended_error);
  EXPECT_EQ(edns->cookie->client[0], 1);
  EXPECT_EQ(edns->extended_error->code, wire::ExtendedError::kStaleAnswer);
  EXPECT_EQ(edns->extended_error->text, "aa");
  // A malformed cookie stays malformed, whatever follows.
  const ByteVector bad_first = hex("000a0001 01  000a0008 0102030405060708");
  EXPECT_TRUE(Edns::parse(1232, 0, bad_first)->malformed_cookie);
  EXPECT_FALSE(Edns::parse(1232, 0, bad_first)->cookie.has_value());
}

TEST(Edns, UnknownOptionsAreKeptAsBytes) {
  const ByteVector rdata = hex("fde9 0003 010203  0003 0000  000b 0000");
  const auto edns = Edns::parse(1232, 0, rdata);
  ASSERT_TRUE(edns.has_value());
  EXPECT_EQ(wire::testing::copy(edns->options), rdata);
  EXPECT_TRUE(edns->nsid_requested);
  EXPECT_TRUE(edns->keepalive_requested);
  EXPECT_FALSE(edns->cookie.has_value());
}

TEST(Edns, AnExtendedErrorWithoutItsCodeSaysNothing) {
  const ByteVector rdata = hex("000f0001 00");
  ASSERT_TRUE(Edns::parse(1232, 0, rdata).has_value());
  EXPECT_FALSE(Edns::parse(1232, 0, rdata)->extended_error.has_value());
}

TEST(Edns, OptionsThatOverrunAreBad) {
  const ByteVector whole = hex("0003 0000  fde9 0002 0102");
  for (size_t size = 0; size <= whole.size(); ++size) {
    const auto edns = Edns::parse(1232, 0, base::Bytes(whole).first(size));
    const bool between_options = size == 0 || size == 4 || size == whole.size();
    EXPECT_EQ(edns.has_value(), between_options) << size;
    if (!edns) {
      EXPECT_EQ(edns.error(), wire::ParseError::kBadOpt);
    }
  }
}

TEST(Edns, OptionsOfAnotherVersionAreNotRead) {
  const auto edns = Edns::parse(1232, 0x00010000, hex("0003"));
  ASSERT_TRUE(edns.has_value());
  EXPECT_EQ(edns->version, 1);
}

}  // namespace
