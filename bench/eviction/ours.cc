#include "bench/eviction/ours.h"

#include <array>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "cache/cache.h"
#include "cache/table.h"

namespace bench {
namespace {

// Large, so that the least memory of a cache is not too much for a few dozen of them.
constexpr uint32_t kEntryBytes = 16384;

// Charges each entry with its own bytes alone: what malloc adds would blur the capacity.
class PlainAllocator : public cache::EntryAllocator {
 public:
  void* allocate(size_t bytes) override { return std::malloc(bytes); }
  void release(const void* memory) override { std::free(const_cast<void*>(memory)); }
};

uint64_t memory_for(uint32_t capacity) {
  const uint64_t wanted = uint64_t{capacity} * kEntryBytes;
  uint64_t memory = wanted;
  while (cache::table_sizes(memory, kEntryBytes).live_bytes_max < wanted) memory += 256;
  return memory;
}

wire::Name name_of(uint32_t item) {
  const auto parsed = wire::Name::from_text("n" + std::to_string(item) + ".example");
  CHECK(parsed.has_value());
  return *parsed;
}

cache::EntryPtr entry_of(wire::NameView name, base::Instant now) {
  static const std::array<uint8_t, kEntryBytes> bytes{};
  cache::EntryParts parts;
  parts.header.type = wire::Type::kA;
  parts.header.learned_s = now.boot_seconds();
  parts.header.ttl_s = UINT32_MAX;
  parts.header.record_count = 1;
  parts.name = name;
  parts.body = base::Bytes(bytes).first(kEntryBytes - sizeof(cache::EntryHeader) - name.size());
  return parts.make();
}

}  // namespace

uint64_t our_hits(const Trace& trace, uint32_t capacity, uint8_t secret) {
  PlainAllocator allocator;
  cache::CacheOptions options;
  options.memory_bytes = memory_for(capacity);
  options.entry_bytes_expected = kEntryBytes;
  options.secret.fill(secret);
  options.allocator = &allocator;
  cache::Cache cache(options);
  cache::Reader reader = cache.readers().register_reader();
  reader.online();
  uint64_t hits = 0;
  for (const Request& request : trace.requests) {
    const wire::Name name = name_of(request.item);
    const base::Instant now = base::Instant::from_boot(base::seconds(1000 + request.at_s));
    if (cache.lookup(cache.key(name, wire::Type::kA, cache::Space::kAnswer)) != nullptr) {
      ++hits;
      continue;
    }
    (void)cache.publish(reader, now, entry_of(name, now));
    reader.quiescent();
    CHECK(cache.usage().entries <= capacity);
  }
  return hits;
}

}  // namespace bench
