// The events of one turn and the bytes they show. Both live until the next turn begins.
//
// Events with bytes are added only while room() is left; events without bytes may be added at any
// time: what does not fit, or comes between two turns, waits for the next turn.
#pragma once

#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "base/check.h"
#include "net/loop.h"

namespace net {

// Blocks of bytes that are given back all at once.
class Arena {
 public:
  base::Bytes copy(base::Bytes bytes) {
    CHECK(bytes.size() <= kBlockBytes);
    if (blocks_.empty() || used_ + bytes.size() > kBlockBytes) next_block();
    uint8_t* at = blocks_[current_]->data() + used_;
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    used_ += bytes.size();
    return {at, bytes.size()};
  }
  void reset() {
    if (blocks_.size() > kBlocksKept) blocks_.resize(kBlocksKept);
    current_ = 0;
    used_ = 0;
  }

 private:
  static constexpr size_t kBlockBytes = 128 * 1024;
  static constexpr size_t kBlocksKept = 8;  // chosen: 1 MiB a worker; more only while a turn needs it
  using Block = std::array<uint8_t, kBlockBytes>;

  void next_block() {
    current_ = blocks_.empty() ? 0 : current_ + 1;
    if (current_ == blocks_.size()) blocks_.emplace_back(new Block);
    used_ = 0;
  }

  std::vector<std::unique_ptr<Block>> blocks_;
  size_t current_ = 0;
  size_t used_ = 0;
};

class EventQueue {
 public:
  EventQueue() { events_.reserve(kEventsPerTurnMax); }

  void begin_turn() {
    events_.clear();
    arena_.reset();
    collecting_ = true;
    while (room() > 0 && !waiting_.empty()) {
      events_.push_back(waiting_.front());
      waiting_.pop_front();
    }
  }
  std::span<const Event> end_turn() {
    collecting_ = false;
    return events_;
  }

  [[nodiscard]] size_t room() const { return kEventsPerTurnMax - events_.size(); }
  [[nodiscard]] bool empty() const { return events_.empty(); }

  // For events that show bytes. REQUIRES: inside a turn, room() > 0.
  void add(const Event& event) {
    CHECK(collecting_);
    CHECK(room() > 0);
    events_.push_back(event);
  }
  // For events without bytes: at any time.
  void add_whenever(const Event& event) {
    if (collecting_ && room() > 0) events_.push_back(event);
    else waiting_.push_back(event);
  }
  base::Bytes keep(base::Bytes bytes) { return arena_.copy(bytes); }

 private:
  std::vector<Event> events_;
  std::deque<Event> waiting_;  // at most one for each open socket and each refused exchange
  Arena arena_;
  bool collecting_ = false;
};

}  // namespace net
