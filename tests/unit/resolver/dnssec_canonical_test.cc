// Canonical form, order and the data that is signed.
#include "resolver/dnssec/canonical.h"

#include "tests/unit/resolver/dnssec_support.h"

namespace {

using namespace dnssec_test;  // NOLINT

std::vector<uint8_t> canonical(Type type, base::Bytes rdata) {
  std::vector<uint8_t> out;
  append_canonical_rdata(type, rdata, out);
  return out;
}

// RFC 4034 6.2 less NSEC (RFC 6840 5.1); other types keep their letters.
TEST(Canonical, WhoseNamesAreLowered) {
  const std::pair<const char*, const char*> rows[] = {
      {"x. NS A.Example.", "x. NS a.example."},
      {"x. CNAME A.Example.", "x. CNAME a.example."},
      {"x. DNAME A.Example.", "x. DNAME a.example."},
      {"x. PTR A.Example.", "x. PTR a.example."},
      {"x. SOA A.Example. B.Example. 1 2 3 4 5", "x. SOA a.example. b.example. 1 2 3 4 5"},
      {"x. MX 1 A.Example.", "x. MX 1 a.example."},
      {"x. MINFO A.Example. B.Example.", "x. MINFO a.example. b.example."},
      {"x. RP A.Example. B.Example.", "x. RP a.example. b.example."},
      {"x. AFSDB 1 A.Example.", "x. AFSDB 1 a.example."},
      {"x. RT 1 A.Example.", "x. RT 1 a.example."},
      {"x. PX 1 A.Example. B.Example.", "x. PX 1 a.example. b.example."},
      {"x. KX 1 A.Example.", "x. KX 1 a.example."},
      {"x. SRV 1 2 3 A.Example.", "x. SRV 1 2 3 a.example."},
      {"x. NAPTR 1 2 \"S\" \"E2U\" \"!X!Y!\" A.Example.", "x. NAPTR 1 2 \"S\" \"E2U\" \"!X!Y!\" a.example."},
      // Kept as they are:
      {"x. NSEC A.Example. A", "x. NSEC A.Example. A"},
      {"x. TXT \"Text\"", "x. TXT \"Text\""},
      {"x. HTTPS 1 A.Example.", "x. HTTPS 1 A.Example."},
      {"x. LP 1 A.Example.", "x. LP 1 A.Example."},
      {"x. CAA 0 issue \"Ca.Example.\"", "x. CAA 0 issue \"Ca.Example.\""},
      {"x. TYPE65280 \\# 3 014100", "x. TYPE65280 \\# 3 014100"},
  };
  for (const auto& [from, to] : rows) {
    const wire::OwnedRecord given = record(from);
    EXPECT_EQ(canonical(given.type, given.rdata), record(to).rdata) << from;
  }
}

TEST(Canonical, A6) {
  const std::vector<uint8_t> with_name = {120, 0xAB, 1, 'A', 2, 'B', 'c', 0};
  const std::vector<uint8_t> lowered = {120, 0xAB, 1, 'a', 2, 'b', 'c', 0};
  EXPECT_EQ(canonical(Type::kA6, with_name), lowered);
  std::vector<uint8_t> address(17, 'A');
  address[0] = 0;
  EXPECT_EQ(canonical(Type::kA6, address), address) << "no name";
  for (const auto& odd : std::vector<std::vector<uint8_t>>{{}, {129, 'A'}, {120}, {120, 0xAB}, {120, 0xAB, 9, 'A'}}) {
    EXPECT_EQ(canonical(Type::kA6, odd), odd) << "not of the form: as it is";
  }
}

TEST(Canonical, OrderIsThatOfBytesAndDuplicatesGo) {
  const OwnedRrset set = rrset({"x. TXT \"b\"", "x. TXT \"a\"", "x. TXT \"b\"", "x. TXT \"\"", "x. TXT \"a\" \"a\"", "x. TXT \"aa\""});
  const SignedRrset view = set.view();
  const CanonicalRrset sorted(view);
  std::vector<std::string> texts;
  for (const base::Bytes rdata : sorted.rdata()) texts.push_back(wire::rdata_to_text(Type::kTxt, rdata));
  EXPECT_EQ(texts, (std::vector<std::string>{"\"\"", "\"a\"", "\"a\" \"a\"", "\"b\"", "\"aa\""})) << "a prefix comes first";

  const OwnedRrset names = rrset({"x. NS B.example.", "x. NS a.example.", "x. NS b.EXAMPLE."});
  const SignedRrset names_view = names.view();
  EXPECT_EQ(CanonicalRrset(names_view).rdata().size(), 2U) << "equal once in lower case";
}

TEST(Canonical, SignedData) {
  const OwnedRrset set = rrset({"W.X.Example. 99 MX 5 B.example.", "w.x.example. 98 MX 1 a.example."});
  const Name signer = name("ExamplE.");
  wire::RrsigFields rrsig{Type::kMx, 13, 3, 3600, 0x01020304, 0x05060708, 0x0A0B, signer, {}};
  const auto expect = [&](const char* owner) {
    std::vector<uint8_t> bytes = {0, 15, 13, rrsig.labels, 0, 0, 14, 16, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11};
    const auto add = [&](base::Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
    add(name("example.").view().bytes());
    for (const char* text : {". MX 1 a.example.", ". MX 5 b.example."}) {
      const wire::OwnedRecord one = record(text);
      add(name(owner).view().bytes());
      add(std::vector<uint8_t>{0, 15, 0, 1, 0, 0, 14, 16, 0, static_cast<uint8_t>(one.rdata.size())});
      add(one.rdata);
    }
    return bytes;
  };
  const SignedRrset view = set.view();
  const CanonicalRrset made(view);
  EXPECT_EQ(made.signed_data(rrsig), expect("w.x.example."));
  rrsig.labels = 2;
  EXPECT_EQ(made.signed_data(rrsig), expect("*.x.example."));
  rrsig.labels = 0;
  EXPECT_EQ(made.signed_data(rrsig), expect("*."));
}

TEST(Canonical, Labels) {
  EXPECT_EQ(signed_labels(name(".")), 0U);
  EXPECT_EQ(signed_labels(name("example.")), 1U);
  EXPECT_EQ(signed_labels(name("*.example.")), 1U);
  EXPECT_EQ(signed_labels(name("a.*.example.")), 3U);
  EXPECT_EQ(signed_labels(name("*.")), 0U);
}

}  // namespace
