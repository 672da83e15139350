#include "resolver/digest.h"

#include <algorithm>
#include <utility>

#include "resolver/record_index.h"
#include "wire/rdata.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

constexpr size_t kAliasesPerMessageMax = 12;

using Learned = base::Result<LearnedRrset, CollectError>;

// What the walk along the answer section came to.
enum class ChainEnd : uint8_t { kNothing, kRrset, kAlias, kTooLong, kBroken };

class Digester {
 public:
  Digester(const wire::MessageView& message, const Asked& asked)
      : asked_(asked), aa_(message.header().aa && !asked.of_forwarder), ra_(message.header().ra),
        answers_(message, wire::Section::kAnswer), authority_(message, wire::Section::kAuthority),
        additional_(message, wire::Section::kAdditional) {}

  ResponseDigest digest(wire::Rcode rcode);

 private:
  // Answer section.
  ChainEnd follow_chain();
  ChainEnd follow_link();
  ChainEnd follow_dname();
  ChainEnd push_alias(LearnedRrset cname);
  // Authority and additional sections.
  bool find_soa();
  ResponseClass classify(wire::Rcode rcode, ChainEnd end);
  ResponseClass classify_end_of_chain(wire::Rcode rcode);
  ResponseClass classify_without_answer();
  ResponseClass classify_empty_of_forwarder();
  bool find_referral();
  bool refers_below_soa();
  void find_child_ns();
  void find_proofs();
  LearnedDelegation delegation_from(const LearnedRrset& ns_set);
  void learn_soa_ttl();
  [[nodiscard]] cache::Rank rank_of_answer() const {
    return aa_ ? cache::Rank::kAuthAnswer : cache::Rank::kNonAuthAnswer;
  }
  // A recursive resolver speaking of what it has heard: not a server for the zone.
  [[nodiscard]] bool is_hearsay() const { return ra_ && !aa_ && !asked_.of_forwarder && !asked_.last_resort; }
  // Whether the servers asked may speak of the name.
  [[nodiscard]] bool is_theirs(wire::NameView name) const {
    if (!name.is_within(asked_.zone)) return false;
    const RouteTable* routes = asked_.routes;
    return routes == nullptr || &routes->find(name, asked_.type) == &routes->find(asked_.name, asked_.type);
  }

  const Asked& asked_;
  bool aa_;
  bool ra_;
  RecordIndex answers_;
  RecordIndex authority_;
  RecordIndex additional_;
  ResponseDigest out_;
  uint32_t used_records_ = 0;
  bool broken_ = false;
};

// True when `accept` is true for `name` or a name above it, up to `zone`; the deepest is tried first.
template <class Accept>
bool any_suffix(wire::NameView name, wire::NameView zone, Accept&& accept) {
  for (;;) {
    if (accept(name)) return true;
    if (name.size() <= zone.size()) return false;
    name = name.parent();
  }
}

LearnedRrset synthesized_cname(const LearnedRrset& dname, wire::NameView owner, wire::NameView target) {
  LearnedRrset cname;
  cname.owner = wire::Name(owner);
  cname.type = wire::Type::kCname;
  cname.ttl_s = dname.ttl_s;  // RFC 6672 §3.1
  cname.record_count = 1;
  cname.rank = dname.rank;
  wire::append_rendered(cname.rendered, wire::Type::kCname, wire::Class::kIn, dname.ttl_s, target.bytes());
  return cname;
}

// Of several CNAMEs at one name, which is illegal (RFC 2181 §10.1), the first counts.
void keep_first_record(LearnedRrset& rrset) {
  if (rrset.record_count <= 1) return;
  rrset.rendered.resize(wire::kRenderedRecordHeaderBytes + first_rdata(rrset).size());
  rrset.record_count = 1;
  rrset.signatures.clear();
  rrset.signature_count = 0;
}

ChainEnd Digester::push_alias(LearnedRrset cname) {
  const auto target = wire::parse_single_name(first_rdata(cname));
  if (!target) return ChainEnd::kBroken;
  out_.target = wire::Name(*target);
  out_.chain.push_back(std::move(cname));
  return ChainEnd::kAlias;
}

// The topmost DNAME above the name: what stands below it is occluded (RFC 6672 §2.4).
ChainEnd Digester::follow_dname() {
  const wire::Name name = out_.target;
  if (name.view().size() <= asked_.zone.size() || !answers_.has_type(wire::Type::kDname)) return ChainEnd::kNothing;
  std::optional<wire::Name> owner;
  any_suffix(name.view().parent(), asked_.zone, [&](wire::NameView suffix) {
    if (!answers_.find(suffix, wire::Type::kDname).empty()) owner = wire::Name(suffix);
    return false;
  });
  if (!owner) return ChainEnd::kNothing;
  Learned dname = collect_rrset(answers_, *owner, wire::Type::kDname, rank_of_answer());
  if (!dname || dname->record_count != 1) return ChainEnd::kBroken;  // RFC 6672 §2.4: a singleton
  const auto dname_target = wire::parse_single_name(first_rdata(*dname));
  if (!dname_target) return ChainEnd::kBroken;
  const auto target = wire::Name::replace_suffix(name, *owner, *dname_target);
  used_records_ += dname->record_count;
  if (!target) {
    out_.chain.push_back(std::move(*dname));
    return ChainEnd::kTooLong;
  }
  LearnedRrset cname = synthesized_cname(*dname, name, *target);
  out_.chain.push_back(std::move(*dname));
  return push_alias(std::move(cname));
}

// One link from the name the chain has come to. kNothing: the answer section says no more of it.
ChainEnd Digester::follow_link() {
  const wire::Name name = out_.target;
  const bool wants_alias = asked_.type == wire::Type::kCname;  // then the alias is the answer
  ChainEnd end = follow_dname();
  if (end == ChainEnd::kNothing && !wants_alias) {
    Learned rrset = collect_rrset(answers_, name, asked_.type, rank_of_answer());
    if (!rrset) return ChainEnd::kBroken;
    if (rrset->record_count > 0) {
      used_records_ += rrset->record_count;
      out_.chain.push_back(std::move(*rrset));
      return ChainEnd::kRrset;
    }
  }
  if (end == ChainEnd::kNothing) {
    Learned cname = collect_rrset(answers_, name, wire::Type::kCname, rank_of_answer());
    if (!cname) return ChainEnd::kBroken;
    if (cname->record_count == 0) return ChainEnd::kNothing;
    keep_first_record(*cname);
    ++used_records_;
    end = push_alias(std::move(*cname));
  }
  if (end != ChainEnd::kAlias || !wants_alias) return end;
  out_.target = name;
  return ChainEnd::kRrset;
}

ChainEnd Digester::follow_chain() {
  out_.target = wire::Name(asked_.name);
  std::vector<wire::Name> visited;
  for (size_t aliases = 0; aliases < kAliasesPerMessageMax; ++aliases) {
    // A loop is left to whoever counts aliases: the target has been in the chain already.
    const bool is_loop = std::find(visited.begin(), visited.end(), out_.target) != visited.end();
    if (is_loop || !is_theirs(out_.target)) break;
    visited.push_back(out_.target);
    const ChainEnd end = follow_link();
    if (end == ChainEnd::kNothing) break;
    if (end != ChainEnd::kAlias) return end;
  }
  return out_.chain.empty() ? ChainEnd::kNothing : ChainEnd::kAlias;
}

// The SOA of a denial: at the zone asked or between it and the name. False when it is broken.
bool Digester::find_soa() {
  if (!out_.target.view().is_within(asked_.zone) || !authority_.has_type(wire::Type::kSoa)) return true;
  any_suffix(out_.target, asked_.zone, [&](wire::NameView owner) {
    const cache::Rank rank = aa_ ? cache::Rank::kAuthAuthority : cache::Rank::kNonAuthAnswer;
    Learned soa = collect_rrset(authority_, owner, wire::Type::kSoa, rank);
    if (!soa || soa->record_count > 1) return broken_ = true;
    if (soa->record_count == 0) return false;
    const auto fields = wire::parse_soa(first_rdata(*soa));
    if (!fields) return broken_ = true;
    out_.negative_ttl_s = std::min(soa->ttl_s, effective_ttl_s(fields->minimum));  // RFC 2308 §5
    out_.soa = std::move(*soa);
    ++used_records_;
    return true;
  });
  return !broken_;
}

LearnedDelegation Digester::delegation_from(const LearnedRrset& ns_set) {
  LearnedDelegation learned;
  learned.delegation.zone = ns_set.owner;
  learned.ttl_s = ns_set.ttl_s;
  used_records_ += ns_set.record_count;
  wire::for_each_rendered(ns_set.rendered, [&](wire::Type, uint32_t, base::Bytes rdata) {
    const auto name = wire::parse_single_name(rdata);
    if (!name || learned.delegation.servers.size() == cache::kServersMax) return;
    cache::DelegationServer server{wire::Name(*name), {}};
    for (const wire::Type type : {wire::Type::kA, wire::Type::kAaaa}) {
      if (!name->is_within(asked_.zone)) break;  // only the zone's own word on addresses inside it
      for (const RecordIndex::Item* item : additional_.find(*name, type)) {
        const auto address = wire::parse_address(type, item->record.rdata);
        const bool is_new = address && std::find(server.glue.begin(), server.glue.end(), *address) == server.glue.end();
        if (!is_new || server.glue.size() == cache::kAddressesPerServerMax) continue;
        server.glue.push_back(*address);
        ++used_records_;
      }
    }
    learned.delegation.servers.push_back(std::move(server));
  });
  return learned;
}

// The deepest NS set strictly below the zone and at or above the name.
bool Digester::find_referral() {
  if (asked_.name.size() <= asked_.zone.size() || !authority_.has_type(wire::Type::kNs)) return false;
  const wire::NameView highest = asked_.name.suffix(asked_.zone.label_count() + 1);
  return any_suffix(asked_.name, highest, [&](wire::NameView owner) {
    Learned ns_set = collect_rrset(authority_, owner, wire::Type::kNs, cache::Rank::kReferral);
    if (!ns_set) return broken_ = true;
    if (ns_set->record_count == 0) return false;
    out_.referral = delegation_from(*ns_set);
    return true;
  }) && !broken_;
}

// Some servers send the parent's SOA with a referral. Without AA it is still a referral, unless the SOA is
// that of the zone referred to: then the server serves both and forgot AA.
bool Digester::refers_below_soa() {
  const uint32_t used_before = used_records_;
  if (aa_ || !find_referral()) return false;
  if (out_.referral->delegation.zone.view().size() <= out_.soa->owner.view().size()) {
    out_.referral.reset();
    used_records_ = used_before;
    return false;
  }
  --used_records_;
  out_.soa.reset();
  out_.negative_ttl_s = 0;
  return true;
}

void Digester::find_child_ns() {
  if (!aa_) return;
  const bool asked_for_it = asked_.type == wire::Type::kNs && asked_.name == asked_.zone;
  const bool in_answer = asked_for_it && !answers_.find(asked_.zone, wire::Type::kNs).empty();
  const Learned ns_set = collect_rrset(in_answer ? answers_ : authority_, asked_.zone, wire::Type::kNs,
                                       in_answer ? cache::Rank::kAuthAnswer : cache::Rank::kAuthAuthority);
  if (!ns_set || ns_set->record_count == 0) return;  // not needed: broken means scrubbed
  if (in_answer) used_records_ -= ns_set->record_count;  // they are counted with the chain
  out_.child_ns = delegation_from(*ns_set);
}

// Broken ones are left out: then something is not proven.
void Digester::find_proofs() {
  if (!asked_.wants_proofs) return;
  if (out_.referral) {
    Learned ds = collect_rrset(authority_, out_.referral->delegation.zone, wire::Type::kDs, cache::Rank::kReferral);
    if (ds && ds->record_count > 0) out_.referral_ds = std::move(*ds);
  }
  for (const RecordIndex::Item& item : authority_.items()) {
    if (out_.proofs.size() == kProofsMax) return;
    if (item.type != wire::Type::kNsec && item.type != wire::Type::kNsec3) continue;
    const wire::Name owner = authority_.message().owner(item.record);
    const bool is_known = std::any_of(out_.proofs.begin(), out_.proofs.end(), [&](const LearnedRrset& known) {
      return known.owner == owner && known.type == item.type;
    });
    if (is_known || !owner.view().is_within(asked_.zone)) continue;
    Learned proof = collect_rrset(authority_, owner, item.type, cache::Rank::kAuthAuthority);
    if (proof && !proof->signatures.empty()) out_.proofs.push_back(std::move(*proof));
  }
}

// NOERROR without anything for the name in the answer section, and without a valid SOA.
ResponseClass Digester::classify_without_answer() {
  if (asked_.of_forwarder) return classify_empty_of_forwarder();
  if (find_referral()) return ResponseClass::kReferral;
  if (broken_) return ResponseClass::kBroken;
  if (is_hearsay()) return ResponseClass::kLame;
  if (authority_.has_type(wire::Type::kSoa)) {  // not one for us
    return asked_.last_resort ? ResponseClass::kNodata : ResponseClass::kLame;
  }
  const bool own_ns = !authority_.find(asked_.zone, wire::Type::kNs).empty();
  if (authority_.has_type(wire::Type::kNs) && !(own_ns && aa_)) return ResponseClass::kLame;  // upward, sideways
  // Other types at the name say that it exists; records of other names alone answer nothing.
  if (answers_.has_data_at(asked_.name)) return ResponseClass::kNodata;
  if (answers_.plain_count() > 0) return ResponseClass::kBroken;
  return aa_ || asked_.last_resort ? ResponseClass::kNodata : ResponseClass::kLame;
}

// Small forwarders leave the SOA out of what they deny; without RA, or with a referral, it did not recurse.
ResponseClass Digester::classify_empty_of_forwarder() {
  if (answers_.has_data_at(asked_.name)) return ResponseClass::kNodata;
  if (answers_.plain_count() > 0) return ResponseClass::kBroken;
  const bool recursed = ra_ && !authority_.has_type(wire::Type::kNs) && !authority_.has_type(wire::Type::kSoa);
  return recursed ? ResponseClass::kNodata : ResponseClass::kLame;
}

// The chain is empty or ends in an alias.
ResponseClass Digester::classify_end_of_chain(wire::Rcode rcode) {
  const bool has_alias = !out_.chain.empty();
  // RFC 6604 §3: the RCODE speaks of the last name, and of nothing outside the zone.
  if (!is_theirs(out_.target)) return ResponseClass::kAlias;
  if (!find_soa()) return ResponseClass::kBroken;
  if (rcode == wire::Rcode::kNxdomain) {
    const bool foreign_soa = !out_.soa && authority_.has_type(wire::Type::kSoa);
    return foreign_soa && !has_alias ? ResponseClass::kLame : ResponseClass::kNxdomain;
  }
  if (out_.soa) return !has_alias && refers_below_soa() ? ResponseClass::kReferral : ResponseClass::kNodata;
  return has_alias ? ResponseClass::kAlias : classify_without_answer();
}

ResponseClass Digester::classify(wire::Rcode rcode, ChainEnd end) {
  switch (end) {
    case ChainEnd::kBroken:
      return ResponseClass::kBroken;
    case ChainEnd::kTooLong:
      return is_hearsay() ? ResponseClass::kLame : ResponseClass::kYxdomain;
    case ChainEnd::kRrset:
      if (is_hearsay()) return ResponseClass::kLame;
      return rcode == wire::Rcode::kNoerror ? ResponseClass::kAnswer : ResponseClass::kBroken;
    case ChainEnd::kAlias:
    case ChainEnd::kNothing:
      break;
  }
  if (rcode == wire::Rcode::kYxdomain) return ResponseClass::kServfail;  // without a DNAME that explains it
  if (asked_.last_resort && rcode == wire::Rcode::kNxdomain) return ResponseClass::kLame;  // too much to believe
  const bool hearsay_data = is_hearsay() && (end == ChainEnd::kAlias || rcode == wire::Rcode::kNxdomain);
  return hearsay_data ? ResponseClass::kLame : classify_end_of_chain(rcode);
}

bool may_be_learned_from(ResponseClass response_class) {
  switch (response_class) {
    case ResponseClass::kAnswer:
    case ResponseClass::kAlias:
    case ResponseClass::kNodata:
    case ResponseClass::kNxdomain:
    case ResponseClass::kReferral:
    case ResponseClass::kYxdomain:
      return true;
    case ResponseClass::kTruncated:
    case ResponseClass::kLame:
    case ResponseClass::kServfail:
    case ResponseClass::kRefused:
    case ResponseClass::kFormerr:
    case ResponseClass::kBadvers:
    case ResponseClass::kBadcookie:
    case ResponseClass::kBroken:
      return false;
  }
  return false;
}

ResponseDigest Digester::digest(wire::Rcode rcode) {
  const ChainEnd end = asked_.name.is_within(asked_.zone) ? follow_chain() : ChainEnd::kBroken;
  const ResponseClass response_class = classify(rcode, end);
  const uint32_t plain_records = answers_.plain_count() + authority_.plain_count() + additional_.plain_count();
  if (!may_be_learned_from(response_class)) {
    out_ = ResponseDigest();
    out_.target = wire::Name(asked_.name);
    out_.response_class = response_class;
    out_.scrubbed_records = plain_records;
    return std::move(out_);
  }
  out_.response_class = response_class;
  if (response_class != ResponseClass::kReferral) find_child_ns();
  find_proofs();
  out_.scrubbed_records = plain_records - std::min(plain_records, used_records_);
  return std::move(out_);
}

ResponseDigest without_content(ResponseClass response_class, const Asked& asked) {
  ResponseDigest digest;
  digest.response_class = response_class;
  digest.target = wire::Name(asked.name);
  return digest;
}

}  // namespace

ResponseDigest digest_response(const wire::MessageView& message, const Asked& asked) {
  const wire::Rcode rcode = message.rcode();
  switch (rcode) {
    case wire::Rcode::kNoerror:
    case wire::Rcode::kNxdomain:
    case wire::Rcode::kYxdomain:
      break;
    case wire::Rcode::kRefused:
    case wire::Rcode::kNotauth:
      return without_content(ResponseClass::kRefused, asked);
    case wire::Rcode::kFormerr:
    case wire::Rcode::kNotimp:
      return without_content(ResponseClass::kFormerr, asked);
    case wire::Rcode::kBadvers:
      return without_content(ResponseClass::kBadvers, asked);
    case wire::Rcode::kBadcookie:
      return without_content(ResponseClass::kBadcookie, asked);
    case wire::Rcode::kServfail:
    case wire::Rcode::kYxrrset:
    case wire::Rcode::kNxrrset:
    case wire::Rcode::kNotzone:
    default:  // RCODEs that no query can have as an answer, or that are not known
      return without_content(ResponseClass::kServfail, asked);
  }
  if (message.header().tc) return without_content(ResponseClass::kTruncated, asked);
  ResponseDigest digest = Digester(message, asked).digest(rcode);
  if (asked.of_forwarder && message.edns() && message.edns()->extended_error) {
    const wire::ExtendedError error = message.edns()->extended_error->code;
    const bool is_stale = error == wire::ExtendedError::kStaleAnswer || error == wire::ExtendedError::kStaleNxdomain;
    if (is_stale) digest.stale_at_forwarder = error;
  }
  return digest;
}

}  // namespace resolver
