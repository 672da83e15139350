// RecordIndex: the records of one section, to be found by owner and type. Built in O(n log n), so
// that whatever is asked of a message of thousands of records stays near linear in its size.
// collect_rrset() makes what is learned from the records of one owner and type.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "cache/entry.h"
#include "resolver/digest.h"
#include "wire/message.h"

namespace resolver {

class RecordIndex {
 public:
  RecordIndex(const wire::MessageView& message, wire::Section section);

  struct Item {
    uint64_t owner_hash = 0;
    wire::Type type = wire::Type::kNone;
    wire::Type covered = wire::Type::kNone;  // of an RRSIG
    uint32_t position = 0;
    wire::RecordView record;
  };
  // The records of class IN with this owner and type, in the order of the message.
  [[nodiscard]] std::vector<const Item*> find(wire::NameView owner, wire::Type type) const;
  [[nodiscard]] bool has_type(wire::Type type) const;
  // Any record of this owner but RRSIG and NSEC.
  [[nodiscard]] bool has_data_at(wire::NameView owner) const;
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] const wire::MessageView& message() const { return *message_; }
  // Records of all types that are not part of DNSSEC proofs.
  [[nodiscard]] uint32_t plain_count() const { return plain_count_; }

 private:
  [[nodiscard]] std::span<const Item> bucket(uint64_t owner_hash) const;
  const wire::MessageView* message_;
  std::vector<Item> items_;  // sorted by owner_hash, then position
  uint32_t plain_count_ = 0;
};

enum class CollectError : uint8_t { kBroken };

// An RRset without records (record_count 0) when there is none. kBroken: RDATA that does not parse, or
// bounds of resolver/digest.h passed.
[[nodiscard]] base::Result<LearnedRrset, CollectError> collect_rrset(const RecordIndex& index, wire::NameView owner,
                                                                     wire::Type type, cache::Rank rank);

// RFC 8767 §4: a TTL with the top bit set counts as the largest.
inline constexpr uint32_t kTtlMax_s = 0x7FFF'FFFF;
[[nodiscard]] constexpr uint32_t effective_ttl_s(uint32_t ttl) { return ttl > kTtlMax_s ? kTtlMax_s : ttl; }

// The RDATA of the first record. REQUIRES: record_count > 0.
[[nodiscard]] base::Bytes first_rdata(const LearnedRrset& rrset);

}  // namespace resolver
