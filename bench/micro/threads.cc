// The cache alone, read by one thread and by two, beside a map in 64 parts with a mutex each and TBB's
// concurrent_hash_map: one hot key, and 100,000 keys at random. Each look-up ends with the entry's first
// byte read, and with what keeps it alive meanwhile: our reader's quiescent point, a shared_ptr, an accessor.
#include <benchmark/benchmark.h>
#include <tbb/concurrent_hash_map.h>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "bench/support/records.h"
#include "cache/cache.h"

namespace {

constexpr size_t kKeys = 100'000;
constexpr size_t kTurn = 64;  // look-ups between two quiescent points, as in a turn of the daemon
constexpr base::Instant kNow = base::Instant::from_boot(base::seconds(1000));

using Bytes = std::vector<uint8_t>;

struct NameHash {
  base::TableHash hash{base::KeyedHash::Secret{1}};
  size_t operator()(const std::string& name) const { return hash(base::as_bytes(name)); }
};
struct TbbHash {
  static size_t hash(const std::string& name) { return NameHash{}(name); }
  static bool equal(const std::string& left, const std::string& right) { return left == right; }
};

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (size_t index = 0; index < kKeys; ++index) {
      const wire::Name name = bench::name("w" + std::to_string(index) + ".example.com");
      made.emplace_back(base::as_text(name.view().bytes()));
    }
    return made;
  }();
  return all;
}

// Our cache ----------------------------------------------------------------------------------------

class Ours {
 public:
  class Session {
   public:
    explicit Session(Ours& ours) : cache_(ours.cache_), reader_(ours.cache_.readers().register_reader()) {
      reader_.online();
    }
    unsigned look_up(const std::string& name) {
      const auto view = wire::NameView::from_checked(base::as_bytes(name));
      const cache::Entry* entry = cache_.lookup(cache_.key(view, wire::Type::kA, cache::Space::kAnswer));
      const unsigned byte = entry == nullptr ? 0 : entry->body()[0];
      if (++looked_up_ % kTurn == 0) reader_.quiescent();
      return byte;
    }

   private:
    cache::Cache& cache_;
    cache::Reader reader_;
    size_t looked_up_ = 0;
  };

  Ours() : cache_({.memory_bytes = 64 << 20, .secret = {1}, .readers_max = 64}) {
    cache::Reader reader = cache_.readers().register_reader();
    reader.online();
    for (size_t index = 0; index < kKeys; ++index) {
      const std::string owner = "w" + std::to_string(index) + ".example.com.";
      CHECK(cache_.publish(reader, kNow, bench::rrset_entry(kNow, {owner + " 300 IN A 192.0.2.1"})) ==
            cache::PublishOutcome::kStored);
    }
  }

 private:
  cache::Cache cache_;
};

// A map in parts, a mutex each -----------------------------------------------------------------------

class Sharded {
 public:
  class Session {
   public:
    explicit Session(Sharded& sharded) : sharded_(sharded) {}
    unsigned look_up(const std::string& name) {
      Shard& shard = sharded_.shard_of(name);
      std::shared_ptr<const Bytes> found;
      {
        const std::lock_guard lock(shard.mutex);
        const auto at = shard.map.find(name);
        if (at != shard.map.end()) found = at->second;
      }
      return found == nullptr ? 0 : (*found)[0];
    }

   private:
    Sharded& sharded_;
  };

  Sharded() {
    for (const std::string& name : names()) shard_of(name).map.emplace(name, std::make_shared<Bytes>(16, 0xc0));
  }

 private:
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<const Bytes>, NameHash> map;
  };
  Shard& shard_of(const std::string& name) { return shards_[NameHash{}(name) >> 58]; }
  std::array<Shard, 64> shards_;
};

// TBB ----------------------------------------------------------------------------------------------

class Tbb {
 public:
  using Map = tbb::concurrent_hash_map<std::string, Bytes, TbbHash>;
  class Session {
   public:
    explicit Session(Tbb& tbb) : map_(tbb.map_) {}
    unsigned look_up(const std::string& name) {
      Map::const_accessor accessor;
      return map_.find(accessor, name) ? accessor->second[0] : 0;
    }

   private:
    Map& map_;
  };

  Tbb() {
    for (const std::string& name : names()) map_.emplace(name, Bytes(16, 0xc0));
  }

 private:
  Map map_;
};

template <class Table>
Table& shared_table() {
  static Table table;
  return table;
}

template <class Table>
void hot(benchmark::State& state) {
  typename Table::Session session(shared_table<Table>());
  const std::string name = names()[0];
  unsigned sum = 0;
  for (auto _ : state) sum += session.look_up(name);
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}

template <class Table>
void many(benchmark::State& state) {
  typename Table::Session session(shared_table<Table>());
  std::mt19937_64 random(static_cast<uint64_t>(state.thread_index()) + 1);
  std::vector<uint32_t> order(1 << 16);
  for (uint32_t& index : order) index = static_cast<uint32_t>(random() % kKeys);
  unsigned sum = 0;
  size_t at = 0;
  for (auto _ : state) sum += session.look_up(names()[order[at++ % order.size()]]);
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(hot<Ours>)->Name("hot/holdfast")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(hot<Sharded>)->Name("hot/sharded")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(hot<Tbb>)->Name("hot/tbb")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(many<Ours>)->Name("many/holdfast")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(many<Sharded>)->Name("many/sharded")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(many<Tbb>)->Name("many/tbb")->Threads(1)->Threads(2)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
