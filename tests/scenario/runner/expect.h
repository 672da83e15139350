// STEP n EXPECT what <op> number: counts of what happened since the start or the last RESET.
#pragma once

#include "driver.h"

namespace scenario {

class Counts {
 public:
  explicit Counts(Driver& driver) : driver_(driver) { reset(); }
  void reset();
  void note_answer(const ClientAnswer& answer) { last_answer_ = answer; }
  void expect(const Step& step) const;

 private:
  [[nodiscard]] int64_t value(const Step& step, size_t words) const;
  [[nodiscard]] int64_t sent(const Step& step, size_t words) const;
  Driver& driver_;
  std::array<uint64_t, base::kCounterCount> counters_{};
  size_t out_queries_ = 0;
  size_t answers_ = 0;
  ClientAnswer last_answer_;
};

}  // namespace scenario
