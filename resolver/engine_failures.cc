// Queries that came to nothing: timeouts, errors of the network, our own lack of sockets.
#include "resolver/engine_impl.h"

namespace resolver {
namespace {

constexpr uint8_t kPortsTriedMax = 10;
// Some servers drop questions for names that hold nothing themselves: the last query to a server that
// was silent so often is for the whole name (RFC 9156 §2.3: relaxed).
constexpr uint8_t kMinimisedSendsMax = kSendsPerTransportMax - 1;

}  // namespace

void Engine::Impl::on_exchange_timeout(base::Now now, ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  Exchange& exchange = found->second;
  if (exchange.is_late) return close_exchange(exchange);
  counters_.add(base::Counter::kUpstreamTimeouts);
  Resolution* resolution = find(exchange.resolution);
  Attempt* attempt = resolution == nullptr ? nullptr : attempt_for(*resolution, exchange.server, exchange.port);
  const StreamId stream_id = exchange.stream;
  const bool minimised = resolution != nullptr && !(wire::NameView(exchange.name) == wire::NameView(resolution->name));
  note_step(now, exchange, false);
  if (exchange.transport == Transport::kUdp) {
    shared_.health->on_timeout(now.boot, exchange.server);
    note_family(now, exchange.server.family(), false);
    tell_timeout(now, exchange);
  } else {
    shared_.health->on_tcp_failure(now.boot, exchange.server);
    // A server that changes letter case may lack TCP: UDP again.
    if (attempt != nullptr) attempt->excluded = !attempt->without_case;
  }
  const bool is_dark = options_.stale.circuits && shared_.providers->is_dark(exchange.groups);
  if (!leave_late(now, exchange, resolution)) close_exchange(exchange);
  if (stream_id != StreamId{}) close_silent_stream(stream_id);
  if (resolution == nullptr) return;
  ++resolution->evidence.timeouts;
  // One query is what a probe is; and the address of a server of those is nothing to go on asking them for.
  const QueryBudget& budget = *resolution->budget;
  const auto is_sub_question_in_the_dark = [&] {
    return is_dark && !resolution->from_client && resolution->visit && are_all_dark(*resolution->visit);
  };
  if ((budget.is_small() && (is_dark || !budget.has_sends())) || is_sub_question_in_the_dark()) {
    return fail(now, *resolution, Outcome::kFailed, wire::ExtendedError::kNoReachableAuthority, describe(*resolution));
  }
  if (minimised && attempt != nullptr && attempt->udp_sends >= kMinimisedSendsMax) resolution->minimise = false;
  go_on(now, *resolution);
}

// No new query goes over a stream that let one time out, until it answers another; when none is
// pending any more it is closed.
void Engine::Impl::close_silent_stream(StreamId id) {
  Stream* stream = streams_.find(id);
  if (stream == nullptr) return;
  stream->suspect = true;
  if (!stream->pending.empty()) return;
  timers_.disarm({stream->last_used + kStreamIdle, TimerKind::kStream, static_cast<uint64_t>(id)});
  effects_.push_back(CloseStream{id});
  streams_.remove(id);
}

void Engine::Impl::handle_exchange_error(base::Now now, ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  shared_.health->on_timeout(now.boot, found->second.server);
  exchange_failed(now, found->second);
}

void Engine::Impl::exchange_failed(base::Now now, Exchange& exchange) {
  counters_.add(base::Counter::kUpstreamErrors);
  tell_unreachable(now, exchange);
  note_family(now, exchange.server.family(), false);
  Resolution* resolution = find(exchange.resolution);
  if (resolution == nullptr) return close_exchange(exchange);
  Attempt* attempt = attempt_for(*resolution, exchange.server, exchange.port);
  ++resolution->evidence.unreachable;
  attempt->excluded = !(exchange.transport == Transport::kTcp && attempt->without_case);
  close_exchange(exchange);
  go_on(now, *resolution);
}

void Engine::Impl::handle_port_taken(base::Now now, ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  counters_.add(base::Counter::kUpstreamPortTaken);
  Exchange& exchange = found->second;
  if (++exchange.ports_tried == kPortsTriedMax) return handle_no_descriptor(now, id);
  // Only now it is sent: what passed until then is no silence of the server.
  const base::Duration late = now.boot - exchange.sent_at;
  const auto put_off = [&](base::Instant& at, TimerKind kind) {
    if (at == base::Instant::never()) return;
    timers_.disarm({at, kind, static_cast<uint64_t>(id)});
    at = at + late;
    timers_.arm({at, kind, static_cast<uint64_t>(id)});
  };
  put_off(exchange.timeout_at, TimerKind::kExchange);
  put_off(exchange.hedge_at, TimerKind::kHedge);
  exchange.sent_at = now.boot;
  send_udp(now, exchange);
}

void Engine::Impl::handle_no_descriptor(base::Now now, ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  Resolution* resolution = find(found->second.resolution);
  log_.line(now.boot, base::LogLevel::kWarning,
            "no socket for a query: raise the limit of open files (ulimit -n) or lower the load");
  if (resolution != nullptr) {
    attempt_for(*resolution, found->second.server, found->second.port)->excluded = true;
    ++resolution->evidence.shed;
  }
  close_exchange(found->second);
  if (resolution != nullptr) go_on(now, *resolution);
}

void Engine::Impl::note_family(base::Now now, base::Family family, bool success) {
  FamilyHealth& health = family == base::Family::kV4 ? v4_ : v6_;
  if (success) {
    health.failures_in_row = 0;
    health.last_success = now.boot;
  } else {
    ++health.failures_in_row;
  }
}

}  // namespace resolver
