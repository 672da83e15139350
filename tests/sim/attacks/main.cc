// attacks: the published attacks on resolvers, played against the engine in virtual time.
// Exit status 0 when every bound on packets held. docs/security.md explains the table.
#include <cstdio>

#include "tests/sim/attacks/report.h"

namespace attacks {
namespace {
uint64_t failures = 0;
}

void print_head() {
  std::printf("%-34s %9s %8s %8s %8s %10s %9s %8s  %s\n", "attack", "questions", "udp", "tcp", "sub-q", "bytes in",
              "packets/q", "cpu us/q", "answers");
}

void print_row(const std::string& attack, uint64_t questions, const Bench& bench) {
  const Totals totals = bench.totals();
  std::string answers;
  for (const auto& [rcode, count] : totals.by_rcode) {
    const char* name = rcode == 0 ? "NOERROR" : rcode == 2 ? "SERVFAIL" : rcode == 3 ? "NXDOMAIN" : "other";
    answers += std::string(answers.empty() ? "" : ", ") + name + " " + std::to_string(count);
  }
  const double each = static_cast<double>(questions);
  std::printf("%-34s %9lu %8lu %8lu %8lu %10lu %9.1f %8.0f  %s\n", attack.c_str(), static_cast<unsigned long>(questions),
              static_cast<unsigned long>(totals.udp), static_cast<unsigned long>(totals.tcp),
              static_cast<unsigned long>(totals.sub_questions), static_cast<unsigned long>(totals.bytes_received),
              static_cast<double>(totals.sent()) / each, static_cast<double>(totals.cpu_ns) / 1000.0 / each, answers.c_str());
  expect(bench.waiting() == 0 && totals.answered == questions, attack + ": every question is answered once");
}

void expect(bool holds, const std::string& what) {
  if (holds) return;
  ++failures;
  std::printf("BROKEN: %s\n", what.c_str());
}

void expect_at_most(uint64_t value, uint64_t bound, const std::string& what) {
  expect(value <= bound, what + ": " + std::to_string(value) + ", at most " + std::to_string(bound));
}

bool all_held() { return failures == 0; }

}  // namespace attacks

int main() {
  attacks::print_head();
  attacks::delegation_attacks();
  attacks::packet_attacks();
  attacks::flood_attacks();
  std::printf(attacks::all_held() ? "all bounds held\n" : "bounds were broken\n");
  return attacks::all_held() ? 0 : 1;
}
