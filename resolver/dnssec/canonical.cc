#include "resolver/dnssec/canonical.h"

#include <algorithm>

#include "base/check.h"
#include "wire/rdata.h"
#include "wire/rdata_layout.h"
#include "wire/rendered.h"

namespace resolver::dnssec {
namespace {

void append(std::vector<uint8_t>& out, base::Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_be16(std::vector<uint8_t>& out, uint16_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}
void append_be32(std::vector<uint8_t>& out, uint32_t value) {
  append_be16(out, static_cast<uint16_t>(value >> 16));
  append_be16(out, static_cast<uint16_t>(value));
}

// RFC 2874 §3.1: prefix length, the address's suffix, and for a prefix length above 0 a name.
void append_canonical_a6(base::Bytes rdata, std::vector<uint8_t>& out) {
  const size_t start = out.size();
  append(out, rdata);
  if (rdata.empty() || rdata[0] == 0 || rdata[0] > 128) return;
  const size_t suffix_bytes = (128 - rdata[0] + size_t{7}) / 8;
  if (rdata.size() <= 1 + suffix_bytes) return;
  const auto name = wire::NameView::parse(rdata.subspan(1 + suffix_bytes));
  if (!name || name->size() != rdata.size() - 1 - suffix_bytes) return;
  wire::lowercase_into(name->bytes(), base::MutableBytes(out).subspan(start + 1 + suffix_bytes, name->size()));
}

bool has_names_to_lower(wire::Type type) { return type == wire::Type::kA6 || wire::lowercases_names(type); }

bool comes_before(base::Bytes left, base::Bytes right) {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
}
bool equal(base::Bytes left, base::Bytes right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace

size_t signed_labels(wire::NameView owner) { return owner.label_count() - (owner.is_wildcard() ? 1 : 0); }

void append_canonical_rdata(wire::Type type, base::Bytes rdata, std::vector<uint8_t>& out) {
  if (type == wire::Type::kA6) return append_canonical_a6(rdata, out);
  append(out, wire::canonical_rdata(type, rdata));
}

CanonicalRrset::CanonicalRrset(const SignedRrset& rrset) : rrset_(rrset) {
  const bool lower = has_names_to_lower(rrset.type);
  // Lower-casing keeps sizes: room for all beforehand, so that the views stay valid.
  if (lower) lowered_.reserve(rrset.records.size());
  wire::for_each_rendered(rrset.records, [&](wire::Type, uint32_t, base::Bytes rdata) {
    if (!lower) return rdata_.push_back(rdata);
    const size_t start = lowered_.size();
    append_canonical_rdata(rrset.type, rdata, lowered_);
    rdata_.push_back(base::Bytes(lowered_).subspan(start));
  });
  std::sort(rdata_.begin(), rdata_.end(), comes_before);
  rdata_.erase(std::unique(rdata_.begin(), rdata_.end(), equal), rdata_.end());
}

std::vector<uint8_t> CanonicalRrset::signed_data(const wire::RrsigFields& rrsig) const {
  CHECK(rrsig.labels <= signed_labels(rrset_.owner));
  std::vector<uint8_t> out;
  size_t bytes = 18 + wire::kNameBytesMax;
  for (const base::Bytes rdata : rdata_) bytes += rdata.size() + wire::kNameBytesMax + 10;
  out.reserve(bytes);
  append_be16(out, static_cast<uint16_t>(rrsig.covered));
  out.push_back(rrsig.algorithm);
  out.push_back(rrsig.labels);
  append_be32(out, rrsig.original_ttl);
  append_be32(out, rrsig.expiration);
  append_be32(out, rrsig.inception);
  append_be16(out, rrsig.key_tag);
  append(out, wire::Name(rrsig.signer).lowercased().view().bytes());

  wire::Name owner = wire::Name(rrset_.owner).lowercased();
  if (rrsig.labels < signed_labels(rrset_.owner)) {
    constexpr uint8_t kStar[] = {'*'};
    // Shorter than the owner by at least one label: it fits.
    owner = *wire::Name::prepend(kStar, owner.view().suffix(rrsig.labels));
  }
  for (const base::Bytes rdata : rdata_) {
    append(out, owner.view().bytes());
    append_be16(out, static_cast<uint16_t>(rrset_.type));
    append_be16(out, static_cast<uint16_t>(rrset_.klass));
    append_be32(out, rrsig.original_ttl);
    append_be16(out, static_cast<uint16_t>(rdata.size()));
    append(out, rdata);
  }
  return out;
}

}  // namespace resolver::dnssec
