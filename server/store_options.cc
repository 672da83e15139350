#include "server/store_options.h"

#include <string>

#include "base/keyed_hash.h"
#include "server/clock.h"
#include "server/engine_options.h"

namespace server {

store::StoreOptions store_options(const config::Options& options, const store::Secrets& fresh) {
  store::StoreOptions result;
  result.path = options.store.path;
  result.bytes_max = options.store.size_bytes;
  const base::Duration max_age = options.stale.enabled ? options.stale.max_age : base::Duration(0);
  result.max_age_s = static_cast<uint32_t>(base::duration_cast<base::seconds>(max_age).count());
  result.cache_bytes = options.cache.memory_bytes;
  result.fresh = fresh;
  // No secret: it must be the same tomorrow, and nobody gains by two that are alike.
  const uint64_t hints = base::KeyedHash(base::KeyedHash::Secret{})(base::as_bytes(options.resolver.root_hints));
  const resolver::RouteTable routes = routes_of(options, {}).value_or(resolver::RouteTable());  // checked before
  result.route_of = [routes, hints](wire::NameView name) { return routes.fingerprint(name) ^ hints; };
  result.clock = read_clock;
  return result;
}

}  // namespace server
