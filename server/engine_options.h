// From the checked configuration to what the engine, the cache and the loop are told at start.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.h"
#include "base/instant.h"
#include "base/result.h"
#include "config/options.h"
#include "resolver/options.h"

namespace server {

// "22,80-82" as in /proc/sys/net/ipv4/ip_local_reserved_ports: sorted, without repetitions.
// What is malformed is left out.
[[nodiscard]] std::vector<uint16_t> parse_reserved_ports(std::string_view text);

// Reads the root hints and the kernel's reserved ports. The error is one sentence.
[[nodiscard]] base::Result<resolver::Options, std::string> engine_options(const config::Options& options,
                                                                          const base::KeyedHash::Secret& cookie_secret);

// One sentence for each negative trust anchor that has expired and so has no effect.
[[nodiscard]] std::vector<std::string> expired_negative_anchors(const config::DnssecOptions& options,
                                                                base::WallTime now);

// Routes as the engine knows them. The error is one sentence: an upstream that is one of `own_listeners`, a zone
// that is answered here whatever routes say.
[[nodiscard]] base::Result<resolver::RouteTable, std::string> routes_of(
    const config::Options& options, const std::vector<base::Endpoint>& own_listeners);

// The whole of a small file. The error is one sentence.
[[nodiscard]] base::Result<std::string, std::string> read_small_file(const std::string& path);

}  // namespace server
