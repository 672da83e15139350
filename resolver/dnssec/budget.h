// ValidationBudget: what may still be spent on signatures and hashes for one client question.
// Made with the question, shared by everything done for it, never reset. Every call site of a
// signature check, a DS digest or an NSEC3 hash takes it (CVE-2026-1519, CVE-2026-42923 were call
// sites that forgot the limit); nothing else in this folder calls the expensive half of crypto.h.
//
// Limits (chosen; attacks rows 31-33):
//   signature checks   64: an alias over several zones, each with keys, DS, answer and denials to
//                      check, takes about 20; 64 of the slowest algorithm are some 50 ms
//   failing checks      8: an honest zone has none (two keys of one tag give one at the most)
//   digests            64: DS against DNSKEY, one for each key and digest type
//   hashes            192, of altogether 10 000 SHA-1 blocks: NSEC3; a denial of a name 125 labels
//                      below its zone takes 127 (RFC 5155 §8.3), after a look for a known one
#pragma once

#include <algorithm>
#include <cstdint>

namespace resolver::dnssec {

struct ValidationLimits {
  uint16_t signature_checks = 64;
  uint16_t failed_checks = 8;
  uint16_t digests = 64;
  uint16_t hashes = 192;
  uint32_t hash_blocks = 10'000;
};

// So many hashes take about as long as one signature check.
inline constexpr uint32_t kHashesPerCheck = 8;

// What was spent from `before` to `after`, in signature checks; some hashes count as a whole one.
[[nodiscard]] constexpr uint32_t checks_between(const ValidationLimits& before, const ValidationLimits& after) {
  const auto hashes = static_cast<uint32_t>(after.hashes - before.hashes);
  return static_cast<uint32_t>(after.signature_checks - before.signature_checks) +
         (hashes + kHashesPerCheck - 1) / kHashesPerCheck;
}

class ValidationBudget {
 public:
  ValidationBudget() = default;
  explicit ValidationBudget(const ValidationLimits& limits) : limits_(limits) {}

  // Each returns whether there was something left to spend.
  [[nodiscard]] bool spend_signature_check() {
    if (spent_.failed_checks >= limits_.failed_checks) return refuse();
    return spend(spent_.signature_checks, limits_.signature_checks);
  }
  void count_failed_check() { ++spent_.failed_checks; }  // of a check that was paid for
  [[nodiscard]] bool spend_digest() { return spend(spent_.digests, limits_.digests); }
  [[nodiscard]] bool spend_hash(uint32_t blocks) {
    if (blocks > limits_.hash_blocks - spent_.hash_blocks) return refuse();
    if (!spend(spent_.hashes, limits_.hashes)) return false;
    spent_.hash_blocks += blocks;
    return true;
  }

  // At most so many hashes of what is left; paid back into this one by pay_hashes().
  [[nodiscard]] ValidationBudget share_of_hashes(uint16_t hashes, uint32_t blocks) const {
    const auto hashes_left = static_cast<uint16_t>(limits_.hashes - spent_.hashes);
    return ValidationBudget(
        {0, 0, 0, std::min(hashes, hashes_left), std::min(blocks, limits_.hash_blocks - spent_.hash_blocks)});
  }
  void pay_hashes(const ValidationBudget& share) {
    spent_.hashes = static_cast<uint16_t>(spent_.hashes + share.spent_.hashes);
    spent_.hash_blocks += share.spent_.hash_blocks;
  }

  [[nodiscard]] const ValidationLimits& spent() const { return spent_; }
  [[nodiscard]] bool is_exhausted() const { return exhausted_; }  // something was refused

 private:
  bool spend(uint16_t& spent, uint16_t limit) {
    if (spent >= limit) return refuse();
    ++spent;
    return true;
  }
  bool refuse() {
    exhausted_ = true;
    return false;
  }
  ValidationLimits limits_;
  ValidationLimits spent_{0, 0, 0, 0, 0};
  bool exhausted_ = false;
};

// What a state object's step() came to. It makes at most as many expensive checks as it is allowed
// in one call; then the worker answers others and calls again.
enum class Step : uint8_t {
  kDone,    // the verdict is there
  kYield,   // not finished: call again
  kBudget,  // the budget is used up; the verdict says so (indeterminate), calling again changes nothing
};

}  // namespace resolver::dnssec
