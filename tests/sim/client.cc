#include "tests/sim/client.h"

#include <algorithm>

#include "base/check.h"
#include "base/entropy.h"
#include "wire/writer.h"

namespace sim {

using resolver::Transport;

namespace {
constexpr size_t kLivenessQuestionsMax = 60;
constexpr base::Duration kLivenessGap = base::milliseconds(50);
}  // namespace

Clients::Clients(World& world, EventQueue& queue, Pump& pump, Random dice)
    : world_(world), queue_(queue), pump_(pump), dice_(dice) {
  pump_.set_answered([this](AskedQuery& query, base::Bytes message) { on_answer(query, message); });
}

std::vector<uint8_t> Clients::render(const AskedQuery& query, bool with_edns) {
  std::vector<uint8_t> buffer(512);
  wire::Header header;
  header.id = query.message_id;
  header.rd = true;
  header.ad = query.asks_for_ad;
  header.cd = query.checking_disabled;
  wire::MessageWriter writer(buffer, buffer.size(), header);
  CHECK(writer.question(query.question.name, query.question.type, wire::Class::kIn));
  if (with_edns) CHECK(writer.opt(1232, 0, query.dnssec_ok, {}));
  const base::Bytes message = writer.finish();
  return {message.begin(), message.end()};
}

AskedQuery& Clients::make_query(const Question& question, Phase phase, const KnownName* known) {
  AskedQuery& query = queries_.emplace_back();
  query.id = queries_.size();
  query.engine = dice_.below(static_cast<uint32_t>(world_.engine_count));
  const auto host = static_cast<uint8_t>(dice_.below(world_.habits.addresses));
  query.address = base::IpAddress::v4(std::array<uint8_t, 4>{10, 0, host, 1});
  query.transport = dice_.percent(world_.habits.tcp) ? Transport::kTcp : Transport::kUdp;
  query.question = question;
  if (dice_.percent(30)) {
    base::Entropy entropy(base::Entropy::seed_from_number(dice_.next()));
    query.question.name = question.name.with_random_case(entropy);
  }
  query.message_id = static_cast<uint16_t>(dice_.next());
  const bool with_edns = known != nullptr || dice_.percent(70);
  if (world_.signing) {
    query.dnssec_ok = with_edns && dice_.percent(60);
    query.asks_for_ad = dice_.percent(40);
    query.checking_disabled = phase == Phase::kSafety && dice_.percent(15);
  }
  query.packet = render(query, with_edns);
  query.asked = queue_.now();
  query.phase = phase;
  query.known = known;
  return query;
}

// Questions of one instant: each worker gets its share as one batch.
void Clients::ask(const std::vector<Question>& questions, Phase phase) {
  std::vector<std::vector<AskedQuery*>> batches(world_.engine_count);
  for (const Question& question : questions) {
    AskedQuery& query = make_query(question, phase);
    batches[query.engine].push_back(&query);
    if (query.transport == Transport::kTcp && phase == Phase::kSafety && dice_.percent(world_.habits.gone)) {
      queue_.after(dice_.duration(base::Duration(0), base::seconds(2)), [this, &query] {
        if (query.answers == 0) pump_.client_gone(query);
      });
    }
  }
  for (size_t engine = 0; engine < batches.size(); ++engine) {
    if (!batches[engine].empty()) pump_.ask(engine, batches[engine]);
  }
}

Question Clients::draw_question() {
  if (dice_.percent(world_.habits.flood)) {
    const Zone& zone = world_.zones[world_.zones.size() - 1 - dice_.zipf_like(world_.zones.size())];
    return {below("r" + std::to_string(dice_.below(1'000'000)), zone.origin), wire::Type::kA};
  }
  return world_.questions[dice_.zipf_like(world_.questions.size())];
}

base::Instant Clients::schedule_safety() {
  if (world_.outage) return schedule_known_names();
  const ClientHabits& habits = world_.habits;
  if (habits.one_at_a_time) {
    for (uint32_t index = 0; index < habits.queries; ++index) {
      queue_.after(kAloneGap * index, [this] { ask({draw_question()}, Phase::kSafety); });
    }
    return queue_.now() + kAloneGap * habits.queries;
  }
  for (uint32_t index = 0; index < habits.queries; ++index) {
    queue_.after(dice_.duration(base::Duration(0), habits.span), [this] {
      const Question question = draw_question();
      const uint32_t copies = dice_.percent(world_.habits.burst) ? dice_.between(2, 8) : 1;
      ask(std::vector<Question>(copies, question), Phase::kSafety);
    });
  }
  return queue_.now() + habits.span;
}

base::Instant Clients::schedule_known_names() {
  for (const KnownName& known : world_.outage->names) {
    base::Instant at = queue_.now() + dice_.duration(base::Duration(0), known.period);
    for (; at < world_.outage->end; at = at + known.period - dice_.duration(base::Duration(0), known.period / 8)) {
      queue_.at(at, [this, &known] {
        AskedQuery& query = make_query({known.name, known.type}, Phase::kSafety, &known);
        pump_.ask(query.engine, {&query});
      });
    }
  }
  return world_.outage->end;
}

base::Instant Clients::schedule_liveness() {
  const size_t count = std::min(kLivenessQuestionsMax, world_.questions.size());
  for (size_t index = 0; index < count; ++index) {
    const size_t which = (index * 7 + 3) % world_.questions.size();
    queue_.after(kLivenessGap * static_cast<int64_t>(index),
                 [this, which] { ask({world_.questions[which]}, Phase::kLiveness); });
  }
  return queue_.now() + kLivenessGap * static_cast<int64_t>(count);
}

// Everything again and again while nothing is wrong any more: what a failure has left behind is found as soon as it
// should be over.
void Clients::schedule_recovery(base::Duration length) {
  if (!world_.signing || world_.signing->recovery_gap == base::Duration(0)) return;
  const size_t count = std::min(kLivenessQuestionsMax, world_.questions.size());
  for (base::Duration at = base::Duration(0); at < length; at += world_.signing->recovery_gap) {
    const size_t which = dice_.below(static_cast<uint32_t>(count)) * 7 + 3;
    queue_.after(at, [this, which] { ask({world_.questions[which % world_.questions.size()]}, Phase::kRecovery); });
  }
}

void Clients::on_answer(AskedQuery& query, base::Bytes message) {
  const bool is_truncated = message.size() > 2 && (message[2] & 0x02) != 0;
  if (!is_truncated || query.transport == Transport::kTcp) return;
  queue_.after(base::milliseconds(1), [this, question = query.question, phase = query.phase] {
    AskedQuery& again = make_query(question, phase);
    again.transport = Transport::kTcp;
    pump_.ask(again.engine, {&again});
  });
}

}  // namespace sim
