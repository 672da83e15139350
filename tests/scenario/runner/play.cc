#include "play.h"

#include <algorithm>

#include "driver.h"
#include "expect.h"
#include "parse.h"

namespace scenario {
namespace {

inline constexpr base::Duration kAnswerWait = base::seconds(60);
inline constexpr base::Duration kOutQueryWait = base::seconds(10);
inline constexpr base::Duration kRestTime = base::seconds(60);

class Player {
 public:
  Player(const Scenario& scenario, const Settings& settings)
      : scenario_(scenario), settings_(settings), driver_(scenario, settings), counts_(driver_) {}

  void play() {
    const auto& steps = scenario_.steps;
    for (size_t at = 0; at < steps.size(); ++at) {
      // Ranges hold for the step that is being waited for; in Deckard's files a query is waited for
      // in its own step.
      driver_.set_step(steps[at].id);
      try {
        run(steps[at]);
      } catch (const Failure& failure) {
        throw Failure{"step " + std::to_string(steps[at].id) + ": " + failure.difference};
      }
    }
    check_rest();
  }
  [[nodiscard]] const std::string& trace() const { return driver_.trace(); }

 private:
  void run(const Step& step) {
    switch (step.kind) {
      case StepKind::kNothing:
        return;
      case StepKind::kQuery:
        return query(step);
      case StepKind::kReply:
        return reply(step);
      case StepKind::kCheckAnswer:
        return check_answer(step);
      case StepKind::kCheckOutQuery:
        return check_out_query(step);
      case StepKind::kTimeout:
        return timeout();
      case StepKind::kError:
        return driver_.fail(waiting_query(nullptr));
      case StepKind::kTimePasses:
        return driver_.run_for(step.elapse);
      case StepKind::kExpect:
        return counts_.expect(step);
      case StepKind::kReset:
        return counts_.reset();
    }
  }

  void query(const Step& step) {
    const Entry& entry = *step.entry;
    const Packet& packet = entry.first();
    EdnsFields edns;
    edns.present = !entry.adjust.no_edns;
    edns.size = entry.adjust.edns_size.value_or(settings_.deckard ? 4096 : 1232);
    edns.version = entry.adjust.edns_version.value_or(0);
    edns.dnssec_ok = packet.dnssec_ok;
    edns.options = entry.adjust.options;
    const auto id = static_cast<uint16_t>(0x4000 + step.id);
    auto bytes = packet.raw ? *packet.raw : write_message(id, packet, edns);
    const size_t before = driver_.answers().size();
    // Deckard's files check the answer to the last query only.
    for (ClientAnswer& earlier : driver_.answers()) earlier.checked = earlier.checked || settings_.deckard;
    driver_.query(step.address.value_or(*base::IpAddress::parse("127.0.0.1")),
                  entry.match.tcp ? resolver::Transport::kTcp : resolver::Transport::kUdp, std::move(bytes));
    if (settings_.deckard && !packet.raw)
      (void)driver_.run_until(kAnswerWait, [&] { return driver_.answers().size() > before; });
  }

  // The newest query that no one has answered and that matches `entry` (any, when there is none).
  OutQuery* find_waiting(const Entry* entry) {
    auto& queries = driver_.out_queries();
    for (size_t at = queries.size(); at-- > 0;) {
      OutQuery& out = queries[at];
      if (out.open && !out.answered && (entry == nullptr || !difference(*entry, out.query, out.transport))) return &out;
    }
    return nullptr;
  }
  OutQuery& waiting_query(const Entry* entry) {
    OutQuery* found = nullptr;
    (void)driver_.run_until(kOutQueryWait, [&] { return (found = find_waiting(entry)) != nullptr; });
    if (found == nullptr) throw Failure{"no query is waiting for an answer"};
    return *found;
  }

  void reply(const Step& step) {
    if (settings_.deckard) return;  // taken when the query came
    OutQuery& out = waiting_query(&*step.entry);
    driver_.reply(out, make_deliveries(*step.entry, out.query, false));
  }

  void timeout() {
    const OutQuery& out = waiting_query(nullptr);
    const size_t index = static_cast<size_t>(&out - driver_.out_queries().data());
    if (!driver_.run_until(base::seconds(30), [&] { return !driver_.out_queries()[index].open; })) {
      throw Failure{"the query did not time out within 30 s"};
    }
  }

  // The oldest unchecked answer to the entry's question; to any question when it has none.
  ClientAnswer* next_answer(const Entry& entry) {
    ClientAnswer* first = nullptr;
    for (ClientAnswer& answer : driver_.answers()) {
      if (answer.checked) continue;
      if (first == nullptr) first = &answer;
      const auto decoded = read_message(answer.message);
      if (entry.first().questions.empty() || !decoded || decoded->packet.questions.empty()) return first;
      const Question& want = entry.first().questions[0];
      const Question& have = decoded->packet.questions[0];
      if (want.name == have.name && want.type == have.type) return &answer;
    }
    return nullptr;
  }

  void check_answer(const Step& step) {
    const Entry& entry = *step.entry;
    ClientAnswer* answer = nullptr;
    if (!driver_.run_until(kAnswerWait, [&] { return (answer = next_answer(entry)) != nullptr; })) {
      for (const ClientAnswer& other : driver_.answers()) {
        if (!other.checked) throw Failure{"no answer to this question, but one to another"};
      }
      throw Failure{"no answer"};
    }
    answer->checked = true;
    counts_.note_answer(*answer);
    if (entry.first().raw) {
      if (answer->message != *entry.first().raw) throw Failure{"the answer's bytes differ"};
      return;
    }
    const auto decoded = read_message(answer->message);
    if (!decoded) throw Failure{"the answer does not parse"};
    if (const auto found = difference(entry, *decoded, answer->transport)) {
      throw Failure{*found + "\n  got: " + to_text(*decoded)};
    }
  }

  void check_out_query(const Step& step) {
    if (settings_.deckard) return;  // Deckard ignores these
    const Entry& entry = *step.entry;
    std::string last = "no query was sent";
    const auto found = [&] {
      for (OutQuery& out : driver_.out_queries()) {
        if (out.checked || (step.address && *step.address != out.server)) continue;
        const auto found_difference = difference(entry, out.query, out.transport);
        if (!found_difference) return out.checked = true;
        last = *found_difference;
      }
      return false;
    };
    if (!driver_.run_until(kOutQueryWait, found)) throw Failure{"no such query was sent; the last one: " + last};
  }

  // Whatever happened, the engine returns to empty.
  void check_rest() {
    driver_.run_for(kRestTime);
    const auto usage = driver_.usage();
    if (usage.clients + usage.resolutions + usage.exchanges + usage.flights == 0) return;
    throw Failure{"not at rest after 60 s: " + std::to_string(usage.clients) + " clients, " +
                  std::to_string(usage.resolutions) + " resolutions, " + std::to_string(usage.exchanges) +
                  " exchanges, " + std::to_string(usage.flights) + " flights"};
  }

  const Scenario& scenario_;
  const Settings& settings_;
  Driver driver_;
  Counts counts_;
};

}  // namespace

void play(const Scenario& scenario, std::string& trace) {
  const Settings settings = read_settings(scenario);
  Player player(scenario, settings);
  try {
    player.play();
  } catch (...) {
    trace = player.trace();
    throw;
  }
  trace = player.trace();
}

}  // namespace scenario
