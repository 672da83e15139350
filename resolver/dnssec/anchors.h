// TrustAnchors: where validation begins, and where the operator has switched it off.
//
// An anchor is kept as DS records, rendered: a DNSKEY that is configured becomes its DS (SHA-256), so
// that one path checks both. Built in are IANA's for the root: KSK-2017 and KSK-2024, as published at
// https://www.iana.org/domains/root/files and mirrored in Debian's dns-root-data (free to redistribute;
// this is a copy, the source is IANA).
//
// A negative anchor (RFC 7646) makes its zone and what is below insecure until it expires: by the wall
// clock, since an operator writes a date, and a restart must not prolong it. The nearest of both kinds
// above a name counts; at one name the negative one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "resolver/dnssec/policy.h"
#include "wire/name.h"

namespace resolver::dnssec {

// Of a negative anchor that does not expire.
inline constexpr base::WallTime kNoExpiry{INT64_MAX};

class TrustAnchors {
 public:
  // Each text is a DS or DNSKEY record, "example.com. IN DS 12345 13 2 ...". None: IANA's. The error is one
  // sentence that says what to do.
  static base::Result<TrustAnchors, std::string> parse(const std::vector<std::string>& texts, const Policy& policy);
  static TrustAnchors iana();

  // No positive one: nothing is ever validated.
  [[nodiscard]] bool empty() const { return anchors_.empty(); }
  // Counts before `until`. Said again for the same zone it replaces what was said.
  void add_negative(wire::NameView zone, base::WallTime until);
  // What RFC 5011 made of a zone's anchors (managed_anchors.h); none: the zone is an anchor no more.
  void replace(wire::NameView zone, std::vector<uint8_t> ds_records);

  struct Found {
    wire::NameView zone;
    base::Bytes ds_records;  // of a positive one
    bool is_negative = false;
  };
  // The nearest at or above the name; for a DS question ask with the parent's name.
  [[nodiscard]] std::optional<Found> nearest(wire::NameView name, base::WallTime now) const;
  // Calls visit(zone, ds_records) for each positive one.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Anchor& anchor : anchors_) visit(wire::NameView(anchor.zone), base::Bytes(anchor.ds_records));
  }
  // Of this very zone; none: it has no positive one.
  [[nodiscard]] base::Bytes ds_records(wire::NameView zone) const;
  // Key tags of the zone's anchors, rising, each once.
  [[nodiscard]] std::vector<uint16_t> key_tags(wire::NameView zone) const;

 private:
  struct Anchor {
    wire::Name zone;
    std::vector<uint8_t> ds_records;
  };
  struct Negative {
    wire::Name zone;
    base::WallTime until;
  };
  std::vector<uint8_t>& records_of(wire::NameView zone);
  std::vector<Anchor> anchors_;
  std::vector<Negative> negatives_;
};

// The DS of a DNSKEY, appended in rendered form.
void append_ds_of(wire::NameView zone, base::Bytes dnskey_rdata, std::vector<uint8_t>& ds_records);

}  // namespace resolver::dnssec
