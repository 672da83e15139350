#include "tests/sim/pump.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "resolver/answer.h"
#include "resolver/hit.h"
#include "resolver/registrable_domain.h"
#include "wire/rendered.h"

namespace sim {

using base::Bytes;
using base::Now;
using resolver::Engine;
using resolver::ExchangeId;
using resolver::StreamId;
using resolver::TransportError;

void Trace::add(uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ULL + (hash_ >> 29); }

void Trace::add(Bytes bytes) {
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) add(base::load_be64(bytes.data()));
  for (const uint8_t byte : bytes) add(uint64_t{byte});
}

struct Pump::Worker {
  Worker(const resolver::Options& options, cache::Cache& cache, std::shared_ptr<cache::ClaimTable> claim_table,
         resolver::Shared shared, const base::Entropy::Seed& seed)
      : claims(std::move(claim_table)),
        reader(cache.readers().register_reader()),
        engine(options, with_claims(shared, claims.get()), reader, seed, counters) {}

  static resolver::Shared with_claims(resolver::Shared shared, cache::ClaimTable* table) {
    shared.claims = table;
    return shared;
  }

  base::Counters counters;
  std::shared_ptr<cache::ClaimTable> claims;
  cache::Reader reader;
  Engine engine;
  bool is_woken = false;
};

namespace {
constexpr base::KeyedHash::Secret kSecret = {1, 2, 3, 4, 5, 6, 7, 8};
constexpr uint32_t kClaimsMax = 4096;
constexpr uint32_t kServersMax = 4096;
}  // namespace

Pump::Pump(World& world, EventQueue& queue, Network& network, cache::Cache& cache, Checkers& checkers, Plant plant,
           uint64_t salt, bool prints_trace)
    : world_(world),
      queue_(queue),
      network_(network),
      cache_(cache),
      checkers_(checkers),
      plant_(plant),
      prints_trace_(prints_trace),
      dice_(world.dice.split()),
      health_(kServersMax, kSecret),
      providers_({}),
      provider_keys_(kSecret),
      denials_(world.cache_bytes / 16, kSecret) {
  auto claims = std::make_shared<cache::ClaimTable>(kClaimsMax);
  resolver::Shared shared{&cache, nullptr, &health_, &providers_, &provider_keys_};
  if (world.options.dnssec.aggressive) shared.denials = &denials_;
  for (size_t index = 0; index < world.engine_count; ++index) {
    resolver::Options options = world.options;
    options.worker_index = static_cast<uint32_t>(index);
    if (plant == Plant::kIgnoreCaps) {
      options.bounds.exchanges_per_server_max = options.bounds.exchanges_per_dark_server_max = 512;
    }
    if (plant == Plant::kUnvalidated) options.dnssec.anchors = {};
    if (plant == Plant::kImpatient) options.stale.client_timeout = base::Duration(0);
    if (plant == Plant::kNoStale) options.stale.enabled = false;
    if (plant == Plant::kNoCircuits) options.stale.circuits = false;
    if (plant == Plant::kSeparateClaims) claims = std::make_shared<cache::ClaimTable>(kClaimsMax);
    const auto seed =
        base::Entropy::seed_from_number(world.seed * 64 + index + (plant == Plant::kUnseeded ? salt << 32 : 0));
    workers_.push_back(std::make_unique<Worker>(options, cache, claims, shared, seed));
  }
}

Pump::~Pump() = default;

double Pump::seconds_now() const { return 1e-9 * static_cast<double>(queue_.now().since_boot().count()); }

base::Duration Pump::step_delay() { return dice_.duration(base::Duration(0), world_.step_delay_max); }

void Pump::turn(size_t index, const std::function<void(Engine&, Now)>& call) {
  Worker& worker = *workers_[index];
  ++steps_;
  worker.reader.online();
  call(worker.engine, queue_.now_pair());
  drain(index);
  worker.reader.offline();
}

void Pump::drain(size_t index) {
  while (auto effect = workers_[index]->engine.poll_effect()) {
    trace_.add(effect->index() * 64 + index);
    trace_.add(static_cast<uint64_t>(queue_.now().since_boot().count()));
    std::visit([&](auto& one) { perform(index, std::move(one)); }, *effect);
  }
  while (const auto event = providers_.poll_event()) {
    if (prints_trace_) std::printf("%12.6f %s\n", seconds_now(), cache::to_line(*event).c_str());
    for (auto& checker : checkers_) checker->on_provider_event(*event);
  }
}

// Clients ------------------------------------------------------------------------------------------

void Pump::ask(size_t index, const std::vector<AskedQuery*>& queries) {
  if (plant_ == Plant::kBlameAll && world_.outage && world_.outage->is_on(queue_.now())) blame_all_zones();
  std::vector<resolver::HitSlot> batch(queries.size());
  std::vector<std::vector<uint8_t>> buffers(queries.size());
  for (size_t at = 0; at < queries.size(); ++at) {
    const AskedQuery& query = *queries[at];
    const bool is_udp = query.transport == resolver::Transport::kUdp;
    buffers[at].resize(is_udp ? resolver::kUdpAnswerBytesMax : resolver::kAnswerBytesMax);
    batch[at].query = {resolver::ClientId{query.id}, query.address, query.transport, query.packet};
    batch[at].out = buffers[at];
    clients_[query.id] = queries[at];
    for (auto& checker : checkers_) checker->on_query(query);
  }
  Worker& worker = *workers_[index];
  Now now = queue_.now_pair();
  if (plant_ == Plant::kStaleHits)
    now.boot = std::max(base::Instant::from_boot(kBootAtStart), now.boot - base::seconds(40));
  worker.reader.online();
  resolver::answer_hits(now, batch, world_.options.answer, cache_, worker.counters);
  for (const resolver::HitSlot& slot : batch) {
    if (slot.expiring != nullptr) worker.engine.handle_expiring(now, *slot.expiring);
  }
  worker.reader.quiescent();
  worker.reader.offline();
  for (size_t at = 0; at < queries.size(); ++at) {
    switch (batch[at].outcome) {
      case resolver::HitOutcome::kAnswered:
        buffers[at].resize(batch[at].out_bytes);
        answer(*queries[at], buffers[at], true);
        break;
      case resolver::HitOutcome::kMiss:
        turn(index, [&](Engine& engine, Now at_now) { engine.handle_query(at_now, batch[at].query); });
        break;
      case resolver::HitOutcome::kDropped:
        break;  // answered_once will miss the answer
    }
  }
}

void Pump::client_gone(AskedQuery& query) {
  query.gone = queue_.now();
  turn(query.engine, [&](Engine& engine, Now now) { engine.handle_client_gone(now, resolver::ClientId{query.id}); });
}

namespace {

// Changes the last byte of the first address in the answer section; where it stands is found by
// looking for "type A, class IN", which is good enough for a plant.
void alter_an_address(std::vector<uint8_t>& message) {
  for (size_t at = 12; at + 14 <= message.size(); ++at) {
    const bool is_a = message[at] == 0 && message[at + 1] == 1 && message[at + 2] == 0 && message[at + 3] == 1 &&
                      message[at + 8] == 0 && message[at + 9] == 4;
    if (!is_a) continue;
    message[at + 13] = static_cast<uint8_t>(message[at + 13] ^ 0x80);
    return;
  }
}

void lengthen_ttls(std::vector<uint8_t>& message) {
  const auto view = wire::MessageView::parse(message);
  if (!view) return;
  for (const wire::RecordView& record : view->section(wire::Section::kAnswer)) {
    base::store_be32(message.data() + record.rdata_offset - 6, record.ttl + 100);
  }
}

void make_servfail(std::vector<uint8_t>& message) {
  message.resize(12);
  message[3] = 0x82;
  std::fill(message.begin() + 4, message.end(), 0);
}

}  // namespace

void Pump::answer(AskedQuery& query, std::vector<uint8_t> message, bool is_hit) {
  if (plant_ == Plant::kDropAnswer && dice_.percent(2)) return;
  if (plant_ == Plant::kAlterRecord && dice_.percent(5)) alter_an_address(message);
  if (plant_ == Plant::kLongerTtl && dice_.percent(5)) lengthen_ttls(message);
  if (plant_ == Plant::kNeedlessServfail && dice_.percent(5)) make_servfail(message);
  if (plant_ == Plant::kBelieveDenials && dice_.percent(5)) message = deny(query);
  if (plant_ == Plant::kAdForAll && message.size() > 3 && dice_.percent(20)) message[3] |= 0x20;
  const uint32_t copies = plant_ == Plant::kDuplicateAnswer && dice_.percent(2) ? 2 : 1;
  trace_.add(message);
  if (prints_trace_) {
    std::printf("%12.6f worker %zu answers client %lu %s rcode %u (%zu bytes%s)\n", seconds_now(), query.engine,
                static_cast<unsigned long>(query.id), to_text(query.question).c_str(), message[3] & 15, message.size(),
                is_hit ? ", hit" : "");
  }
  for (uint32_t index = 0; index < copies; ++index) {
    ++query.answers;
    for (auto& checker : checkers_) checker->on_answer(query, message, is_hit);
  }
  if (answered_) answered_(query, message);
}

void Pump::perform(size_t, resolver::Answer effect) {
  const auto client = clients_.find(static_cast<uint64_t>(effect.client));
  CHECK(client != clients_.end());
  answer(*client->second, std::move(effect.message), false);
}

// Datagrams ----------------------------------------------------------------------------------------

void Pump::perform(size_t index, resolver::SendQuery effect) {
  trace_.add(static_cast<uint64_t>(effect.local_port));
  trace_.add(effect.query);
  trace_.add(effect.server.address.bytes());
  if (plant_ == Plant::kFixedPort) effect.local_port = 5353;
  if (dice_.percent(world_.faults.port_taken)) {
    forget_exchange(index, effect.exchange);
    queue_.after(base::Duration(0), [this, index, id = effect.exchange] {
      turn(index, [&](Engine& engine, Now now) { engine.handle_port_taken(now, id); });
    });
    return;
  }
  if (dice_.percent(world_.faults.no_descriptor)) {
    queue_.after(base::Duration(0), [this, index, id = effect.exchange] {
      turn(index, [&](Engine& engine, Now now) { engine.handle_no_descriptor(now, id); });
    });
    return;
  }
  for (uint32_t copy = planted_copies(effect.server); copy > 0; --copy) {
    resolver::SendQuery again = effect;
    again.exchange = ExchangeId{(1ULL << 62) + planted_exchanges_++};
    again.local_port = static_cast<uint16_t>(dice_.between(1024, 65535));
    send(index, again);
  }
  send(index, std::move(effect));
}

void Pump::send(size_t index, resolver::SendQuery effect) {
  ++sends_;
  for (auto& checker : checkers_) checker->on_send(index, effect);
  const ExchangeId id = effect.exchange;
  exchanges_[{index, id}] = Exchange{effect.server, effect.query};
  if (prints_trace_) {
    const auto view = wire::MessageView::parse(effect.query);
    std::printf("%12.6f worker %zu sends %lu to %s: %s %s\n", seconds_now(), index, static_cast<unsigned long>(id),
                effect.server.to_text().c_str(),
                view && view->question() ? view->question()->name.to_text().c_str() : "?",
                view && view->question() ? wire::to_text(view->question()->type).c_str() : "?");
  }
  if (!network_.is_reachable(effect.server.address)) {
    queue_.after(base::Duration(0), [this, index, id] {
      if (exchanges_.count({index, id}) == 0) return;
      forget_exchange(index, id);
      turn(index,
           [&](Engine& engine, Now now) { engine.handle_exchange_error(now, id, TransportError::kUnreachable); });
    });
    return;
  }
  network_.datagram(effect.server, effect.query, [this, index, id](std::vector<uint8_t> message, bool is_forged) {
    deliver(index, id, std::move(message), is_forged);
  });
}

void Pump::deliver(size_t index, ExchangeId id, std::vector<uint8_t> message, bool is_forged) {
  const auto found = exchanges_.find({index, id});
  if (found == exchanges_.end()) return;  // the socket is closed
  if (plant_ == Plant::kAcceptForged && is_forged) {
    // As if neither id nor question were compared: everything up to the records as asked.
    const auto asked = wire::MessageView::parse(found->second.query);
    const auto said = wire::MessageView::parse(message);
    const size_t question_bytes = asked->question()->name.view().size() + 4;
    if (said && said->question() && said->question()->name.view().size() + 4 == question_bytes) {
      std::copy_n(found->second.query.begin(), 2, message.begin());
      std::copy_n(found->second.query.begin() + 12, question_bytes, message.begin() + 12);
    }
  }
  for (auto& checker : checkers_) checker->on_response(index, found->second.server, message, is_forged);
  if (prints_trace_) {
    std::printf("%12.6f worker %zu gets%s for %lu: rcode %u (%zu bytes)\n", seconds_now(), index,
                is_forged ? " a forgery" : "", static_cast<unsigned long>(id), message[3] & 15, message.size());
  }
  const bool believes = plant_ == Plant::kBelieveLiar || plant_ == Plant::kBogusAsSecure;
  if (believes && !is_forged) believe_everything(index, message);
  if (!is_forged && is_unheard(found->second.server, message)) return;
  turn(index, [&](Engine& engine, Now now) { engine.handle_response(now, id, message); });
}

void Pump::forget_exchange(size_t index, ExchangeId id) {
  if (exchanges_.erase({index, id}) == 0) return;
  if (prints_trace_) {
    std::printf("%12.6f worker %zu has closed %lu\n", seconds_now(), index, static_cast<unsigned long>(id));
  }
  for (auto& checker : checkers_) checker->on_exchange_closed(index, id);
}

void Pump::perform(size_t index, const resolver::CloseExchange& effect) {
  if (plant_ == Plant::kLeakExchange && dice_.percent(2)) return;
  forget_exchange(index, effect.exchange);
}

size_t Pump::server_at(const base::IpAddress& address) const {
  for (size_t index = 0; index < world_.servers.size(); ++index) {
    const auto& addresses = world_.servers[index].addresses;
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) return index;
  }
  return world_.servers.size();
}

uint32_t Pump::planted_copies(const base::Endpoint& server) const {
  if (plant_ == Plant::kResend) return 4;
  if (!world_.outage || !world_.outage->is_failing(server_at(server.address))) return 0;
  if (plant_ == Plant::kChattyInTheDark && world_.outage->is_on(queue_.now())) return 10;
  if (plant_ == Plant::kStampede && queue_.now() >= world_.outage->until) return 10;
  return 0;
}

// The plants of deafness: the checkers have heard it, the engine does not.
bool Pump::is_unheard(const base::Endpoint& server, Bytes message) const {
  if (plant_ == Plant::kGrudge && world_.signing && world_.signing->forger) {
    return queue_.now() >= world_.signing->healed && world_.signing->forger->is_before(server_at(server.address));
  }
  if (!world_.outage || queue_.now() < world_.outage->from) return false;
  const Outage& outage = *world_.outage;
  const size_t at = server_at(server.address);
  if (at >= outage.provider_of.size()) return false;
  if (plant_ == Plant::kDeafToOthers) {
    return outage.is_on(queue_.now()) && outage.provider_of[at] != Outage::kNobody && !outage.is_failing(at);
  }
  if (plant_ == Plant::kNeverRecovers) return outage.is_failing(at);
  const auto view = wire::MessageView::parse(message);
  if (!view || !view->question()) return false;
  if (plant_ == Plant::kMaskDenials) return outage.is_failing(at) && view->rcode() == wire::Rcode::kNxdomain;
  if (plant_ != Plant::kDeafToParent || outage.provider_of[at] != Outage::kNobody) return false;
  return std::any_of(outage.zones.begin(), outage.zones.end(),
                     [&](size_t zone) { return view->question()->name.view().is_within(world_.zones[zone].origin); });
}

// The plant `believe_denials`: what a forger would say.
std::vector<uint8_t> Pump::deny(const AskedQuery& query) const {
  std::vector<const Zone*> zones;
  for (const Zone& zone : world_.zones) zones.push_back(&zone);
  const Zone& zone = *zone_for(zones, query.question.name, query.question.type);
  Response response = refuse(wire::Rcode::kNxdomain);
  append_set(response.authority, zone.origin, wire::Type::kSoa, *zone.data().find(zone.origin, wire::Type::kSoa));
  RenderOptions options;
  options.recursion_available = true;
  return render(response, *wire::MessageView::parse(query.packet), options);
}

// The plant `blame_all`: as if each refusal, or silence, were one of every zone.
void Pump::blame_all_zones() {
  const Outage& outage = *world_.outage;
  const Provider& provider = outage.providers[outage.provider];
  cache::FailedQuery failed;
  failed.groups[cache::GroupKind::kDomain] = provider_keys_.domain(resolver::registrable_domain(provider.domain));
  failed.sent = queue_.now();
  const cache::GroupNamesBy names([](cache::GroupKind) { return std::string("the blamed"); });
  for (const KnownName& known : outage.names) {
    failed.zone = provider_keys_.zone(resolver::registrable_domain(world_.zones[known.zone].origin));
    providers_.on_refusal(queue_.now(), failed, names);
  }
}

// The plants `believe_liar` and `bogus_as_secure`: a resolver without scrubbing, and one that validates nothing.
void Pump::believe_everything(size_t index, Bytes message) {
  const auto view = wire::MessageView::parse(message);
  if (!view) return;
  Worker& worker = *workers_[index];
  worker.reader.online();
  for (const wire::Section section : {wire::Section::kAnswer, wire::Section::kAdditional}) {
    for (const wire::RecordView& record : view->section(section)) {
      if (record.type != wire::Type::kA) continue;
      std::vector<uint8_t> body;
      wire::append_rendered(body, record.type, wire::Class::kIn, record.ttl, record.rdata);
      const wire::Name owner = view->owner(record);
      cache::EntryParts parts;
      parts.header.type = record.type;
      parts.header.learned_s = queue_.now().boot_seconds();
      parts.header.ttl_s = record.ttl;
      parts.header.record_count = 1;
      if (plant_ == Plant::kBogusAsSecure) parts.header.validation = cache::Validation::kSecure;
      parts.name = owner;
      parts.body = body;
      (void)cache_.publish(worker.reader, queue_.now(), parts.make());
    }
  }
  worker.reader.offline();
}

// Streams ------------------------------------------------------------------------------------------

void Pump::perform(size_t index, const resolver::OpenStream& effect) {
  const StreamId id = effect.stream;
  streams_[{index, id}] = Stream{effect.server, false, {}};
  trace_.add(effect.server.address.bytes());
  if (!network_.is_reachable(effect.server.address)) {
    queue_.after(base::Duration(0),
                 [this, index, id] { close_stream_from_server(index, id, TransportError::kUnreachable); });
    return;
  }
  network_.connect(effect.server, [this, index, id](bool opened) {
    const auto found = streams_.find({index, id});
    if (found == streams_.end()) return;
    if (!opened) {
      close_stream_from_server(index, id, TransportError::kRefused);
      return;
    }
    found->second.is_open = true;
    const auto waiting = std::move(found->second.waiting);
    for (const auto& message : waiting) send_now(index, id, message);
    turn(index, [&](Engine& engine, Now now) { engine.handle_stream_opened(now, id); });
  });
}

void Pump::close_stream_from_server(size_t index, StreamId id, TransportError error) {
  if (streams_.erase({index, id}) == 0) return;
  if (prints_trace_) {
    std::printf("%12.6f worker %zu loses stream %lu\n", seconds_now(), index, static_cast<unsigned long>(id));
  }
  turn(index, [&](Engine& engine, Now now) { engine.handle_stream_closed(now, id, error); });
}

void Pump::perform(size_t index, resolver::SendOnStream effect) {
  trace_.add(effect.message);
  const auto found = streams_.find({index, effect.stream});
  if (found == streams_.end()) return;  // the server has closed it meanwhile
  if (!found->second.is_open) {
    found->second.waiting.push_back(std::move(effect.message));
    return;
  }
  send_now(index, effect.stream, effect.message);
}

void Pump::send_now(size_t index, StreamId id, Bytes message) {
  ++sends_;
  const base::Endpoint server = streams_.at({index, id}).server;
  if (prints_trace_) {
    const auto view = wire::MessageView::parse(message);
    std::printf("%12.6f worker %zu sends on stream %lu to %s: %s\n", seconds_now(), index,
                static_cast<unsigned long>(id), server.to_text().c_str(),
                view && view->question() ? view->question()->name.to_text().c_str() : "?");
  }
  for (auto& checker : checkers_) checker->on_stream_send(index, server, message);
  const auto deliver_on_stream = [this, index, id, server](std::vector<uint8_t> response, bool) {
    if (streams_.count({index, id}) == 0) return;
    for (auto& checker : checkers_) checker->on_response(index, server, response, false);
    if (prints_trace_) {
      std::printf("%12.6f worker %zu gets on stream %lu: rcode %u (%zu bytes)\n", seconds_now(), index,
                  static_cast<unsigned long>(id), response[3] & 15, response.size());
    }
    if (plant_ == Plant::kBelieveLiar) believe_everything(index, response);
    turn(index, [&](Engine& engine, Now now) { engine.handle_stream_message(now, id, response); });
  };
  network_.stream_message(server, message, deliver_on_stream,
                          [this, index, id] { close_stream_from_server(index, id, TransportError::kOther); });
}

void Pump::perform(size_t index, const resolver::CloseStream& effect) { streams_.erase({index, effect.stream}); }

// Wake-ups and time --------------------------------------------------------------------------------

void Pump::perform(size_t, const resolver::WakeWorkers& effect) {
  for (size_t index = 0; index < workers_.size(); ++index) {
    Worker& worker = *workers_[index];
    if ((effect.mask >> (index % 64) & 1) == 0 || worker.is_woken) continue;
    worker.is_woken = true;
    queue_.after(step_delay(), [this, index] {
      workers_[index]->is_woken = false;
      turn(index, [](Engine& engine, Now now) { engine.handle_woken(now); });
    });
  }
}

base::Instant Pump::next_timeout() const {
  if (plant_ == Plant::kDeafToTime) return base::Instant::never();
  if (plant_ == Plant::kNoIdleTimeouts && is_idle_phase_) return base::Instant::never();
  base::Instant next = base::Instant::never();
  for (const auto& worker : workers_) next = std::min(next, worker->engine.poll_timeout());
  return next;
}

void Pump::run_timeouts() {
  const size_t first = dice_.below(static_cast<uint32_t>(workers_.size()));
  for (size_t step = 0; step < workers_.size(); ++step) {
    const size_t index = (first + step) % workers_.size();
    if (workers_[index]->engine.poll_timeout() > queue_.now()) continue;
    turn(index, [](Engine& engine, Now now) { engine.handle_timeout(now); });
  }
}

void Pump::tell_idle() {
  Engine::Usage sum;
  bool has_timers = false;
  for (const auto& worker : workers_) {
    const Engine::Usage usage = worker->engine.usage();
    sum.clients += usage.clients;
    sum.resolutions += usage.resolutions;
    sum.exchanges += usage.exchanges;
    sum.streams += usage.streams;
    sum.flights += usage.flights;
    sum.timers += usage.timers;
    sum.bytes += usage.bytes;
    has_timers = has_timers || worker->engine.poll_timeout() != base::Instant::never();
  }
  workers_.front()->reader.online();
  for (auto& checker : checkers_) checker->on_idle(sum, has_timers, exchanges_.size() + streams_.size());
  workers_.front()->reader.offline();
}

}  // namespace sim
