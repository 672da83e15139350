#include "config/parse.h"

#include <algorithm>
#include <set>

#include "config/section.h"
#include "config/value_text.h"

namespace config {
namespace {

const Element<base::Endpoint> kEndpoints = {
    "addresses like \"192.0.2.1\", \"192.0.2.1:53\" or \"[2001:db8::1]:53\"",
    [](std::string_view text) { return base::Endpoint::parse(text, kDnsPort); }};
const Element<base::IpAddress> kAddresses = {"IP addresses like \"192.0.2.1\" or \"2001:db8::1\"",
                                             &base::IpAddress::parse};
const Element<base::Prefix> kPrefixes = {"prefixes like \"192.0.2.0/24\" or \"2001:db8::/32\"", &base::Prefix::parse};
const Element<NegativeTrustAnchor> kNegativeTrustAnchors = {
    "zone names like \"example.com\", or \"example.com until 2026-12-01T00:00:00Z\" with the day and time in UTC",
    &parse_negative_trust_anchor};

constexpr const char* kSections[] = {"server", "log",    "resolver", "cache", "store",
                                     "stale",  "dnssec", "upstream", "route"};

// The table of a section, or null when it is absent or no table (which is an error).
const toml::table* table_of(const toml::table& root, const std::string& name, Errors& errors) {
  const toml::node* node = root.get(name);
  if (node == nullptr) return nullptr;
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    errors.push_back({line_of(*node), "\"" + name + "\" is no section; write [" + name + "] on a line of its own"});
  }
  return table;
}

// The tables of a section that may come more than once.
std::vector<const toml::table*> tables_of(const toml::table& root, const std::string& name, Errors& errors) {
  std::vector<const toml::table*> tables;
  const toml::node* node = root.get(name);
  if (node == nullptr) return tables;
  const toml::array* array = node->as_array();
  if (array != nullptr) {
    for (const toml::node& item : *array) {
      if (const toml::table* table = item.as_table()) tables.push_back(table);
    }
  }
  if (array == nullptr || tables.size() != array->size()) {
    errors.push_back(
        {line_of(*node), "\"" + name + "\" can come more than once; write [[" + name + "]] on a line of its own"});
  }
  return tables;
}

void parse_server(Section section, ServerOptions& options) {
  section.read_list("listen", options.listen, kEndpoints);
  if (options.listen.empty()) {
    section.error(section.line("listen"), "listen", " is empty; write at least one address like \"127.0.0.1:53\"");
  }
  for (size_t index = 0; index < options.listen.size(); ++index) {
    const auto begin = options.listen.begin();
    if (std::find(begin, begin + static_cast<ptrdiff_t>(index), options.listen[index]) !=
        begin + static_cast<ptrdiff_t>(index)) {
      section.error(section.line("listen"), "listen",
                    " has " + options.listen[index].to_text() + " twice; write it once");
    }
  }
  section.read_number("workers", options.workers, kWorkersMax);
  section.read_list("allow", options.allow, kPrefixes);
  section.read_duration("client_deadline", options.client_deadline, base::milliseconds(100), base::seconds(60));
  section.read("user", options.user);
  for (const auto& [key, field] : {std::pair("identity", &options.identity), std::pair("version", &options.version)}) {
    section.read(key, *field);
    if (field->size() > kCharacterStringBytesMax) {
      section.error(section.line(key), key, " is longer than a TXT string can be; write at most 255 bytes");
    }
  }
  section.finish();
}

void parse_log(Section section, LogOptions& options) {
  std::string level = "info";
  section.read("level", level);
  constexpr std::pair<const char*, base::LogLevel> kLevels[] = {{"debug", base::LogLevel::kDebug},
                                                                {"info", base::LogLevel::kInfo},
                                                                {"warning", base::LogLevel::kWarning},
                                                                {"error", base::LogLevel::kError}};
  bool found = false;
  for (const auto& [name, value] : kLevels) {
    if (level != name) continue;
    options.level = value;
    found = true;
  }
  if (!found) {
    section.error(section.line("level"), "level",
                  " = \"" + shown(level) + "\" is no level; write \"debug\", \"info\", \"warning\" or \"error\"");
  }
  section.finish();
}

void parse_resolver(Section section, ResolverOptions& options) {
  section.read("root_hints", options.root_hints);
  section.read("qname_minimisation", options.qname_minimisation);
  section.read("case_randomisation", options.case_randomisation);
  section.read("ipv4", options.ipv4);
  section.read("ipv6", options.ipv6);
  if (!options.ipv4 && !options.ipv6) {
    section.error(section.line("ipv4"), "ipv4",
                  " and ipv6 are both false, so no server can be asked; make one of them true");
  }
  section.read_list("outgoing_addresses", options.outgoing_addresses, kAddresses);
  std::string ports = "1024-65535";
  section.read("outgoing_ports", ports);
  if (const auto range = parse_port_range(ports)) {
    options.outgoing_ports = *range;
  } else {
    section.error(section.line("outgoing_ports"), "outgoing_ports",
                  " = \"" + shown(ports) + "\" is no range of ports; write it like \"1024-65535\"");
  }
  section.read_list("never_query", options.never_query, kPrefixes);
  section.finish();
}

void parse_cache(Section section, CacheOptions& options) {
  section.read_size("memory", options.memory_bytes, kMemoryBytesMin, kMemoryBytesMax);
  section.read_ttl("min_ttl", options.min_ttl, base::seconds(0));
  section.read_ttl("max_ttl", options.max_ttl, base::seconds(1));
  section.read_ttl("max_negative_ttl", options.max_negative_ttl, base::seconds(0));
  section.read("prefetch", options.prefetch);
  if (options.min_ttl > options.max_ttl) {
    section.error(
        section.line("min_ttl"), "min_ttl",
        " is longer than max_ttl; write at most \"" + duration_text(options.max_ttl) + "\", or raise max_ttl");
  }
  section.finish();
}

void parse_store(Section section, StoreOptions& options) {
  section.read("path", options.path);
  section.read_size("size", options.size_bytes, kMemoryBytesMin, kMemoryBytesMax);
  section.finish();
}

void parse_stale(Section section, StaleOptions& options) {
  constexpr base::Duration kMaxAgeMost = base::seconds(365 * 86400);  // chosen: RFC 8767 §5 suggests days
  section.read("enabled", options.enabled);
  section.read_duration("client_timeout", options.client_timeout, base::seconds(0), base::seconds(60));
  section.read_ttl("answer_ttl", options.answer_ttl, base::seconds(1));  // RFC 8767 §4: greater than 0
  section.read_duration("max_age", options.max_age, base::seconds(0), kMaxAgeMost);
  section.read_duration("recheck", options.recheck, base::seconds(0), base::seconds(3600));
  section.read("circuits", options.circuits);
  section.finish();
}

// "OWNER [TTL] [CLASS] DS|DNSKEY" and four fields: the rest is checked where the key is used.
std::optional<std::string> parse_trust_anchor(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char character : std::string(text) + " ") {
    if (character != ' ' && character != '\t') {
      word += character >= 'a' && character <= 'z' ? static_cast<char>(character - 'a' + 'A') : character;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  constexpr size_t kFieldsMin = 4;
  for (size_t index = 1; index < words.size() && index <= 3; ++index) {
    if (words[index] != "DS" && words[index] != "DNSKEY") continue;
    if (words.size() - index - 1 < kFieldsMin || !canonical_name(words[0])) return std::nullopt;
    return std::string(text);
  }
  return std::nullopt;
}

void parse_dnssec(Section section, DnssecOptions& options) {
  section.read("validate", options.validate);
  section.read_list<std::string>("trust_anchors", options.trust_anchors,
                                 {"DS or DNSKEY records like \". IN DS 20326 8 2 E06D...\"", &parse_trust_anchor});
  section.read_list("negative_trust_anchors", options.negative_trust_anchors, kNegativeTrustAnchors);
  section.read("aggressive_nsec", options.aggressive_nsec);
  section.read("rfc5011", options.rfc5011);
  section.finish();
}

bool is_upstream_name(std::string_view name) {
  constexpr size_t kUpstreamNameBytesMax = 63;  // chosen: it is printed in logs
  return !name.empty() && name.size() <= kUpstreamNameBytesMax && name != kIterate &&
         std::all_of(name.begin(), name.end(), [](char character) {
           return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                  (character >= '0' && character <= '9') || character == '-' || character == '_' || character == '.';
         });
}

void parse_upstream(Section section, std::vector<Upstream>& upstreams) {
  Upstream upstream;
  section.read("name", upstream.name);
  section.read_list("servers", upstream.servers, kEndpoints);
  section.read("authoritative", upstream.authoritative);
  if (section.node("name") == nullptr) {
    section.error(section.line("name"), "name", " is missing; write a line like name = \"quad9\"");
  } else if (!is_upstream_name(upstream.name)) {
    section.error(section.line("name"), "name",
                  " = \"" + shown(upstream.name) +
                      "\" cannot be used; write letters, digits, '-', '_' and '.', and not \"iterate\"");
  }
  for (const Upstream& other : upstreams) {
    if (!upstream.name.empty() && other.name == upstream.name) {
      section.error(section.line("name"), "name",
                    " = \"" + shown(upstream.name) + "\" is there twice; give each upstream its own name");
    }
  }
  if (section.node("servers") == nullptr) {
    section.error(section.line("servers"), "servers", " is missing; write a line like servers = [\"9.9.9.9\"]");
  } else if (const auto* list = section.node("servers")->as_array(); list != nullptr && list->empty()) {
    section.error(section.line("servers"), "servers", " is empty; write at least one address like \"9.9.9.9\"");
  }
  section.finish();
  upstreams.push_back(std::move(upstream));
}

void parse_route(Section section, const std::vector<Upstream>& upstreams, std::vector<Route>& routes) {
  Route route;
  section.read("zone", route.zone);
  section.read("via", route.via);
  if (section.node("zone") == nullptr) {
    section.error(section.line("zone"), "zone", " is missing; write a line like zone = \".\"");
  } else if (const auto zone = canonical_name(route.zone)) {
    route.zone = *zone;
  } else if (section.node("zone")->is_string()) {
    section.error(section.line("zone"), "zone",
                  " = \"" + shown(route.zone) + "\" is no zone name; write it like \"example.com\" or \".\"");
  }
  for (const Route& other : routes) {
    if (!route.zone.empty() && other.zone == route.zone) {
      section.error(section.line("zone"), "zone",
                    " = \"" + shown(route.zone) + "\" has a route already; join the two into one via");
    }
  }
  if (section.node("via") == nullptr || (section.node("via")->is_array() && section.node("via")->as_array()->empty())) {
    section.error(section.line("via"), "via", " names no step; write a line like via = [\"iterate\"]");
  }
  if (route.via.size() > kRouteStepsMax) {
    section.error(
        section.line("via"), "via",
        " has " + std::to_string(route.via.size()) + " steps; write at most " + std::to_string(kRouteStepsMax));
    route.via.clear();  // one sentence is enough
  }
  std::set<std::string> known = {kIterate};
  for (const Upstream& upstream : upstreams) known.insert(upstream.name);
  std::set<std::string> seen;
  for (const std::string& step : route.via) {
    if (!known.contains(step)) {
      const std::string_view near = nearest(step, known);
      section.error(section.line("via"), "via",
                    " names \"" + shown(step) + "\", which is no upstream; " +
                        (near.empty() ? "write \"iterate\" or the name of an [[upstream]]"
                                      : "did you mean \"" + std::string(near) + "\"?"));
    } else if (!seen.insert(step).second) {
      section.error(section.line("via"), "via", " names \"" + step + "\" twice; write each step once");
    }
  }
  section.finish();
  routes.push_back(std::move(route));
}

void report_unknown_sections(const toml::table& root, Errors& errors) {
  for (const auto& [key, value] : root) {
    const auto known = std::find(std::begin(kSections), std::end(kSections), key.str());
    if (known != std::end(kSections)) continue;
    const std::string_view near = nearest(key.str(), kSections);
    const std::string what = value.is_table() || value.is_array_of_tables()
                                 ? "section [" + shown(key.str()) + "]"
                                 : "key \"" + shown(key.str()) + "\" outside of the sections";
    errors.push_back({key.source().begin.line, "there is no " + what + "; " +
                                                   (near.empty() ? "see config/example.toml for all there are"
                                                                 : "did you mean [" + std::string(near) + "]?")});
  }
}

struct TomlAssertion {};

// Where an assertion of toml++ stopped it: the first line whose addition makes it fail so.
uint32_t line_of_assertion(std::string_view text) {
  uint32_t line = 1;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1), ++line) {
    try {
      (void)toml::parse(text.substr(0, end));
    } catch (const TomlAssertion&) {
      return line;
    } catch (const toml::parse_error&) {  // a string or list that goes on in the next line
    }
  }
  return line;
}

// toml++ 3.3 looks characters beyond ASCII up in tables that do not hold them all, so it gets to see none:
// in comments they are blotted out, elsewhere they are an error. On success `text` is what toml++ may see;
// otherwise the line is returned. A string ends with its line here: no value of ours needs more.
std::optional<uint32_t> reduce_to_ascii(std::string& text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  uint32_t line = 1;
  char quote = 0;
  bool comment = false;
  for (size_t at = 0; at < text.size(); ++at) {
    char& character = text[at];
    if (static_cast<uint8_t>(character) >= 0x80) {
      if (!comment) return line;
      character = '?';
    } else if (character == '\n') {
      ++line;
      comment = false;
      quote = 0;
    } else if (quote != 0) {
      const bool escapes =
          character == '\\' && quote == '"' && at + 1 < text.size() && (text[at + 1] == quote || text[at + 1] == '\\');
      if (escapes) {
        ++at;
      } else if (character == quote) {
        quote = 0;
      }
    } else if (!comment && (character == '"' || character == '\'')) {
      quote = character;
    } else if (character == '#') {
      comment = true;
    }
  }
  return std::nullopt;
}

// toml++ may quote the text in its description, line ends and all.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char character) { return static_cast<uint8_t>(character) < 0x20; }, ' ');
  return line;
}

// The one place where exceptions are caught: toml++ throws when the text is not TOML.
base::Result<toml::table, Errors> parse_toml(std::string text) {
  constexpr size_t kSearchBytesMax = 64 << 10;
  if (const auto line = reduce_to_ascii(text)) {
    return base::error(
        Errors{{*line, "this is not ASCII: write other characters as \\uXXXX in quotes, or in a comment"}});
  }
  try {
    return toml::parse(std::string_view(text));
  } catch (const toml::parse_error& reason) {
    return base::error(Errors{{reason.source().begin.line, "this is not TOML: " + one_line(reason.description())}});
  } catch (const TomlAssertion&) {
    const uint32_t line = text.size() <= kSearchBytesMax ? line_of_assertion(text) : 1;
    return base::error(
        Errors{{line, "this is not TOML: write `key = value` or `[section]`, names of letters, digits, - and _"}});
  }
}

}  // namespace

void toml_assertion_failed() { throw TomlAssertion{}; }

std::string Error::to_text(std::string_view filename) const {
  return std::string(filename) + ":" + std::to_string(line) + ": " + sentence;
}

base::Result<Options, Errors> parse(std::string_view text) {
  const auto parsed = parse_toml(std::string(text));
  if (!parsed) return base::error(parsed.error());
  const toml::table& root = *parsed;
  Options options;
  Errors errors;
  const auto section = [&](const std::string& name) {
    return Section(errors, table_of(root, name, errors), "[" + name + "]");
  };
  parse_server(section("server"), options.server);
  parse_log(section("log"), options.log);
  parse_resolver(section("resolver"), options.resolver);
  parse_cache(section("cache"), options.cache);
  parse_store(section("store"), options.store);
  parse_stale(section("stale"), options.stale);
  parse_dnssec(section("dnssec"), options.dnssec);
  for (const toml::table* table : tables_of(root, "upstream", errors)) {
    parse_upstream(Section(errors, table, "[[upstream]]"), options.upstreams);
  }
  for (const toml::table* table : tables_of(root, "route", errors)) {
    parse_route(Section(errors, table, "[[route]]"), options.upstreams, options.routes);
  }
  report_unknown_sections(root, errors);
  if (errors.empty()) return options;
  std::stable_sort(errors.begin(), errors.end(),
                   [](const Error& left, const Error& right) { return left.line < right.line; });
  return base::error(std::move(errors));
}

}  // namespace config
