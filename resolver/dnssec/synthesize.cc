#include "resolver/dnssec/synthesize.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace resolver::dnssec {
namespace {

constexpr uint8_t kStar[] = {'*'};

// Types whose absence no bitmap tells in the ordinary way.
bool may_be_denied(wire::Type type) {
  return !wire::is_meta_type(type) && type != wire::Type::kRrsig && type != wire::Type::kNsec &&
         type != wire::Type::kNsec3;
}

// One question to one zone.
class Synthesizer {
 public:
  Synthesizer(base::Instant now, cache::DenialIndex& index, wire::NameView zone, wire::NameView name, wire::Type type,
              const Policy& policy, ValidationBudget& budget)
      : now_(now), index_(index), zone_(zone), name_(name), type_(type), policy_(policy), budget_(budget) {}

  Synthesis run();

 private:
  struct FoundNsec {
    cache::DenialRecord record;
    Nsec nsec;
  };
  struct FoundNsec3 {
    cache::DenialRecord record;
    Nsec3 nsec3;
    bool matches = false;  // else covers
  };
  std::optional<FoundNsec> find_nsec(wire::NameView name);
  std::optional<FoundNsec3> find_nsec3(wire::NameView name);
  Denied from_nsec();
  Denied from_nsec_cover(const FoundNsec& cover);
  Denied from_nsec3();
  Denied from_nsec3_wildcard(wire::NameView encloser);
  void use(cache::DenialRecord record);

  const base::Instant now_;
  cache::DenialIndex& index_;
  const wire::NameView zone_;
  const wire::NameView name_;
  const wire::Type type_;
  const Policy& policy_;
  ValidationBudget& budget_;
  cache::Nsec3Parameters parameters_;
  Synthesis out_;
};

void Synthesizer::use(cache::DenialRecord record) {
  for (const cache::DenialRecord& used : out_.proofs) {
    if (used.owner == record.owner) return;
  }
  out_.proofs.push_back(std::move(record));
}

std::optional<Synthesizer::FoundNsec> Synthesizer::find_nsec(wire::NameView name) {
  auto record = index_.nsec_at_or_before(now_, zone_, name);
  if (!record) return std::nullopt;
  FoundNsec found{*std::move(record), {}};
  if (!parse_nsec_of_zone(zone_, found.record.owner, found.record.rdata, found.nsec)) return std::nullopt;
  return found;
}

Denied Synthesizer::from_nsec() {
  const auto found = find_nsec(name_);
  if (!found) return Denied::kNothing;
  // The views of a moved record stay valid but for the owner's, which is kept in place.
  const Nsec nsec{found->record.owner, found->nsec.next, found->nsec.types};
  if (nsec.owner == name_) {
    if (denied_at_name(nsec.types, name_, type_) != AtName::kDenied) return Denied::kNothing;
    use(found->record);
    return Denied::kNodata;
  }
  if (!covers(nsec, zone_, name_)) return Denied::kNothing;
  if (proves_empty_non_terminal(nsec, name_)) {
    use(found->record);
    return Denied::kNodata;
  }
  return from_nsec_cover({found->record, nsec});
}

Denied Synthesizer::from_nsec_cover(const FoundNsec& cover) {
  const Nsec nsec{cover.record.owner, cover.nsec.next, cover.nsec.types};
  const auto wildcard = wire::Name::prepend(kStar, name_.suffix(closest_encloser_labels(nsec, name_)));
  if (!wildcard) return Denied::kNothing;
  const auto found = find_nsec(*wildcard);
  if (!found) return Denied::kNothing;
  const Nsec at_wildcard{found->record.owner, found->nsec.next, found->nsec.types};
  Denied denied = Denied::kNxdomain;
  if (at_wildcard.owner == wildcard->view()) {
    if (denied_at_name(at_wildcard.types, *wildcard, type_) != AtName::kDenied) return Denied::kNothing;
    denied = Denied::kNodata;
  } else if (!covers(at_wildcard, zone_, *wildcard)) {
    return Denied::kNothing;
  } else if (proves_empty_non_terminal(at_wildcard, *wildcard)) {
    denied = Denied::kNodata;
  }
  use(cover.record);
  use(found->record);
  return denied;
}

std::optional<Synthesizer::FoundNsec3> Synthesizer::find_nsec3(wire::NameView name) {
  const uint32_t blocks = nsec3_hash_blocks(name.size(), parameters_.salt.size(), parameters_.iterations);
  if (!budget_.spend_hash(blocks)) return std::nullopt;
  const Nsec3Hash hash = nsec3_hash(name, parameters_.salt, parameters_.iterations);
  auto record = index_.nsec3_at_or_before(now_, zone_, parameters_, hash);
  if (!record) return std::nullopt;
  FoundNsec3 found{*std::move(record), {}, false};
  if (!parse_nsec3_of_zone(zone_, found.record.owner, found.record.rdata, found.nsec3)) return std::nullopt;
  found.matches = found.nsec3.owner_hash == hash;
  if (!found.matches && !covers(found.nsec3, hash)) return std::nullopt;
  return found;
}

// Downwards from the apex: every name on the way has to be known, so that nothing is a delegation.
Denied Synthesizer::from_nsec3() {
  const size_t name_labels = name_.label_count();
  std::optional<FoundNsec3> encloser;
  for (size_t labels = zone_.label_count(); labels <= name_labels; ++labels) {
    auto found = find_nsec3(name_.suffix(labels));
    if (!found) {
      encloser.reset();
      continue;
    }
    if (!found->matches) {
      if (!encloser || found->nsec3.opt_out) return Denied::kNothing;
      use(encloser->record);
      use(found->record);
      return from_nsec3_wildcard(name_.suffix(labels - 1));
    }
    if (labels == name_labels) {
      if (denied_at_name(found->nsec3.types, name_, type_) != AtName::kDenied) return Denied::kNothing;
      use(found->record);
      return Denied::kNodata;
    }
    if (is_delegation(found->nsec3.types) || found->nsec3.types.contains(wire::Type::kDname)) return Denied::kNothing;
    encloser = std::move(found);
  }
  return Denied::kNothing;
}

Denied Synthesizer::from_nsec3_wildcard(wire::NameView encloser) {
  const auto wildcard = wire::Name::prepend(kStar, encloser);
  if (!wildcard) return Denied::kNothing;
  const auto found = find_nsec3(*wildcard);
  if (!found) return Denied::kNothing;
  if (found->matches) {
    if (denied_at_name(found->nsec3.types, *wildcard, type_) != AtName::kDenied) return Denied::kNothing;
    use(found->record);
    return Denied::kNodata;
  }
  if (found->nsec3.opt_out) return Denied::kNothing;
  use(found->record);
  return Denied::kNxdomain;
}

Synthesis Synthesizer::run() {
  const bool own_ds = type_ == wire::Type::kDs && name_ == zone_;
  if (!name_.is_within(zone_) || !may_be_denied(type_) || own_ds) return {};
  auto soa = index_.soa(now_, zone_);
  if (!soa) return {};
  Denied denied = from_nsec();
  if (denied == Denied::kNothing) {
    for (cache::Nsec3Parameters& parameters : index_.nsec3_parameters(zone_)) {
      if (parameters.iterations > policy_.nsec3_iterations_max) continue;
      parameters_ = std::move(parameters);
      out_.proofs.clear();
      denied = from_nsec3();
      if (denied != Denied::kNothing) break;
    }
  }
  if (denied == Denied::kNothing) return {};
  out_.denied = denied;
  out_.ttl_s = soa->ttl_left_s;
  for (const cache::DenialRecord& proof : out_.proofs) out_.ttl_s = std::min(out_.ttl_s, proof.ttl_left_s);
  out_.soa = *std::move(soa);
  return std::move(out_);
}

// One more than the owner, or two: minimal spans are made for a single name (RFC 7129 appendix B).
bool spans_no_hash(const Nsec3& nsec3) {
  unsigned distance = 0;
  unsigned borrow = 0;
  for (size_t at = kNsec3HashBytes; at-- > 0;) {
    const unsigned difference = 256U + nsec3.next_hash[at] - nsec3.owner_hash[at] - borrow;
    borrow = difference < 256 ? 1 : 0;
    if (at == kNsec3HashBytes - 1) {
      distance = difference & 255;
    } else if ((difference & 255) != 0) {
      return false;
    }
  }
  return distance == 1 || distance == 2;
}

bool spans_no_name(const Nsec& nsec) {
  constexpr uint8_t kLowest = 0;
  const wire::NameView next = nsec.next;
  const bool is_child = !next.is_root() && next.parent() == nsec.owner;
  return is_child && next.first_label().size() == 1 && next.first_label()[0] == kLowest;
}

}  // namespace

Synthesis synthesize(base::Instant now, cache::DenialIndex& index, wire::NameView zone, wire::NameView name,
                     wire::Type type, const Policy& policy, ValidationBudget& budget) {
  return Synthesizer(now, index, zone, name, type, policy, budget).run();
}

bool keep_denial(base::Instant now, cache::DenialIndex& index, const SecureDenial& denial, const Policy& policy) {
  if (denial.from_wildcard) return false;
  const cache::DenialToKeep kept{denial.owner, denial.rdata, denial.signatures, denial.ttl_s};
  if (denial.type == wire::Type::kNsec) {
    Nsec nsec;
    if (!parse_nsec_of_zone(denial.zone, denial.owner, denial.rdata, nsec) || spans_no_name(nsec)) return false;
    index.put_nsec(now, denial.zone, kept, nsec.next);
    return true;
  }
  Nsec3 nsec3;
  if (denial.type != wire::Type::kNsec3 || !parse_nsec3_of_zone(denial.zone, denial.owner, denial.rdata, nsec3)) {
    return false;
  }
  if (nsec3.iterations > policy.nsec3_iterations_max || spans_no_hash(nsec3)) return false;
  const cache::Nsec3Parameters parameters{nsec3.iterations, {nsec3.salt.begin(), nsec3.salt.end()}};
  index.put_nsec3(now, denial.zone, kept, parameters, nsec3.owner_hash, nsec3.next_hash);
  return true;
}

}  // namespace resolver::dnssec
