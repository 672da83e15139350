// budget_kept: what one client question may cost. Sends per question, and how often the question
// itself goes to one server, are counted where one client asks at a time; what is in flight to one
// server, always. (A minimised name may be asked once for each sub-question below it; a query that
// was answered, if only by FORMERR or BADCOOKIE, is no reason for a retry and does not count.)
#include <algorithm>
#include <map>

#include "tests/sim/checker.h"

namespace sim {
namespace {

constexpr uint32_t kSendsToOneServerMax = 3;  // RFC 9520 §3.1
constexpr uint32_t kPrimingSendsMax = 20;     // the root's own question is nobody's

class BudgetKept : public Checker {
 public:
  explicit BudgetKept(Scene& scene) : Checker("budget_kept", scene) {}

  void on_query(const AskedQuery& query) override {
    is_alone_ = scene_.world.habits.one_at_a_time && query.phase == Phase::kSafety;
    sends_ = 0;
    sends_to_.clear();
    // Who sets CD is given what did not validate, and it is not kept: it is asked for once more.
    askings_ = query.checking_disabled ? 2 : 1;
    asked_ = to_text(Question{query.question.name.lowercased(), query.question.type});
    asked_at_ = now();
  }

  void on_send(size_t engine, const resolver::SendQuery& effect) override {
    const auto key = std::pair(engine, effect.server.address);
    server_of_[{engine, effect.exchange}] = effect.server.address;
    if (++in_flight_[key] > scene_.world.options.bounds.exchanges_per_server_max) {
      fail(std::to_string(in_flight_[key]) + " in flight from worker " + std::to_string(engine) + " to " +
           effect.server.to_text());
    }
    count(effect.server, effect.query, true);
  }
  void on_stream_send(size_t, const base::Endpoint& server, base::Bytes message) override {
    count(server, message, false);
  }

  void on_response(size_t, const base::Endpoint& server, base::Bytes message, bool is_forged) override {
    const auto view = wire::MessageView::parse(message);
    if (is_forged || !view || !view->question()) return;
    const Question question{view->question()->name.lowercased(), view->question()->type};
    uint32_t& sends = sends_to_[server.address];
    if (to_text(question) == asked_ && sends > 0) --sends;
  }

  void on_exchange_closed(size_t engine, resolver::ExchangeId id) override {
    const auto found = server_of_.find({engine, id});
    if (found == server_of_.end()) return;
    --in_flight_[{engine, found->second}];
    server_of_.erase(found);
  }

 private:
  void count(const base::Endpoint& server, base::Bytes message, bool is_udp) {
    if (!is_alone_) return;
    const auto view = wire::MessageView::parse(message);
    if (!view || !view->question()) return fail("a query that does not parse");
    if (++sends_ > scene_.world.options.budget.sends + kPrimingSendsMax) fail("too many sends for " + asked_);
    const Question question{view->question()->name.lowercased(), view->question()->type};
    if (!is_udp || to_text(question) != asked_) return;
    // Priming, and a parent that is asked again, are asked the same as by who asks for a zone's servers, and are other
    // questions.
    const uint32_t questions = askings_ * (question.type == wire::Type::kNs ? 2U : 1U);
    // A refresh that failed is tried again after a second (RFC 9520 §3.2), some times.
    const uint32_t times = now() - asked_at_ < resolver::refresh_retry_delay(1) ? 1 : 1 + resolver::kRefreshRetriesMax;
    if (++sends_to_[server.address] >
        kSendsToOneServerMax * zones_at(server.address, question.name) * questions * times) {
      fail("sent too often to " + server.to_text() + ": " + asked_);
    }
  }

  // A server that holds parent and child is asked as each of them.
  uint32_t zones_at(const base::IpAddress& address, wire::NameView name) const {
    // The forger's server may be made out to serve each of the zones above the name.
    const bool is_forgers = address == forger_address(wire::Type::kA) || address == forger_address(wire::Type::kAaaa);
    if (is_forgers) return static_cast<uint32_t>(name.label_count() + 1);
    uint32_t zones = 0;
    for (const Server& server : scene_.world.servers) {
      if (std::find(server.addresses.begin(), server.addresses.end(), address) == server.addresses.end()) continue;
      for (const size_t zone : server.zones) zones += name.is_within(scene_.world.zones[zone].origin) ? 1 : 0;
    }
    return zones == 0 ? 1 : zones;
  }

  bool is_alone_ = false;
  base::Instant asked_at_;
  uint32_t sends_ = 0;
  uint32_t askings_ = 1;
  std::string asked_;
  std::map<base::IpAddress, uint32_t> sends_to_;
  std::map<std::pair<size_t, base::IpAddress>, uint32_t> in_flight_;
  std::map<std::pair<size_t, resolver::ExchangeId>, base::IpAddress> server_of_;
};

}  // namespace

std::unique_ptr<Checker> make_budget_kept(Scene& scene) { return std::make_unique<BudgetKept>(scene); }

}  // namespace sim
