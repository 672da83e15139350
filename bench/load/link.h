// Link: one socket towards the server and what is out on it. UDP: connected, datagrams sent in batches.
// TCP: one connection, messages with their two-byte length.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "bench/load/options.h"
#include "bench/load/stream.h"

namespace bench {

// One question that is out.
struct Flying {
  uint64_t intended_ns = 0;  // 0: none
  uint64_t item = 0;
  uint16_t stream = 0;
  bool measured = false;
};

class Link {
 public:
  static constexpr size_t kFlyingMax = 16384;  // the id of a question is its place
  static constexpr size_t kBatch = 32;

  Link(const LoadOptions& options, size_t flying_max);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] int descriptor() const { return fd_; }
  // A place for the next question. What is still there has been out for too long.
  uint16_t next_id() { return static_cast<uint16_t>(next_id_++ % flying_.size()); }
  Flying& flying(uint16_t id) { return flying_[id]; }
  [[nodiscard]] std::vector<Flying>& all_flying() { return flying_; }

  // Queues a query; sends by itself when a batch is full.
  void add(base::Bytes query);
  void flush();
  // Calls take(reply) for each message that has come.
  void receive(const std::function<void(base::Bytes)>& take);

 private:
  void flush_stream();
  void receive_datagrams(const std::function<void(base::Bytes)>& take);
  void receive_stream(const std::function<void(base::Bytes)>& take);

  bool tcp_;
  int fd_ = -1;
  std::vector<Flying> flying_;
  size_t next_id_ = 0;
  size_t batch_ = 0;
  std::array<std::array<uint8_t, kQueryBytesMax>, kBatch> queries_;
  std::array<size_t, kBatch> sizes_{};
  std::vector<uint8_t> out_, in_;  // TCP
};

}  // namespace bench
