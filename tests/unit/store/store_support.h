// Entries as the engine makes them, a cache and a writer in a folder of its own, in virtual time.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cache/cache.h"
#include "cache/delegation.h"
#include "store/record.h"
#include "store/writer.h"
#include "wire/rendered.h"

namespace store_test {

inline wire::Name name(std::string_view text) {
  auto parsed = wire::Name::from_text(text);
  CHECK(parsed.has_value());
  return *parsed;
}

inline base::Now at(int64_t boot_s, int64_t wall_s) {
  return {base::Instant::from_boot(base::seconds(boot_s)), base::WallTime{wall_s}};
}

struct Made {
  std::string name = "www.example.com";
  uint32_t learned_s = 0;
  uint32_t ttl_s = 300;
  uint32_t lease_until_s = UINT32_MAX;
  uint8_t last_octet = 1;
  uint32_t record_ttl_s = 300;
};

inline cache::EntryPtr address(const Made& made) {
  const wire::Name owner = name(made.name);
  std::vector<uint8_t> body;
  const std::vector<uint8_t> rdata = {192, 0, 2, made.last_octet};
  wire::append_rendered(body, wire::Type::kA, wire::Class::kIn, made.record_ttl_s, rdata);
  cache::EntryParts parts;
  parts.header.type = wire::Type::kA;
  parts.header.learned_s = made.learned_s;
  parts.header.ttl_s = made.ttl_s;
  parts.header.lease_until_s = made.lease_until_s;
  parts.header.record_count = 1;
  parts.header.zone_labels = static_cast<uint8_t>(std::min<size_t>(2, owner.view().label_count()));
  parts.name = owner;
  parts.body = body;
  return parts.make();
}

inline cache::EntryPtr denial(const Made& made, cache::Kind kind) {
  const wire::Name owner = name(made.name);
  const wire::Name zone = name("example.com");
  std::vector<uint8_t> rdata(zone.view().bytes().begin(), zone.view().bytes().end());
  rdata.insert(rdata.end(), zone.view().bytes().begin(), zone.view().bytes().end());
  rdata.resize(rdata.size() + 20, 1);
  std::vector<uint8_t> body;
  wire::append_rendered(body, wire::Type::kSoa, wire::Class::kIn, 300, rdata);
  cache::EntryParts parts;
  const bool nxdomain = kind == cache::Kind::kNxdomain;
  parts.header.kind = kind;
  parts.header.space = nxdomain ? cache::Space::kNxdomain : cache::Space::kAnswer;
  parts.header.type = nxdomain ? wire::Type::kNone : wire::Type::kAaaa;
  parts.header.learned_s = made.learned_s;
  parts.header.ttl_s = made.ttl_s;
  parts.header.lease_until_s = made.lease_until_s;
  parts.header.record_count = 1;
  parts.header.zone_labels = 2;
  parts.name = owner;
  parts.body = body;
  return parts.make();
}

inline cache::EntryPtr delegation(const Made& made, cache::Space space) {
  cache::Delegation delegation{name(made.name), {}};
  const std::vector<uint8_t> v4 = {192, 0, 2, made.last_octet};
  delegation.servers.push_back({name("ns1.example.net"), {base::IpAddress::v4(v4)}});
  delegation.servers.push_back({name("ns2.example.net"), {}});
  return cache::make_delegation_entry(base::Instant::from_boot(base::seconds(made.learned_s)), delegation, space,
                                      made.ttl_s, made.lease_until_s);
}

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-store-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~TempFolder() { std::filesystem::remove_all(path); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string path;
};

// One run of the daemon as far as the store sees it. Boot time starts anew with each, as after a reboot.
class Life {
 public:
  static constexpr int64_t kBoot = 10'000'000;
  explicit Life(const std::string& path, int64_t wall = 1'800'000'000, uint64_t route = 7,
                uint64_t store_bytes = 64 << 20, uint64_t cache_bytes = 8 << 20, int64_t boot = kBoot)
      : boot_s(boot), wall_s(wall) {
    cache::CacheOptions cache_options;
    cache_options.memory_bytes = cache_bytes;
    cache_options.secret.fill(3);
    cache = std::make_unique<cache::Cache>(cache_options);
    reader.emplace(cache->readers().register_reader());
    reader->online();
    store::StoreOptions options;
    options.path = path;
    options.bytes_max = store_bytes;
    options.max_age_s = 86400;
    options.cache_bytes = cache_bytes;
    options.fresh.records.fill(static_cast<uint8_t>(route + 1));
    options.fresh.servers.fill(9);
    options.route_of = [route](wire::NameView) { return route; };
    options.clock = [this] { return now(); };
    writer = std::make_unique<store::Writer>(std::move(options), queue);
    const auto opened = writer->open(now());
    refusal = opened ? "" : opened.error();
  }
  void start(std::vector<store::StateSection*> sections = {}) {
    writer->attach(*cache, std::move(sections));
    writer->load(now(), removed);
  }
  [[nodiscard]] base::Now now() const { return at(boot_s, wall_s); }
  void pass(int64_t seconds) {
    boot_s += seconds;
    wall_s += seconds;
  }
  // One turn a second.
  void turns(int64_t seconds) {
    for (int64_t i = 0; i < seconds; ++i) {
      pass(1);
      writer->turn(now());
      reader->quiescent();
    }
  }
  void publish(cache::EntryPtr entry) {
    const wire::Name owner(entry->name());
    const cache::EntryHeader header = entry->header();
    if (cache->publish(*reader, now().boot, std::move(entry)) != cache::PublishOutcome::kStored) return;
    const auto* stored = cache->peek(cache->key(owner, header.type, header.space));
    CHECK(stored != nullptr);
    queue.push({stored->header().hash, false});
  }
  void remove(std::string_view text, wire::Type type, cache::Space space = cache::Space::kAnswer) {
    const wire::Name owner = name(text);
    queue.push({store::record_key(writer->hash(), owner, type, space), true});
    cache->remove(*reader, cache->key(owner, type, space));
  }
  [[nodiscard]] const cache::Entry* find(std::string_view text, wire::Type type = wire::Type::kA,
                                         cache::Space space = cache::Space::kAnswer) {
    const wire::Name owner = name(text);
    return cache->peek(cache->key(owner, type, space));
  }
  [[nodiscard]] uint64_t count(base::Counter counter) const { return writer->counters().get(counter); }
  // As kill -9 ends it: nothing is finished, what SQLite wrote stays.
  void die() { writer.reset(); }

  int64_t boot_s;
  int64_t wall_s;
  std::unique_ptr<cache::Cache> cache;
  std::optional<cache::Reader> reader;
  store::ChangeQueue queue{1 << 16};
  store::RemovedBits removed;
  std::unique_ptr<store::Writer> writer;
  std::string refusal;
};

}  // namespace store_test
