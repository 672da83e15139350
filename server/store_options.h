// What the store needs to know, from the configuration.
#pragma once

#include <cstdint>

#include "config/options.h"
#include "store/store.h"

namespace server {

// REQUIRES: options.store.path is not empty. What was learned by another route of its name, or from other root
// hints, is not believed.
[[nodiscard]] store::StoreOptions store_options(const config::Options& options, const store::Secrets& fresh);

}  // namespace server
