// What the cache knows becomes the result of a resolution, link by link, or a whole answer at once.
#include "base/check.h"
#include "resolver/engine_impl.h"
#include "wire/rendered.h"

namespace resolver {

// `name` is lower case. nullptr: nothing, or past its TTL.
const cache::Entry* Engine::Impl::fresh_entry(base::Instant now, wire::NameView name, wire::Type type,
                                              cache::Space space) const {
  const cache::Entry* entry = shared_.cache->peek(shared_.cache->key(name, type, space));
  return entry != nullptr && entry->is_fresh(now) ? entry : nullptr;
}

bool Engine::Impl::take_known(base::Now now, Resolution& resolution, const Known& known) {
  switch (known.kind) {
    case Known::Kind::kNothing:
      return false;
    case Known::Kind::kData:
    case Known::Kind::kDenial:
      keep(resolution, cache::clone(*known.entry));
      resolution.result.rcode = known.kind == Known::Kind::kDenial ? wire::Rcode::kNxdomain : wire::Rcode::kNoerror;
      finish(now, resolution, Outcome::kAnswered);
      return true;
    case Known::Kind::kAlias: {
      const auto target = alias_target(*known.entry);
      if (!target) return false;
      keep(resolution, cache::clone(*known.entry));
      follow_alias(now, resolution, *target);
      return true;
    }
    case Known::Kind::kDname:
      return take_dname(now, resolution, *known.entry);
  }
  UNREACHABLE();
}

bool Engine::Impl::take_dname(base::Now now, Resolution& resolution, const cache::Entry& entry) {
  const auto to = alias_target(entry);
  if (!to) return false;
  cache::EntryPtr dname = cache::clone(entry);
  const auto target = wire::Name::replace_suffix(resolution.name, dname->name(), *to);
  keep(resolution, cache::clone(*dname));
  if (!target) {
    resolution.result.rcode = wire::Rcode::kYxdomain;  // RFC 6672 §2.2
    finish(now, resolution, Outcome::kAnswered);
    return true;
  }
  keep(resolution, make_cname(now, resolution.name, *dname, *target));
  if (resolution.type == wire::Type::kCname) {
    resolution.result.rcode = wire::Rcode::kNoerror;
    finish(now, resolution, Outcome::kAnswered);
  } else {
    follow_alias(now, resolution, *target);
  }
  return true;
}

// The CNAME that a DNAME makes (RFC 6672 §3.1): it ages as the DNAME does.
cache::EntryPtr Engine::Impl::make_cname(base::Now now, wire::NameView owner, const cache::Entry& dname,
                                         wire::NameView target) const {
  std::vector<uint8_t> rendered;
  const uint32_t ttl_s = dname.is_fresh(now.boot) ? dname.ttl_left_s(now.boot) : dname.header().ttl_s;
  wire::append_rendered(rendered, wire::Type::kCname, wire::Class::kIn, ttl_s, target.bytes());
  cache::EntryParts parts;
  parts.header = dname.header();
  parts.header.type = wire::Type::kCname;
  parts.header.record_count = 1;
  parts.header.tail_count = 0;
  parts.name = owner;
  parts.body = rendered;
  return parts.make();
}

// The whole answer from the cache, each link fresh if it is and stale if it must be.
std::optional<Engine::Impl::KnownChain> Engine::Impl::known_chain(base::Now now, wire::NameView name,
                                                                  wire::Type type) const {
  KnownChain chain;
  wire::Name at = wire::Name(name).lowercased();
  for (size_t links = 0; links <= kAliasLinksMax; ++links) {
    const KnownScope scope{.zone = options_.routes.find(at, type).zone, .without_forwarded = false};
    Known known = find_fresh(now.boot, *shared_.cache, at, type, scope);
    if (known.kind == Known::Kind::kNothing) {
      known = find_stale(now.boot, *shared_.cache, at, type, options_.stale.max_age_s, scope);
      if (known.kind == Known::Kind::kNothing) return std::nullopt;
      chain.is_stale = true;
      chain.denial_is_stale = known.kind == Known::Kind::kDenial;
    }
    chain.entries.push_back(cache::clone(*known.entry));
    if (known.kind == Known::Kind::kDenial) chain.rcode = wire::Rcode::kNxdomain;
    if (known.kind == Known::Kind::kDenial || known.kind == Known::Kind::kData) return chain;
    auto target = alias_target(*known.entry);
    if (target && known.kind == Known::Kind::kDname) {
      const auto made = wire::Name::replace_suffix(at, known.entry->name(), *target);
      if (!made) return std::nullopt;
      chain.entries.push_back(make_cname(now, at, *known.entry, *made));
      target = *made;
    }
    if (!target) return std::nullopt;
    at = target->lowercased();
  }
  return std::nullopt;
}

}  // namespace resolver
