#include "tests/sim/denial_chain.h"

#include <algorithm>

#include "base/check.h"
#include "tests/unit/resolver/type_bitmap.h"
#include "wire/dnssec_rdata.h"
#include "wire/rdata.h"

namespace sim {

using wire::Name;
using wire::NameView;
using wire::Type;

namespace {

bool is_cut(NameView origin, const ZoneData& data, NameView name) {
  return !(name == origin) && data.find(name, Type::kNs) != nullptr;
}

// Below a cut or a DNAME: none of the zone's own.
bool is_given_away(NameView origin, const ZoneData& data, NameView name) {
  while (!(name == origin)) {
    name = name.parent();
    if (is_cut(origin, data, name) || data.find(name, Type::kDname) != nullptr) return true;
  }
  return false;
}

// What the chain says a name holds. Signatures: of everything but a delegation's NS set.
std::vector<Type> types_at(NameView origin, const ZoneData& data, NameView name, bool is_nsec) {
  std::vector<Type> types;
  const bool cut = is_cut(origin, data, name);
  for (const auto& [type, set] : data.nodes.at(key_of(name))) {
    if (!cut || type == Type::kNs || type == Type::kDs) types.push_back(type);
  }
  const bool is_signed = !cut || data.find(name, Type::kDs) != nullptr;
  if (is_nsec) types.push_back(Type::kNsec);
  if (is_nsec || is_signed) types.push_back(Type::kRrsig);
  return types;
}

}  // namespace

DenialChain::DenialChain(NameView origin, const ZoneData& data, const DenialParameters& parameters)
    : origin_(origin), parameters_(parameters) {
  const RrSet* soa = data.find(origin, Type::kSoa);
  CHECK(soa != nullptr);
  ttl_s_ = std::min(soa->ttl_s, wire::parse_soa(soa->rdatas.front())->minimum);
  std::map<std::string, Types> types;
  for (const auto& [key, node] : data.nodes) {
    const Name name = name_of_key(key);
    if (node.empty() || is_given_away(origin, data, name)) continue;
    const bool is_unsigned_cut = is_cut(origin, data, name) && data.find(name, Type::kDs) == nullptr;
    const bool left_out = is_unsigned_cut && parameters.kind == DenialKind::kNsec3OptOut;
    if (!left_out) types[key] = types_at(origin, data, name, is_nsec());
    // Empty non-terminals are shown even where opt-out would allow to leave them out (RFC 5155 §7.1): what a
    // wildcard beside them makes could not be denied without.
    for (NameView above = name; !(above == origin); above = above.parent()) names_.insert(key_of(above.parent()));
    if (!left_out) names_.insert(key);
  }
  if (is_nsec()) {
    make_nsec(types);
  } else {
    make_nsec3(types);
  }
}

void DenialChain::make_nsec(const std::map<std::string, Types>& types) {
  for (const auto& [key, present] : types) records_.push_back({name_of_key(key), Type::kNsec, ttl_s_, {}});
  std::sort(records_.begin(), records_.end(), [](const Record& left, const Record& right) {
    return left.owner.view().compare_canonical(right.owner) < 0;
  });
  for (size_t at = 0; at < records_.size(); ++at) {
    records_[at].rdata = rdata_of(records_[(at + 1) % records_.size()].owner.view());
    dnssec_test::append_bitmap(records_[at].rdata, types.at(key_of(records_[at].owner)));
  }
}

void DenialChain::make_nsec3(const std::map<std::string, Types>& types) {
  std::map<resolver::dnssec::Nsec3Hash, std::string> by_hash;
  for (const std::string& key : names_) {
    by_hash[resolver::dnssec::nsec3_hash(name_of_key(key), parameters_.salt, parameters_.iterations)] = key;
  }
  for (const auto& [hash, key] : by_hash) hashes_.push_back(hash);
  for (size_t at = 0; at < hashes_.size(); ++at) {
    const std::string label = wire::base32hex_encode(hashes_[at]);
    const auto& next = hashes_[(at + 1) % hashes_.size()];
    const bool opt_out = parameters_.kind == DenialKind::kNsec3OptOut;
    Record record{Name::prepend(base::as_bytes(label), origin_)->lowercased(), Type::kNsec3, ttl_s_, {}};
    record.rdata = {1, static_cast<uint8_t>(opt_out ? 1 : 0), static_cast<uint8_t>(parameters_.iterations >> 8),
                    static_cast<uint8_t>(parameters_.iterations), static_cast<uint8_t>(parameters_.salt.size())};
    record.rdata.insert(record.rdata.end(), parameters_.salt.begin(), parameters_.salt.end());
    record.rdata.push_back(static_cast<uint8_t>(next.size()));
    record.rdata.insert(record.rdata.end(), next.begin(), next.end());
    const auto present = types.find(by_hash.at(hashes_[at]));
    if (present != types.end()) dnssec_test::append_bitmap(record.rdata, present->second);
    records_.push_back(std::move(record));
  }
}

// The record that matches the name, or else covers it.
size_t DenialChain::at_or_before(NameView name) const {
  size_t after = 0;
  if (is_nsec()) {
    while (after < records_.size() && records_[after].owner.view().compare_canonical(name) <= 0) ++after;
  } else {
    const auto hash = resolver::dnssec::nsec3_hash(name, parameters_.salt, parameters_.iterations);
    after = static_cast<size_t>(std::upper_bound(hashes_.begin(), hashes_.end(), hash) - hashes_.begin());
  }
  return after == 0 ? records_.size() - 1 : after - 1;
}

void DenialChain::add(Proof& proof, NameView name) const {
  const size_t at = at_or_before(name);
  proof.emplace(at, records_[at]);
}

NameView DenialChain::encloser(NameView name) const {
  while (!has(name)) name = name.parent();
  return name;
}

void DenialChain::add_encloser(Proof& proof, NameView name) const {
  const NameView closest = encloser(name);
  CHECK(closest.label_count() < name.label_count());
  add(proof, closest);
  add(proof, name.suffix(closest.label_count() + 1));
}

std::vector<Record> DenialChain::records_of(const Proof& proof) {
  std::vector<Record> records;
  for (const auto& [at, record] : proof) records.push_back(record);
  return records;
}

std::vector<Record> DenialChain::nodata(NameView name) const {
  Proof proof;
  add(proof, name);  // NSEC: of an empty non-terminal the one before it
  return records_of(proof);
}

// The same proof, but that the wildcard is not there either.
std::vector<Record> DenialChain::nxdomain(NameView name) const {
  return wildcard_nodata(name, below("*", encloser(name)));
}

std::vector<Record> DenialChain::wildcard_answer(NameView name) const {
  Proof proof;
  add(proof, is_nsec() ? name : name.suffix(encloser(name).label_count() + 1));
  return records_of(proof);
}

std::vector<Record> DenialChain::wildcard_nodata(NameView name, NameView wildcard) const {
  Proof proof;
  if (is_nsec()) {
    add(proof, name);
  } else {
    add_encloser(proof, name);
  }
  add(proof, wildcard);
  return records_of(proof);
}

std::vector<Record> DenialChain::no_ds(NameView name) const {
  if (has(name) || is_nsec()) return nodata(name);
  Proof proof;
  add_encloser(proof, name);  // opt-out
  return records_of(proof);
}

}  // namespace sim
