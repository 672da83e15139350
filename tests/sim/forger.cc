#include "tests/sim/forger.h"

#include <algorithm>
#include <set>

#include "tests/sim/event_queue.h"
#include "tests/sim/zone_signer.h"
#include "wire/dnssec_rdata.h"

namespace sim {

using wire::Name;
using wire::NameView;
using wire::Type;

namespace {

constexpr uint32_t kTtl_s = 86400;
constexpr uint32_t kLongTtl_s = 7 * 86400;
constexpr size_t kProofsKept = 200;
constexpr uint16_t kKeyFlags = 257;

Name marked_name() { return name_of(std::string(kForgerLabel) + "."); }

Rdata marked_rdata(Type type) {
  if (type == Type::kA || type == Type::kAaaa) return rdata_of(forger_address(type));
  if (type == Type::kNs || type == Type::kCname || type == Type::kDname) return rdata_of(marked_name());
  if (type == Type::kMx) return mx_rdata(1, marked_name());
  if (type == Type::kSoa) return soa_rdata(marked_name(), 7, kTtl_s);
  return txt_rdata({std::string(kForgerLabel)});
}

// Whose form the marker would break, so that nobody would look at the signature.
bool has_form_of_its_own(Type type) {
  return type == Type::kRrsig || type == Type::kNsec || type == Type::kNsec3 || type == Type::kDs ||
         type == Type::kDnskey;
}

template <class Test>
void drop_if(Response& response, Test test) {
  std::erase_if(response.answer, test);
  std::erase_if(response.authority, test);
}

bool is_signature(const Record& record) { return record.type == Type::kRrsig; }
bool is_proof(const Record& record) { return record.type == Type::kNsec || record.type == Type::kNsec3; }
bool covers(const Record& rrsig, Type type) {
  const auto fields = wire::parse_rrsig(rrsig.rdata);
  return fields && fields->covered == type;
}

Rdata ds_of(const dnssec_test::SigningKey& key) {
  std::vector<uint8_t> rendered;
  dnssec_test::append_ds(rendered, key.zone(), key.rdata(), resolver::dnssec::digest_type::kSha256);
  return {rendered.begin() + static_cast<ptrdiff_t>(wire::kRenderedRecordHeaderBytes), rendered.end()};
}

}  // namespace

Forger::Forger(const World& world, Random dice) : world_(world), plan_(*world.signing->forger), dice_(dice) {}

const dnssec_test::SigningKey& Forger::key_of_zone(NameView zone) {
  const auto found = keys_.find(key_of(zone));
  if (found != keys_.end()) return found->second;
  return keys_.emplace(key_of(zone), dnssec_test::SigningKey(zone, draw_secret(dice_), kKeyFlags)).first->second;
}

void Forger::pass(const Zone& zone, NameView name, Type type, Response& response, base::Instant now) {
  remember(name, type, response);
  if (!plan_.is_on(now) || !dice_.percent(plan_.chance)) return;
  change(dice_.pick(plan_.forgeries), zone, name, type, response);
}

void Forger::remember(NameView name, Type type, const Response& response) {
  first_said_.try_emplace({key_of(name), type}, response);
  for (const Record& record : response.authority) {
    if (record.type == Type::kSoa || (is_signature(record) && covers(record, Type::kSoa))) {
      auto& soa = soas_[key_of(record.owner)];
      if (soa.size() < 2) soa.push_back(record);
    }
  }
  if (proofs_.size() >= kProofsKept) return;
  for (const Record& record : response.authority) {
    if (is_proof(record) || (is_signature(record) && (covers(record, Type::kNsec) || covers(record, Type::kNsec3)))) {
      proofs_.push_back(record);
    }
  }
}

void Forger::change(Forgery forgery, const Zone& zone, NameView name, Type type, Response& response) {
  switch (forgery) {
    case Forgery::kRdata:
      return change_data(name, type, response);
    case Forgery::kStripSignatures:
      drop_if(response, [](const Record& record) { return is_signature(record) || is_proof(record); });
      if (dice_.percent(60)) change_data(name, type, response);
      return;
    case Forgery::kStripDs:
      drop_if(response, [](const Record& record) {
        return record.type == Type::kDs || (is_signature(record) && covers(record, Type::kDs));
      });
      return;
    case Forgery::kAddRecords:
      return add_records(zone, response);
    case Forgery::kNxdomain:
      return deny(zone, wire::Rcode::kNxdomain, response);
    case Forgery::kNodata:
      return deny(zone, wire::Rcode::kNoerror, response);
    case Forgery::kForeignDenial:
      deny(zone, dice_.percent(50) ? wire::Rcode::kNxdomain : wire::Rcode::kNoerror, response);
      return add_foreign_proofs(response);
    case Forgery::kReplay:
      return replay(name, type, response);
    case Forgery::kReferral:
      return refer(zone, name, response);
    case Forgery::kDnskey:
      return swap_keys(zone, name, type, response);
    case Forgery::kOwnKey:
      drop_if(response, is_signature);
      change_data(name, type, response);
      return sign_with_own_key(zone.origin, response.answer);
    case Forgery::kTtl:
      for (auto* section : {&response.answer, &response.authority, &response.additional}) {
        for (Record& record : *section) record.ttl_s = kLongTtl_s;
      }
      return;
    case Forgery::kBits:
      response.authentic = response.checking_disabled = true;
      return change_data(name, type, response);
    case Forgery::kRcode: {
      static const std::vector<wire::Rcode> kRcodes = {wire::Rcode::kFormerr, wire::Rcode::kServfail,
                                                       wire::Rcode::kRefused, wire::Rcode::kNotimp};
      response = refuse(dice_.pick(kRcodes));
      return;
    }
  }
}

// Where there was no data, there is some now.
void Forger::change_data(NameView name, Type type, Response& response) {
  for (Record& record : response.answer) {
    if (!has_form_of_its_own(record.type)) record.rdata = marked_rdata(record.type);
  }
  if (!response.answer.empty() || has_form_of_its_own(type)) return;
  response.rcode = wire::Rcode::kNoerror;
  response.authoritative = true;
  response.authority.clear();
  response.answer.push_back({Name(name), type, kTtl_s, marked_rdata(type)});
}

void Forger::add_records(const Zone& zone, Response& response) {
  const Question& victim = world_.questions[dice_.below(static_cast<uint32_t>(world_.questions.size()))];
  response.answer.push_back({victim.name, Type::kA, kTtl_s, marked_rdata(Type::kA)});
  for (const Record& record : response.authority) {
    if (record.type != Type::kNs) continue;
    response.additional.push_back({name_in_rdata(record.rdata), Type::kA, kTtl_s, marked_rdata(Type::kA)});
  }
  if (dice_.percent(50)) {
    const Name server = below("ns." + std::string(kForgerLabel), zone.origin);
    response.authority.push_back({zone.origin, Type::kNs, kTtl_s, rdata_of(server)});
    response.additional.push_back({server, Type::kA, kTtl_s, marked_rdata(Type::kA)});
  }
}

// With the zone's own SOA and its signature, when it was seen.
void Forger::deny(const Zone& zone, wire::Rcode rcode, Response& response) {
  response.answer.clear();
  response.additional.clear();
  response.rcode = rcode;
  response.authoritative = true;
  std::erase_if(response.authority, [](const Record& record) {
    return record.type == Type::kNs || record.type == Type::kDs || (is_signature(record) && covers(record, Type::kDs));
  });
  const bool has_soa = std::any_of(response.authority.begin(), response.authority.end(),
                                   [](const Record& record) { return record.type == Type::kSoa; });
  if (has_soa) return;
  const auto seen = soas_.find(key_of(zone.origin));
  if (seen != soas_.end()) {
    response.authority.insert(response.authority.end(), seen->second.begin(), seen->second.end());
  } else {
    append_set(response.authority, zone.origin, Type::kSoa, *zone.data().find(zone.origin, Type::kSoa));
  }
}

void Forger::add_foreign_proofs(Response& response) {
  std::erase_if(response.authority, is_proof);
  if (proofs_.empty()) return;
  for (uint32_t count = dice_.between(1, 4); count > 0; --count) {
    const size_t at = dice_.below(static_cast<uint32_t>(proofs_.size())) & ~size_t{1};
    response.authority.push_back(proofs_[at]);
    if (at + 1 < proofs_.size()) response.authority.push_back(proofs_[at + 1]);
  }
}

void Forger::replay(NameView name, Type type, Response& response) {
  const auto found = first_said_.find({key_of(name), type});
  if (found != first_said_.end()) response = found->second;
}

// On the way from a parent the delegation is changed; elsewhere one is made up below the zone. The true DS set may
// stay: then it is a signed zone on the wrong server.
void Forger::refer(const Zone& zone, NameView name, Response& response) {
  const auto ns = std::find_if(response.authority.begin(), response.authority.end(),
                               [](const Record& record) { return record.type == Type::kNs; });
  Name cut;
  if (response.answer.empty() && ns != response.authority.end()) {
    cut = ns->owner;
  } else if (name.label_count() > zone.origin.view().label_count()) {
    cut = Name(name.suffix(zone.origin.view().label_count() + 1));
  } else {
    return;
  }
  const Name server = dice_.percent(70) ? below("ns." + std::string(kForgerLabel), cut) : marked_name();
  const bool keeps_ds = dice_.percent(50);
  std::vector<Record> kept;
  for (const Record& record : response.authority) {
    const bool is_ds = record.type == Type::kDs || (is_signature(record) && covers(record, Type::kDs));
    if (is_ds && keeps_ds) kept.push_back(record);
  }
  response = Response{};
  response.authoritative = false;
  response.authority = std::move(kept);
  response.authority.insert(response.authority.begin(), Record{cut, Type::kNs, kTtl_s, rdata_of(server)});
  if (!keeps_ds && dice_.percent(50)) {
    response.authority.push_back({cut, Type::kDs, kTtl_s, ds_of(key_of_zone(cut))});
  }
  response.additional.push_back({server, Type::kA, kTtl_s, marked_rdata(Type::kA)});
}

void Forger::swap_keys(const Zone& zone, NameView name, Type type, Response& response) {
  if (type == Type::kDnskey) {
    response = Response{};
    response.answer.push_back({Name(name), Type::kDnskey, kTtl_s, key_of_zone(name).rdata()});
    return sign_with_own_key(name, response.answer);
  }
  for (auto* section : {&response.answer, &response.authority}) {
    for (Record& record : *section) {
      if (record.type == Type::kDs) record.rdata = ds_of(key_of_zone(record.owner));
    }
  }
  if (response.answer.empty()) return;
  std::erase_if(response.answer, is_signature);
  if (type != Type::kDs) change_data(name, type, response);
  sign_with_own_key(zone.origin, response.answer);
}

void Forger::sign_with_own_key(NameView zone, std::vector<Record>& section) {
  std::map<std::pair<std::string, Type>, RrSet> sets;
  for (const Record& record : section) {
    RrSet& set = sets[{key_of(record.owner), record.type}];
    set.ttl_s = record.ttl_s;
    set.rdatas.push_back(record.rdata);
  }
  const auto start = static_cast<uint32_t>(kWallAtStart_s);
  for (const auto& [key, set] : sets) {
    const Name owner = name_of_key(key.first);
    const Rdata rrsig = make_rrsig(key_of_zone(zone), owner, key.second, set, {start - kTtl_s, start + kLongTtl_s});
    section.push_back({owner, Type::kRrsig, set.ttl_s, rrsig});
  }
}

Response Forger::answer(NameView name, Type type) {
  Response response;
  if (type == Type::kDnskey) {
    response.answer.push_back({Name(name), type, kTtl_s, key_of_zone(name).rdata()});
    sign_with_own_key(name, response.answer);
  } else if (!has_form_of_its_own(type)) {
    response.answer.push_back({Name(name), type, kTtl_s, marked_rdata(type)});
    if (dice_.percent(50) && !name.is_root()) sign_with_own_key(name.parent(), response.answer);
  } else {
    response.authority.push_back({Name(name), Type::kSoa, kTtl_s, marked_rdata(Type::kSoa)});
  }
  return response;
}

}  // namespace sim
