// Writers, readers, removal, eviction and reclamation racing over small tables; claims and server
// health too. Meant for ThreadSanitizer and AddressSanitizer; by itself it sees torn or freed
// entries by the pattern in their bodies. Bounded by iterations, not by time.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/entropy.h"
#include "cache/cache.h"
#include "cache/claims.h"
#include "cache/server_health.h"

namespace {

using cache::Kind;
using cache::Space;
using wire::Type;

constexpr base::Instant kNow = base::Instant::from_boot(base::seconds(1000));

// Every byte of a body follows from its first two and the name.
void fill_body(std::vector<uint8_t>& body, uint32_t name_number, uint32_t version) {
  body.resize(8 + version % 150);
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<uint8_t>(version * 31 + name_number * 7 + i * 13);
}
bool is_whole(const cache::Entry& entry, uint32_t name_number) {
  const base::Bytes body = entry.body();
  if (body.size() < 8 || entry.header().record_count != name_number % 65536) return false;
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != static_cast<uint8_t>(body[0] + i * 13)) return false;
  }
  return true;
}

class CacheStress {
 public:
  // More names than fit when `name_count` is large: then eviction races too.
  explicit CacheStress(uint32_t name_count, uint32_t iterations) : iterations_(iterations) {
    for (uint32_t i = 0; i < name_count; ++i) names_.push_back(*wire::Name::from_text("n" + std::to_string(i) + ".example"));
  }

  void run() {
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < 2; ++i) threads.emplace_back([this, i] { write(i); });
    for (uint32_t i = 0; i < 2; ++i) threads.emplace_back([this, i] { read(i); });
    threads.emplace_back([this] { come_and_go(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(broken_.load(), 0U);
    EXPECT_GT(found_.load(), 0U);
    expect_consistent();
  }

 private:
  static cache::CacheOptions options() {
    cache::CacheOptions out;
    out.memory_bytes = 256 << 10;
    return out;
  }
  cache::Key key(uint32_t number) const {
    return cache_.key(names_[number], number % 3 == 0 ? Type::kAaaa : Type::kA, number % 5 == 0 ? Space::kFailure : Space::kAnswer);
  }

  void write(uint32_t seed) {
    cache::Reader reader = cache_.readers().register_reader();
    base::Entropy entropy(base::Entropy::seed_from_number(seed));
    std::vector<uint8_t> body;
    reader.online();
    for (uint32_t i = 0; i < iterations_; ++i) {
      const uint32_t number = entropy.below(static_cast<uint32_t>(names_.size()));
      const cache::Key target = key(number);
      if (entropy.chance(1, 8)) {
        cache_.remove(reader, target);
      } else {
        fill_body(body, number, entropy.next_u32());
        cache::EntryParts parts;
        parts.name = names_[number];
        parts.header.type = target.type;
        parts.header.space = target.space;
        parts.header.kind = number % 5 == 0 ? Kind::kFailure : Kind::kRrset;
        parts.header.record_count = static_cast<uint16_t>(number);
        parts.header.learned_s = 1000 + entropy.below(3);
        parts.header.ttl_s = entropy.below(100);
        parts.body = body;
        cache_.publish(reader, kNow, parts.make());
      }
      end_turn(reader, entropy);
    }
  }

  void read(uint32_t seed) {
    cache::Reader reader = cache_.readers().register_reader();
    base::Entropy entropy(base::Entropy::seed_from_number(100 + seed));
    reader.online();
    for (uint32_t i = 0; i < iterations_; ++i) {
      // Held over several lookups, as a batch does.
      std::array<std::pair<const cache::Entry*, uint32_t>, 4> held{};
      for (auto& [entry, number] : held) {
        number = entropy.below(static_cast<uint32_t>(names_.size()));
        entry = cache_.lookup(key(number));
      }
      for (const auto& [entry, number] : held) {
        if (entry == nullptr) continue;
        found_.fetch_add(1, std::memory_order_relaxed);
        if (!is_whole(*entry, number)) broken_.fetch_add(1, std::memory_order_relaxed);
      }
      end_turn(reader, entropy);
    }
  }

  // Readers that register, look at everything and leave.
  void come_and_go() {
    for (uint32_t i = 0; i < iterations_ / 100; ++i) {
      cache::Reader reader = cache_.readers().register_reader();
      reader.online();
      cache_.for_each([this](const cache::Entry& entry) {
        if (!is_whole(entry, entry.header().record_count)) broken_.fetch_add(1, std::memory_order_relaxed);
      });
      if (i % 2 == 0) cache_.remove(reader, key(i % static_cast<uint32_t>(names_.size())));
    }
  }

  static void end_turn(cache::Reader& reader, base::Entropy& entropy) {
    const uint32_t drawn = entropy.below(16);
    if (drawn < 4) reader.quiescent();
    if (drawn == 4) {
      reader.offline();
      reader.online();
    }
  }

  // With all threads gone the counters tell what is there, and each key is there once.
  void expect_consistent() {
    cache::Reader reader = cache_.readers().register_reader();
    for (uint32_t i = 0; i < names_.size(); ++i) {
      reader.online();
      cache_.remove(reader, key(i));
      EXPECT_EQ(cache_.peek(key(i)), nullptr);
      reader.quiescent();
    }
    for (int i = 0; i < 16; ++i) reader.quiescent();
    EXPECT_EQ(cache_.usage().entries, 0U);
    EXPECT_EQ(cache_.usage().retired_bytes, 0U);
    EXPECT_EQ(cache_.usage().bytes, bytes_when_empty_);
  }

  const uint32_t iterations_;
  std::vector<wire::Name> names_;
  cache::Cache cache_{options()};
  const uint64_t bytes_when_empty_ = cache_.usage().bytes;
  std::atomic<uint64_t> broken_{0};
  std::atomic<uint64_t> found_{0};
};

TEST(CacheStress, FewKeysFoughtOver) { CacheStress(12, 60'000).run(); }
TEST(CacheStress, MoreKeysThanFit) { CacheStress(5000, 30'000).run(); }

TEST(ClaimsStress, NoWakeUpIsLost) {
  constexpr uint32_t kWorkers = 4;
  constexpr uint32_t kQuestions = 3;
  constexpr uint64_t kSpinsMax = 20'000'000;  // a lost wake-up, not a slow one
  cache::ClaimTable claims(4);
  std::array<std::atomic<bool>, kWorkers> woken{};
  std::atomic<uint64_t> lost{0};
  std::atomic<uint64_t> waited{0};
  std::vector<std::thread> threads;
  for (uint32_t worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&, worker] {
      base::Entropy entropy(base::Entropy::seed_from_number(worker));
      for (int round = 0; round < 20'000; ++round) {
        const uint64_t question = (uint64_t{entropy.below(kQuestions)} + 1) << 40;
        for (;;) {
          woken[worker].store(false);
          const cache::ClaimOutcome outcome = claims.acquire(kNow, question, worker, kNow + base::seconds(60));
          if (outcome != cache::ClaimOutcome::kHeldByOther) break;
          waited.fetch_add(1);
          uint64_t spins = 0;
          while (!woken[worker].load() && ++spins < kSpinsMax) std::this_thread::yield();
          if (spins == kSpinsMax) lost.fetch_add(1);
        }
        if (round % 4 == 0) std::this_thread::yield();
        const uint64_t mask = claims.release(question, worker);
        for (uint32_t other = 0; other < kWorkers; ++other) {
          if ((mask >> other & 1) != 0) woken[other].store(true);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lost.load(), 0U);
  EXPECT_GT(waited.load(), 0U) << "nobody ever met anybody";
}

TEST(ServerHealthStress, ViewsStayWithinWhatWasReported) {
  cache::ServerHealth health(16, base::KeyedHash::Secret{5});
  std::atomic<uint64_t> wrong{0};
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      base::Entropy entropy(base::Entropy::seed_from_number(thread));
      for (uint32_t i = 0; i < 60'000; ++i) {
        const base::Instant now = base::Instant::from_boot(base::seconds(1000 + i / 100));
        const std::array<uint8_t, 4> bytes = {192, 0, 2, static_cast<uint8_t>(entropy.below(32))};
        const base::IpAddress server = base::IpAddress::v4(bytes);
        switch (entropy.below(7)) {
          case 0: health.on_response(now, server, base::milliseconds(1 + entropy.below(100))); break;
          case 1: health.on_timeout(now, server); break;
          case 2: health.on_tcp_failure(now, server); break;
          case 3: health.on_tcp_success(now, server); break;
          case 4: health.set_cookie(now, server, cache::ServerCookie{bytes[3]}); break;
          case 5: health.set_edns(now, server, cache::EdnsSupport::kSupported); break;
          default: {
            const cache::ServerView view = health.view(now, server);
            const bool is_rtt_possible = view.smoothed_rtt <= base::milliseconds(100) &&
                                         (!view.known || view.smoothed_rtt >= base::milliseconds(1));
            if (!is_rtt_possible || view.timeouts_in_row > 15 || view.edns == cache::EdnsSupport::kBroken) wrong.fetch_add(1);
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0U);
}

}  // namespace
