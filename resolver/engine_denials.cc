// Denials from what is known already (RFC 8198): what was found secure goes into the index, and a question that the
// cache cannot answer is looked for there before any server is asked. The rules are in dnssec/synthesize.h.
#include <algorithm>

#include "cache/proofs.h"
#include "resolver/dnssec/synthesize.h"
#include "resolver/engine_impl.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

// What one look may take of the question's hashes: looked for in vain, it leaves some to validation.
constexpr uint16_t kHashesPerLookMax = 40;
constexpr uint32_t kBlocksPerLookMax = 2'000;

std::vector<uint8_t> rdata_of_only_record(const LearnedRrset& rrset) {
  std::vector<uint8_t> bytes;
  if (rrset.record_count != 1) return bytes;
  wire::for_each_rendered(rrset.rendered,
                          [&](wire::Type, uint32_t, base::Bytes rdata) { bytes.assign(rdata.begin(), rdata.end()); });
  return bytes;
}

std::vector<uint8_t> render(const cache::DenialRecord& record) {
  std::vector<uint8_t> rendered;
  wire::append_rendered(rendered, record.type, wire::Class::kIn, record.ttl_left_s, record.rdata);
  return rendered;
}

// As if the zone's servers had sent it now.
cache::EntryPtr make_denial(base::Now now, wire::NameView name, wire::Type type, const dnssec::Synthesis& found) {
  const bool is_nxdomain = found.denied == dnssec::Denied::kNxdomain;
  const std::vector<uint8_t> soa = render(found.soa);
  std::vector<uint8_t> tail = found.soa.signatures;
  uint16_t signatures = 0;
  wire::for_each_rendered(tail, [&](wire::Type, uint32_t, base::Bytes) { ++signatures; });
  for (const cache::DenialRecord& proof : found.proofs) {
    cache::append_proof(tail, proof.owner, render(proof), proof.signatures);
  }
  cache::EntryParts parts;
  parts.header.kind = is_nxdomain ? cache::Kind::kNxdomain : cache::Kind::kNodata;
  parts.header.space = is_nxdomain ? cache::Space::kNxdomain : cache::Space::kAnswer;
  parts.header.type = is_nxdomain ? wire::Type::kNone : type;
  parts.header.validation = cache::Validation::kSecure;
  parts.header.learned_s = now.boot.boot_seconds();
  parts.header.ttl_s = found.ttl_s;
  parts.header.lease_until_s = UINT32_MAX;
  parts.header.record_count = 1;
  parts.header.tail_count = signatures;
  parts.header.has_proofs = 1;
  parts.header.zone_labels = static_cast<uint8_t>(found.soa.owner.view().label_count());
  parts.name = name;
  parts.body = soa;
  parts.tail = tail;
  return parts.make();
}

}  // namespace

// Their TTLs count from when they came, as those of the digest do.
void Engine::Impl::keep_denials(base::Now now, base::Instant received, const Validation& validation,
                                const ResponseDigest& digest) {
  if (!options_.dnssec.aggressive || shared_.denials == nullptr) return;
  const uint32_t passed_s = now.boot.boot_seconds() - received.boot_seconds();
  uint32_t ttl_max_s = options_.max_negative_ttl_s;
  if (const auto zone = validation.secure_denial_zone(); zone && digest.soa) {
    ttl_max_s = std::min(ttl_max_s, digest.negative_ttl_s);  // RFC 9077
    const std::vector<uint8_t> rdata = rdata_of_only_record(*digest.soa);
    const bool is_theirs = digest.soa->owner.view() == *zone && !rdata.empty();
    if (is_theirs)
      shared_.denials->put_soa(now.boot, *zone, {digest.soa->owner, rdata, digest.soa->signatures, ttl_max_s});
  }
  validation.for_each_secure_proof(
      [&](const LearnedRrset& proof, wire::NameView zone, bool from_wildcard, uint32_t ttl_s) {
        const std::vector<uint8_t> rdata = rdata_of_only_record(proof);
        if (rdata.empty() || ttl_s <= passed_s) return;
        static_cast<void>(dnssec::keep_denial(now.boot, *shared_.denials,
                                              {.zone = zone,
                                               .owner = proof.owner,
                                               .type = proof.type,
                                               .rdata = rdata,
                                               .signatures = proof.signatures,
                                               .ttl_s = std::min(ttl_s - passed_s, ttl_max_s),
                                               .from_wildcard = from_wildcard},
                                              options_.dnssec.policy));
      });
}

// It answers who asks now and is not published: a flood of random names is not to push out what is asked for again.
bool Engine::Impl::deny_from_index(base::Now now, Resolution& resolution) {
  if (!options_.dnssec.aggressive || shared_.denials == nullptr || resolution.visit) return false;
  if (resolution.purpose != Purpose::kAnswer || !validates(resolution)) return false;
  const wire::NameView name = resolution.name;
  const bool is_at_parent = resolution.type == wire::Type::kDs && !name.is_root();
  const auto zone = shared_.denials->nearest_zone(is_at_parent ? name.parent() : name);
  // A private zone below it, or one that is not to be validated, is not denied by the public tree.
  if (!zone || !zone->view().is_within(resolution.walk.route->zone) || !is_below_an_anchor(now, name)) return false;
  dnssec::ValidationBudget budget =
      resolution.budget->validation().share_of_hashes(kHashesPerLookMax, kBlocksPerLookMax);
  const dnssec::Synthesis found =
      dnssec::synthesize(now.boot, *shared_.denials, *zone, name, resolution.type, options_.dnssec.policy, budget);
  counters_.add(base::Counter::kNsec3Hashes, budget.spent().hashes);
  resolution.budget->validation().pay_hashes(budget);
  if (found.denied == dnssec::Denied::kNothing || found.ttl_s == 0) return false;
  counters_.add(base::Counter::kDenialsSynthesized);
  keep(resolution, make_denial(now, name, resolution.type, found));
  const bool is_nxdomain = found.denied == dnssec::Denied::kNxdomain;
  resolution.result.rcode = is_nxdomain ? wire::Rcode::kNxdomain : wire::Rcode::kNoerror;
  finish(now, resolution, Outcome::kAnswered);
  return true;
}

}  // namespace resolver
