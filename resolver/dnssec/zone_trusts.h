// ZoneTrusts: what one worker has found out about names that may be zones: that a zone is signed and by which
// keys, that an unsigned one begins there, or that no zone does. Each lasts as long as the data that said so.
//
// Only what was validated is put in. Bounded by count: when full, what has expired goes, then the name that
// comes first after a hand that goes round.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.h"
#include "resolver/dnssec/keys.h"
#include "resolver/dnssec/reason.h"
#include "wire/name.h"

namespace resolver::dnssec {

// What the parent says of a name.
enum class Cut : uint8_t {
  kUnknown,
  kSigned,    // a DS RRset of which something is checked
  kUnsigned,  // a delegation without DS, with none that is checked, or perhaps one under opt-out
  kNone,      // no delegation
};

class ZoneTrusts {
 public:
  struct Trust {
    Cut cut = Cut::kUnknown;
    base::Instant cut_until;
    std::vector<uint8_t> ds_records;  // kSigned
    Verdict verdict;                  // kUnsigned: why
    std::shared_ptr<KeySet> keys;     // of a zone whose DNSKEY RRset was validated
    base::Instant keys_until;
  };

  explicit ZoneTrusts(size_t zones_max) : zones_max_(zones_max) {}

  // nullptr: nothing is known that holds still.
  [[nodiscard]] const Trust* find(base::Instant now, wire::NameView name) const;
  [[nodiscard]] Cut cut(base::Instant now, wire::NameView name) const;
  [[nodiscard]] std::shared_ptr<KeySet> keys(base::Instant now, wire::NameView zone) const;

  // At least a second, so that who waits for it finds it.
  void put_signed(base::Instant now, wire::NameView zone, base::Bytes ds_records, uint32_t ttl_s);
  void put_unsigned(base::Instant now, wire::NameView zone, const Verdict& why, uint32_t ttl_s);
  void put_no_cut(base::Instant now, wire::NameView name, uint32_t ttl_s);
  void put_keys(base::Instant now, wire::NameView zone, std::shared_ptr<KeySet> keys, uint32_t ttl_s);
  // They were validated by an anchor that is not trusted any more.
  void forget_keys(wire::NameView zone);
  [[nodiscard]] size_t size() const { return trusts_.size(); }

 private:
  Trust& at(base::Instant now, wire::NameView name);
  Trust& set_cut(base::Instant now, wire::NameView name, Cut cut, uint32_t ttl_s);
  size_t zones_max_;
  std::map<std::string, Trust> trusts_;  // by the lower-case bytes of the name
  std::string hand_;
};

}  // namespace resolver::dnssec
