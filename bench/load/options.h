// What bench_load is told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// One sequence of questions with its own rate and its own figures.
//   zipf   names w0 ... w(count-1) by a Zipf law
//   each   names w0 ... w(count-1) once each, in this order, then over again
//   fresh  a name that was never asked for, each time
// Name k lies in zone s(k % zones).DOMAIN.
struct StreamOptions {
  enum class Kind : uint8_t { kZipf, kEach, kFresh } kind = Kind::kZipf;
  uint64_t count = 10'000;
  double exponent = 1.08;
  uint32_t zones = 100;
  double rate = 10'000;  // a second; of no meaning with a window
};

struct LoadOptions {
  std::string server = "127.0.0.1";
  uint16_t port = 5300;
  std::string domain = "bench";
  std::vector<StreamOptions> streams;
  double warm_s = 1;
  double seconds = 5;
  double timeout_s = 2;
  double late_ms = 1;           // sent this much after its time: late
  double late_percent_max = 1;  // more: the run counts for nothing
  uint32_t links = 32;          // sockets, or connections
  uint32_t window = 0;          // not 0: so many questions are out at any time, as fast as they come back
  bool tcp = false;
  bool unseen_ports = false;  // a new socket for each question
  bool edns = true;
  bool dnssec_ok = false;
  uint64_t seed = 1;
  int pid = 0;  // whose CPU is counted
};

// Ends the program with a sentence on what it cannot read.
[[nodiscard]] LoadOptions read_options(int argc, char** argv);

}  // namespace bench
