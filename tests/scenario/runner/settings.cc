#include "settings.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <utility>

#include "parse.h"
#include "resolver/root_hints.h"

namespace scenario {
namespace {

bool is_yes(const ConfigLine& line) {
  if (line.value == "yes" || line.value == "true" || line.value == "on" || line.value == "1") return true;
  if (line.value == "no" || line.value == "false" || line.value == "off" || line.value == "0") return false;
  throw Unsupported{line.line, line.key + " is neither yes nor no"};
}

// Options of Unbound and Deckard that change nothing a scenario can see here: logs, listeners,
// sizes, or what Holdfast always does.
const std::set<std::string> kHarmless = {"server",
                                         "stub-zone",
                                         "remote-control",
                                         "control-enable",
                                         "target-fetch-policy",
                                         "harden-glue",
                                         "harden-short-bufsize",
                                         "harden-large-queries",
                                         "harden-referral-path",
                                         "harden-below-nxdomain",
                                         "harden-unverified-glue",
                                         "minimal-responses",
                                         "rrset-roundrobin",
                                         "fake-sha1",
                                         "fake-dsa",
                                         "module-config",
                                         "verbosity",
                                         "log-queries",
                                         "access-control",
                                         "interface",
                                         "port",
                                         "do-udp",
                                         "do-tcp",
                                         "stub-prime",
                                         "prefetch",
                                         "ede-serve-expired",
                                         "serve-expired-ttl-reset",
                                         "outbound-msg-retry",
                                         "infra-cache-min-rtt",
                                         "infra-cache-max-rtt",
                                         "val-log-level",
                                         "trust-anchor-signaling",
                                         "ede",
                                         "edns-buffer-size",
                                         "max-udp-size",
                                         "msg-cache-size",
                                         "rrset-cache-size",
                                         "msg-cache-slabs",
                                         "rrset-cache-slabs",
                                         "num-threads",
                                         "use-syslog",
                                         "chroot",
                                         "username",
                                         "qname-minimisation-strict",
                                         "iter-scrub-ns",
                                         "iter-scrub-cname",
                                         "max-global-quota",
                                         "unwanted-reply-threshold",
                                         "val-permissive-mode",
                                         "discard-timeout",
                                         "wait-limit",
                                         "root-key-sentinel"};

// Options whose feature is a later issue, or that Holdfast does not have.
const std::map<std::string, std::string> kMissing = {{"forward-host", "needs forwarders by name"},
                                                     {"forward-tls-upstream", "needs forwarding over TLS"},
                                                     {"auth-zone", "needs authority zones"},
                                                     {"local-zone", "needs local data"},
                                                     {"local-data", "needs local data"},
                                                     {"view", "needs views"},
                                                     {"rpz", "needs response policy zones"},
                                                     {"feature-list", "needs policy modules"},
                                                     {"features", "needs policy modules"},
                                                     {"dns64-prefix", "needs DNS64"},
                                                     {"send-client-subnet", "needs client subnet"},
                                                     {"python", "needs policy modules"},
                                                     {"dynlib", "needs policy modules"},
                                                     {"cachedb", "needs a cache backend"}};

base::WallTime date_to_wall(int line, const std::string& text) {
  if (text.size() != 14) return {static_cast<int64_t>(parse_number(line, text))};
  const auto field = [&](size_t at, size_t size) {
    return static_cast<int>(parse_number(line, text.substr(at, size)));
  };
  std::tm date{};
  date.tm_year = field(0, 4) - 1900;
  date.tm_mon = field(4, 2) - 1;
  date.tm_mday = field(6, 2);
  date.tm_hour = field(8, 2);
  date.tm_min = field(10, 2);
  date.tm_sec = field(12, 2);
  return {timegm(&date)};
}

// The default of [resolver] never_query (config/options.cc).
std::vector<base::Prefix> default_never_query() {
  std::vector<base::Prefix> prefixes;
  for (const char* text : {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "::ffff:0:0/96",
                           "fe80::/10", "ff00::/8"}) {
    prefixes.push_back(*base::Prefix::parse(text));
  }
  return prefixes;
}

// The name under which the hints' address is known in the scenario itself, so that priming
// refreshes the same server.
wire::Name name_of_address(const Scenario& scenario, const base::IpAddress& address) {
  for (const Range& range : scenario.ranges) {
    for (const Entry& entry : range.entries) {
      for (const auto& section : entry.first().sections) {
        for (const wire::OwnedRecord& record : section) {
          const bool is_address = record.type == wire::Type::kA || record.type == wire::Type::kAaaa;
          if (is_address && record.rdata == std::vector<uint8_t>(address.bytes().begin(), address.bytes().end()))
            return record.owner;
        }
      }
    }
  }
  return parse_name(0, "hint.root-servers.net.");
}

class Reader {
 public:
  explicit Reader(const Scenario& scenario) : scenario_(scenario) {
    resolver::Options& options = settings_.options;
    options.answer.allow = {*base::Prefix::parse("0.0.0.0/0"), *base::Prefix::parse("::/0")};
    options.answer.cookie_secret.fill(0x5A);
    options.never_query = default_never_query();
  }

  Settings read() {
    for (const ConfigLine& line : scenario_.config) {
      const auto missing = kMissing.find(line.key);
      if (missing != kMissing.end() && line.value != "no") throw Unsupported{line.line, missing->second};
      has_sections_ = has_sections_ || !line.section.empty();
      if (line.section == "stub-zone" || line.section == "forward-zone")
        zone_line(line);
      else if (line.section == "holdfast")
        own_line(line);
      else
        field_line(line);
    }
    settings_.deckard = !has_sections_;
    finish_zone();
    finish_anchors();
    settings_.options.routes = resolver::RouteTable(std::move(upstreams_), std::move(routes_));
    if (hints_.empty()) settings_.options.root_hints = resolver::builtin_root_hints();
    for (const base::IpAddress& address : hints_) {
      const wire::Name name = hint_names_.empty() ? name_of_address(scenario_, address) : hint_names_[0];
      settings_.options.root_hints.servers.push_back({name, {address}});
      settings_.options.always_query.push_back(address);
    }
    return std::move(settings_);
  }

 private:
  // Unbound's zones are routes: stub-zone or forward-zone alone, or with stub-first or forward-first and then
  // iteration. The stub-zone "." holds the hints.
  struct Zone {
    int line = 0;
    std::optional<wire::Name> name;
    resolver::Upstream upstream;
    bool first = false;
  };

  void zone_line(const ConfigLine& line) {
    if (line.value.empty()) {
      finish_zone();
      zone_ = Zone{};
      zone_->line = line.line;
      zone_->upstream.name = line.section;
      zone_->upstream.authoritative = line.section == "stub-zone";
    } else if (line.key == "name") {
      zone_->name = parse_name(line.line, line.value);
    } else if (line.key == "stub-addr" || line.key == "forward-addr") {
      const auto endpoint = base::Endpoint::parse(line.value, 53);
      if (!endpoint) throw Unsupported{line.line, "address " + line.value};
      zone_->upstream.servers.push_back(*endpoint);
    } else if (line.key == "stub-host" || line.key == "stub-name") {
      hint_names_.push_back(parse_name(line.line, line.value));
    } else if (line.key == "stub-first" || line.key == "forward-first") {
      zone_->first = is_yes(line);
    } else if (!kHarmless.contains(line.key)) {
      throw Unsupported{line.line, "option " + line.key};
    }
  }

  void finish_zone() {
    if (!zone_) return;
    const Zone zone = *std::exchange(zone_, std::nullopt);
    if (!zone.name) throw Unsupported{zone.line, "zone without a name"};
    if (zone.upstream.authoritative && zone.name->view().is_root()) {
      for (const base::Endpoint& server : zone.upstream.servers) hints_.push_back(server.address);
      return;
    }
    if (zone.upstream.servers.empty()) throw Unsupported{zone.line, "zone without addresses"};
    resolver::Route route{*zone.name, {upstreams_.size()}};
    if (zone.first) route.steps.push_back(resolver::kIterateStep);
    add_upstream(zone.upstream);
    routes_.push_back(std::move(route));
  }

  void add_upstream(const resolver::Upstream& upstream) {
    for (const base::Endpoint& server : upstream.servers) {
      if (upstream.authoritative) settings_.options.always_query.push_back(server.address);
    }
    upstreams_.push_back(upstream);
  }

  // upstream: NAME forward|stub ADDRESS...
  void upstream_line(int line, const std::vector<std::string>& words) {
    if (words.size() < 3 || (words[1] != "forward" && words[1] != "stub")) throw Unsupported{line, "upstream"};
    resolver::Upstream upstream;
    upstream.name = words[0];
    upstream.authoritative = words[1] == "stub";
    for (size_t at = 2; at < words.size(); ++at) {
      const auto endpoint = base::Endpoint::parse(words[at], 53);
      if (!endpoint) throw Unsupported{line, "address " + words[at]};
      upstream.servers.push_back(*endpoint);
    }
    add_upstream(upstream);
  }

  // route: ZONE STEP...
  void route_line(int line, const std::vector<std::string>& words) {
    resolver::Route route{parse_name(line, words[0]), {}};
    for (size_t at = 1; at < words.size(); ++at) {
      const auto upstream = std::find_if(upstreams_.begin(), upstreams_.end(),
                                         [&](const resolver::Upstream& known) { return known.name == words[at]; });
      if (upstream == upstreams_.end() && words[at] != "iterate") throw Unsupported{line, "route via " + words[at]};
      route.steps.push_back(upstream == upstreams_.end() ? resolver::kIterateStep
                                                         : static_cast<size_t>(upstream - upstreams_.begin()));
    }
    if (route.steps.empty()) throw Unsupported{line, "route without steps"};
    routes_.push_back(std::move(route));
  }

  void field_line(const ConfigLine& line) {
    resolver::Options& options = settings_.options;
    const std::string& key = line.key;
    if (key == "stub-addr") {
      hints_.push_back(parse_address(line.line, line.value));
    } else if (key == "stub-name") {
      hint_names_.push_back(parse_name(line.line, line.value));
    } else if (key == "query-minimization" || key == "qname-minimisation" || key == "query-minimisation") {
      options.qname_minimisation = is_yes(line);
    } else if (key == "use-caps-for-id") {
      options.case_randomisation = is_yes(line);
    } else if (key == "do-ip4") {
      options.ipv4 = is_yes(line);
    } else if (key == "do-ip6") {
      options.ipv6 = is_yes(line);
    } else if (key == "do-not-query-localhost") {
      if (!is_yes(line)) options.never_query.clear();
    } else if (key == "cache-max-ttl") {
      options.max_ttl_s = static_cast<uint32_t>(parse_number(line.line, line.value));
    } else if (key == "serve-expired") {
      options.stale.enabled = is_yes(line);
    } else if (key == "serve-expired-ttl") {
      const auto seconds = static_cast<uint32_t>(parse_number(line.line, line.value));
      options.stale.max_age_s = seconds == 0 ? 0x7FFFFFFF : seconds;
    } else if (key == "serve-expired-reply-ttl") {
      options.stale.answer_ttl_s = static_cast<uint32_t>(parse_number(line.line, line.value));
    } else if (key == "serve-expired-client-timeout") {
      options.stale.client_timeout = base::milliseconds(parse_number(line.line, line.value));
    } else if (key == "prefetch") {
      options.prefetch = is_yes(line);
    } else if (key == "cache-min-ttl") {
      options.min_ttl_s = static_cast<uint32_t>(parse_number(line.line, line.value));
    } else if (key == "cache-max-negative-ttl") {
      options.max_negative_ttl_s = static_cast<uint32_t>(parse_number(line.line, line.value));
    } else if (key == "identity") {
      options.answer.identity = line.value;
    } else if (key == "version") {
      options.answer.version = line.value;
    } else if (key == "val-override-date" || key == "val-override-timestamp") {
      settings_.wall = date_to_wall(line.line, line.value);
    } else if (key == "trust-anchor") {
      trust_anchor(line);
    } else if (key == "domain-insecure") {
      negative_anchors_.emplace_back(parse_name(line.line, line.value), resolver::dnssec::kNoExpiry);
    } else if (key == "aggressive-nsec") {
      settings_.options.dnssec.aggressive = is_yes(line);
    } else if (!kHarmless.contains(key)) {
      throw Unsupported{line.line, "option " + key};
    }
  }

  // As RFC 5011 files and Unbound write them: a record as text, perhaps in parentheses. The field's files use
  // SHA-1 in keys, signatures and digests, so that with an anchor it counts as it did in their day.
  void trust_anchor(const ConfigLine& line) {
    std::string text;
    for (const char character : line.value) {
      if (character != '(' && character != ')') text += character;
    }
    anchors_.push_back(text);
    anchor_line_ = line.line;
    settings_.options.dnssec.policy.sha1_signatures = true;
    settings_.options.dnssec.policy.sha1_digests = true;
  }

  void finish_anchors() {
    if (anchors_.empty()) return;
    auto anchors = resolver::dnssec::TrustAnchors::parse(anchors_, settings_.options.dnssec.policy);
    if (!anchors) throw Unsupported{anchor_line_, anchors.error()};
    for (const auto& [zone, until] : negative_anchors_) anchors->add_negative(zone, until);
    settings_.options.dnssec.anchors = std::move(*anchors);
  }

  void own_line(const ConfigLine& line) {
    resolver::Options& options = settings_.options;
    const std::vector<std::string> words = split_words(line.value);
    if (words.empty()) return;
    if (line.key == "client-deadline") {
      options.client_deadline = parse_duration(line.line, words[0]);
    } else if (line.key == "stale-recheck") {
      options.stale.recheck = parse_duration(line.line, words[0]);
    } else if (line.key == "circuits") {
      options.stale.circuits = is_yes(line);
    } else if (line.key == "tcp-refused") {
      settings_.tcp_refused.insert(parse_address(line.line, words[0]));
    } else if (line.key == "unreachable") {
      settings_.unreachable.insert(parse_address(line.line, words[0]));
    } else if (line.key == "latency" && words.size() == 2) {
      settings_.latency[parse_address(line.line, words[0])] = parse_duration(line.line, words[1]);
    } else if (line.key == "seed") {
      settings_.seed = parse_number(line.line, words[0]);
    } else if (line.key == "negative-anchor" && words.size() == 2) {
      negative_anchors_.emplace_back(parse_name(line.line, words[0]), date_to_wall(line.line, words[1]));
    } else if (line.key == "rfc5011") {
      settings_.manages_keys = is_yes(line);
    } else if (line.key == "upstream") {
      upstream_line(line.line, words);
    } else if (line.key == "route") {
      route_line(line.line, words);
    } else if (line.key == "own-listener") {
      options.own_listeners.push_back({parse_address(line.line, words[0]), 53});
    } else if (line.key == "clients-per-prefix-max") {
      options.bounds.clients_per_prefix_max = static_cast<uint32_t>(parse_number(line.line, words[0]));
    } else if (line.key == "allow") {
      if (allow_cleared_) {
        options.answer.allow.push_back(*base::Prefix::parse(words[0]));
      } else {
        options.answer.allow = {*base::Prefix::parse(words[0])};
        allow_cleared_ = true;
      }
    } else {
      throw Unsupported{line.line, "holdfast option " + line.key};
    }
  }

  const Scenario& scenario_;
  Settings settings_;
  std::vector<base::IpAddress> hints_;
  std::vector<wire::Name> hint_names_;
  std::optional<Zone> zone_;  // being read
  std::vector<resolver::Upstream> upstreams_;
  std::vector<resolver::Route> routes_;
  std::vector<std::string> anchors_;
  std::vector<std::pair<wire::Name, base::WallTime>> negative_anchors_;  // and when each expires
  int anchor_line_ = 0;
  bool allow_cleared_ = false;
  bool has_sections_ = false;  // Unbound groups its options, Deckard does not
};

}  // namespace

Settings read_settings(const Scenario& scenario) { return Reader(scenario).read(); }

}  // namespace scenario
