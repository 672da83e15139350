#include "resolver/known.h"

#include "cache/delegation.h"
#include "wire/rdata.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

// RFC 2181 §5.4.1: glue and referrals answer nobody.
bool may_answer(const cache::Entry& entry, const KnownScope& scope) {
  if (scope.without_forwarded && entry.header().forwarded) return false;
  return (entry.header().rank >= cache::Rank::kNonAuthAnswer || scope.with_unchecked) &&
         entry.header().validation != cache::Validation::kBogus;
}

// Whether the parent has not taken the zone back since the entry was learned (ghost domains, CVE-2012-1033): the
// lease runs still, or the parent was asked and did not answer, or it named the same servers again.
bool is_zone_still_given(base::Instant now, const cache::Cache& cache, const cache::Entry& entry) {
  if (now.boot_seconds() < entry.header().lease_until_s) return true;
  const cache::Entry* delegation = cache.peek(cache.key(entry.zone(), wire::Type::kNs, cache::Space::kDelegation));
  if (delegation == nullptr || !delegation->is_fresh(now)) return true;
  return cache::delegation_unchanged_since_s(*delegation) <= entry.header().learned_s;
}

}  // namespace

Known find_fresh(base::Instant now, cache::Cache& cache, wire::NameView name, wire::Type type,
                 const KnownScope& scope) {
  const cache::NameHash name_hash = cache.hash_name(name);
  const cache::Entry* entry = cache.lookup(cache::Cache::key(name, name_hash, type, cache::Space::kAnswer));
  if (entry != nullptr && entry->is_fresh(now) && may_answer(*entry, scope)) return {Known::Kind::kData, entry};
  if (follows_aliases(type)) {
    entry = cache.lookup(cache::Cache::key(name, name_hash, wire::Type::kCname, cache::Space::kAnswer));
    if (entry != nullptr && entry->is_fresh(now) && entry->header().kind == cache::Kind::kRrset &&
        may_answer(*entry, scope)) {
      return {Known::Kind::kAlias, entry};
    }
  }
  for (wire::NameView above = name; !above.is_root() && above.is_within(scope.zone); above = above.parent()) {
    entry = cache.peek(cache.key(above, wire::Type::kNone, cache::Space::kNxdomain));
    if (entry == nullptr || !entry->is_fresh(now)) continue;
    if (!scope.without_forwarded || !entry->header().forwarded) return {Known::Kind::kDenial, entry};
  }
  if (name.is_root()) return {};
  for (wire::NameView owner = name.parent(); !owner.is_root() && owner.is_within(scope.zone); owner = owner.parent()) {
    entry = cache.lookup(cache.key(owner, wire::Type::kDname, cache::Space::kAnswer));
    if (entry != nullptr && entry->is_fresh(now) && entry->header().kind == cache::Kind::kRrset &&
        may_answer(*entry, scope)) {
      return {Known::Kind::kDname, entry};
    }
  }
  return {};
}

Known find_stale(base::Instant now, cache::Cache& cache, wire::NameView name, wire::Type type, uint32_t max_age_s,
                 const KnownScope& scope) {
  Known newest;
  const auto consider = [&](Known::Kind kind, const cache::Entry* entry) {
    if (entry == nullptr || entry->is_fresh(now) || !may_answer(*entry, scope)) return;
    if (kind != Known::Kind::kData && kind != Known::Kind::kDenial && entry->header().kind != cache::Kind::kRrset) {
      return;
    }
    const cache::EntryHeader& header = entry->header();
    if (now.boot_seconds() > uint64_t{header.learned_s} + header.ttl_s + max_age_s) return;
    if (newest.entry != nullptr && header.learned_s <= newest.entry->header().learned_s) return;
    if (is_zone_still_given(now, cache, *entry)) newest = {kind, entry};
  };
  consider(Known::Kind::kData, cache.lookup(cache.key(name, type, cache::Space::kAnswer)));
  if (follows_aliases(type)) {
    consider(Known::Kind::kAlias, cache.lookup(cache.key(name, wire::Type::kCname, cache::Space::kAnswer)));
  }
  for (wire::NameView above = name; !above.is_root() && above.is_within(scope.zone); above = above.parent()) {
    consider(Known::Kind::kDenial, cache.lookup(cache.key(above, wire::Type::kNone, cache::Space::kNxdomain)));
  }
  if (name.is_root()) return newest;
  for (wire::NameView owner = name.parent(); !owner.is_root() && owner.is_within(scope.zone); owner = owner.parent()) {
    consider(Known::Kind::kDname, cache.lookup(cache.key(owner, wire::Type::kDname, cache::Space::kAnswer)));
  }
  return newest;
}

std::optional<wire::Name> alias_target(const cache::Entry& entry) {
  std::optional<wire::Name> target;
  wire::for_each_rendered(entry.body(), [&](wire::Type, uint32_t, base::Bytes rdata) {
    if (target) return;
    if (const auto name = wire::parse_single_name(rdata)) target = wire::Name(*name);
  });
  return target;
}

}  // namespace resolver
