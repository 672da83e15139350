// Doubtful responses that are better than none. Some zones have nothing but load balancers or forwarders
// for servers: what these say is taken when no server of the zone does better.
#include "resolver/engine_impl.h"

namespace resolver {

void Engine::Impl::keep_last_resort(Resolution& resolution, const wire::MessageView& message, const Asked& asked) {
  const bool whole = asked.name == wire::NameView(resolution.name) && asked.type == resolution.type;
  if (!whole || asked.of_forwarder || (resolution.last_resort && resolution.last_resort->zone == asked.zone)) return;
  Asked doubtful = asked;
  doubtful.last_resort = true;
  ResponseDigest digest = digest_response(message, doubtful);
  const bool of_use = digest.response_class == ResponseClass::kAnswer ||
                      digest.response_class == ResponseClass::kAlias || digest.response_class == ResponseClass::kNodata;
  if (!of_use) return;
  resolution.held_bytes += message.bytes().size();
  resolution_bytes_ += message.bytes().size();
  resolution.last_resort = std::make_unique<LastResort>(LastResort{wire::Name(asked.zone), std::move(digest)});
}

bool Engine::Impl::take_last_resort(base::Now now, Resolution& resolution) {
  const std::unique_ptr<LastResort> last_resort = std::move(resolution.last_resort);
  if (!last_resort || !(last_resort->zone == resolution.visit->delegation.zone)) return false;
  ResponseDigest& digest = last_resort->digest;
  // Data that was once known, if now past its TTL, outweighs a doubtful denial.
  const auto key = shared_.cache->key(resolution.name, resolution.type, cache::Space::kAnswer);
  const cache::Entry* known = shared_.cache->peek(key);
  const bool is_known = known != nullptr && known->header().kind == cache::Kind::kRrset;
  if (digest.response_class == ResponseClass::kNodata && is_known) return false;
  counters_.add(base::Counter::kLastResorts);
  if (validates(resolution)) {
    begin_validation(now, resolution, std::move(digest), resolution.visit->delegation.zone, nullptr,
                     ValidationSource::kLastResort);
    return true;
  }
  const bool is_alias = digest.response_class == ResponseClass::kAlias;
  learn(now, resolution, digest, !is_alias);
  if (is_alias) {
    resolution.enter(Phase::kCacheCheck);  // it is found there
    make_ready(resolution.id);
    return true;
  }
  resolution.result.rcode = wire::Rcode::kNoerror;
  finish(now, resolution, Outcome::kAnswered);
  return true;
}

}  // namespace resolver
