// The hit path alone, for callgrind: no sockets, no kernel. Prints one line a variant,
//
//   variant hits
//
// and dumps callgrind's counts after each. Run it so that only resolver::answer_hits counts, from the
// bytes of a query to the bytes of its answer, in batches of 64 as the daemon makes them, or of one:
//
//   valgrind --tool=callgrind --toggle-collect='resolver::answer_hits*' bench_hit_path
#include <valgrind/callgrind.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "bench/support/records.h"
#include "resolver/answer.h"
#include "resolver/hit.h"

namespace {

constexpr size_t kNames = 1024;
constexpr size_t kBatch = 64;
constexpr base::Now kNow{base::Instant::from_boot(base::seconds(1000)), {1'800'000'000}};

std::string site(size_t index) { return "www.site" + std::to_string(index) + ".example.com"; }

// What a class of query looks like, and what is cached for it.
struct Variant {
  std::string_view label;
  bench::QuerySpec query;
  std::string_view prefix = "";  // of the names asked for
};

constexpr std::array kVariants = {
    Variant{"plain", {.edns = false}},
    Variant{"edns", {}},
    Variant{"edns-batch-of-1", {}},
    Variant{"edns-do", {.dnssec_ok = true}},
    Variant{"edns-do-signed", {.dnssec_ok = true}, "signed."},
    Variant{"edns-cookie", {.cookie = true}},
    Variant{"edns-upper-case", {.upper_case = true}},
    Variant{"edns-aaaa", {.type = wire::Type::kAaaa}},
    Variant{"edns-alias", {}, "alias."},
    Variant{"edns-nodata", {}, "empty."},
    Variant{"edns-nxdomain", {}, "gone."},
};

constexpr const char* kSoa = "example.com. 900 IN SOA ns.example.com. hostmaster.example.com. 1 7200 3600 1209600 300";

class HitPath {
 public:
  HitPath() : cache_({.memory_bytes = 64 << 20, .secret = {1}, .readers_max = 2}), reader_(make_reader()) {
    policy_.allow = {*base::Prefix::parse("127.0.0.0/8"), *base::Prefix::parse("::1/128")};
    for (size_t index = 0; index < kNames; ++index) fill(site(index));
    for (auto& out : out_) out.resize(resolver::kUdpAnswerBytesMax);
  }

  void run(const Variant& variant, size_t rounds, size_t batch) {
    std::vector<std::vector<uint8_t>> packets;
    for (size_t index = 0; index < kNames; ++index) {
      packets.push_back(bench::query_packet(std::string(variant.prefix) + site(index), variant.query));
    }
    // Once before counting: the marks of all entries are full then, as those of hot names are.
    for (int round = 0; round < 3; ++round) ask_all(packets, batch);
    CALLGRIND_ZERO_STATS;
    for (size_t round = 0; round < rounds; ++round) ask_all(packets, batch);
    CALLGRIND_DUMP_STATS_AT(variant.label.data());
    std::printf("%.*s %zu\n", static_cast<int>(variant.label.size()), variant.label.data(), rounds * kNames);
  }

 private:
  cache::Reader make_reader() {
    cache::Reader reader = cache_.readers().register_reader();
    reader.online();
    return reader;
  }
  void publish(cache::EntryPtr entry) {
    CHECK(cache_.publish(reader_, kNow.boot, std::move(entry)) == cache::PublishOutcome::kStored);
  }
  void fill(const std::string& owner) {
    publish(bench::rrset_entry(kNow.boot, {owner + ". 300 IN A 192.0.2.1"}));
    publish(bench::rrset_entry(kNow.boot, {owner + ". 300 IN AAAA 2001:db8::1"}));
    publish(bench::rrset_entry(kNow.boot, {"alias." + owner + ". 300 IN CNAME " + owner + "."}));
    publish(bench::rrset_entry(kNow.boot, {"signed." + owner + ". 300 IN A 192.0.2.1"},
                               {"signed." + owner +
                                ". 300 IN RRSIG A 13 5 300 20300101000000 20260101000000 4711 example.com. "
                                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}));
    publish(bench::denial_entry(kNow.boot, "empty." + owner, wire::Type::kA, kSoa));
    publish(bench::denial_entry(kNow.boot, "gone." + owner, wire::Type::kNone, kSoa));
  }
  void ask_all(const std::vector<std::vector<uint8_t>>& packets, size_t batch) {
    for (size_t first = 0; first < packets.size(); first += batch) {
      for (size_t index = 0; index < batch; ++index) {
        slots_[index] = {{{}, client_, resolver::Transport::kUdp, packets[first + index]}, out_[index]};
      }
      const std::span<resolver::HitSlot> chunk(slots_.data(), batch);
      resolver::answer_hits(kNow, chunk, policy_, cache_, counters_);
      for (const resolver::HitSlot& slot : chunk) CHECK(slot.outcome == resolver::HitOutcome::kAnswered);
    }
  }

  cache::Cache cache_;
  cache::Reader reader_;
  resolver::AnswerPolicy policy_;
  base::Counters counters_;
  base::IpAddress client_ = *base::IpAddress::parse("127.0.0.1");
  std::array<resolver::HitSlot, kBatch> slots_;
  std::array<std::vector<uint8_t>, kBatch> out_;
};

}  // namespace

int main(int argc, char** argv) {
  const size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 4;
  HitPath path;
  for (const Variant& variant : kVariants) {
    path.run(variant, rounds, variant.label == "edns-batch-of-1" ? 1 : kBatch);
  }
  return 0;
}
