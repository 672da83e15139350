#include "tests/sim/attacks/bench.h"

#include <algorithm>
#include <ctime>

#include "base/check.h"
#include "resolver/answer.h"
#include "resolver/hit.h"
#include "tests/sim/attacks/internet.h"
#include "wire/rdata.h"
#include "wire/writer.h"

namespace attacks {
namespace {

constexpr base::KeyedHash::Secret kSecret = {1, 2, 3, 4, 5, 6, 7, 8};
constexpr base::Duration kLatency = base::milliseconds(10);  // there and back

uint64_t cpu_ns() {
  timespec time{};
  CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

resolver::Options make_options(const Settings& settings) {
  resolver::Options options;
  options.bounds = settings.bounds;
  options.answer.allow = {*base::Prefix::parse("0.0.0.0/0"), *base::Prefix::parse("::/0")};
  options.answer.cookie_secret = kSecret;
  options.root_hints.servers = {{sim::name_of("ns.rootservers."), {kRoot}}};
  options.own_listeners = {base::Endpoint{kResolver, 53}};
  for (const char* prefix : {"0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8"}) {
    options.never_query.push_back(*base::Prefix::parse(prefix));
  }
  return options;
}

}  // namespace

struct Bench::Worker {
  Worker(const resolver::Options& options, const resolver::Shared& shared, uint64_t number)
      : reader(shared.cache->readers().register_reader()),
        engine(options, shared, reader, base::Entropy::seed_from_number(number), counters) {}

  base::Counters counters;
  cache::Reader reader;
  resolver::Engine engine;
  bool is_woken = false;
};

Bench::Bench(const Settings& settings, Authority authority)
    : options_(make_options(settings)),
      authority_(std::move(authority)),
      cache_(cache::CacheOptions{.memory_bytes = settings.cache_bytes, .secret = kSecret}),
      claims_(4096),
      health_(4096, kSecret),
      providers_({}),
      provider_keys_(kSecret),
      started_(queue_.now()) {
  const resolver::Shared shared{&cache_, &claims_, &health_, &providers_, &provider_keys_};
  for (size_t index = 0; index < settings.engines; ++index) {
    options_.worker_index = static_cast<uint32_t>(index);
    workers_.push_back(std::make_unique<Worker>(options_, shared, index + 1));
  }
}

Bench::~Bench() = default;

void Bench::turn(size_t index, const std::function<void(resolver::Engine&, base::Now)>& call) {
  Worker& worker = *workers_[index];
  const uint64_t before = cpu_ns();
  worker.reader.online();
  call(worker.engine, queue_.now_pair());
  worker.reader.offline();
  totals_.cpu_ns += cpu_ns() - before;
  const resolver::Engine::Usage used = usage();
  peak_.clients = std::max(peak_.clients, used.clients);
  peak_.resolutions = std::max(peak_.resolutions, used.resolutions);
  peak_.exchanges = std::max(peak_.exchanges, used.exchanges);
  peak_.streams = std::max(peak_.streams, used.streams);
  peak_.bytes = std::max(peak_.bytes, used.bytes);
  drain(index);
}

void Bench::drain(size_t index) {
  while (const auto effect = workers_[index]->engine.poll_effect()) perform(index, *effect);
}

void Bench::perform(size_t index, const resolver::Effect& effect) {
  if (const auto* send = std::get_if<resolver::SendQuery>(&effect)) {
    ++totals_.udp;
    exchanges_[{index, static_cast<uint64_t>(send->exchange)}] = send->server.address;
    serve(index, send->server.address, send->query, false, static_cast<uint64_t>(send->exchange));
  } else if (const auto* close = std::get_if<resolver::CloseExchange>(&effect)) {
    exchanges_.erase({index, static_cast<uint64_t>(close->exchange)});
  } else if (const auto* open = std::get_if<resolver::OpenStream>(&effect)) {
    const resolver::StreamId id = open->stream;
    streams_[{index, static_cast<uint64_t>(id)}] = open->server.address;
    queue_.after(kLatency, [this, index, id] {
      turn(index, [&](resolver::Engine& engine, base::Now now) { engine.handle_stream_opened(now, id); });
    });
  } else if (const auto* message = std::get_if<resolver::SendOnStream>(&effect)) {
    ++totals_.tcp;
    const auto stream = streams_.find({index, static_cast<uint64_t>(message->stream)});
    if (stream == streams_.end()) return;
    serve(index, stream->second, message->message, true, static_cast<uint64_t>(message->stream));
  } else if (const auto* gone = std::get_if<resolver::CloseStream>(&effect)) {
    streams_.erase({index, static_cast<uint64_t>(gone->stream)});
  } else if (const auto* answer = std::get_if<resolver::Answer>(&effect)) {
    CHECK(clients_.erase(static_cast<uint64_t>(answer->client)) == 1);  // each is answered once
    on_answer(answer->message, false);
  } else if (const auto* wake = std::get_if<resolver::WakeWorkers>(&effect)) {
    for (size_t other = 0; other < workers_.size(); ++other) {
      if ((wake->mask >> (other % 64) & 1) == 0) continue;
      queue_.after(base::Duration(0), [this, other] {
        turn(other, [](resolver::Engine& engine, base::Now now) { engine.handle_woken(now); });
      });
    }
  }
}

void Bench::serve(size_t index, const base::IpAddress& server, base::Bytes packet, bool is_tcp, uint64_t id) {
  ++totals_.sent_to[server];
  const auto query = wire::MessageView::parse(packet);
  CHECK(query.has_value() && query->question().has_value());
  const Ask ask{server, query->question()->name.lowercased(), query->question()->type, is_tcp, packet};
  for (Packet& reply : authority_(ask)) {
    queue_.after(kLatency + reply.delay, [this, index, id, is_tcp, bytes = std::move(reply.bytes)] {
      const auto& open = is_tcp ? streams_ : exchanges_;
      if (open.count({index, id}) == 0) return;  // the socket is closed
      totals_.bytes_received += bytes.size();
      turn(index, [&](resolver::Engine& engine, base::Now now) {
        if (is_tcp) return engine.handle_stream_message(now, resolver::StreamId{id}, bytes);
        engine.handle_response(now, resolver::ExchangeId{id}, bytes);
      });
    });
  }
}

std::vector<uint8_t> client_query(const std::string& name, wire::Type type, base::Bytes edns_options) {
  std::vector<uint8_t> buffer(65535);
  wire::Header header;
  header.id = 4711;
  header.rd = true;
  wire::MessageWriter writer(buffer, buffer.size(), header);
  CHECK(writer.question(sim::name_of(name), type, wire::Class::kIn));
  CHECK(writer.opt(1232, 0, false, edns_options));
  const base::Bytes message = writer.finish();
  return {message.begin(), message.end()};
}

bool Bench::ask(size_t index, const std::string& name, wire::Type type, const base::IpAddress& client) {
  const uint64_t hits_before = totals_.hits;
  ask_packet(index, client_query(name, type, {}), client, false);
  return totals_.hits > hits_before;
}

void Bench::ask_packet(size_t index, std::vector<uint8_t> packet, const base::IpAddress& client, bool is_tcp) {
  static std::vector<uint8_t> buffer(resolver::kAnswerBytesMax);
  const uint64_t id = next_client_++;
  Worker& worker = *workers_[index];
  resolver::HitSlot slot;
  slot.query = {resolver::ClientId{id}, client, is_tcp ? resolver::Transport::kTcp : resolver::Transport::kUdp, packet};
  slot.out = base::MutableBytes(buffer.data(), is_tcp ? resolver::kAnswerBytesMax : resolver::kUdpAnswerBytesMax);
  const uint64_t before = cpu_ns();
  worker.reader.online();
  resolver::answer_hits(queue_.now_pair(), {&slot, 1}, options_.answer, cache_, worker.counters);
  worker.reader.offline();
  totals_.cpu_ns += cpu_ns() - before;
  if (slot.outcome == resolver::HitOutcome::kAnswered) {
    on_answer({buffer.data(), slot.out_bytes}, true);
  } else if (slot.outcome == resolver::HitOutcome::kMiss) {
    clients_[id] = true;
    turn(index, [&](resolver::Engine& engine, base::Now now) { engine.handle_query(now, slot.query); });
  }
}

void Bench::on_answer(base::Bytes message, bool is_hit) {
  ++totals_.answered;
  totals_.hits += is_hit ? 1 : 0;
  ++totals_.by_rcode[message[3] & 15U];
  last_answer_.assign(message.begin(), message.end());
}

void Bench::run_until(base::Instant end, const std::function<bool()>& is_done) {
  while (!is_done()) {
    base::Instant timeout = base::Instant::never();
    for (const auto& worker : workers_) timeout = std::min(timeout, worker->engine.poll_timeout());
    const base::Instant next = std::min(queue_.next(), timeout);
    if (next > end || next == base::Instant::never()) break;
    if (queue_.next() <= timeout) {
      queue_.run_next();
      continue;
    }
    queue_.advance(timeout);
    for (size_t index = 0; index < workers_.size(); ++index) {
      if (workers_[index]->engine.poll_timeout() > queue_.now()) continue;
      turn(index, [](resolver::Engine& engine, base::Now now) { engine.handle_timeout(now); });
    }
  }
  if (!is_done() && end != base::Instant::never()) queue_.advance(end);
}

void Bench::run_for(base::Duration time) {
  run_until(queue_.now() + time, [] { return false; });
}
void Bench::run_until_answered() {
  run_until(base::Instant::never(), [this] { return clients_.empty(); });
}
void Bench::run_until_idle() {
  run_until(base::Instant::never(), [] { return false; });
}

void Bench::warm_up() {
  for (size_t index = 0; index < workers_.size(); ++index) {
    (void)ask(index, "warm-up-" + std::to_string(index) + ".", wire::Type::kA, kClient);
    run_until_idle();
  }
  reset_totals();
}

void Bench::reset_totals() {
  totals_ = {};
  peak_ = {};
  started_ = queue_.now();
  sub_questions_before_ = counter(base::Counter::kResolutionSubQuestions);
}

Totals Bench::totals() const {
  Totals totals = totals_;
  totals.sub_questions = counter(base::Counter::kResolutionSubQuestions) - sub_questions_before_;
  return totals;
}

resolver::Engine::Usage Bench::usage() const {
  resolver::Engine::Usage sum;
  for (const auto& worker : workers_) {
    const resolver::Engine::Usage used = worker->engine.usage();
    sum.clients += used.clients;
    sum.resolutions += used.resolutions;
    sum.exchanges += used.exchanges;
    sum.streams += used.streams;
    sum.flights += used.flights;
    sum.timers += used.timers;
    sum.bytes += used.bytes;
  }
  return sum;
}

uint64_t Bench::counter(base::Counter counter) const {
  uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->counters.get(counter);
  return sum;
}

std::string Bench::last_address() const {
  const auto message = wire::MessageView::parse(last_answer_);
  if (!message) return "";
  for (const wire::RecordView& record : message->section(wire::Section::kAnswer)) {
    if (const auto address = wire::parse_address(record.type, record.rdata)) return address->to_text();
  }
  return "";
}

}  // namespace attacks
