// Denials: the NSEC or NSEC3 records of one zone whose signatures were found secure, as material for
// a proof. What could prove something about another place is not taken up:
//
//   - owner, and the next name of an NSEC, outside the signer's zone (overreaching: attacks row 16)
//   - an NSEC3 whose owner is not one hash label directly below the zone
//   - a record that a wildcard made: its RRSIG has fewer labels than its owner (row 15)
//   - an NSEC that goes backwards without ending at the apex
//   - NSEC3 of an unknown hash algorithm or with unknown flags (RFC 5155 §8.1, §8.2)
//
// The functions on one NSEC hold the rules that make a record deny (RFC 4034 §4, RFC 6840 §4.1);
// they are shared by the proofs of an answer (denial_check.h) and by synthesis from the cache
// (synthesize.h).
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "resolver/dnssec/crypto.h"
#include "wire/dnssec_rdata.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver::dnssec {

struct Nsec {
  wire::NameView owner;
  wire::NameView next;
  wire::TypeBitmap types;
};

struct Nsec3 {
  Nsec3Hash owner_hash;
  Nsec3Hash next_hash;
  bool opt_out = false;
  uint16_t iterations = 0;
  base::Bytes salt;
  wire::TypeBitmap types;
};

// Above this a response holds no honest proof: NXDOMAIN takes three.
inline constexpr size_t kDenialsMax = 16;

class Denials {
 public:
  explicit Denials(wire::NameView zone) : zone_(zone) {}

  // `rrsig_labels` of the signature that was found to hold. False: not taken up. Borrows owner and rdata.
  bool add(wire::NameView owner, wire::Type type, base::Bytes rdata, uint8_t rrsig_labels);

  [[nodiscard]] wire::NameView zone() const { return zone_; }
  [[nodiscard]] const std::vector<Nsec>& nsec() const { return nsec_; }
  [[nodiscard]] const std::vector<Nsec3>& nsec3() const { return nsec3_; }
  [[nodiscard]] bool empty() const { return nsec_.empty() && nsec3_.empty(); }
  // Something was offered and not taken up.
  [[nodiscard]] bool has_refused() const { return refused_; }

 private:
  bool add_nsec(wire::NameView owner, base::Bytes rdata);
  bool add_nsec3(wire::NameView owner, base::Bytes rdata);
  wire::NameView zone_;
  std::vector<Nsec> nsec_;
  std::vector<Nsec3> nsec3_;
  bool refused_ = false;
};

// The rules of `add` for one record, for those who keep records one by one. `zone` is the signer.
[[nodiscard]] bool parse_nsec_of_zone(wire::NameView zone, wire::NameView owner, base::Bytes rdata, Nsec& nsec);
[[nodiscard]] bool parse_nsec3_of_zone(wire::NameView zone, wire::NameView owner, base::Bytes rdata, Nsec3& nsec3);

// `name` lies between owner and next, and the record may speak of it: not below a cut or a DNAME at
// its owner. REQUIRES: name is within the zone.
[[nodiscard]] bool covers(const Nsec& nsec, wire::NameView zone, wire::NameView name);
// Covered, but some name below it exists: an empty non-terminal.
[[nodiscard]] inline bool proves_empty_non_terminal(const Nsec& nsec, wire::NameView name) {
  return nsec.next.is_within(name) && !(nsec.next == name);
}
// The labels of the deepest name that exists above a name that is covered.
[[nodiscard]] size_t closest_encloser_labels(const Nsec& nsec, wire::NameView name);

// What a record at the very name says about a type.
enum class AtName : uint8_t {
  kDenied,     // the type is not there
  kExists,     // it is, or an alias is
  kWrongSide,  // a parent's record for what only the child knows, or a child's for DS
};
[[nodiscard]] AtName denied_at_name(const wire::TypeBitmap& types, wire::NameView name, wire::Type type);
// A delegation seen from the parent.
[[nodiscard]] inline bool is_delegation(const wire::TypeBitmap& types) {
  return types.contains(wire::Type::kNs) && !types.contains(wire::Type::kSoa);
}

// Hash order goes round: the last record's next hash is the first one's owner.
[[nodiscard]] bool covers(const Nsec3& nsec3, const Nsec3Hash& hash);

}  // namespace resolver::dnssec
