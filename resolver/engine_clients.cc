// Taking clients in, answering them, and making room when the bounds are reached.
#include <algorithm>

#include "base/check.h"
#include "resolver/engine_impl.h"
#include "resolver/local_names.h"
#include "wire/query.h"

namespace resolver {
namespace {

// Clients of one /24 or /56 share one fair share.
uint64_t prefix_key(const base::KeyedHash& hash, const base::IpAddress& address) {
  return hash(address.bytes().first(address.is_v4() ? 3 : 7));
}

std::vector<const cache::Entry*> borrow(const std::vector<cache::EntryPtr>& chain) {
  std::vector<const cache::Entry*> entries;
  entries.reserve(chain.size());
  for (const auto& entry : chain) entries.push_back(entry.get());
  return entries;
}

}  // namespace

void Engine::Impl::handle_query(base::Now now, const ClientQuery& query) {
  const wire::Query parsed = wire::parse_query(query.packet);
  // answer_hits() has answered everything else.
  if (parsed.verdict != wire::QueryVerdict::kServe || parsed.klass != wire::Class::kIn) return;
  counters_.add(base::Counter::kClientMisses);
  if (answer_without_resolving(now, query, parsed)) return;
  admit(now, query, parsed);
}

bool Engine::Impl::answer_without_resolving(base::Now now, const ClientQuery& query, const wire::Query& parsed) {
  const wire::Type local_type = type_to_resolve(parsed.type);
  const wire::NameView route_zone = options_.routes.find(parsed.name, local_type).zone;
  if (const auto local = answer_locally(now.boot, wire::Name(parsed.name).lowercased(), local_type, route_zone)) {
    counters_.add(base::Counter::kClientLocal);
    const auto chain = borrow(local->chain);
    answer_client(now, query, {.rcode = local->rcode, .chain = chain});
    return true;
  }
  if (!parsed.header.rd) {
    // Nothing is resolved for who does not ask for recursion (RFC 1034 §4.3.1); what is cached was
    // answered before.
    counters_.add(base::Counter::kClientRefusedNoRecursion);
    answer_client(now, query, {.rcode = wire::Rcode::kRefused});
    return true;
  }
  return false;
}

void Engine::Impl::admit(base::Now now, const ClientQuery& query, const wire::Query& parsed) {
  if (clients_.contains(query.client)) return;  // the server reused an id too early: never answer twice
  const uint64_t prefix = prefix_key(hash_, query.address);
  make_room_for_client(now, prefix);

  Waiter& waiter = clients_[query.client];
  waiter.packet_bytes.assign(query.packet.begin(), query.packet.end());
  waiter.query = query;
  waiter.query.packet = waiter.packet_bytes;
  waiter.deadline = now.boot + options_.client_deadline;
  client_bytes_ += waiter.packet_bytes.size();
  clients_by_prefix_.join(static_cast<uint64_t>(query.client), prefix);
  timers_.arm({waiter.deadline, TimerKind::kClient, static_cast<uint64_t>(query.client)});

  const wire::Name name = wire::Name(parsed.name).lowercased();
  const wire::Type type = type_to_resolve(parsed.type);
  if (parsed.header.cd && has_bogus_failure(now, name, type)) return ask_unchecked(now, query.client);
  const uint64_t question = question_of(name, type, RouteUse::kAll);
  ResolutionId id = 0;
  if (const auto found = by_question_.find(question); found != by_question_.end()) {
    counters_.add(base::Counter::kClientCoalesced);
    id = found->second;
  } else {
    id = start(now, name, type, std::make_shared<QueryBudget>(options_.budget, now.boot), 0, true);
  }
  waiter.resolution = id;
  Resolution& resolution = *find(id);
  resolution.clients.insert(query.client);
  // The others that wait for it have lost patience already.
  if (resolution.is_overdue) answer_stale(now, query.client, describe(resolution), base::Counter::kStaleSlow);
}

void Engine::Impl::make_room_for_client(base::Now now, uint64_t prefix_key) {
  if (clients_by_prefix_.held_by(prefix_key) >= options_.bounds.clients_per_prefix_max) {
    shed_client(now, ClientId{*clients_by_prefix_.oldest_of(prefix_key)}, base::Counter::kClientShedPrefix);
  }
  while (clients_.size() >= options_.bounds.clients_max || client_bytes_ >= options_.bounds.bytes_max / 2) {
    const auto victim = clients_by_prefix_.oldest_of_largest();
    if (!victim) return;
    shed_client(now, ClientId{*victim}, base::Counter::kClientShedTotal);
  }
}

void Engine::Impl::shed_client(base::Now now, ClientId id, base::Counter counter) {
  counters_.add(counter);
  log_.line(now.boot, base::LogLevel::kWarning,
            "too many clients wait: the oldest of the largest group was answered SERVFAIL");
  answer_failure(now, id, wire::ExtendedError::kOther, "too many clients wait");
}

void Engine::Impl::answer_client(base::Now now, const ClientQuery& query, const AnswerParts& parts) {
  const wire::Query parsed = wire::parse_query(query.packet);
  const size_t size = compose_answer(now, query, parsed, parts, answer_policy_, answer_buffer_);
  CHECK(size <= answer_buffer_.size());
  if (size != 0) count_answer(counters_, parts.rcode, answer_buffer_);
  effects_.push_back(
      Answer{query.client, {answer_buffer_.begin(), answer_buffer_.begin() + static_cast<ptrdiff_t>(size)}});
}

void Engine::Impl::answer_failure(base::Now now, ClientId id, wire::ExtendedError error, std::string_view text) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  answer_client(now, found->second.query, {.rcode = wire::Rcode::kServfail, .error = error, .error_text = text});
  forget_client(id);
}

void Engine::Impl::forget_client(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  const Waiter& waiter = found->second;
  timers_.disarm({waiter.deadline, TimerKind::kClient, static_cast<uint64_t>(id)});
  clients_by_prefix_.leave(static_cast<uint64_t>(id));
  client_bytes_ -= waiter.packet_bytes.size();
  if (Resolution* resolution = find(waiter.resolution)) resolution->clients.erase(id);
  clients_.erase(found);
}

void Engine::Impl::handle_client_gone(ClientId client) { forget_client(client); }

void Engine::Impl::on_client_deadline(base::Now now, ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  counters_.add(base::Counter::kClientDeadline);
  // The work goes on and fills the cache; only this client stops waiting.
  if (answer_stale(now, id, "no answer in time", base::Counter::kStaleSlow)) return;
  const Resolution* resolution = find(found->second.resolution);
  const std::string text = resolution == nullptr ? "no answer in time" : "no answer in time: " + describe(*resolution);
  answer_failure(now, id, wire::ExtendedError::kNoReachableAuthority, text);
}

void Engine::Impl::answer_waiting(base::Now now, Resolution& resolution) {
  const auto chain = borrow(resolution.result.chain);
  const AnswerParts parts{
      .rcode = resolution.result.rcode,
      .chain = chain,
      .error = resolution.result.error,
      .error_text = resolution.result.error_text,
      .cause = resolution.result.cause,
      .expired_ttl_s = resolution.result.is_stale ? options_.stale.answer_ttl_s : 0,
      .authentic = !resolution.result.is_stale && is_all_secure(resolution.result.chain, resolution.type)};
  const bool has_failed = resolution.result.outcome != Outcome::kAnswered;
  const bool is_bogus =
      has_failed && !resolution.unchecked && resolution.result.error && is_validation_error(*resolution.result.error);
  std::unordered_set<ClientId> clients;
  clients.swap(resolution.clients);
  for (const ClientId id : clients) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) continue;
    if (is_bogus && wire::parse_query(found->second.query.packet).header.cd) {
      ask_unchecked(now, id);
      continue;
    }
    // A failure somewhere along the chain; perhaps the cache has a whole one still.
    if (has_failed && answer_stale(now, id, resolution.result.error_text, base::Counter::kStaleFailed)) continue;
    if (resolution.result.is_stale) counters_.add(base::Counter::kAnswerStale);
    answer_client(now, found->second.query, parts);
    forget_client(id);
  }
}

}  // namespace resolver
