// Stream: what is asked next and when (Poisson gaps), and the bytes of a question.
#pragma once

#include <memory>
#include <random>

#include "base/bytes.h"
#include "bench/load/options.h"
#include "bench/support/zipf.h"

namespace bench {

inline constexpr size_t kQueryBytesMax = 320;

class Stream {
 public:
  Stream(const StreamOptions& options, const LoadOptions& load, uint64_t seed);

  // The time of the next question, in ns since the run began.
  [[nodiscard]] double next_at_ns() const { return next_at_ns_; }
  // Which name it is for; the time moves on.
  uint64_t take();
  // A query for this name. Gives its size; the question's bytes are question_bytes(size) from offset 12.
  size_t write_query(uint64_t item, uint16_t id, uint8_t* out) const;
  [[nodiscard]] size_t question_bytes(size_t query_bytes) const { return query_bytes - 12 - (edns_ ? 11 : 0); }

 private:
  StreamOptions options_;
  bool edns_;
  bool dnssec_ok_;
  std::vector<uint8_t> domain_;  // in wire form
  std::mt19937_64 random_;
  std::exponential_distribution<double> gap_;
  std::unique_ptr<Zipf> zipf_;
  uint64_t taken_ = 0;
  uint64_t fresh_base_;
  double next_at_ns_ = 0;
};

}  // namespace bench
