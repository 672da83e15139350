#include "resolver/refusal.h"

#include <gtest/gtest.h>

namespace {

using resolver::refusal_for;
using wire::Class;
using wire::Rcode;
using wire::Type;

struct Row {
  int type;
  int klass;
  std::optional<Rcode> expected;
};

TEST(Refusal, Table) {
  const Row kRows[] = {
      {1, 1, std::nullopt},       {28, 1, std::nullopt},       {255, 1, std::nullopt},    {65280, 1, std::nullopt},
      {256, 1, std::nullopt},     {0, 1, Rcode::kNotimp},      {41, 1, Rcode::kFormerr},  {128, 1, Rcode::kFormerr},
      {129, 1, Rcode::kNotimp},   {249, 1, Rcode::kNotimp},    {250, 1, Rcode::kNotimp},  {251, 1, Rcode::kRefused},
      {252, 1, Rcode::kRefused},  {253, 1, Rcode::kNotimp},    {254, 1, Rcode::kNotimp},  {1, 3, Rcode::kRefused},
      {1, 4, Rcode::kRefused},    {1, 254, Rcode::kRefused},   {1, 255, Rcode::kRefused}, {1, 0, Rcode::kRefused},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(refusal_for(static_cast<Type>(row.type), static_cast<Class>(row.klass)), row.expected) << row.type << " " << row.klass;
  }
}

}  // namespace
