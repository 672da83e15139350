#include "tests/sim/signed_authority.h"

#include <algorithm>
#include <set>

#include "tests/sim/zone_signer.h"

namespace sim {

using wire::Name;
using wire::NameView;
using wire::Type;

namespace {

class SignatureAdder {
 public:
  SignatureAdder(Response& response, const Zone& zone, base::Instant now)
      : response_(response), zone_(zone), signer_(*zone.signer), now_(now) {}

  void add(NameView name, Type type) {
    sign_sets(response_.answer);
    sign_sets(response_.authority);
    Name at(name);
    for (size_t links = 0; links < kAliasesInOneResponseMax && at.view().is_within(zone_.origin); ++links) {
      const Lookup found = look_up(zone_.origin, zone_.data(), at, type);
      add_proofs(found, at, type);
      if (found.kind != Lookup::Kind::kCname && found.kind != Lookup::Kind::kDname) break;
      at = found.target;
    }
  }

 private:
  // The CNAME made from a DNAME has no signature (RFC 6672 §5.3.1).
  [[nodiscard]] static bool comes_from_dname(const std::vector<Record>& section, const Record& alias) {
    return alias.type == Type::kCname && std::any_of(section.begin(), section.end(), [&](const Record& record) {
             return record.type == Type::kDname && alias.owner.view().is_within(record.owner) &&
                    !(alias.owner == record.owner);
           });
  }

  void sign_sets(std::vector<Record>& section) {
    std::set<std::pair<std::string, Type>> done;
    std::vector<Record> signatures;
    for (const Record& record : section) {
      const bool is_referral = record.type == Type::kNs && !(record.owner == zone_.origin);
      if (is_referral || comes_from_dname(section, record)) continue;
      if (!done.insert({key_of(record.owner), record.type}).second) continue;
      const Lookup found = look_up(zone_.origin, zone_.data(), record.owner, record.type);
      if (found.set == nullptr) continue;
      append_signatures(signatures, record.owner, found.source, record.type, *found.set);
    }
    section.insert(section.end(), signatures.begin(), signatures.end());
  }

  void append_signatures(std::vector<Record>& out, NameView owner, NameView source, Type type, const RrSet& set) {
    for (const Rdata& rrsig : signer_.sign(source, type, set, now_)) {
      out.push_back({Name(owner), Type::kRrsig, set.ttl_s, rrsig});
    }
  }

  void add_proofs(const Lookup& found, NameView at, Type type) {
    const DenialChain& chain = signer_.chain_of(zone_.data());
    const bool is_of_wildcard = !(found.source.view() == at);
    switch (found.kind) {
      case Lookup::Kind::kRrset:
      case Lookup::Kind::kCname:
        if (is_of_wildcard) append(chain.wildcard_answer(at));
        break;
      case Lookup::Kind::kDname:
        break;
      case Lookup::Kind::kNodata:
        if (is_of_wildcard) {
          append(chain.wildcard_nodata(at, found.source));
        } else {
          append(type == Type::kDs ? chain.no_ds(at) : chain.nodata(at));
        }
        break;
      case Lookup::Kind::kNxdomain:
        append(chain.nxdomain(at));
        break;
      case Lookup::Kind::kReferral:
        if (response_.answer.empty()) add_delegation_signer(chain, found.owner);
        break;
    }
  }

  void add_delegation_signer(const DenialChain& chain, NameView cut) {
    const RrSet* ds = zone_.data().find(cut, Type::kDs);
    if (ds == nullptr) return append(chain.no_ds(cut));
    append_set(response_.authority, cut, Type::kDs, *ds);
    append_signatures(response_.authority, cut, cut, Type::kDs, *ds);
  }

  void append(const std::vector<Record>& proofs) {
    for (const Record& proof : proofs) {
      if (!proven_.insert(key_of(proof.owner)).second) continue;
      response_.authority.push_back(proof);
      append_signatures(response_.authority, proof.owner, proof.owner, proof.type, RrSet{proof.ttl_s, {proof.rdata}});
    }
  }

  Response& response_;
  const Zone& zone_;
  ZoneSigner& signer_;
  base::Instant now_;
  std::set<std::string> proven_;
};

}  // namespace

void add_signatures(Response& response, const std::vector<const Zone*>& zones, NameView name, Type type,
                    base::Instant now) {
  const Zone* zone = zone_for(zones, name, type);
  if (zone != nullptr && zone->signer) SignatureAdder(response, *zone, now).add(name, type);
}

}  // namespace sim
