#include "wire/types.h"

#include <gtest/gtest.h>

#include "wire/parse_error.h"

namespace {

using wire::Type;

TEST(Types, HaveTheNamesOfTheRegistry) {
  EXPECT_EQ(to_text(Type::kA), "A");
  EXPECT_EQ(to_text(Type::kNsapPtr), "NSAP-PTR");
  EXPECT_EQ(to_text(Type::kHttps), "HTTPS");
  EXPECT_EQ(to_text(Type::kCaa), "CAA");
  EXPECT_EQ(to_text(Type::kDlv), "DLV");
  EXPECT_EQ(to_text(Type::kNone), "TYPE0");
  EXPECT_EQ(to_text(static_cast<Type>(54)), "TYPE54");
  EXPECT_EQ(to_text(static_cast<Type>(65535)), "TYPE65535");
  EXPECT_EQ(to_text(wire::Rcode::kNxdomain), "NXDOMAIN");
  EXPECT_EQ(to_text(static_cast<wire::Rcode>(11)), "RCODE11");
  EXPECT_EQ(to_text(wire::Class::kChaos), "CH");
  EXPECT_EQ(to_text(static_cast<wire::Class>(9)), "CLASS9");
}

TEST(Types, MetaTypesAreNeverData) {
  for (const Type type : {Type::kNone, Type::kOpt, Type::kAny, Type::kAxfr, Type::kIxfr, Type::kTsig, Type::kTkey,
                          Type::kMaila, static_cast<Type>(128)}) {
    EXPECT_TRUE(is_meta_type(type)) << to_text(type);
  }
  for (const Type type : {Type::kA, static_cast<Type>(127), Type::kUri, Type::kCaa, static_cast<Type>(65280)}) {
    EXPECT_FALSE(is_meta_type(type)) << to_text(type);
  }
}

TEST(ParseErrors, HaveTexts) {
  EXPECT_EQ(to_text(wire::ParseError::kBadPointer), "bad compression pointer");
  EXPECT_EQ(to_text(static_cast<wire::ParseError>(200)), "unknown");
}

}  // namespace
