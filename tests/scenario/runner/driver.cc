#include "driver.h"

#include <cstdio>

#include "resolver/answer.h"
#include "resolver/dnssec/managed_anchors.h"

namespace scenario {
namespace {

inline constexpr uint64_t kTurnsMax = 200'000;
inline constexpr base::Duration kOneWay = base::milliseconds(10);

cache::CacheOptions cache_options(const Settings& settings) {
  cache::CacheOptions options;
  options.memory_bytes = settings.cache_bytes;
  options.secret.fill(0x11);
  options.readers_max = 4;
  return options;
}

base::KeyedHash::Secret health_secret() {
  base::KeyedHash::Secret secret;
  secret.fill(0x22);
  return secret;
}

}  // namespace

Driver::Driver(const Scenario& scenario, const Settings& settings)
    : settings_(settings),
      world_(scenario, settings),
      cache_(cache_options(settings)),
      claims_(1024),
      health_(1024, health_secret()),
      providers_({}),
      provider_keys_(health_secret()),
      denials_(1 << 20, health_secret()),
      reader_(cache_.readers().register_reader()),
      start_(base::Instant::from_boot(base::seconds(1'000'000))),
      now_(start_) {
  reader_.online();
  managed_keys_.replace_all(resolver::dnssec::adopt(settings_.wall, settings_.options.dnssec.anchors, {}));
  resolver::Shared shared{&cache_, &claims_, &health_, &providers_, &provider_keys_, &denials_};
  if (settings_.manages_keys) shared.managed_keys = &managed_keys_;
  engine_ = std::make_unique<resolver::Engine>(settings_.options, shared, reader_,
                                               base::Entropy::seed_from_number(settings_.seed), counters_);
  drain();
  reader_.offline();
}

Driver::~Driver() {
  reader_.online();
  engine_.reset();
  reader_.offline();
}

base::Now Driver::time() const {
  const int64_t elapsed_s = base::duration_cast<base::seconds>(now_ - start_).count();
  return {now_, {settings_.wall.seconds_since_1970 + elapsed_s}};
}

void Driver::note(const std::string& text) {
  char stamp[32];
  const double elapsed_s = static_cast<double>((now_ - start_).count()) / 1e9;
  std::snprintf(stamp, sizeof stamp, "  %10.3f ", elapsed_s);
  trace_ += stamp + text + "\n";
}

void Driver::at(base::Duration delay, std::function<void()> event) { events_.emplace(now_ + delay, std::move(event)); }

void Driver::turn(const std::function<void()>& call) {
  if (++turns_ > kTurnsMax) throw Failure{"does not come to rest: more than 200000 turns"};
  reader_.online();
  call();
  drain();
  reader_.offline();
}

void Driver::drain() {
  while (auto effect = engine_->poll_effect()) carry_out(*effect);
}

void Driver::carry_out(resolver::Effect& effect) {
  if (auto* send = std::get_if<resolver::SendQuery>(&effect)) {
    if (world_.is_unreachable(send->server.address)) {
      at(base::milliseconds(1), [this, exchange = send->exchange] {
        turn([&] { engine_->handle_exchange_error(time(), exchange, resolver::TransportError::kUnreachable); });
      });
    }
    OutQuery out;
    out.server = send->server.address;
    out.port = send->server.port;
    out.exchange = send->exchange;
    sent(std::move(out), send->query);
  } else if (auto* close = std::get_if<resolver::CloseExchange>(&effect)) {
    for (OutQuery& out : out_queries_) {
      if (out.transport == resolver::Transport::kUdp && out.exchange == close->exchange) out.open = false;
    }
  } else if (auto* open = std::get_if<resolver::OpenStream>(&effect)) {
    open_stream(*open);
  } else if (auto* message = std::get_if<resolver::SendOnStream>(&effect)) {
    const auto stream = streams_.find(message->stream);
    if (stream == streams_.end()) throw Failure{"the engine sends on a stream that is not open"};
    OutQuery out;
    out.server = stream->second.address;
    out.port = stream->second.port;
    out.transport = resolver::Transport::kTcp;
    out.stream = message->stream;
    sent(std::move(out), message->message);
  } else if (auto* closed = std::get_if<resolver::CloseStream>(&effect)) {
    streams_.erase(closed->stream);
  } else if (auto* answer = std::get_if<resolver::Answer>(&effect)) {
    answered(answer->client, answer->message);
  } else if (std::get_if<resolver::WakeWorkers>(&effect) != nullptr) {
    at(base::Duration{0}, [this] { turn([&] { engine_->handle_woken(time()); }); });
  }
}

void Driver::open_stream(const resolver::OpenStream& open) {
  const base::IpAddress address = open.server.address;
  const bool refused = world_.refuses_tcp(address);
  streams_[open.stream] = open.server;
  note("tcp open " + address.to_text() + (refused ? " refused" : ""));
  at(world_.latency(address), [this, stream = open.stream, refused] {
    if (!streams_.contains(stream)) return;
    if (refused) {
      streams_.erase(stream);
      turn([&] { engine_->handle_stream_closed(time(), stream, resolver::TransportError::kRefused); });
    } else {
      turn([&] { engine_->handle_stream_opened(time(), stream); });
    }
  });
}

void Driver::sent(OutQuery out, const std::vector<uint8_t>& bytes) {
  auto decoded = read_message(bytes);
  if (!decoded) throw Failure{"the engine sent bytes that are no DNS message"};
  out.query = std::move(*decoded);
  out.sent = now_;
  const bool tcp = out.transport == resolver::Transport::kTcp;
  const std::string question =
      out.query.packet.questions.empty() ? "(no question)" : to_text(out.query.packet.questions[0]);
  note("-> " + out.server.to_text() + (tcp ? " tcp " : " udp ") + question +
       (out.query.edns.present ? "" : " (no EDNS)"));
  out_queries_.push_back(std::move(out));
  // Over TCP the handshake comes first.
  const base::Duration way = tcp ? world_.latency(out_queries_.back().server) + kOneWay : kOneWay;
  at(way, [this, index = out_queries_.size() - 1, bytes] { arrive(index, bytes); });
}

void Driver::arrive(size_t index, const std::vector<uint8_t>& bytes) {
  const OutQuery& out = out_queries_[index];
  if (world_.is_unreachable(out.server)) return;
  if (out.transport == resolver::Transport::kTcp && !streams_.contains(out.stream)) return;
  auto deliveries = world_.respond(bytes, out.server, out.transport, step_);
  if (!deliveries.empty()) reply(out_queries_[index], std::move(deliveries));
}

void Driver::reply(OutQuery& out, std::vector<Delivery> deliveries) {
  out.answered = true;
  const base::Duration way = world_.latency(out.server) - kOneWay;
  for (Delivery& delivery : deliveries) {
    at(way + delivery.delay, [this, copy = out, delivery = std::move(delivery)] { deliver(copy, delivery); });
  }
}

void Driver::deliver(const OutQuery& out, const Delivery& delivery) {
  const auto decoded = read_message(delivery.message);
  note("<- " + out.server.to_text() + " " + (decoded ? to_text(*decoded) : "(unparsable)"));
  if (out.transport == resolver::Transport::kUdp) {
    for (const OutQuery& sent : out_queries_) {  // a closed socket hears nothing
      if (sent.transport == resolver::Transport::kUdp && sent.exchange == out.exchange && !sent.open) return;
    }
    turn([&] { engine_->handle_response(time(), out.exchange, delivery.message); });
  } else if (streams_.contains(out.stream)) {
    turn([&] { engine_->handle_stream_message(time(), out.stream, delivery.message); });
  }
}

void Driver::fail(OutQuery& out) {
  out.answered = true;
  if (out.transport == resolver::Transport::kUdp) {
    turn([&] { engine_->handle_exchange_error(time(), out.exchange, resolver::TransportError::kRefused); });
  } else {
    streams_.erase(out.stream);
    turn([&] { engine_->handle_stream_closed(time(), out.stream, resolver::TransportError::kRefused); });
  }
}

void Driver::query(const base::IpAddress& client, resolver::Transport transport, std::vector<uint8_t> packet) {
  const auto id = static_cast<resolver::ClientId>(next_client_++);
  waiting_[id] = {now_, transport};
  const auto decoded = read_message(packet);
  note("client asks " +
       (decoded && !decoded->packet.questions.empty() ? to_text(decoded->packet.questions[0]) : "(raw)"));
  std::vector<uint8_t> out(transport == resolver::Transport::kUdp ? resolver::kUdpAnswerBytesMax
                                                                  : resolver::kAnswerBytesMax);
  turn([&] {
    resolver::HitSlot slot;
    slot.query = {id, client, transport, packet};
    slot.out = out;
    resolver::answer_hits(time(), {&slot, 1}, engine_->answer_policy(), cache_, counters_);
    switch (slot.outcome) {
      case resolver::HitOutcome::kAnswered:
        answered(id, base::Bytes(out).first(slot.out_bytes));
        if (slot.expiring != nullptr) engine_->handle_expiring(time(), *slot.expiring);
        break;
      case resolver::HitOutcome::kMiss:
        engine_->handle_query(time(), slot.query);
        break;
      case resolver::HitOutcome::kDropped:
        waiting_.erase(id);
        break;
    }
  });
}

void Driver::answered(resolver::ClientId client, base::Bytes message) {
  const auto found = waiting_.find(client);
  if (found == waiting_.end()) throw Failure{"a client was answered twice"};
  const auto decoded = read_message(message);
  note("client gets " + (decoded ? to_text(*decoded) : "(unparsable)"));
  ClientAnswer answer;
  answer.client = client;
  answer.asked = found->second.asked;
  answer.answered = now_;
  answer.transport = found->second.transport;
  answer.message.assign(message.begin(), message.end());
  waiting_.erase(found);
  answers_.push_back(std::move(answer));
}

bool Driver::run_until(base::Duration limit, const std::function<bool()>& done) {
  const base::Instant end = now_ + limit;
  while (!done()) {
    const base::Instant timer = engine_->poll_timeout();
    const base::Instant event = events_.empty() ? base::Instant::never() : events_.begin()->first;
    const base::Instant next = std::min(timer, event);
    if (next > end) {
      now_ = std::max(now_, end);
      return false;
    }
    now_ = std::max(now_, next);
    if (event <= timer) {
      const auto call = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      call();
    } else {
      turn([&] { engine_->handle_timeout(time()); });
    }
  }
  return true;
}

void Driver::run_for(base::Duration length) {
  (void)run_until(length, [] { return false; });
}

}  // namespace scenario
