// one_flight: equal questions are not in flight twice, in whichever worker: never twice from one
// worker to one server, and not from two workers to servers of the same zone. Across workers this
// holds where nothing is slow: a claim may be taken over when its owner seems stuck. Not in signed worlds: what a
// minimised question brings is not validated and takes not the place of validated data past its TTL, so the next
// worker asks again, perhaps while a hedged query of the first is still out.
#include <algorithm>
#include <map>
#include <vector>

#include "tests/sim/checker.h"

namespace sim {
namespace {

struct Flight {
  size_t engine = 0;
  resolver::ExchangeId exchange{};
  base::IpAddress server;
  const Zone* zone = nullptr;  // the one that was asked; nullptr when it could be several
};

class OneFlight : public Checker {
 public:
  explicit OneFlight(Scene& scene) : Checker("one_flight", scene) {}

  void on_send(size_t engine, const resolver::SendQuery& effect) override {
    const auto view = wire::MessageView::parse(effect.query);
    if (!view || !view->question()) return;
    const Question question{view->question()->name.lowercased(), view->question()->type};
    const Flight flight{engine, effect.exchange, effect.server.address,
                        zone_asked(effect.server.address, question.name)};
    // Where answers are validated, one may be for a server's address, which is not: that is a flight of its own.
    const size_t allowed = scene_.world.signing ? 1 : 0;
    size_t same = 0;
    std::vector<Flight>& equal = out_[to_text(question)];
    for (const Flight& other : equal) {
      if (other.zone == nullptr || other.zone != flight.zone) continue;
      same += other.engine == engine && other.server == flight.server ? 1 : 0;
      if (same > allowed) {
        fail("twice in flight to " + effect.server.to_text() + ": " + to_text(question));
      }
      if (other.engine != engine && scene_.world.level != Level::kFaulty && !scene_.world.signing) {
        fail("in flight in two workers: " + to_text(question));
      }
    }
    equal.push_back(flight);
    question_of_[{engine, effect.exchange}] = to_text(question);
  }

  void on_exchange_closed(size_t engine, resolver::ExchangeId exchange) override {
    const auto question = question_of_.find({engine, exchange});
    if (question == question_of_.end()) return;
    std::erase_if(out_[question->second],
                  [&](const Flight& flight) { return flight.engine == engine && flight.exchange == exchange; });
    question_of_.erase(question);
  }

 private:
  const Zone* zone_asked(const base::IpAddress& address, wire::NameView name) const {
    const Zone* asked = nullptr;
    for (const Server& server : scene_.world.servers) {
      if (std::find(server.addresses.begin(), server.addresses.end(), address) == server.addresses.end()) continue;
      for (const size_t index : server.zones) {
        const Zone& zone = scene_.world.zones[index];
        if (!name.is_within(zone.origin)) continue;
        if (asked != nullptr) return nullptr;
        asked = &zone;
      }
    }
    return asked;
  }

  std::map<std::string, std::vector<Flight>> out_;
  std::map<std::pair<size_t, resolver::ExchangeId>, std::string> question_of_;
};

}  // namespace

std::unique_ptr<Checker> make_one_flight(Scene& scene) { return std::make_unique<OneFlight>(scene); }

}  // namespace sim
