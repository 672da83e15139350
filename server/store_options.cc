#include "server/store_options.h"

#include <string>

#include "server/clock.h"

namespace server {

uint64_t routes_fingerprint(const config::Options& options) {
  // Lengths keep neighbours apart; order counts, as it does in a route.
  std::string text;
  const auto add = [&text](const std::string& part) { text += std::to_string(part.size()) + ":" + part; };
  add(options.resolver.root_hints);
  for (const config::Upstream& upstream : options.upstreams) {
    add("upstream " + upstream.name + (upstream.authoritative ? " authoritative" : ""));
    for (const base::Endpoint& server : upstream.servers) add(server.to_text());
  }
  for (const config::Route& route : options.routes) {
    add("route " + route.zone);
    for (const std::string& step : route.via) add(step);
  }
  // No secret: it must be the same tomorrow, and nobody gains by two routes that are alike.
  return base::KeyedHash(base::KeyedHash::Secret{})(base::as_bytes(text));
}

store::StoreOptions store_options(const config::Options& options, const store::Secrets& fresh) {
  store::StoreOptions result;
  result.path = options.store.path;
  result.bytes_max = options.store.size_bytes;
  const base::Duration max_age = options.stale.enabled ? options.stale.max_age : base::Duration(0);
  result.max_age_s = static_cast<uint32_t>(base::duration_cast<base::seconds>(max_age).count());
  result.cache_bytes = options.cache.memory_bytes;
  result.fresh = fresh;
  result.route_of = [fingerprint = routes_fingerprint(options)](wire::NameView) { return fingerprint; };
  result.clock = read_clock;
  return result;
}

}  // namespace server
