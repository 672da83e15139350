// A sequence of requests: which of the names is asked for, and in which second.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct Request {
  uint32_t item = 0;  // 0 <= item < Trace::distinct
  uint32_t at_s = 0;
};

struct Trace {
  std::string label;
  std::vector<Request> requests;
  uint32_t distinct = 0;
};

// A file of lines "SECOND KEY", in order of time. Ends the program with a sentence when it cannot be read.
[[nodiscard]] Trace read_trace(const std::string& path);

// 400,000 requests, always the same: Zipf 1.08 over 10,000 names; one in ten is for a name that is asked
// for once; from 40 to 60 per cent of the way every second request is a flood of random names.
[[nodiscard]] Trace zipf_trace();

}  // namespace bench
