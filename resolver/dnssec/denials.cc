#include "resolver/dnssec/denials.h"

#include <algorithm>

#include "resolver/dnssec/canonical.h"

namespace resolver::dnssec {
namespace {

constexpr uint8_t kSha1 = 1;            // RFC 5155 §11, the only hash algorithm
constexpr uint8_t kKnownFlags = 1;      // opt-out
constexpr size_t kHashLabelBytes = 32;  // base 32 of 20 bytes

}  // namespace

bool parse_nsec_of_zone(wire::NameView zone, wire::NameView owner, base::Bytes rdata, Nsec& nsec) {
  const auto fields = wire::parse_nsec(rdata);
  if (!fields || !owner.is_within(zone) || !fields->next.is_within(zone)) return false;
  if (fields->next.compare_canonical(owner) <= 0 && !(fields->next == zone)) return false;
  nsec = {owner, fields->next, fields->types};
  return true;
}

bool parse_nsec3_of_zone(wire::NameView zone, wire::NameView owner, base::Bytes rdata, Nsec3& nsec3) {
  const auto fields = wire::parse_nsec3(rdata);
  if (!fields || fields->hash_algorithm != kSha1 || (fields->flags & ~kKnownFlags) != 0) return false;
  if (owner.is_root() || !(owner.parent() == zone) || owner.first_label().size() != kHashLabelBytes) return false;
  const auto hash = wire::base32hex_decode(owner.first_label());
  if (!hash || hash->size() != kNsec3HashBytes || fields->next_hash.size() != kNsec3HashBytes) return false;
  std::copy(hash->begin(), hash->end(), nsec3.owner_hash.begin());
  std::copy(fields->next_hash.begin(), fields->next_hash.end(), nsec3.next_hash.begin());
  nsec3.opt_out = fields->is_opt_out();
  nsec3.iterations = fields->iterations;
  nsec3.salt = fields->salt;
  nsec3.types = fields->types;
  return true;
}

bool Denials::add_nsec(wire::NameView owner, base::Bytes rdata) {
  Nsec nsec;
  if (!parse_nsec_of_zone(zone_, owner, rdata, nsec)) return false;
  nsec_.push_back(nsec);
  return true;
}

bool Denials::add_nsec3(wire::NameView owner, base::Bytes rdata) {
  Nsec3 nsec3;
  if (!parse_nsec3_of_zone(zone_, owner, rdata, nsec3)) return false;
  nsec3_.push_back(nsec3);
  return true;
}

bool Denials::add(wire::NameView owner, wire::Type type, base::Bytes rdata, uint8_t rrsig_labels) {
  const bool made_by_wildcard = rrsig_labels != signed_labels(owner);
  bool added = false;
  if (!made_by_wildcard && nsec_.size() + nsec3_.size() < kDenialsMax) {
    added = (type == wire::Type::kNsec && add_nsec(owner, rdata)) ||
            (type == wire::Type::kNsec3 && add_nsec3(owner, rdata));
  }
  refused_ = refused_ || !added;
  return added;
}

bool covers(const Nsec& nsec, wire::NameView zone, wire::NameView name) {
  if (nsec.owner.compare_canonical(name) >= 0) return false;
  const bool is_last = nsec.next == zone;
  if (!is_last && name.compare_canonical(nsec.next) >= 0) return false;
  // RFC 6840 §4.1: what lies below a cut or a DNAME is not this zone's to deny.
  const bool lets_nothing_below = is_delegation(nsec.types) || nsec.types.contains(wire::Type::kDname);
  return !(lets_nothing_below && name.is_within(nsec.owner));
}

size_t closest_encloser_labels(const Nsec& nsec, wire::NameView name) {
  return std::max(name.common_labels(nsec.owner), name.common_labels(nsec.next));
}

AtName denied_at_name(const wire::TypeBitmap& types, wire::NameView name, wire::Type type) {
  if (type == wire::Type::kDs) {
    // The apex of a child says nothing about its DS; the root has no parent.
    if (types.contains(wire::Type::kSoa) && !name.is_root()) return AtName::kWrongSide;
  } else if (is_delegation(types)) {
    return AtName::kWrongSide;
  }
  if (types.contains(type) || types.contains(wire::Type::kCname)) return AtName::kExists;
  return AtName::kDenied;
}

bool covers(const Nsec3& nsec3, const Nsec3Hash& hash) {
  if (nsec3.owner_hash < nsec3.next_hash) return nsec3.owner_hash < hash && hash < nsec3.next_hash;
  // The last in hash order, or the only one.
  return nsec3.owner_hash < hash || hash < nsec3.next_hash;
}

}  // namespace resolver::dnssec
