// unpredictable: no two exchanges that are out share port and id, ports are spread, and what an
// attacker off the path forges is in no answer and in no cache entry.
#include <map>
#include <set>

#include "tests/sim/checker.h"
#include "tests/sim/checkers/marker.h"

namespace sim {
namespace {

class Unpredictable : public Checker {
 public:
  explicit Unpredictable(Scene& scene) : Checker("unpredictable", scene) {}

  void on_send(size_t engine, const resolver::SendQuery& effect) override {
    const uint16_t id = effect.query.size() < 2 ? uint16_t{0} : base::load_be16(effect.query.data());
    const auto pair = std::pair(effect.local_port, id);
    if (!out_.insert(pair).second) fail("port and id of an exchange that is still out: " + effect.server.to_text());
    pair_of_[{engine, effect.exchange}] = pair;
    ports_.insert(effect.local_port);
    ids_.insert(id);
    ++sends_;
  }

  void on_exchange_closed(size_t engine, resolver::ExchangeId exchange) override {
    const auto found = pair_of_.find({engine, exchange});
    if (found == pair_of_.end()) return;
    out_.erase(found->second);
    pair_of_.erase(found);
  }

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    if (contains_marker(message, forged_address, kForgedLabel))
      fail("a forged record in the answer to " + to_text(query.question));
  }

  void on_end_of_phase(Phase) override {
    scene_.cache.for_each([this](const cache::Entry& entry) {
      if (!contains_marker(entry.body(), forged_address, kForgedLabel)) return;
      fail("a forged record in the cache at " + entry.name().to_text());
    });
    // Of n draws from 64,512 ports all but about n * n / 129,024 differ.
    const size_t enough = sends_ - sends_ / 20 - sends_ * sends_ / 60'000;
    if (sends_ >= 50 && sends_ < 5000 && (ports_.size() < enough || ids_.size() < enough))
      fail("ports or ids repeat too often");
  }

 private:
  std::set<std::pair<uint16_t, uint16_t>> out_;
  std::map<std::pair<size_t, resolver::ExchangeId>, std::pair<uint16_t, uint16_t>> pair_of_;
  std::set<uint16_t> ports_;
  std::set<uint16_t> ids_;
  size_t sends_ = 0;
};

}  // namespace

std::unique_ptr<Checker> make_unpredictable(Scene& scene) { return std::make_unique<Unpredictable>(scene); }

}  // namespace sim
