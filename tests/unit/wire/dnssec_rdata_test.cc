// The RDATA of DNSSEC as fields, key tags, and base 32.
#include "wire/dnssec_rdata.h"

#include <gtest/gtest.h>

#include "wire/ldns_bridge.h"

namespace {

using wire::Type;
using wire::TypeBitmap;

std::vector<uint8_t> rdata(std::string_view text) {
  const auto record = wire::record_from_text(text, 0, wire::NameView());
  EXPECT_TRUE(record.has_value()) << text;
  return record ? record->rdata : std::vector<uint8_t>{};
}

TEST(DnssecRdata, Bitmaps) {
  struct Row {
    const char* what;
    std::vector<uint8_t> bytes;
    bool good;
  };
  std::vector<uint8_t> whole = {0, 32};
  whole.resize(34, 0xFF);
  const Row rows[] = {
      {"none", {}, true},
      {"A", {0, 1, 0x40}, true},
      {"two windows", {0, 1, 0x40, 1, 1, 0x40}, true},
      {"a whole window", whole, true},
      {"window without length", {0}, false},
      {"no bytes", {0, 0}, false},
      {"33 bytes", std::vector<uint8_t>(35, 33), false},
      {"cut", {0, 2, 0x40}, false},
      {"a window twice", {0, 1, 0x40, 0, 1, 0x40}, false},
      {"falling windows", {1, 1, 0x40, 0, 1, 0x40}, false},
  };
  for (const Row& row : rows) EXPECT_EQ(TypeBitmap::parse(row.bytes).has_value(), row.good) << row.what;
  const std::vector<uint8_t> two = {0, 1, 0x40, 1, 1, 0x40};
  const TypeBitmap bitmap = *TypeBitmap::parse(two);
  for (uint32_t number = 0; number <= 0xFFFF; ++number) {
    EXPECT_EQ(bitmap.contains(static_cast<Type>(number)), number == 1 || number == 257) << number;
  }
  EXPECT_FALSE(TypeBitmap().contains(Type::kA));
}

TEST(DnssecRdata, FieldsOfEachType) {
  const auto dnskey_rdata = rdata("example. DNSKEY 385 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=");
  const auto dnskey = wire::parse_dnskey(dnskey_rdata);
  ASSERT_TRUE(dnskey.has_value());
  EXPECT_TRUE(dnskey->is_zone_key() && dnskey->is_revoked() && dnskey->is_entry_point());
  EXPECT_EQ(dnskey->protocol, 3);
  EXPECT_EQ(dnskey->algorithm, 15);
  EXPECT_EQ(dnskey->public_key.size(), 32U);

  const auto ds_rdata = rdata("example. DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118");
  const auto ds = wire::parse_ds(ds_rdata);
  EXPECT_EQ(ds->key_tag, 60485);
  EXPECT_EQ(ds->algorithm, 5);
  EXPECT_EQ(ds->digest_type, 1);
  EXPECT_EQ(ds->digest.size(), 20U);

  const auto rrsig_rdata = rdata("a.example. RRSIG MX 13 2 3600 20270101000000 20260101000000 12345 Example. aaaa");
  const auto rrsig = wire::parse_rrsig(rrsig_rdata);
  EXPECT_EQ(rrsig->covered, Type::kMx);
  EXPECT_EQ(rrsig->algorithm, 13);
  EXPECT_EQ(rrsig->labels, 2);
  EXPECT_EQ(rrsig->original_ttl, 3600U);
  EXPECT_EQ(rrsig->expiration, 1798761600U);
  EXPECT_EQ(rrsig->inception, 1767225600U);
  EXPECT_EQ(rrsig->key_tag, 12345);
  EXPECT_EQ(rrsig->signer.to_text(), "Example.");
  EXPECT_EQ(rrsig->signature.size(), 3U);

  const auto nsec_rdata = rdata("alfa.example. NSEC host.example. A MX RRSIG NSEC TYPE1234");
  const auto nsec = wire::parse_nsec(nsec_rdata);
  EXPECT_EQ(nsec->next.to_text(), "host.example.");
  EXPECT_TRUE(nsec->types.contains(static_cast<Type>(1234)));
  EXPECT_FALSE(nsec->types.contains(Type::kAaaa));

  const auto nsec3_rdata = rdata("x.example. NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX RRSIG");
  const auto nsec3 = wire::parse_nsec3(nsec3_rdata);
  EXPECT_TRUE(nsec3->is_opt_out());
  EXPECT_EQ(nsec3->iterations, 12);
  EXPECT_EQ(nsec3->salt.size(), 4U);
  EXPECT_EQ(wire::base32hex_encode(nsec3->next_hash), "2t7b4g4vsa5smi47k61mv5bv1a22bojr");
  EXPECT_TRUE(nsec3->types.contains(Type::kMx));
}

// Whatever is cut off, nothing is read beyond the end, and what is too short is refused.
TEST(DnssecRdata, CutShort) {
  const auto nsec3 = rdata("x.example. NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX RRSIG");
  const size_t bitmap = 1 + 1 + 2 + 1 + 4 + 1 + 20;
  for (size_t size = 0; size < nsec3.size(); ++size) {
    EXPECT_EQ(wire::parse_nsec3(base::Bytes(nsec3).first(size)).has_value(), size == bitmap) << size;
  }
  const auto rrsig = rdata("a.example. RRSIG MX 13 2 3600 20270101000000 20260101000000 12345 example. aaaa");
  for (size_t size = 0; size < rrsig.size(); ++size) {
    EXPECT_EQ(wire::parse_rrsig(base::Bytes(rrsig).first(size)).has_value(), size >= 18 + 9) << size;
  }
  for (size_t size = 0; size < 4; ++size) {
    EXPECT_FALSE(wire::parse_dnskey(base::Bytes(rrsig).first(size)).has_value());
    EXPECT_FALSE(wire::parse_ds(base::Bytes(rrsig).first(size)).has_value());
  }
  const std::vector<uint8_t> no_hash = {1, 0, 0, 0, 0, 0};
  EXPECT_FALSE(wire::parse_nsec3(no_hash).has_value());
}

TEST(DnssecRdata, KeyTags) {
  EXPECT_EQ(wire::key_tag(rdata("example. DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=")), 3613);
  const std::vector<uint8_t> md5 = {1, 0, 3, 1, 1, 3, 0xAA, 0xBB, 0xCC};
  EXPECT_EQ(wire::key_tag(md5), 0xAABB) << "RFC 4034 appendix B.1";
  EXPECT_EQ(wire::key_tag({}), 0);
}

TEST(DnssecRdata, Base32) {
  const std::vector<uint8_t> foo = {'f', 'o', 'o'};
  EXPECT_EQ(wire::base32hex_encode(foo), "cpnmu");  // RFC 4648 10
  EXPECT_EQ(wire::base32hex_decode(base::as_bytes("cpnmu")), foo);
  EXPECT_EQ(wire::base32hex_decode(base::as_bytes("CPNMU")), foo);
  for (const char* wrong : {"c", "cpn", "cpnmuo", "cpnmv", "cpnmw", "cpnm=", "cpn mu", "x"}) {
    EXPECT_FALSE(wire::base32hex_decode(base::as_bytes(wrong)).has_value()) << wrong;
  }
  for (size_t size = 0; size < 40; ++size) {
    std::vector<uint8_t> bytes(size);
    for (size_t at = 0; at < size; ++at) bytes[at] = static_cast<uint8_t>(at * 37 + size);
    EXPECT_EQ(wire::base32hex_decode(base::as_bytes(wire::base32hex_encode(bytes))), bytes);
  }
}

}  // namespace
