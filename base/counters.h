// Counters: everything that is answered, dropped, retried, refused or cut, counted by name.
// One object per worker, written by that worker alone and read by any thread; the sum over the
// workers is what `holdfastctl stats` prints. Counters never wrap into an action: they only count.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace base {

enum class Counter : uint16_t {
#define HOLDFAST_COUNTER(symbol, name, help) symbol,
#include "base/counters.inc"
#undef HOLDFAST_COUNTER
  kCount
};

inline constexpr size_t kCounterCount = static_cast<size_t>(Counter::kCount);

struct CounterInfo {
  std::string_view name;
  std::string_view help;
};

inline constexpr std::array<CounterInfo, kCounterCount> kCounterInfo = {{
#define HOLDFAST_COUNTER(symbol, name, help) {name, help},
#include "base/counters.inc"
#undef HOLDFAST_COUNTER
}};

class Counters {
 public:
  // Called by the owning worker only: a relaxed load and store, no locked instruction.
  void add(Counter counter, uint64_t by = 1) {
    auto& value = values_[static_cast<size_t>(counter)];
    value.store(value.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  [[nodiscard]] uint64_t get(Counter counter) const {
    return values_[static_cast<size_t>(counter)].load(std::memory_order_relaxed);
  }

 private:
  alignas(64) std::array<std::atomic<uint64_t>, kCounterCount> values_{};
};

}  // namespace base
