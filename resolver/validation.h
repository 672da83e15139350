// Validation: is what a response holds signed as it should be? A state object between the engine and
// resolver/dnssec: it walks the links of the alias chain and the denial of a digest, finds the zone each belongs
// to, and checks signatures and proofs. What it needs to know (the keys of a zone, what a parent says of a name)
// it names as a question; the engine asks that and calls again.
//
// Which zone a set belongs to (RFC 4035 §5.3.1): the signer's, if the name lies in it and it is known to be a
// zone; a set without signatures belongs to the deepest zone that the walk down from the anchor finds. The walk
// asks for the DS of the delegations that led here, and below the zone that was asked for that of every name,
// since a server of several zones leaves cuts out of sight. It ends at the first unsigned delegation: what is
// below is insecure. Where it finds none the signatures are missing: bogus.
//
// A DNSKEY set is checked against the DS of its zone, a DS set and its denial by the parent's keys. Their
// verdicts go into ZoneTrusts.
//
// Pure: no clock, no network. Owned by one resolution.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "resolver/digest.h"
#include "resolver/dnssec/anchors.h"
#include "resolver/dnssec/denial_check.h"
#include "resolver/dnssec/dnskey_check.h"
#include "resolver/dnssec/rrset_check.h"
#include "resolver/dnssec/zone_trusts.h"

namespace resolver {

// What a validation works with; the same things in each call.
struct ValidationTools {
  base::Now now;
  const dnssec::TrustAnchors& anchors;
  const dnssec::Policy& policy;
  dnssec::ZoneTrusts& trusts;
  dnssec::KeyCache& keys;
  dnssec::ValidationBudget& budget;
  // A delegation of this name is known.
  std::function<bool(wire::NameView)> is_delegated;
};

struct ValidationQuestion {
  wire::Name name;
  wire::Type type = wire::Type::kNone;
  wire::Name asked_zone;  // whose servers answered
};

enum class ValidationStep : uint8_t {
  kDone,   // verdict() and digest() are there
  kYield,  // expensive checks were made: call again in the next turn
  kNeeds,  // needs() is to be resolved first
};

class Validation {
 public:
  Validation(ResponseDigest digest, const ValidationQuestion& question);
  Validation(const Validation&) = delete;
  Validation& operator=(const Validation&) = delete;

  // At most so many expensive checks.
  ValidationStep step(const ValidationTools& tools, uint32_t checks_max);

  struct Need {
    wire::Name name;
    wire::Type type = wire::Type::kNone;  // DS or DNSKEY
    bool operator==(const Need&) const = default;
  };
  [[nodiscard]] const Need& needs() const { return need_; }

  // The first link that is bogus or was cut short; else why the last that is insecure is so; else secure.
  [[nodiscard]] const dnssec::Verdict& verdict() const { return verdict_; }
  // With the states of its parts, and TTLs cut to what the signatures allow.
  [[nodiscard]] ResponseDigest& digest() { return digest_; }

  // Whose denial it is, where that zone's signatures hold.
  [[nodiscard]] std::optional<wire::NameView> secure_denial_zone() const {
    return denial_keys_ ? std::optional<wire::NameView>(denial_keys_->zone()) : std::nullopt;
  }
  // Calls visit(rrset, zone, from_wildcard, ttl_s) for each NSEC or NSEC3 RRset whose signature holds.
  template <class Visit>
  void for_each_secure_proof(Visit&& visit) const {
    for (size_t at = 0; at < proofs_.size(); ++at) {
      const Proof& proof = proofs_[at];
      const LearnedRrset& rrset = digest_.proofs[at];
      if (proof.zone) visit(rrset, proof.zone->view(), proof.labels < dnssec::signed_labels(rrset.owner), proof.ttl_s);
    }
  }

 private:
  // How far the walk to the zone of a set has come.
  enum class Found : uint8_t { kKeys, kUnsigned, kBogus, kIndeterminate, kNeeds };
  struct Zone {
    Found found = Found::kNeeds;
    std::shared_ptr<dnssec::KeySet> keys;
    dnssec::Verdict verdict;
  };
  enum class Phase : uint8_t { kLinks, kSoa, kProofs, kWildcards, kDenial, kDone };

  Zone find_zone(const ValidationTools& tools, wire::NameView owner, wire::Type type, base::Bytes signatures);
  Zone keys_of(const ValidationTools& tools, wire::NameView zone);
  Zone walk(const ValidationTools& tools, wire::NameView anchor, wire::NameView name, dnssec::Reason at_end);
  [[nodiscard]] dnssec::Cut cut_of(const ValidationTools& tools, wire::NameView zone) const;
  Zone need(wire::NameView name, wire::Type type);

  std::optional<ValidationStep> check_links(const ValidationTools& tools, uint32_t checks_max);
  std::optional<ValidationStep> check_dnskey(const ValidationTools& tools, LearnedRrset& link, uint32_t checks_max);
  // Runs one RrsetCheck over turns.
  std::optional<ValidationStep> check_rrset(const ValidationTools& tools, const LearnedRrset& rrset,
                                            std::shared_ptr<dnssec::KeySet> keys, uint32_t checks_max);
  std::optional<ValidationStep> check_soa(const ValidationTools& tools, uint32_t checks_max);
  std::optional<ValidationStep> check_proofs(const ValidationTools& tools, uint32_t checks_max);
  std::optional<ValidationStep> check_wildcards(const ValidationTools& tools, uint32_t checks_max);
  std::optional<ValidationStep> check_denial(const ValidationTools& tools, uint32_t checks_max);
  std::optional<ValidationStep> run_denial(const ValidationTools& tools, const dnssec::DenialQuestion& question,
                                           wire::NameView zone, uint32_t checks_max);
  [[nodiscard]] bool is_denial() const;
  void next_link();
  void note(const dnssec::Verdict& verdict);
  ValidationStep finish(const ValidationTools& tools);
  ValidationStep fail(const dnssec::Verdict& verdict);
  void remember_cut(const ValidationTools& tools);
  void append_proofs_of(wire::NameView zone, std::vector<uint8_t>& out) const;

  ResponseDigest digest_;
  const ValidationQuestion question_;
  Phase phase_ = Phase::kLinks;
  size_t at_ = 0;  // link, proof or wildcard in hand
  Need need_;
  dnssec::Verdict verdict_;

  // The check in hand, and what it looks into.
  std::optional<dnssec::SignedRrset> signed_;
  std::shared_ptr<dnssec::KeySet> keys_;
  std::unique_ptr<dnssec::RrsetCheck> check_;
  std::vector<uint8_t> ds_records_;
  std::unique_ptr<dnssec::DnskeyCheck> dnskey_check_;
  std::unique_ptr<dnssec::Denials> denials_;
  std::unique_ptr<dnssec::DenialCheck> denial_check_;
  dnssec::RrsetVerdict checked_;  // what check_rrset() came to

  struct Wildcard {
    size_t link = 0;
    wire::Name zone;
    uint8_t encloser_labels = 0;
  };
  std::vector<Wildcard> wildcards_;
  // Of each proof: the zone that signed it, if the signature holds.
  struct Proof {
    std::optional<wire::Name> zone;
    uint8_t labels = 0;
    uint32_t ttl_s = 0;
  };
  std::vector<Proof> proofs_;
  std::optional<dnssec::Verdict> flaw_of_proof_;
  std::optional<dnssec::Verdict> denial_verdict_;
  std::shared_ptr<dnssec::KeySet> denial_keys_;
  uint32_t proofs_ttl_s_ = UINT32_MAX;
  std::vector<std::shared_ptr<dnssec::KeySet>> zones_;  // whose signatures have held so far
};

// What a cached or just learned answer to a DS question says of the name, for ZoneTrusts. The proofs of a secure
// denial are read again, their signatures are not. False: nothing that holds.
[[nodiscard]] bool remember_ds_answer(const ValidationTools& tools, wire::NameView name, const cache::Entry& first);

}  // namespace resolver
