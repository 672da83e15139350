// What came back, by stream, and what it cost the server.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "bench/load/histogram.h"

namespace bench {

enum class Outcome : uint8_t {
  kAnswer,  // NOERROR with records
  kNodata,
  kNxdomain,
  kServfail,
  kRefused,
  kOther,
  kTruncated,
  kWrong,  // another question, or no DNS
  kTimeout,
  kCount
};
[[nodiscard]] Outcome classify(base::Bytes reply, base::Bytes question);

struct StreamFigures {
  uint64_t sent = 0;
  uint64_t late = 0;
  std::array<uint64_t, static_cast<size_t>(Outcome::kCount)> outcomes{};
  Histogram latency;  // from the time a question was meant to leave
};

// CPU of a process so far: exact in sum (ns on a CPU), split by the kernel's ticks.
struct CpuTime {
  uint64_t total_ns = 0;
  uint64_t user_ticks = 0;
  uint64_t system_ticks = 0;
};
[[nodiscard]] CpuTime cpu_of(int pid);
// Datagrams that this network namespace dropped for want of buffer.
[[nodiscard]] uint64_t receive_buffer_errors();

struct RunFigures {
  double seconds = 0;
  bool valid = true;
  CpuTime cpu_before, cpu_after;
  uint64_t buffer_errors = 0;
  uint64_t own_cpu_ns = 0;
  std::vector<StreamFigures> streams;
};
[[nodiscard]] std::string to_json(const RunFigures& run);

}  // namespace bench
