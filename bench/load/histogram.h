// Times in buckets whose width grows with the time: 128 a doubling, so that a value is off by less than 1 %.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace bench {

class Histogram {
 public:
  void add(uint64_t value_ns) {
    ++buckets_[index_of(value_ns)];
    ++count_;
    if (value_ns > max_ns_) max_ns_ = value_ns;
  }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t max_ns() const { return max_ns_; }
  // The least bucket's upper end below which `share` of all values lie; 0 without values.
  [[nodiscard]] uint64_t quantile_ns(double share) const {
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count_) + 0.5);
    uint64_t seen = 0;
    for (size_t index = 0; index < buckets_.size(); ++index) {
      seen += buckets_[index];
      if (seen >= wanted && seen > 0) return upper_end_of(index);
    }
    return 0;
  }

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr uint64_t kSub = uint64_t{1} << kSubBits;
  static size_t index_of(uint64_t value) {
    if (value < 2 * kSub) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return shift * kSub + (value >> shift);
  }
  static uint64_t upper_end_of(size_t index) {
    if (index < 2 * kSub) return index;
    const unsigned shift = static_cast<unsigned>(index / kSub) - 1;
    return ((index % kSub + kSub + 1) << shift) - 1;
  }
  std::array<uint64_t, (64 - kSubBits + 1) * kSub> buckets_{};
  uint64_t count_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace bench
