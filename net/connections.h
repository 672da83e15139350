// What is decided about clients' TCP connections (RFC 7766 §6.2, RFC 9210 §4): who may connect,
// who gives way, how long an idle one is kept, when reading pauses. Pure: no sockets here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/instant.h"
#include "base/ip.h"
#include "net/loop.h"

namespace net {

// Answers that wait for a client to read them. Above the first bound no more of its queries are
// taken; above the second it is closed (chosen: room for a few of the largest answers).
inline constexpr size_t kBacklogPauseBytes = 64 * 1024;
inline constexpr size_t kBacklogMaxBytes = 1024 * 1024;

enum class Admission : uint8_t {
  kAdmit,
  kAdmitAfterEviction,  // the table is full: the largest holder gives one up
  kRefuseAddress,       // this address holds its share already
  kRefuseAll,           // no connections are wanted at all
};
[[nodiscard]] Admission decide_admission(uint32_t open, uint32_t open_from_address, const LoopOptions& options);

// How long a connection may be idle: all of `idle` in an empty table, a tenth in a full one,
// linear between (RFC 7766 §6.2.3 lets servers shorten it under load).
[[nodiscard]] base::Duration idle_limit(base::Duration idle, uint32_t open, uint32_t open_max);

// True if another message may be taken from a connection.
[[nodiscard]] bool may_take_message(uint32_t unanswered, size_t backlog_bytes, const LoopOptions& options);

// How many connections each address holds. Bounded by the table of connections. Ordered, so
// that chosen addresses cannot make it slow.
class AddressCounts {
 public:
  void add(const base::IpAddress& address) { ++counts_[address]; }
  void remove(const base::IpAddress& address);
  [[nodiscard]] uint32_t count(const base::IpAddress& address) const;
  // The address that holds most (the lowest among equals).
  [[nodiscard]] std::optional<base::IpAddress> largest() const;

 private:
  std::map<base::IpAddress, uint32_t> counts_;
};

}  // namespace net
