#include "resolver/parent_questions.h"

#include <gtest/gtest.h>

#include "tests/unit/resolver/support.h"

namespace resolver {
namespace {

base::Instant at_s(double seconds) {
  return base::Instant::from_boot(base::milliseconds(static_cast<int64_t>(seconds * 1000)));
}

wire::Name zone(const std::string& text) { return wire::Name::from_text(text).value(); }

// A zone of com that fails, with clients that ask once a second; the seconds at which the parent was asked.
std::vector<int> asked_at(ParentQuestions& questions, int seconds) {
  std::vector<int> asked;
  for (int second = 0; second < seconds; ++second) {
    questions.on_failure(at_s(1000 + second), zone("example.com"), 1, 100);
    while (questions.take_due(at_s(1000 + second))) asked.push_back(second);
  }
  return asked;
}

TEST(ParentQuestions, AreAskedOftenAtFirstAndRarelyLater) {
  ParentQuestions questions;
  const std::vector<int> asked = asked_at(questions, 400);
  const std::vector<int> expected = {0, 5, 10, 15, 20, 25, 30, 40, 54, 72, 96, 128, 171, 228, 288, 348};
  EXPECT_EQ(asked, expected);
}

TEST(ParentQuestions, BeginAnewAfterAnAnswer) {
  ParentQuestions questions;
  static_cast<void>(asked_at(questions, 100));
  questions.on_answer(1);
  EXPECT_EQ(questions.size(), 0U);
  questions.on_failure(at_s(1101), zone("example.com"), 1, 100);
  EXPECT_TRUE(questions.take_due(at_s(1101)));
}

TEST(ParentQuestions, AreNotAskedWhenNobodyAsksUs) {
  ParentQuestions questions;
  questions.on_failure(at_s(0), zone("example.com"), 1, 100);
  EXPECT_TRUE(questions.take_due(at_s(0)));
  EXPECT_FALSE(questions.take_due(at_s(50)));
}

TEST(ParentQuestions, OfOneParentAreBoundedAndThePopularComeFirst) {
  ParentQuestions questions;
  for (uint64_t key = 1; key <= 500; ++key) {
    const wire::Name name = zone("z" + std::to_string(key) + ".com");
    for (uint64_t client = 0; client < key; ++client) questions.on_failure(at_s(0), name, key, 100);
  }
  std::vector<std::string> asked;
  while (const auto due = questions.take_due(at_s(0.5))) asked.push_back(due->to_text());
  ASSERT_EQ(asked.size(), ParentQuestions::kPerParentPerSecond);
  EXPECT_EQ(asked.front(), "z500.com.");
  EXPECT_EQ(asked.back(), "z401.com.");
  questions.on_failure(at_s(0.6), zone("other.net"), 1000, 200);
  EXPECT_EQ(questions.take_due(at_s(0.7))->to_text(), "other.net.") << "another parent does not wait for com's turn";
  EXPECT_FALSE(questions.take_due(at_s(0.8)));
  EXPECT_EQ(questions.take_due(at_s(1))->to_text(), "z400.com.");
}

TEST(ParentQuestions, AreBoundedInNumberOfZones) {
  ParentQuestions questions;
  for (uint64_t key = 1; key <= ParentQuestions::kZonesMax + 10; ++key) {
    questions.on_failure(at_s(0), zone("example.com"), key, key);
  }
  EXPECT_EQ(questions.size(), ParentQuestions::kZonesMax);
}

TEST(ParentQuestions, NeverOfTheRoot) {
  ParentQuestions questions;
  questions.on_failure(at_s(0), wire::NameView(), 1, 1);
  EXPECT_EQ(questions.size(), 0U);
}

}  // namespace
}  // namespace resolver
