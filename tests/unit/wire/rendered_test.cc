#include "wire/rendered.h"

#include "tests/unit/wire/support.h"

namespace {

using wire::Class;
using wire::Type;
using wire::testing::ByteVector;
using wire::testing::hex;

ByteVector two_records() {
  ByteVector rendered;
  append_rendered(rendered, Type::kA, Class::kIn, 300, hex("01020304"));
  append_rendered(rendered, Type::kNull, Class::kChaos, 20, {});
  append_rendered(rendered, static_cast<Type>(65280), Class::kIn, 0xFFFFFFFF, hex("c00c"));
  return rendered;
}

TEST(Rendered, IsTheWireFormWithThePatchedPlaces) {
  EXPECT_EQ(two_records(), hex("c00c 0001 0001 0000012c 0004 01020304"
                               "c00c 000a 0003 00000014 0000"
                               "c00c ff00 0001 ffffffff 0002 c00c"));
}

TEST(Rendered, CopyPatchesOwnersAndTtlsAndNothingElse) {
  const ByteVector rendered = two_records();
  ByteVector out(rendered.size() + 1, 0xEE);
  wire::copy_rendered(rendered, 0x3FFF, 100, out.data());
  EXPECT_EQ(out, hex("ffff 0001 0001 00000064 0004 01020304"
                     "ffff 000a 0003 00000014 0000"
                     "ffff ff00 0001 00000064 0002 c00c ee"));
  wire::copy_rendered(rendered, 12, 0, out.data());
  EXPECT_EQ(out, hex("c00c 0001 0001 00000000 0004 01020304"
                     "c00c 000a 0003 00000000 0000"
                     "c00c ff00 0001 00000000 0002 c00c ee"));
  wire::copy_rendered({}, 12, 0, nullptr);
}

TEST(Rendered, EachRecordIsVisited) {
  std::vector<std::string> seen;
  const ByteVector rendered = two_records();
  wire::for_each_rendered(rendered, [&](Type type, uint32_t ttl, base::Bytes rdata) {
    seen.push_back(to_text(type) + " " + std::to_string(ttl) + " " + std::to_string(rdata.size()));
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"A 300 4", "NULL 20 0", "TYPE65280 4294967295 2"}));
  wire::for_each_rendered({}, [](Type, uint32_t, base::Bytes) { FAIL(); });
}

TEST(Rendered, InAMessageItParsesBack) {
  const ByteVector rendered = two_records();
  wire::testing::Builder message(0x8180, 1, 3);
  message.question("x", Type::kA);
  const size_t start = message.bytes.size();
  message.bytes.resize(start + rendered.size());
  wire::copy_rendered(rendered, 12, 1000, message.bytes.data() + start);
  const auto view = wire::MessageView::parse(message.bytes);
  ASSERT_TRUE(view.has_value());
  for (const wire::RecordView& record : view->section(wire::Section::kAnswer)) {
    EXPECT_EQ(view->owner(record).to_text(), "x.");
    EXPECT_LE(record.ttl, 1000U);
  }
}

TEST(Rendered, TheLongestRdataFits) {
  ByteVector rendered;
  append_rendered(rendered, Type::kNull, Class::kIn, 1, ByteVector(65535, 0x55));
  ByteVector out(rendered.size());
  wire::copy_rendered(rendered, 12, 5, out.data());
  EXPECT_EQ(out, rendered);
}

}  // namespace
