// What a digest puts into the cache, and what it takes out.
#include <algorithm>

#include "cache/failure.h"
#include "resolver/engine_impl.h"

namespace resolver {
namespace {

uint8_t labels_of(wire::NameView name) { return static_cast<uint8_t>(name.label_count()); }

// Servers name themselves beside each answer: while most of the TTL is left, the same again is no news.
bool is_told_again(base::Now now, const cache::Entry& known, const cache::Delegation& learned, uint32_t ttl_s,
                   uint32_t lease_s, uint8_t step) {
  const cache::EntryHeader& header = known.header();
  return now.boot.boot_seconds() - header.learned_s <= ttl_s / 8 && header.ttl_s == ttl_s &&
         header.lease_until_s == lease_s && header.step == step && cache::holds_just(known, learned.servers);
}

}  // namespace

cache::EntryPtr Engine::Impl::make_rrset_entry(base::Now now, const Resolution& resolution,
                                               const LearnedRrset& rrset) const {
  cache::EntryParts parts;
  parts.header.kind = cache::Kind::kRrset;
  parts.header.space = cache::Space::kAnswer;
  parts.header.type = rrset.type;
  parts.header.rank = rrset.rank;
  parts.header.learned_s = now.boot.boot_seconds();
  parts.header.ttl_s = std::clamp(rrset.ttl_s, options_.min_ttl_s, std::max(options_.min_ttl_s, options_.max_ttl_s));
  parts.header.lease_until_s = resolution.visit ? resolution.visit->lease_until_s : UINT32_MAX;
  mark_step(resolution, parts.header);
  parts.header.record_count = rrset.record_count;
  parts.header.tail_count = rrset.signature_count;
  parts.header.validation = rrset.validation;
  parts.header.has_proofs = rrset.proofs.empty() ? 0 : 1;
  const size_t zone_labels = resolution.visit ? wire::NameView(resolution.visit->delegation.zone).label_count() : 0;
  parts.header.zone_labels = static_cast<uint8_t>(std::min<size_t>(zone_labels, labels_of(rrset.owner)));
  parts.name = rrset.owner;
  parts.body = rrset.rendered;
  std::vector<uint8_t> tail = rrset.signatures;
  tail.insert(tail.end(), rrset.proofs.begin(), rrset.proofs.end());
  parts.tail = tail;
  return parts.make();
}

// `keep_result`: the digest answers the resolution's own question, so what it holds is its result
// too: data with a TTL of 0 is answered once and not found in the cache.
void Engine::Impl::learn(base::Now now, Resolution& resolution, ResponseDigest& digest, bool keep_result) {
  bool made_from_dname = false;  // the CNAME behind a DNAME is made anew for each answer (RFC 6672 §3.1)
  const bool has_verdicts = keep_result && validates(resolution);
  for (LearnedRrset& rrset : digest.chain) {
    const bool lacks_verdict = !has_verdicts && needs_a_verdict(now, rrset.owner);
    if (lacks_verdict) rrset.rank = cache::Rank::kGlue;
    cache::EntryPtr entry = make_rrset_entry(now, resolution, rrset);
    if (keep_result) keep(resolution, cache::clone(*entry));
    const bool is_kept_from_clients = lacks_verdict && is_outranked_at(rrset.owner, rrset.type);
    const bool is_for_now = (rrset.ttl_s == 0 && options_.min_ttl_s == 0) || digest.stale_at_forwarder ||
                            !may_publish(resolution, rrset.owner, rrset.type) ||
                            (entry->header().forwarded && is_outranked(now, rrset.owner, rrset.type));
    if (made_from_dname || is_for_now || is_kept_from_clients) {
      made_from_dname = false;
      continue;
    }
    made_from_dname = rrset.type == wire::Type::kDname;
    if (!lacks_verdict) forget(rrset.owner, wire::Type::kNone, cache::Space::kNxdomain);
    if (!lacks_verdict && rrset.type != wire::Type::kCname)
      forget(rrset.owner, wire::Type::kCname, cache::Space::kAnswer);
    publish(now, std::move(entry));
  }
  if (digest.response_class == ResponseClass::kNodata || digest.response_class == ResponseClass::kNxdomain) {
    learn_denial(now, resolution, digest, keep_result);
  }
  const Upstream* upstream = resolution.visit->upstream;
  const bool is_stub = upstream != nullptr && upstream->authoritative;  // its servers are the configured ones
  if (digest.child_ns && !is_stub) {
    const bool root = wire::NameView(digest.child_ns->delegation.zone).is_root();
    if (root) {
      learn_root(now, *digest.child_ns);
    } else {
      learn_delegation(now, resolution, *digest.child_ns, cache::Space::kChildNs);
    }
  }
  const bool clears_failure = keep_result && (has_verdicts || !needs_a_verdict(now, resolution.name));
  if (clears_failure) forget(resolution.name, resolution.type, cache::Space::kFailure);
}

// Data that may answer clients is there, be it past its TTL: what lacks a verdict takes not its place.
bool Engine::Impl::is_outranked_at(wire::NameView owner, wire::Type type) const {
  const wire::Name lower = wire::Name(owner).lowercased();
  const cache::Entry* entry = shared_.cache->peek(shared_.cache->key(lower, type, cache::Space::kAnswer));
  return entry != nullptr && entry->header().rank >= cache::Rank::kNonAuthAnswer;
}

// RFC 2308: NODATA under (name, type), NXDOMAIN under the name; without an SOA it is not kept.
void Engine::Impl::learn_denial(base::Now now, Resolution& resolution, ResponseDigest& digest, bool keep_result) {
  if (!digest.soa) return;
  const bool nxdomain = digest.response_class == ResponseClass::kNxdomain;
  cache::EntryParts parts;
  parts.header.kind = nxdomain ? cache::Kind::kNxdomain : cache::Kind::kNodata;
  parts.header.space = nxdomain ? cache::Space::kNxdomain : cache::Space::kAnswer;
  // A minimised question was asked for another type than the resolution's.
  parts.header.type = nxdomain ? wire::Type::kNone : keep_result ? resolution.type : wire::Type::kA;
  mark_step(resolution, parts.header);
  const bool lacks_verdict = !(keep_result && validates(resolution)) && needs_a_verdict(now, digest.target);
  parts.header.rank = lacks_verdict            ? cache::Rank::kGlue
                      : parts.header.forwarded ? cache::Rank::kNonAuthAnswer
                                               : cache::Rank::kAuthAnswer;
  parts.header.validation = digest.denial_validation;
  parts.header.learned_s = now.boot.boot_seconds();
  parts.header.ttl_s = std::min(digest.negative_ttl_s, options_.max_negative_ttl_s);
  parts.header.lease_until_s = resolution.visit->lease_until_s;
  parts.header.record_count = 1;
  parts.header.zone_labels = labels_of(digest.soa->owner);
  parts.name = digest.target;
  parts.body = digest.soa->rendered;
  parts.header.tail_count = digest.soa->signature_count;
  parts.header.has_proofs = digest.denial_proofs.empty() ? 0 : 1;
  std::vector<uint8_t> tail = digest.soa->signatures;
  tail.insert(tail.end(), digest.denial_proofs.begin(), digest.denial_proofs.end());
  parts.tail = tail;
  cache::EntryPtr entry = parts.make();
  if (keep_result) keep(resolution, cache::clone(*entry));
  if (parts.header.ttl_s == 0 || digest.stale_at_forwarder) return;
  if (!may_publish(resolution, digest.target, parts.header.type)) return;
  if (parts.header.forwarded && is_outranked(now, digest.target, resolution.type)) return;
  if (lacks_verdict) {
    if (!nxdomain && !is_outranked_at(digest.target, parts.header.type)) publish(now, std::move(entry));
    return;
  }
  forget(digest.target, wire::Type::kCname, cache::Space::kAnswer);
  if (nxdomain) {
    forget(digest.target, resolution.type, cache::Space::kAnswer);
    // Its parent has taken it back, whatever the lease it gave before.
    const wire::NameView zone = resolution.visit->delegation.zone;
    if (resolution.visit->upstream == nullptr && !(zone == wire::NameView(digest.target)))
      end_delegation(digest.target);
  } else {
    forget(digest.target, wire::Type::kNone, cache::Space::kNxdomain);
  }
  publish(now, std::move(entry));
}

// The parent knows of no zone of that name, whoever said so before.
void Engine::Impl::end_delegation(wire::NameView zone) {
  forget(zone, wire::Type::kNs, cache::Space::kDelegation);
  forget(zone, wire::Type::kNs, cache::Space::kChildNs);
}

// The lease of a delegation is the parent's word: never longer than the parent's own lease
// (ghost and phoenix domains, attacks rows 11 and 12).
void Engine::Impl::learn_delegation(base::Now now, const Resolution& resolution, const LearnedDelegation& learned,
                                    cache::Space space) {
  const uint32_t ttl_s = std::min(learned.ttl_s, options_.max_ttl_s);
  if (ttl_s == 0) return;
  const bool child = space == cache::Space::kChildNs;
  const uint64_t until = uint64_t{now.boot.boot_seconds()} + ttl_s;
  const uint32_t parent_lease_s = resolution.visit->lease_until_s;
  const auto lease_s = static_cast<uint32_t>(child ? parent_lease_s : std::min<uint64_t>(until, parent_lease_s));
  const wire::Name zone = learned.delegation.zone.lowercased();
  const cache::Entry* previous = shared_.cache->peek(shared_.cache->key(zone, wire::Type::kNs, space));
  const uint8_t step = delegation_step(resolution);
  if (child && previous != nullptr && is_told_again(now, *previous, learned.delegation, ttl_s, lease_s, step)) return;
  publish(now, cache::make_delegation_entry(now.boot, learned.delegation, space, ttl_s, lease_s, previous, step));
}

// RFC 8109: what the root says of itself takes the place of the hints; addresses that did not fit
// into the response come from the hints.
void Engine::Impl::learn_root(base::Now now, const LearnedDelegation& learned) {
  cache::Delegation root = learned.delegation;
  for (auto& server : root.servers) {
    if (!server.glue.empty()) continue;
    for (const auto& hint : options_.root_hints.servers) {
      if (hint.name == server.name) server.glue = hint.glue;
    }
  }
  const bool usable =
      std::any_of(root.servers.begin(), root.servers.end(), [](const auto& server) { return !server.glue.empty(); });
  if (!usable) return;
  counters_.add(base::Counter::kPrimings);
  const uint32_t ttl_s = std::min(learned.ttl_s, options_.max_ttl_s);
  publish(now, cache::make_delegation_entry(now.boot, root, cache::Space::kDelegation, ttl_s, UINT32_MAX));
}

void Engine::Impl::publish(base::Now now, cache::EntryPtr entry) {
  // What the journal is told of is looked up again: the cache may keep the entry elsewhere.
  const wire::Name name(entry->name());
  const wire::Type type = entry->header().type;
  const cache::Space space = entry->header().space;
  switch (shared_.cache->publish(reader_, now.boot, std::move(entry))) {
    case cache::PublishOutcome::kStored:
      counters_.add(base::Counter::kCachePublished);
      if (shared_.journal == nullptr) break;
      if (const cache::Entry* stored = shared_.cache->peek(shared_.cache->key(name, type, space))) {
        shared_.journal->on_publish(*stored);
      }
      break;
    case cache::PublishOutcome::kKeptOld:
      counters_.add(base::Counter::kCacheKeptOld);
      break;
    case cache::PublishOutcome::kRefused:
      counters_.add(base::Counter::kCacheRefused);
      break;
  }
}

void Engine::Impl::forget(wire::NameView name, wire::Type type, cache::Space space) {
  const wire::Name lower = wire::Name(name).lowercased();
  if (shared_.journal != nullptr) shared_.journal->on_remove(lower, type, space);
  const cache::Key key = shared_.cache->key(lower, type, space);
  if (shared_.cache->peek(key) != nullptr) shared_.cache->remove(reader_, key);
}

}  // namespace resolver
