#include "config/options.h"

#include <string_view>

#include "base/check.h"

namespace config {
namespace {

std::vector<base::Prefix> prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<base::Prefix> parsed;
  for (const std::string_view text : texts) {
    const auto prefix = base::Prefix::parse(text);
    CHECK(prefix.has_value());
    parsed.push_back(*prefix);
  }
  return parsed;
}

}  // namespace

std::vector<base::Endpoint> ServerOptions::default_listen() {
  std::vector<base::Endpoint> endpoints;
  for (const std::string_view text : {"127.0.0.1", "::1"}) {
    const auto endpoint = base::Endpoint::parse(text, kDnsPort);
    CHECK(endpoint.has_value());
    endpoints.push_back(*endpoint);
  }
  return endpoints;
}

std::vector<base::Prefix> ServerOptions::default_allow() { return prefixes({"127.0.0.0/8", "::1/128"}); }

std::vector<base::Prefix> ResolverOptions::default_never_query() {
  return prefixes({"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "::ffff:0:0/96", "fe80::/10",
                   "ff00::/8"});
}

}  // namespace config
