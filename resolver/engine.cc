#include "resolver/engine.h"

#include "base/check.h"
#include "resolver/engine_impl.h"

namespace resolver {
namespace {

base::KeyedHash::Secret draw_secret(base::Entropy& entropy) {
  base::KeyedHash::Secret secret;
  entropy.fill(secret);
  return secret;
}

// Stops a step that makes no progress: a bug, not an input, would make a resolution ready for ever.
constexpr size_t kStepsPerRunMax = 1'000'000;

// Of one worker: some 10 MiB and 4 MiB at the most.
constexpr size_t kZoneTrustsMax = 8192;
constexpr size_t kParsedKeysMax = 2048;

}  // namespace

Engine::Impl::Impl(const Options& options, const Shared& shared, cache::Reader& reader, const base::Entropy::Seed& seed,
                   base::Counters& counters)
    : options_(options),
      shared_(shared),
      reader_(reader),
      counters_(counters),
      hash_({}),
      cookie_hash_(options.answer.cookie_secret),
      domains_(options.answer.cookie_secret),
      entropy_(seed),
      answer_policy_(options.answer),
      anchors_(options.dnssec.anchors),
      trusts_(kZoneTrustsMax),
      parsed_keys_(kParsedKeysMax, options.answer.cookie_secret),
      answer_buffer_(kAnswerBytesMax) {
  CHECK(options.outgoing_port_first <= options.outgoing_port_last);
  CHECK(!options.root_hints.servers.empty());
  hash_ = base::KeyedHash(draw_secret(entropy_));
  manage_anchors();
}

std::optional<Effect> Engine::Impl::poll_effect() {
  if (effects_.empty()) return std::nullopt;
  std::optional<Effect> effect(std::move(effects_.front()));
  effects_.pop_front();
  return effect;
}

Engine::Usage Engine::Impl::usage() const {
  return {.clients = clients_.size(),
          .resolutions = resolutions_.size(),
          .exchanges = exchanges_.size(),
          .streams = streams_.size(),
          .flights = flights_.size(),
          .timers = timers_.size(),
          .bytes = client_bytes_ + resolution_bytes_};
}

void Engine::Impl::run_ready(base::Now now) {
  follow_managed_keys();
  for (size_t steps = 0;; ++steps) {
    CHECK(steps < kStepsPerRunMax);
    shed_marked(now);
    if (!done_.empty()) {
      const std::unique_ptr<Resolution> done = std::move(done_.front());
      done_.pop_front();
      hand_over(now, *done);
    } else if (!ready_.empty()) {
      const ResolutionId id = ready_.front();
      ready_.pop_front();
      step(now, id);
    } else {
      watch_providers(now);
      ask_parents(now);
      if (ready_.empty() && done_.empty()) return;
    }
  }
}

void Engine::Impl::handle_timeout(base::Now now) {
  while (const auto due = timers_.pop_due(now.boot)) {
    switch (due->kind) {
      case TimerKind::kExchange:
        on_exchange_timeout(now, ExchangeId{due->id});
        break;
      case TimerKind::kHedge:
        hedge(now, ExchangeId{due->id});
        break;
      case TimerKind::kPatience:
        on_patience_over(now, due->id);
        break;
      case TimerKind::kResolution:
        if (Resolution* resolution = find(due->id)) {
          (void)resolution->budget->has_time(now.boot);
          fail_budget(now, *resolution);
        }
        break;
      case TimerKind::kClient:
        on_client_deadline(now, ClientId{due->id});
        break;
      case TimerKind::kParked:
        if (Resolution* resolution = find(due->id); resolution != nullptr && resolution->phase == Phase::kAwaitFlight) {
          leave_followed_flight(*resolution);
          resolution->enter(Phase::kCacheCheck);
          make_ready(resolution->id);
        }
        break;
      case TimerKind::kChecks:
        on_check_turn(now);
        break;
      case TimerKind::kNextName:
        hedge_lookup(now, due->id);
        break;
      case TimerKind::kRetry:
        retry_refresh(now, due->id);
        break;
      case TimerKind::kAnchor:
        look_at_anchor(now, due->id);
        break;
      case TimerKind::kStep:
        on_step_silent(now, due->id);
        break;
      case TimerKind::kStream:
        if (Stream* stream = streams_.find(StreamId{due->id}); stream != nullptr && stream->pending.empty()) {
          effects_.push_back(CloseStream{stream->id});
          streams_.remove(stream->id);
        }
        break;
    }
    run_ready(now);
  }
}

void Engine::Impl::abandon_all(base::Now now) {
  std::vector<ResolutionId> ids;
  for (const auto& [id, resolution] : resolutions_) ids.push_back(id);
  for (const ResolutionId id : ids) {
    if (find(id) != nullptr) shed_resolution(now, id);
  }
  run_ready(now);
  for (const StreamId id : streams_.ids()) {
    timers_.disarm({streams_.find(id)->last_used + kStreamIdle, TimerKind::kStream, static_cast<uint64_t>(id)});
    effects_.push_back(CloseStream{id});
    streams_.remove(id);
  }
}

// The public face ---------------------------------------------------------------------------------

Engine::Engine(const Options& options, const Shared& shared, cache::Reader& reader, const base::Entropy::Seed& seed,
               base::Counters& counters)
    : impl_(std::make_unique<Impl>(options, shared, reader, seed, counters)) {}
Engine::~Engine() = default;

void Engine::handle_query(base::Now now, const ClientQuery& query) {
  impl_->handle_query(now, query);
  impl_->run_ready(now);
}
void Engine::handle_client_gone(base::Now, ClientId client) { impl_->handle_client_gone(client); }
void Engine::handle_response(base::Now now, ExchangeId exchange, base::Bytes message) {
  impl_->handle_response(now, exchange, message);
  impl_->run_ready(now);
}
void Engine::handle_port_taken(base::Now now, ExchangeId exchange) {
  impl_->handle_port_taken(now, exchange);
  impl_->run_ready(now);
}
void Engine::handle_exchange_error(base::Now now, ExchangeId exchange, TransportError) {
  impl_->handle_exchange_error(now, exchange);
  impl_->run_ready(now);
}
void Engine::handle_no_descriptor(base::Now now, ExchangeId exchange) {
  impl_->handle_no_descriptor(now, exchange);
  impl_->run_ready(now);
}
void Engine::handle_stream_opened(base::Now now, StreamId stream) { impl_->handle_stream_opened(now, stream); }
void Engine::handle_stream_message(base::Now now, StreamId stream, base::Bytes message) {
  impl_->handle_stream_message(now, stream, message);
  impl_->run_ready(now);
}
void Engine::handle_stream_closed(base::Now now, StreamId stream, TransportError) {
  impl_->handle_stream_closed(now, stream);
  impl_->run_ready(now);
}
void Engine::handle_woken(base::Now now) {
  impl_->handle_woken(now);
  impl_->run_ready(now);
}
void Engine::handle_expiring(base::Now now, const cache::Entry& entry) {
  impl_->handle_expiring(now, entry);
  impl_->run_ready(now);
}
void Engine::handle_timeout(base::Now now) { impl_->handle_timeout(now); }
void Engine::abandon_all(base::Now now) { impl_->abandon_all(now); }
std::optional<Effect> Engine::poll_effect() { return impl_->poll_effect(); }
base::Instant Engine::poll_timeout() const { return impl_->poll_timeout(); }
Engine::Usage Engine::usage() const { return impl_->usage(); }
const AnswerPolicy& Engine::answer_policy() const { return impl_->answer_policy(); }

}  // namespace resolver
