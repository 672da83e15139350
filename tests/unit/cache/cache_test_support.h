// Entries and times for the cache's tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/cache.h"

namespace cache_test {

inline base::Instant at_s(int64_t seconds) { return base::Instant::from_boot(base::seconds(seconds)); }

inline wire::Name name(std::string_view text) {
  auto parsed = wire::Name::from_text(text);
  CHECK(parsed.has_value());
  return *parsed;
}

struct EntrySpec {
  std::string name = "www.example.com";
  wire::Type type = wire::Type::kA;
  cache::Space space = cache::Space::kAnswer;
  cache::Kind kind = cache::Kind::kRrset;
  cache::Rank rank = cache::Rank::kAuthAnswer;
  uint32_t learned_s = 1000;
  uint32_t ttl_s = 300;
  size_t body_bytes = 32;
  uint8_t fill = 0x5a;
};

inline cache::EntryPtr make(const EntrySpec& spec) {
  const wire::Name owner = name(spec.name);
  const std::vector<uint8_t> body(spec.body_bytes, spec.fill);
  cache::EntryParts parts;
  parts.header.type = spec.type;
  parts.header.space = spec.space;
  parts.header.kind = spec.kind;
  parts.header.rank = spec.rank;
  parts.header.learned_s = spec.learned_s;
  parts.header.ttl_s = spec.ttl_s;
  parts.name = owner;
  parts.body = body;
  return parts.make();
}

// A cache with one online reader, and lookups by text.
class OneReaderCache {
 public:
  explicit OneReaderCache(uint64_t memory_bytes = 1 << 20, cache::EntryAllocator* allocator = nullptr)
      : cache(options(memory_bytes, allocator)), reader(cache.readers().register_reader()) {
    reader.online();
  }
  static cache::CacheOptions options(uint64_t memory_bytes, cache::EntryAllocator* allocator) {
    cache::CacheOptions out;
    out.memory_bytes = memory_bytes;
    out.secret.fill(7);
    out.allocator = allocator;
    return out;
  }
  cache::PublishOutcome publish(const EntrySpec& spec, int64_t now_s = 1000) {
    return cache.publish(reader, at_s(now_s), make(spec));
  }
  const cache::Entry* lookup(std::string_view text, wire::Type type = wire::Type::kA,
                             cache::Space space = cache::Space::kAnswer) {
    const wire::Name owner = name(text);
    return cache.lookup(cache.key(owner, type, space));
  }
  const cache::Entry* peek(std::string_view text, wire::Type type = wire::Type::kA,
                           cache::Space space = cache::Space::kAnswer) {
    const wire::Name owner = name(text);
    return cache.peek(cache.key(owner, type, space));
  }
  void remove(std::string_view text, wire::Type type = wire::Type::kA, cache::Space space = cache::Space::kAnswer) {
    const wire::Name owner = name(text);
    cache.remove(reader, cache.key(owner, type, space));
  }

  cache::Cache cache;
  cache::Reader reader;
};

}  // namespace cache_test
