// The table that is printed and the bounds that are asserted: counts of packets, never time.
#pragma once

#include <string>

#include "tests/sim/attacks/bench.h"

namespace attacks {

void print_head();
// One line: sums and, per client question, packets sent and processor time.
void print_row(const std::string& attack, uint64_t questions, const Bench& bench);
// Prints and remembers a broken bound.
void expect(bool holds, const std::string& what);
void expect_at_most(uint64_t value, uint64_t bound, const std::string& what);
[[nodiscard]] bool all_held();

void delegation_attacks();
void packet_attacks();
void flood_attacks();

}  // namespace attacks
