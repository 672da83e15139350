// The payload of a kFailure entry (RFC 9520): why, and how often in a row. The life of a failure
// grows with each repetition: 5 s, 10 s, 20 s ... at most 5 minutes (RFC 9520 §3.2); a success removes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/entry.h"

namespace cache {

inline constexpr uint32_t kFailureTtlFirst_s = 5;
inline constexpr uint32_t kFailureTtlMax_s = 300;

// Who did not answer at all. What they say later to anybody is news.
enum class Silence : uint8_t {
  kOfNobody,   // somebody answered, but nothing of use
  kOfAll,
  kOfServers,  // a forwarder answered that it had nothing
};

struct Failure {
  wire::ExtendedError error = wire::ExtendedError::kOther;
  uint8_t repetitions = 0;  // 0 for the first
  Silence silence = Silence::kOfNobody;
  std::string_view text;    // for EDE EXTRA-TEXT; at most 200 bytes are kept
};

// `previous`: the failure entry now in the cache for the same key, expired or not, or nullptr.
// It counts as a repetition only while less than kFailureTtlMax_s have passed since it expired.
[[nodiscard]] EntryPtr make_failure_entry(base::Instant now, wire::NameView name, wire::Type type,
                                          const Entry* previous, wire::ExtendedError error, Silence silence,
                                          std::string_view text);
[[nodiscard]] Failure read_failure(const Entry& entry);
// Whether read_failure() can read `body`.
[[nodiscard]] bool is_well_formed_failure(base::Bytes body);

}  // namespace cache
