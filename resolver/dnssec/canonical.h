// What a signature signs: RRsets in canonical form and order (RFC 4034 §6, RFC 6840 §5.1), from the
// rendered form that the cache keeps (wire/rendered.h). Work and memory are linear in the RRset
// times the owner's size, but for the sort.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "wire/dnssec_rdata.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver::dnssec {

// An RRset and its RRSIGs as they came. Borrows: keep the bytes alive.
struct SignedRrset {
  wire::NameView owner;
  wire::Type type = wire::Type::kNone;
  wire::Class klass = wire::Class::kIn;
  base::Bytes records;     // rendered
  base::Bytes signatures;  // rendered RRSIGs
};

class CanonicalRrset {
 public:
  // `rrset` outlives this.
  explicit CanonicalRrset(const SignedRrset& rrset);
  CanonicalRrset(const CanonicalRrset&) = delete;
  CanonicalRrset& operator=(const CanonicalRrset&) = delete;

  // RDATA in canonical form, in canonical order, without duplicates.
  [[nodiscard]] const std::vector<base::Bytes>& rdata() const { return rdata_; }
  // RFC 4034 §3.1.8.1: the RRSIG's RDATA without its signature, and the records. With fewer labels
  // than the owner has, the owner becomes the wildcard (RFC 4035 §5.3.2).
  // REQUIRES: rrsig.labels <= signed_labels(rrset.owner).
  [[nodiscard]] std::vector<uint8_t> signed_data(const wire::RrsigFields& rrsig) const;

 private:
  const SignedRrset& rrset_;
  std::vector<uint8_t> lowered_;  // where letters had to be changed
  std::vector<base::Bytes> rdata_;
};

// The value of a Labels field for this owner: a leading "*" and the root do not count (RFC 4034 §3.1.3).
[[nodiscard]] size_t signed_labels(wire::NameView owner);

// The form of one RDATA with the names of the RFC 4034 §6.2 types in lower case, A6 (RFC 2874) included.
void append_canonical_rdata(wire::Type type, base::Bytes rdata, std::vector<uint8_t>& out);

}  // namespace resolver::dnssec
