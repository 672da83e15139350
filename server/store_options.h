// What the store needs to know, from the configuration.
#pragma once

#include <cstdint>

#include "config/options.h"
#include "store/store.h"

namespace server {

// Tells routes from routes: upstreams, routes and root hints as one number, the same in every run. An entry
// that was learned under another one is not believed.
[[nodiscard]] uint64_t routes_fingerprint(const config::Options& options);

// REQUIRES: options.store.path is not empty.
[[nodiscard]] store::StoreOptions store_options(const config::Options& options, const store::Secrets& fresh);

}  // namespace server
