#include "resolver/dnssec/denial_check.h"

#include <algorithm>

#include "base/check.h"

namespace resolver::dnssec {
namespace {

constexpr uint8_t kStar[] = {'*'};

// "*." below the last `labels` labels of `name`, which has more of them: it fits.
wire::Name wildcard_below(wire::NameView name, size_t labels) {
  CHECK(labels < name.label_count());
  return *wire::Name::prepend(kStar, name.suffix(labels));
}

bool same_parameters(const Nsec3& left, const Nsec3& right) {
  return left.iterations == right.iterations && left.salt.size() == right.salt.size() &&
         std::equal(left.salt.begin(), left.salt.end(), right.salt.begin());
}

// A record above the name that leaves what is below it to somebody else (RFC 5155 §8.3).
bool gives_away_what_is_below(const wire::TypeBitmap& types) {
  return is_delegation(types) || types.contains(wire::Type::kDname);
}

}  // namespace

DenialCheck::DenialCheck(const Denials& denials, const DenialQuestion& question, const Policy& policy)
    : denials_(denials), question_(question), policy_(policy) {
  if (const Reason flaw = flaw_of_question(); flaw != Reason::kNone) {
    conclude(flaw);
  } else if (!denials.nsec().empty()) {
    conclude(judge_nsec());  // a zone has one kind; where both came, the kind that needs no hashes counts
  } else {
    begin_nsec3();
  }
}

Reason DenialCheck::flaw_of_question() const {
  const wire::NameView zone = denials_.zone();
  if (!question_.name.is_within(zone)) return Reason::kDenialMisplaced;
  if (question_.claim == Claim::kWildcard &&
      (question_.encloser_labels < zone.label_count() || question_.encloser_labels >= question_.name.label_count())) {
    return Reason::kWildcardUnproven;
  }
  if (!denials_.empty()) return Reason::kNone;
  return denials_.has_refused() ? Reason::kDenialMisplaced : Reason::kDenialMissing;
}

void DenialCheck::conclude(const Verdict& verdict) {
  verdict_ = verdict;
  phase_ = Phase::kDone;
  finished_ = Step::kDone;
}

// With NS and without DS an unsigned zone begins here; without NS nothing does.
Verdict DenialCheck::judge_no_ds_at_name(const wire::TypeBitmap& types) const {
  const bool is_apex = types.contains(wire::Type::kSoa) && !question_.name.is_root();
  if (is_apex) return Verdict::of(Reason::kDenialMisplaced, denials_.zone());  // the child's word
  if (types.contains(wire::Type::kDs)) return Verdict::of(Reason::kDenialContradicts, denials_.zone());
  if (is_delegation(types)) return Verdict::of(Reason::kUnsignedDelegation, denials_.zone());
  return Verdict::secure(denials_.zone());
}

// NSEC ------------------------------------------------------------------------------------------

std::optional<Verdict> DenialCheck::judge_nsec_at_name(const Nsec& nsec) const {
  switch (question_.claim) {
    case Claim::kNxdomain:
    case Claim::kWildcard:
      return Verdict::of(Reason::kDenialContradicts, denials_.zone());
    case Claim::kNoDs:
      return judge_no_ds_at_name(nsec.types);
    case Claim::kNodata:
      break;
  }
  switch (denied_at_name(nsec.types, question_.name, question_.type)) {
    case AtName::kDenied:
      return Verdict::secure(denials_.zone());
    case AtName::kExists:
      return Verdict::of(Reason::kDenialContradicts, denials_.zone());
    case AtName::kWrongSide:
      return Verdict::of(Reason::kDenialMisplaced, denials_.zone());
  }
  return std::nullopt;
}

// The name is covered: what of the wildcard in its place?
Verdict DenialCheck::judge_nsec_cover(const Nsec& nsec) const {
  const wire::NameView zone = denials_.zone();
  const bool is_empty_non_terminal = proves_empty_non_terminal(nsec, question_.name);
  const size_t encloser_labels = closest_encloser_labels(nsec, question_.name);
  if (question_.claim == Claim::kNoDs) return Verdict::secure(zone);  // no name, or an empty one: no cut
  if (question_.claim == Claim::kWildcard) {
    const bool is_encloser = !is_empty_non_terminal && encloser_labels == question_.encloser_labels;
    return is_encloser ? Verdict::secure(zone) : Verdict::of(Reason::kWildcardUnproven, zone);
  }
  if (is_empty_non_terminal) {
    return question_.claim == Claim::kNodata ? Verdict::secure(zone) : Verdict::of(Reason::kDenialContradicts, zone);
  }
  const wire::Name wildcard = wildcard_below(question_.name, encloser_labels);
  for (const Nsec& other : denials_.nsec()) {
    if (other.owner == wildcard) {
      if (question_.claim == Claim::kNxdomain) return Verdict::of(Reason::kDenialContradicts, zone);
      switch (denied_at_name(other.types, wildcard, question_.type)) {
        case AtName::kDenied:
          return Verdict::secure(zone);
        case AtName::kExists:
          return Verdict::of(Reason::kDenialContradicts, zone);
        case AtName::kWrongSide:
          return Verdict::of(Reason::kDenialMisplaced, zone);
      }
    }
    if (!covers(other, zone, wildcard)) continue;
    // A wildcard with names below it only: exists, and has no types.
    const bool wildcard_is_empty = proves_empty_non_terminal(other, wildcard);
    if (wildcard_is_empty == (question_.claim == Claim::kNodata)) return Verdict::secure(zone);
  }
  return Verdict::of(Reason::kDenialIncomplete, zone);
}

Verdict DenialCheck::judge_nsec() const {
  bool misplaced = denials_.has_refused();
  for (const Nsec& nsec : denials_.nsec()) {
    if (nsec.owner == question_.name) {
      if (const auto verdict = judge_nsec_at_name(nsec)) return *verdict;
    }
    if (covers(nsec, denials_.zone(), question_.name)) return judge_nsec_cover(nsec);
    // Somebody else's: a cut or a DNAME between the record and the name.
    if (question_.name.is_within(nsec.owner) && gives_away_what_is_below(nsec.types)) misplaced = true;
  }
  return Verdict::of(misplaced ? Reason::kDenialMisplaced : Reason::kDenialIncomplete, denials_.zone());
}

// NSEC3 -----------------------------------------------------------------------------------------

void DenialCheck::begin_nsec3() {
  const Nsec3& first = denials_.nsec3().front();
  for (const Nsec3& nsec3 : denials_.nsec3()) {
    if (nsec3.iterations > policy_.nsec3_iterations_max) return conclude(Reason::kNsec3Iterations);
    if (!same_parameters(first, nsec3)) return conclude(Reason::kDenialIncomplete);  // RFC 5155 §8.2
  }
  labels_ = denials_.zone().label_count();
  switch (question_.claim) {
    case Claim::kNodata:
    case Claim::kNoDs:
      phase_ = Phase::kName;
      break;
    case Claim::kNxdomain:
      phase_ = Phase::kEncloser;
      break;
    case Claim::kWildcard:
      phase_ = Phase::kNextCloser;
      break;
  }
}

wire::Name DenialCheck::name_to_hash() const {
  switch (phase_) {
    case Phase::kName:
      return wire::Name(question_.name);
    case Phase::kEncloser:
      return wire::Name(question_.name.suffix(labels_));
    case Phase::kWildcard:
      return wildcard_below(question_.name, labels_ - 1);
    case Phase::kNextCloser:
      return wire::Name(question_.name.suffix(question_.encloser_labels + size_t{1}));
    case Phase::kDone:
      break;
  }
  UNREACHABLE();
}

const Nsec3* DenialCheck::matching(const Nsec3Hash& hash) const {
  for (const Nsec3& nsec3 : denials_.nsec3()) {
    if (nsec3.owner_hash == hash) return &nsec3;
  }
  return nullptr;
}

const Nsec3* DenialCheck::covering(const Nsec3Hash& hash) const {
  for (const Nsec3& nsec3 : denials_.nsec3()) {
    if (covers(nsec3, hash)) return &nsec3;
  }
  return nullptr;
}

void DenialCheck::take_name(const Nsec3* match) {
  if (match == nullptr) {
    phase_ = Phase::kEncloser;
    return;
  }
  if (question_.claim == Claim::kNoDs) return conclude(judge_no_ds_at_name(match->types));
  switch (denied_at_name(match->types, question_.name, question_.type)) {
    case AtName::kDenied:
      return conclude(Verdict::secure(denials_.zone()));
    case AtName::kExists:
      return conclude(Reason::kDenialContradicts);
    case AtName::kWrongSide:
      return conclude(Reason::kDenialMisplaced);
  }
}

// RFC 5155 §8.3: a name that exists, and the next closer name below it that is covered.
void DenialCheck::take_encloser(const Nsec3* match, const Nsec3* cover) {
  if (match == nullptr && cover != nullptr && encloser_ != nullptr) return encloser_found(*cover);
  if (match != nullptr && labels_ == question_.name.label_count()) {
    // The name itself: NODATA and NoDs have looked there already.
    return conclude(Reason::kDenialContradicts);
  }
  encloser_ = match;
  if (labels_ == question_.name.label_count()) return conclude(Reason::kDenialIncomplete);
  ++labels_;
}

void DenialCheck::encloser_found(const Nsec3& next_closer_cover) {
  if (gives_away_what_is_below(encloser_->types)) return conclude(Reason::kDenialMisplaced);
  opt_out_ = next_closer_cover.opt_out;
  if (question_.claim == Claim::kNoDs) {
    if (opt_out_) return conclude(Reason::kOptOut);
    return conclude(Verdict::secure(denials_.zone()));  // the name does not exist: no cut
  }
  phase_ = Phase::kWildcard;
}

void DenialCheck::take_wildcard(const Nsec3* match, const Nsec3* cover) {
  // RFC 5155 §9.2: with an opt-out span over the next closer name nothing is certain.
  const Verdict proven = opt_out_ ? Verdict::of(Reason::kOptOut, denials_.zone()) : Verdict::secure(denials_.zone());
  if (question_.claim == Claim::kNxdomain) {
    if (match != nullptr) return conclude(Reason::kDenialContradicts);
    return cover != nullptr ? conclude(proven) : conclude(Reason::kDenialIncomplete);
  }
  if (match == nullptr) {
    // RFC 5155 §8.6, and an empty non-terminal above unsigned delegations only (RFC 5155 §7.1, erratum 3441).
    return conclude(opt_out_ ? Reason::kOptOut : Reason::kDenialIncomplete);
  }
  switch (denied_at_name(match->types, wildcard_below(question_.name, labels_ - 1), question_.type)) {
    case AtName::kDenied:
      return conclude(proven);
    case AtName::kExists:
      return conclude(Reason::kDenialContradicts);
    case AtName::kWrongSide:
      return conclude(Reason::kDenialMisplaced);
  }
}

void DenialCheck::take_hash(const Nsec3Hash& hash) {
  const Nsec3* const match = matching(hash);
  const Nsec3* const cover = covering(hash);
  switch (phase_) {
    case Phase::kName:
      return take_name(match);
    case Phase::kEncloser:
      return take_encloser(match, cover);
    case Phase::kWildcard:
      return take_wildcard(match, cover);
    case Phase::kNextCloser:  // RFC 5155 §8.8
      if (match != nullptr) return conclude(Reason::kDenialContradicts);
      if (cover == nullptr) return conclude(Reason::kWildcardUnproven);
      return cover->opt_out ? conclude(Reason::kOptOut) : conclude(Verdict::secure(denials_.zone()));
    case Phase::kDone:
      return;
  }
}

Step DenialCheck::step(ValidationBudget& budget, uint32_t hashes_max) {
  for (uint32_t hashes = 0; !finished_; ++hashes) {
    if (hashes == hashes_max) return Step::kYield;
    const Nsec3& first = denials_.nsec3().front();
    const wire::Name name = name_to_hash();
    if (!budget.spend_hash(nsec3_hash_blocks(name.view().size(), first.salt.size(), first.iterations))) {
      conclude(Reason::kBudget);
      finished_ = Step::kBudget;
      break;
    }
    take_hash(nsec3_hash(name, first.salt, first.iterations));
  }
  return *finished_;
}

}  // namespace resolver::dnssec
