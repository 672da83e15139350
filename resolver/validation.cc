#include "resolver/validation.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "cache/proofs.h"
#include "wire/dnssec_rdata.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

using dnssec::Cut;
using dnssec::kHashesPerCheck;
using dnssec::Reason;
using dnssec::Security;
using dnssec::Step;
using dnssec::Verdict;

cache::Validation state_of(const Verdict& verdict) {
  switch (verdict.security) {
    case Security::kSecure:
      return cache::Validation::kSecure;
    case Security::kInsecure:
      if (verdict.reason == Reason::kUnsupportedAlgorithm) return cache::Validation::kInsecureAlgorithm;
      if (verdict.reason == Reason::kUnsupportedDigest) return cache::Validation::kInsecureDigest;
      if (verdict.reason == Reason::kNsec3Iterations) return cache::Validation::kInsecureIterations;
      return cache::Validation::kInsecure;
    case Security::kBogus:
      return cache::Validation::kBogus;
    case Security::kIndeterminate:
      break;
  }
  return cache::Validation::kIndeterminate;
}

// Of a denial that its zone has signed: that there is no DS is proven, though the zone below is not signed.
cache::Validation state_of_denial(const Verdict& verdict) {
  return verdict.reason == Reason::kUnsignedDelegation ? cache::Validation::kSecure : state_of(verdict);
}

bool ends_it(const Verdict& verdict) {
  return verdict.security == Security::kBogus || verdict.reason == Reason::kBudget;
}

// To whom the set belongs that lies at `owner`: of DS the parent.
wire::NameView name_in_its_zone(wire::NameView owner, wire::Type type) {
  return type == wire::Type::kDs && !owner.is_root() ? owner.parent() : owner;
}

dnssec::SignedRrset view_of(const LearnedRrset& rrset) {
  return {rrset.owner, rrset.type, wire::Class::kIn, rrset.rendered, rrset.signatures};
}

template <class Visit>
void for_each_rrsig(base::Bytes signatures, Visit&& visit) {
  wire::for_each_rendered(signatures, [&](wire::Type type, uint32_t, base::Bytes rdata) {
    if (type != wire::Type::kRrsig) return;
    if (const auto rrsig = wire::parse_rrsig(rdata)) visit(*rrsig);
  });
}

}  // namespace

Validation::Validation(ResponseDigest digest, const ValidationQuestion& question)
    : digest_(std::move(digest)), question_(question), verdict_(Verdict::secure({})), proofs_(digest_.proofs.size()) {}

// Whose keys -----------------------------------------------------------------------------------------

Validation::Zone Validation::need(wire::NameView name, wire::Type type) {
  need_ = {wire::Name(name).lowercased(), type};
  return {};
}

Cut Validation::cut_of(const ValidationTools& tools, wire::NameView zone) const {
  const auto anchor = tools.anchors.nearest(zone, tools.now.wall);
  if (anchor && !anchor->is_negative && anchor->zone == zone) {
    return dnssec::ds_support(tools.policy, anchor->ds_records) == Reason::kNone ? Cut::kSigned : Cut::kUnsigned;
  }
  return tools.trusts.cut(tools.now.boot, zone);
}

// From the anchor down to the name: the first unsigned delegation ends the chain of trust.
Validation::Zone Validation::walk(const ValidationTools& tools, wire::NameView anchor, wire::NameView name,
                                  Reason at_end) {
  const wire::NameView asked = question_.asked_zone;
  const size_t asked_labels = name.is_within(asked) ? asked.label_count() : 0;
  wire::NameView deepest = anchor;
  for (size_t labels = anchor.label_count(); labels <= name.label_count(); ++labels) {
    const wire::NameView zone = name.suffix(labels);
    switch (cut_of(tools, zone)) {
      case Cut::kUnsigned: {
        const auto* trust = tools.trusts.find(tools.now.boot, zone);
        const Verdict why = trust != nullptr && trust->cut == Cut::kUnsigned
                                ? trust->verdict
                                : Verdict::of(Reason::kUnsupportedAlgorithm, zone);  // of an anchor
        return {Found::kUnsigned, nullptr, why};
      }
      case Cut::kSigned:
        deepest = zone;
        break;
      case Cut::kNone:
        break;
      case Cut::kUnknown:
        if (labels < asked_labels && !tools.is_delegated(zone)) break;
        // It is being asked for just now, and there is an alias: no zone begins at one.
        if (question_.type == wire::Type::kDs && zone == question_.name.view()) break;
        return need(zone, wire::Type::kDs);
    }
  }
  // Without keys it is the whole zone that is not signed.
  if (at_end == Reason::kSignatureMissing && question_.type != wire::Type::kDnskey) {
    if (Zone keys = keys_of(tools, deepest); keys.found == Found::kNeeds) return keys;
  }
  return {Found::kBogus, nullptr, Verdict::of(at_end, deepest)};
}

Validation::Zone Validation::keys_of(const ValidationTools& tools, wire::NameView zone) {
  if (auto keys = tools.trusts.keys(tools.now.boot, zone)) return {Found::kKeys, std::move(keys), {}};
  const bool asks_for_them = question_.type == wire::Type::kDnskey && question_.name.view() == zone;
  if (asks_for_them) return {Found::kBogus, nullptr, Verdict::of(Reason::kDnskeyMissing, zone)};
  return need(zone, wire::Type::kDnskey);
}

Validation::Zone Validation::find_zone(const ValidationTools& tools, wire::NameView owner, wire::Type type,
                                       base::Bytes signatures) {
  const wire::NameView name = name_in_its_zone(owner, type);
  const auto anchor = tools.anchors.nearest(name, tools.now.wall);
  if (!anchor) return {Found::kIndeterminate, nullptr, Verdict::of(Reason::kNoTrustAnchor, name)};
  if (anchor->is_negative) return {Found::kUnsigned, nullptr, Verdict::of(Reason::kNegativeAnchor, anchor->zone)};

  // The first signer that may be the zone: not above the one that was asked, if that is a zone.
  std::optional<wire::Name> signer;
  bool has_signer_above = false;
  const wire::NameView asked = question_.asked_zone;
  const bool is_in_asked_zone = name.is_within(asked) && asked.is_within(anchor->zone);
  const Cut asked_cut = is_in_asked_zone ? cut_of(tools, asked) : Cut::kNone;
  for_each_rrsig(signatures, [&](const wire::RrsigFields& rrsig) {
    if (signer || !name.is_within(rrsig.signer) || !rrsig.signer.is_within(anchor->zone)) return;
    const bool is_above = is_in_asked_zone && rrsig.signer.label_count() < asked.label_count();
    has_signer_above = has_signer_above || is_above;
    if (is_above && asked_cut != Cut::kNone) return;
    if (cut_of(tools, rrsig.signer) != Cut::kNone) signer = wire::Name(rrsig.signer);
  });
  if (has_signer_above && !signer && asked_cut == Cut::kUnknown) return need(asked, wire::Type::kDs);
  if (!signer) {
    return walk(tools, anchor->zone, name, signatures.empty() ? Reason::kSignatureMissing : Reason::kSignatureSigner);
  }
  // What is above it may be known to be unsigned already; then it need not be asked about.
  for (size_t labels = anchor->zone.label_count(); labels <= signer->view().label_count(); ++labels) {
    const wire::NameView above = signer->view().suffix(labels);
    if (cut_of(tools, above) == Cut::kUnsigned) {
      return walk(tools, anchor->zone, above, Reason::kSignatureSigner);  // ends there
    }
  }
  if (cut_of(tools, *signer) == Cut::kUnknown) return need(*signer, wire::Type::kDs);
  return keys_of(tools, *signer);
}

// Signatures -----------------------------------------------------------------------------------------

void Validation::note(const Verdict& verdict) {
  if (verdict.security != Security::kSecure) verdict_ = verdict;
}

ValidationStep Validation::fail(const Verdict& verdict) {
  verdict_ = verdict;
  phase_ = Phase::kDone;
  return ValidationStep::kDone;
}

// Nothing: checked_ is there.
std::optional<ValidationStep> Validation::check_rrset(const ValidationTools& tools, const LearnedRrset& rrset,
                                                      std::shared_ptr<dnssec::KeySet> keys, uint32_t checks_max) {
  if (!check_) {
    signed_ = view_of(rrset);
    keys_ = std::move(keys);
    check_ = std::make_unique<dnssec::RrsetCheck>(*signed_, *keys_, tools.keys, tools.policy, tools.now.wall);
  }
  if (check_->step(tools.budget, checks_max) == Step::kYield) return ValidationStep::kYield;
  checked_ = check_->verdict();
  check_.reset();
  if (checked_.verdict.security == Security::kSecure &&
      std::find(zones_.begin(), zones_.end(), keys_) == zones_.end()) {
    zones_.push_back(keys_);
  }
  return std::nullopt;
}

void Validation::next_link() {
  ++at_;
  if (at_ < digest_.chain.size()) return;
  at_ = 0;
  phase_ = Phase::kSoa;
}

std::optional<ValidationStep> Validation::check_dnskey(const ValidationTools& tools, LearnedRrset& link,
                                                       uint32_t checks_max) {
  if (!dnskey_check_) {
    const auto anchor = tools.anchors.nearest(link.owner, tools.now.wall);
    if (anchor->zone == link.owner.view()) {
      ds_records_.assign(anchor->ds_records.begin(), anchor->ds_records.end());
    } else {
      const auto* trust = tools.trusts.find(tools.now.boot, link.owner);
      ds_records_ = trust->ds_records;
    }
    signed_ = view_of(link);
    dnskey_check_ =
        std::make_unique<dnssec::DnskeyCheck>(*signed_, ds_records_, tools.keys, tools.policy, tools.now.wall);
  }
  if (dnskey_check_->step(tools.budget, checks_max) == Step::kYield) return ValidationStep::kYield;
  const dnssec::RrsetVerdict checked = dnskey_check_->verdict();
  const std::unique_ptr<dnssec::DnskeyCheck> done = std::move(dnskey_check_);
  if (ends_it(checked.verdict)) return fail(checked.verdict);
  note(checked.verdict);
  link.validation = state_of(checked.verdict);
  if (checked.verdict.security == Security::kSecure) {
    link.ttl_s = std::min(link.ttl_s, checked.ttl_s);
    tools.trusts.put_keys(tools.now.boot, link.owner, std::make_shared<dnssec::KeySet>(done->take_keys()), link.ttl_s);
  }
  next_link();
  return std::nullopt;
}

std::optional<ValidationStep> Validation::check_links(const ValidationTools& tools, uint32_t checks_max) {
  if (at_ >= digest_.chain.size()) {
    next_link();
    return std::nullopt;
  }
  LearnedRrset& link = digest_.chain[at_];
  const bool made_here =
      at_ > 0 && digest_.chain[at_ - 1].type == wire::Type::kDname && link.type == wire::Type::kCname;
  if (made_here) {
    link.validation = digest_.chain[at_ - 1].validation;
    link.ttl_s = digest_.chain[at_ - 1].ttl_s;
    next_link();
    return std::nullopt;
  }
  if (link.type == wire::Type::kRrsig) {  // signatures are not signed
    link.validation = cache::Validation::kIndeterminate;
    next_link();
    return std::nullopt;
  }
  if (dnskey_check_) return check_dnskey(tools, link, checks_max);
  if (!check_) {
    const bool is_zones_keys = link.type == wire::Type::kDnskey && link.owner == question_.name;
    if (is_zones_keys && cut_of(tools, link.owner) == Cut::kSigned) return check_dnskey(tools, link, checks_max);
    Zone zone = find_zone(tools, link.owner, link.type, link.signatures);
    switch (zone.found) {
      case Found::kNeeds:
        return ValidationStep::kNeeds;
      case Found::kBogus:
        return fail(zone.verdict);
      case Found::kUnsigned:
      case Found::kIndeterminate:
        note(zone.verdict);
        link.validation = state_of(zone.verdict);
        next_link();
        return std::nullopt;
      case Found::kKeys:
        keys_ = std::move(zone.keys);
        break;
    }
  }
  if (const auto turn = check_rrset(tools, link, keys_, checks_max)) return turn;
  if (ends_it(checked_.verdict)) return fail(checked_.verdict);
  note(checked_.verdict);
  link.validation = state_of(checked_.verdict);
  if (checked_.verdict.security == Security::kSecure) {
    link.ttl_s = std::min(link.ttl_s, checked_.ttl_s);
    if (checked_.wildcard_encloser_labels) {
      wildcards_.push_back({at_, wire::Name(keys_->zone()), *checked_.wildcard_encloser_labels});
    }
  }
  next_link();
  return std::nullopt;
}

// Denials --------------------------------------------------------------------------------------------

bool Validation::is_denial() const {
  return digest_.response_class == ResponseClass::kNodata || digest_.response_class == ResponseClass::kNxdomain;
}

// Whose denial it is, and its SOA.
std::optional<ValidationStep> Validation::check_soa(const ValidationTools& tools, uint32_t checks_max) {
  if (!is_denial()) {
    phase_ = Phase::kProofs;
    return std::nullopt;
  }
  const bool lacks_keys = question_.type == wire::Type::kDnskey && cut_of(tools, question_.name) == Cut::kSigned;
  if (lacks_keys) return fail(Verdict::of(Reason::kDnskeyMissing, question_.name));
  if (!denial_keys_) {
    base::Bytes signatures;
    if (digest_.soa) signatures = digest_.soa->signatures;
    if (signatures.empty() && !digest_.proofs.empty()) signatures = digest_.proofs.front().signatures;
    Zone zone = find_zone(tools, digest_.target, question_.type, signatures);
    switch (zone.found) {
      case Found::kNeeds:
        return ValidationStep::kNeeds;
      case Found::kBogus:
        if (signatures.empty() && zone.verdict.reason == Reason::kSignatureMissing && !digest_.soa) {
          zone.verdict = Verdict::of(Reason::kDenialMissing, zone.verdict.zone);
        }
        return fail(zone.verdict);
      case Found::kUnsigned:
      case Found::kIndeterminate:
        note(zone.verdict);
        denial_verdict_ = zone.verdict;
        phase_ = Phase::kProofs;
        return std::nullopt;
      case Found::kKeys:
        denial_keys_ = std::move(zone.keys);
        zones_.push_back(denial_keys_);
        break;
    }
  }
  if (digest_.soa) {
    if (const auto turn = check_rrset(tools, *digest_.soa, denial_keys_, checks_max)) return turn;
    if (ends_it(checked_.verdict)) return fail(checked_.verdict);
    proofs_ttl_s_ = std::min(proofs_ttl_s_, checked_.ttl_s);
  }
  phase_ = Phase::kProofs;
  return std::nullopt;
}

// Only those of zones whose word counts here are looked at.
std::optional<ValidationStep> Validation::check_proofs(const ValidationTools& tools, uint32_t checks_max) {
  const bool wanted = !wildcards_.empty() || denial_keys_ != nullptr;
  if (!wanted || at_ >= digest_.proofs.size()) {
    at_ = 0;
    phase_ = Phase::kWildcards;
    return std::nullopt;
  }
  const LearnedRrset& proof = digest_.proofs[at_];
  if (!check_) {
    std::shared_ptr<dnssec::KeySet> keys;
    for_each_rrsig(proof.signatures, [&](const wire::RrsigFields& rrsig) {
      for (const auto& zone : zones_) {
        if (!keys && zone->zone() == rrsig.signer && proof.owner.view().is_within(rrsig.signer)) keys = zone;
      }
    });
    if (!keys) {
      ++at_;
      return std::nullopt;
    }
    keys_ = std::move(keys);
  }
  if (const auto turn = check_rrset(tools, proof, keys_, checks_max)) return turn;
  if (checked_.verdict.reason == Reason::kBudget) return fail(checked_.verdict);
  if (checked_.verdict.security == Security::kSecure) {
    proofs_[at_].zone = wire::Name(keys_->zone());
    proofs_[at_].labels =
        checked_.wildcard_encloser_labels.value_or(static_cast<uint8_t>(dnssec::signed_labels(proof.owner)));
    proofs_[at_].ttl_s = checked_.ttl_s;
  } else if (!flaw_of_proof_) {
    flaw_of_proof_ = checked_.verdict;
  }
  ++at_;
  return std::nullopt;
}

// Nothing: denial_check_ has its verdict.
std::optional<ValidationStep> Validation::run_denial(const ValidationTools& tools,
                                                     const dnssec::DenialQuestion& question, wire::NameView zone,
                                                     uint32_t checks_max) {
  if (!denial_check_) {
    denials_ = std::make_unique<dnssec::Denials>(zone);
    for (size_t at = 0; at < proofs_.size(); ++at) {
      if (!proofs_[at].zone || !(proofs_[at].zone->view() == zone)) continue;
      const LearnedRrset& proof = digest_.proofs[at];
      wire::for_each_rendered(proof.rendered, [&](wire::Type type, uint32_t, base::Bytes rdata) {
        static_cast<void>(denials_->add(proof.owner, type, rdata, proofs_[at].labels));
      });
    }
    denial_check_ = std::make_unique<dnssec::DenialCheck>(*denials_, question, tools.policy);
  }
  if (denial_check_->step(tools.budget, checks_max * kHashesPerCheck) == Step::kYield) return ValidationStep::kYield;
  return std::nullopt;
}

void Validation::append_proofs_of(wire::NameView zone, std::vector<uint8_t>& out) const {
  for (size_t at = 0; at < proofs_.size(); ++at) {
    if (!proofs_[at].zone || !(proofs_[at].zone->view() == zone)) continue;
    const LearnedRrset& proof = digest_.proofs[at];
    cache::append_proof(out, proof.owner, proof.rendered, proof.signatures);
  }
}

std::optional<ValidationStep> Validation::check_wildcards(const ValidationTools& tools, uint32_t checks_max) {
  if (at_ >= wildcards_.size()) {
    phase_ = Phase::kDenial;
    return std::nullopt;
  }
  const Wildcard& wildcard = wildcards_[at_];
  LearnedRrset& link = digest_.chain[wildcard.link];
  const dnssec::DenialQuestion question{dnssec::Claim::kWildcard, link.owner, link.type, wildcard.encloser_labels};
  if (const auto turn = run_denial(tools, question, wildcard.zone, checks_max)) return turn;
  Verdict verdict = denial_check_->verdict();
  denial_check_.reset();
  if (verdict.security == Security::kBogus) {
    if (verdict.reason == Reason::kDenialMissing) verdict = Verdict::of(Reason::kWildcardUnproven, verdict.zone);
    return fail(flaw_of_proof_.value_or(verdict));
  }
  if (ends_it(verdict)) return fail(verdict);
  note(verdict);
  if (verdict.security != Security::kSecure) link.validation = state_of(verdict);
  for (const Proof& proof : proofs_) {
    if (proof.zone && *proof.zone == wildcard.zone) link.ttl_s = std::min(link.ttl_s, proof.ttl_s);
  }
  append_proofs_of(wildcard.zone, link.proofs);
  ++at_;
  return std::nullopt;
}

std::optional<ValidationStep> Validation::check_denial(const ValidationTools& tools, uint32_t checks_max) {
  if (!is_denial() || !denial_keys_) return finish(tools);
  const bool of_ds = question_.type == wire::Type::kDs;
  const bool is_nxdomain = digest_.response_class == ResponseClass::kNxdomain;
  const dnssec::Claim claim = is_nxdomain ? dnssec::Claim::kNxdomain
                              : of_ds     ? dnssec::Claim::kNoDs
                                          : dnssec::Claim::kNodata;
  const wire::NameView zone = denial_keys_->zone();
  if (const auto turn = run_denial(tools, {claim, digest_.target, question_.type, 0}, zone, checks_max)) return turn;
  const Verdict verdict = denial_check_->verdict();
  const bool has_gap = verdict.reason == Reason::kDenialMissing || verdict.reason == Reason::kDenialIncomplete;
  if (has_gap && flaw_of_proof_) return fail(*flaw_of_proof_);
  if (ends_it(verdict)) return fail(verdict);
  if (state_of_denial(verdict) != cache::Validation::kSecure) note(verdict);
  denial_verdict_ = verdict;
  for (const Proof& proof : proofs_) {
    if (proof.zone && proof.zone->view() == zone) proofs_ttl_s_ = std::min(proofs_ttl_s_, proof.ttl_s);
  }
  return finish(tools);
}

// The end --------------------------------------------------------------------------------------------

ValidationStep Validation::finish(const ValidationTools& tools) {
  if (denial_verdict_) {
    digest_.denial_validation = denial_keys_ ? state_of_denial(*denial_verdict_) : state_of(*denial_verdict_);
    if (denial_keys_) {
      digest_.negative_ttl_s = std::min(digest_.negative_ttl_s, proofs_ttl_s_);
      append_proofs_of(denial_keys_->zone(), digest_.denial_proofs);
    } else {
      for (const LearnedRrset& proof : digest_.proofs) {
        digest_.negative_ttl_s = std::min(digest_.negative_ttl_s, proof.ttl_s);  // they are given with it
        cache::append_proof(digest_.denial_proofs, proof.owner, proof.rendered, proof.signatures);
      }
    }
  }
  if (question_.type == wire::Type::kDs) remember_cut(tools);
  phase_ = Phase::kDone;
  return ValidationStep::kDone;
}

void Validation::remember_cut(const ValidationTools& tools) {
  const base::Instant now = tools.now.boot;
  if (digest_.chain.empty()) {
    if (!denial_verdict_) return;
    const uint32_t ttl_s = digest_.soa ? digest_.negative_ttl_s : proofs_ttl_s_ == UINT32_MAX ? 0 : proofs_ttl_s_;
    if (denial_verdict_->security == Security::kSecure) {
      tools.trusts.put_no_cut(now, question_.name, ttl_s);
    } else {
      tools.trusts.put_unsigned(now, question_.name, *denial_verdict_, ttl_s);
    }
    return;
  }
  const LearnedRrset& first = digest_.chain.front();
  if (first.validation != cache::Validation::kSecure) {
    tools.trusts.put_unsigned(now, question_.name, verdict_, first.ttl_s);
  } else if (first.type != wire::Type::kDs) {
    tools.trusts.put_no_cut(now, question_.name, first.ttl_s);
  } else if (const Reason flaw = dnssec::ds_support(tools.policy, first.rendered); flaw != Reason::kNone) {
    tools.trusts.put_unsigned(now, question_.name, Verdict::of(flaw, question_.name), first.ttl_s);
  } else {
    tools.trusts.put_signed(now, question_.name, first.rendered, first.ttl_s);
  }
}

ValidationStep Validation::step(const ValidationTools& tools, uint32_t checks_max) {
  for (;;) {
    std::optional<ValidationStep> turn;
    const uint16_t checks_before = tools.budget.spent().signature_checks;
    switch (phase_) {
      case Phase::kLinks:
        turn = check_links(tools, checks_max);
        break;
      case Phase::kSoa:
        turn = check_soa(tools, checks_max);
        break;
      case Phase::kProofs:
        turn = check_proofs(tools, checks_max);
        break;
      case Phase::kWildcards:
        turn = check_wildcards(tools, checks_max);
        break;
      case Phase::kDenial:
        turn = check_denial(tools, checks_max);
        break;
      case Phase::kDone:
        return ValidationStep::kDone;
    }
    if (turn) return *turn;
    const uint32_t spent = static_cast<uint32_t>(tools.budget.spent().signature_checks - checks_before);
    if (spent >= checks_max && phase_ != Phase::kDone) return ValidationStep::kYield;
    checks_max -= spent;
  }
}

bool remember_ds_answer(const ValidationTools& tools, wire::NameView name, const cache::Entry& first) {
  const base::Instant now = tools.now.boot;
  const cache::EntryHeader& header = first.header();
  const uint32_t ttl_s = first.ttl_left_s(now);
  if (header.validation != cache::Validation::kSecure) {
    tools.trusts.put_unsigned(now, name,
                              Verdict::of(Reason::kUnsignedDelegation, name.is_root() ? name : name.parent()), ttl_s);
    return true;
  }
  if (header.kind == cache::Kind::kRrset && header.type == wire::Type::kDs) {
    const Reason flaw = dnssec::ds_support(tools.policy, first.body());
    if (flaw == Reason::kNone) {
      tools.trusts.put_signed(now, name, first.body(), ttl_s);
    } else {
      tools.trusts.put_unsigned(now, name, Verdict::of(flaw, name), ttl_s);
    }
    return true;
  }
  if (header.kind != cache::Kind::kNodata) {  // no such name, or an alias
    tools.trusts.put_no_cut(now, name, ttl_s);
    return true;
  }
  dnssec::Denials denials(first.zone());
  cache::for_each_proof(first, [&](wire::NameView owner, base::Bytes records) {
    uint8_t labels = 0;
    for_each_rrsig(records, [&](const wire::RrsigFields& rrsig) { labels = rrsig.labels; });
    wire::for_each_rendered(records, [&](wire::Type type, uint32_t, base::Bytes rdata) {
      if (type != wire::Type::kRrsig) static_cast<void>(denials.add(owner, type, rdata, labels));
    });
  });
  dnssec::DenialCheck check(denials, {dnssec::Claim::kNoDs, name, wire::Type::kDs, 0}, tools.policy);
  while (check.step(tools.budget, kHashesPerCheck) == Step::kYield) {
  }
  switch (check.verdict().security) {
    case Security::kSecure:
      tools.trusts.put_no_cut(now, name, ttl_s);
      return true;
    case Security::kInsecure:
      tools.trusts.put_unsigned(now, name, check.verdict(), ttl_s);
      return true;
    case Security::kBogus:
    case Security::kIndeterminate:
      return false;
  }
  return false;
}

}  // namespace resolver
