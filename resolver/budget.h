// QueryBudget: what may still be spent for one client question. Made with the question, shared by
// every sub-question of it, never reset (CVE-2026-50045 was a quota that a restart reset).
#pragma once

#include <cstdint>

#include "base/instant.h"
#include "resolver/dnssec/budget.h"
#include "resolver/options.h"

namespace resolver {

enum class BudgetItem : uint8_t { kNone, kSends, kBytes, kSubQuestions, kAliases, kReferrals, kWallTime };

class QueryBudget {
 public:
  QueryBudget(const BudgetLimits& limits, base::Instant now)
      : left_(limits), deadline_(now + limits.wall_time), is_small_(limits.is_small) {}

  // Each returns whether there was something left to spend; the first refusal is remembered.
  [[nodiscard]] bool spend_send() { return spend(left_.sends, BudgetItem::kSends); }
  [[nodiscard]] bool has_sends() const { return left_.sends > 0; }
  [[nodiscard]] bool spend_sub_question() { return spend(left_.sub_questions, BudgetItem::kSubQuestions); }
  [[nodiscard]] bool spend_alias() { return spend(left_.aliases, BudgetItem::kAliases); }
  [[nodiscard]] bool spend_referral() { return spend(left_.referrals, BudgetItem::kReferrals); }
  [[nodiscard]] bool spend_bytes(size_t bytes) {
    if (bytes > left_.bytes_received) {
      left_.bytes_received = 0;
      return refuse(BudgetItem::kBytes);
    }
    left_.bytes_received -= static_cast<uint32_t>(bytes);
    return true;
  }
  [[nodiscard]] bool has_time(base::Instant now) { return now < deadline_ || refuse(BudgetItem::kWallTime); }
  [[nodiscard]] base::Instant deadline() const { return deadline_; }
  // Whether anything is heard at all: of any server, for any part of the question.
  void note_response(base::Instant now) { last_response_ = now; }
  [[nodiscard]] base::Instant last_response() const { return last_response_; }
  [[nodiscard]] BudgetItem exhausted() const { return exhausted_; }
  [[nodiscard]] dnssec::ValidationBudget& validation() { return validation_; }
  // That of a probe: that it did not suffice says nothing of the name.
  [[nodiscard]] bool is_small() const { return is_small_; }

 private:
  bool spend(uint16_t& left, BudgetItem item) {
    if (left == 0) return refuse(item);
    --left;
    return true;
  }
  bool refuse(BudgetItem item) {
    if (exhausted_ == BudgetItem::kNone) exhausted_ = item;
    return false;
  }
  BudgetLimits left_;
  base::Instant deadline_;
  base::Instant last_response_;
  bool is_small_ = false;
  BudgetItem exhausted_ = BudgetItem::kNone;
  dnssec::ValidationBudget validation_;
};

}  // namespace resolver
