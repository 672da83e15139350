// store_fill FOLDER COUNT: makes a store as a daemon with a default configuration would have left it, with the
// addresses of n0.warm.example. to n(COUNT-1).warm.example. in it, learned just now. For tests of warm starts.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

#include "config/options.h"
#include "server/store_options.h"
#include "store/writer.h"
#include "wire/rendered.h"

namespace {

cache::EntryPtr address_of(uint64_t number, base::Now now) {
  const auto name = wire::Name::from_text("n" + std::to_string(number) + ".warm.example.");
  CHECK(name.has_value());
  std::vector<uint8_t> rdata(4);
  base::store_be32(rdata.data(), static_cast<uint32_t>(0x0A000000 + number));
  std::vector<uint8_t> body;
  wire::append_rendered(body, wire::Type::kA, wire::Class::kIn, 86400, rdata);
  cache::EntryParts parts;
  parts.header.type = wire::Type::kA;
  parts.header.learned_s = now.boot.boot_seconds();
  parts.header.ttl_s = 86400;
  parts.header.lease_until_s = now.boot.boot_seconds() + 172800;
  parts.header.record_count = 1;
  parts.header.zone_labels = 2;
  parts.name = *name;
  parts.body = body;
  return parts.make();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const uint64_t count = std::strtoull(argv[2], nullptr, 10);
  config::Options config;
  config.store.path = argv[1];
  config.cache.memory_bytes = 2ULL << 30;
  store::Secrets fresh;
  fresh.records.fill(1);
  fresh.servers.fill(2);
  const base::Now now = {base::Instant::from_boot(base::seconds(100'000'000)), base::WallTime{std::time(nullptr)}};
  cache::Cache cache(cache::CacheOptions{config.cache.memory_bytes, {}, 8});
  cache::Reader reader = cache.readers().register_reader();
  store::ChangeQueue queue(1 << 16);
  store::StoreOptions options = server::store_options(config, fresh);
  options.clock = [now] { return now; };
  store::Writer writer(std::move(options), queue);
  if (!writer.open(now)) return 1;
  writer.attach(cache, {});
  reader.online();
  for (uint64_t i = 0; i < count; ++i) {
    if (cache.publish(reader, now.boot, address_of(i, now)) != cache::PublishOutcome::kStored) return 1;
    if (i % 64 == 0) reader.quiescent();
  }
  writer.finish(now);
  std::printf("%llu written\n", static_cast<unsigned long long>(writer.counters().get(base::Counter::kStoreWritten)));
  return 0;
}
