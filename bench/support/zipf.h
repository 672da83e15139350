// Zipf: ranks 0, 1, 2 ... drawn with probability proportional to 1 / (rank + 1)^exponent.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace bench {

class Zipf {
 public:
  Zipf(size_t count, double exponent) : cumulative_(count) {
    double sum = 0;
    for (size_t rank = 0; rank < count; ++rank) cumulative_[rank] = sum += std::pow(double(rank + 1), -exponent);
    for (double& value : cumulative_) value /= sum;
  }
  [[nodiscard]] uint32_t draw(std::mt19937_64& random) const {
    const double at = double(random() >> 11) * 0x1p-53;
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
    return static_cast<uint32_t>(std::min<ptrdiff_t>(found - cumulative_.begin(), ptrdiff_t(cumulative_.size()) - 1));
  }

 private:
  std::vector<double> cumulative_;
};

}  // namespace bench
