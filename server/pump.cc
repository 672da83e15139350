#include "server/pump.h"

#include <algorithm>

#include "base/log.h"
#include "resolver/answer.h"
#include "server/clock.h"

namespace server {
namespace {

// Queries whose slots are prefetched together: their answers fit into the second-level cache.
constexpr size_t kBatchQueries = 64;
// At shutdown: how long the last answers get to leave (slow TCP clients).
constexpr base::Duration kFlushTime = base::milliseconds(200);

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

resolver::TransportError resolver_error(net::TransportError error) {
  switch (error) {
    case net::TransportError::kUnreachable:
      return resolver::TransportError::kUnreachable;
    case net::TransportError::kRefused:
      return resolver::TransportError::kRefused;
    case net::TransportError::kOther:
      return resolver::TransportError::kOther;
  }
  return resolver::TransportError::kOther;
}

// The engine and the loop count the same exchanges and streams, each with its own type.
resolver::ExchangeId engine_id(net::ExchangeId id) { return resolver::ExchangeId{static_cast<uint64_t>(id)}; }
resolver::StreamId engine_id(net::StreamId id) { return resolver::StreamId{static_cast<uint64_t>(id)}; }
net::ExchangeId loop_id(resolver::ExchangeId id) { return net::ExchangeId{static_cast<uint64_t>(id)}; }
net::StreamId loop_id(resolver::StreamId id) { return net::StreamId{static_cast<uint64_t>(id)}; }

base::LogLevel log_level(const cache::ProviderEvent& event) {
  switch (event.type) {
    case cache::ProviderEvent::Type::kSilent:
    case cache::ProviderEvent::Type::kRefusing:
    case cache::ProviderEvent::Type::kUplinkLost:
      return base::LogLevel::kWarning;
    case cache::ProviderEvent::Type::kClosed:
    case cache::ProviderEvent::Type::kUplinkRestored:
      return base::LogLevel::kInfo;
  }
  return base::LogLevel::kInfo;
}

const base::IpAddress* pointer_to(const std::optional<base::IpAddress>& address) {
  return address ? &*address : nullptr;
}

}  // namespace

Pump::Pump(const resolver::Options& options, const resolver::Shared& shared, cache::Reader& reader,
           const base::Entropy::Seed& seed, net::Loop& loop, Team& team, WorkerReport& report)
    : client_deadline_(options.client_deadline),
      cache_(*shared.cache),
      providers_(*shared.providers),
      reader_(reader),
      loop_(loop),
      team_(team),
      report_(report),
      engine_(options, shared, reader, seed, report.counters),
      datagram_answers_(kBatchQueries * resolver::kUdpAnswerBytesMax),
      message_answer_(resolver::kAnswerBytesMax) {}

void Pump::run() {
  while (!team_.is_stopping()) one_turn(base::Instant::never());
  loop_.stop_listening();
  drain_clients();
}

// The clients that wait get their answers, or SERVFAIL when their time is over.
void Pump::drain_clients() {
  const base::Instant end = read_clock().boot + client_deadline_;
  while (engine_.usage().clients > 0 && read_clock().boot < end) one_turn(end);
  reader_.online();
  engine_.abandon_all(read_clock());
  drain_effects();
  reader_.offline();
  const base::Instant flushed = read_clock().boot + kFlushTime;
  while (loop_.usage().connections > 0 && read_clock().boot < flushed) one_turn(flushed);
  one_turn(read_clock().boot);
}

void Pump::one_turn(base::Instant until) {
  const base::Instant before = read_clock().boot;
  const std::span<const net::Event> events = loop_.turn(before, std::min(until, engine_.poll_timeout()));
  reader_.online();
  const base::Now now = read_clock();
  collect_queries(events);
  answer_datagrams(now);
  answer_messages(now);
  start_misses(now);
  for (const net::Event& event : events) handle(now, event);
  if (engine_.poll_timeout() <= now.boot) {
    engine_.handle_timeout(now);
    drain_effects();
  }
  for (auto event = providers_.poll_event(); event; event = providers_.poll_event()) {
    base::log_line(log_level(*event), cache::to_line(*event));
  }
  report_gauges();
  reader_.offline();
}

void Pump::collect_queries(std::span<const net::Event> events) {
  datagrams_.clear();
  messages_.clear();
  misses_.clear();
  for (const net::Event& event : events) {
    if (const auto* datagram = std::get_if<net::DatagramReceived>(&event)) {
      datagrams_.push_back(
          {DatagramClient{datagram->listener, datagram->client, datagram->local, datagram->interface_index},
           {{}, datagram->client.address, resolver::Transport::kUdp, datagram->bytes}});
    } else if (const auto* message = std::get_if<net::MessageReceived>(&event)) {
      messages_.push_back({ConnectionClient{message->connection},
                           {{}, message->client.address, resolver::Transport::kTcp, message->bytes}});
    }
  }
}

void Pump::answer_datagrams(base::Now now) {
  for (size_t first = 0; first < datagrams_.size(); first += kBatchQueries) {
    const size_t count = std::min(kBatchQueries, datagrams_.size() - first);
    slots_.clear();
    for (size_t index = 0; index < count; ++index) {
      const base::MutableBytes out(datagram_answers_.data() + index * resolver::kUdpAnswerBytesMax,
                                   resolver::kUdpAnswerBytesMax);
      slots_.push_back({datagrams_[first + index].query, out});
    }
    resolver::answer_hits(now, slots_, engine_.answer_policy(), cache_, report_.counters);
    for (size_t index = 0; index < count; ++index) settle(now, datagrams_[first + index], slots_[index]);
  }
}

// One at a time: each answer may take 64 KiB.
void Pump::answer_messages(base::Now now) {
  for (const Incoming& incoming : messages_) {
    slots_.clear();
    slots_.push_back({incoming.query, message_answer_});
    resolver::answer_hits(now, slots_, engine_.answer_policy(), cache_, report_.counters);
    settle(now, incoming, slots_[0]);
  }
}

void Pump::settle(base::Now now, const Incoming& incoming, const resolver::HitSlot& slot) {
  if (slot.expiring != nullptr) {
    engine_.handle_expiring(now, *slot.expiring);
    drain_effects();
  }
  switch (slot.outcome) {
    case resolver::HitOutcome::kAnswered:
      return send(incoming.way, base::Bytes(slot.out).first(slot.out_bytes));
    case resolver::HitOutcome::kMiss:
      return misses_.push_back(incoming);
    case resolver::HitOutcome::kDropped:
      return;
  }
}

void Pump::start_misses(base::Now now) {
  for (Incoming& miss : misses_) {
    miss.query.client = clients_.add(miss.way);
    engine_.handle_query(now, miss.query);
    drain_effects();
  }
}

void Pump::handle(base::Now now, const net::Event& event) {
  std::visit(
      Overloaded{
          [](const net::DatagramReceived&) {}, [](const net::MessageReceived&) {},
          [&](const net::ConnectionClosed& closed) { close_connection(now, closed.connection); },
          [&](const net::ExchangeResponse& response) {
            engine_.handle_response(now, engine_id(response.exchange), response.bytes);
          },
          [&](const net::ExchangePortTaken& taken) { engine_.handle_port_taken(now, engine_id(taken.exchange)); },
          [&](const net::ExchangeFailed& failed) {
            engine_.handle_exchange_error(now, engine_id(failed.exchange), resolver_error(failed.error));
          },
          [&](const net::ExchangeNoDescriptor& failed) {
            engine_.handle_no_descriptor(now, engine_id(failed.exchange));
          },
          [&](const net::StreamOpened& opened) { engine_.handle_stream_opened(now, engine_id(opened.stream)); },
          [&](const net::StreamMessage& message) {
            engine_.handle_stream_message(now, engine_id(message.stream), message.bytes);
          },
          [&](const net::StreamClosed& closed) {
            engine_.handle_stream_closed(now, engine_id(closed.stream), resolver_error(closed.error));
          },
          [&](const net::Woken&) { engine_.handle_woken(now); }},
      event);
  drain_effects();
}

void Pump::close_connection(base::Now now, net::ConnectionId connection) {
  for (const resolver::ClientId client : clients_.take_connection(connection)) engine_.handle_client_gone(now, client);
}

void Pump::drain_effects() {
  while (const auto effect = engine_.poll_effect()) carry_out(*effect);
}

void Pump::carry_out(const resolver::Effect& effect) {
  std::visit(
      Overloaded{[&](const resolver::SendQuery& query) {
                   loop_.open_exchange(loop_id(query.exchange), pointer_to(query.local_address), query.local_port,
                                       query.server, query.query);
                 },
                 [&](const resolver::CloseExchange& close) { loop_.close_exchange(loop_id(close.exchange)); },
                 [&](const resolver::OpenStream& open) {
                   loop_.open_stream(loop_id(open.stream), pointer_to(open.local_address), open.server);
                 },
                 [&](const resolver::SendOnStream& query) { loop_.send_stream(loop_id(query.stream), query.message); },
                 [&](const resolver::CloseStream& close) { loop_.close_stream(loop_id(close.stream)); },
                 [&](const resolver::Answer& answer) {
                   if (const auto way = clients_.take(answer.client)) send(*way, answer.message);
                 },
                 [&](const resolver::WakeWorkers& others) { team_.wake(others.mask); }},
      effect);
}

void Pump::send(const WayBack& way, base::Bytes message) {
  std::visit(Overloaded{[&](const DatagramClient& client) {
                          loop_.send_datagram(client.listener, client.client, client.local, client.interface_index,
                                              message);
                        },
                        [&](const ConnectionClient& client) { loop_.send_message(client.connection, message); }},
             way);
}

void Pump::report_gauges() {
  const resolver::Engine::Usage engine = engine_.usage();
  Gauges& gauges = report_.gauges;
  gauges.set(Gauge::kClients, engine.clients);
  gauges.set(Gauge::kResolutions, engine.resolutions);
  gauges.set(Gauge::kExchanges, engine.exchanges);
  gauges.set(Gauge::kStreams, engine.streams);
  gauges.set(Gauge::kFlights, engine.flights);
  gauges.set(Gauge::kTimers, engine.timers);
  gauges.set(Gauge::kEngineBytes, engine.bytes);
  gauges.set(Gauge::kConnections, loop_.usage().connections);
}

}  // namespace server
