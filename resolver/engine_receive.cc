// What comes back: whether it is the response that was asked for (RFC 5452 §9.1), what it tells
// about the server, and what the resolution does next for each class of response.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "cache/proofs.h"
#include "resolver/cookies.h"
#include "resolver/engine_impl.h"

namespace resolver {
namespace {

// Packets from the right peer on the right port that do not match: somebody guesses. After this
// many the question is asked over TCP (RFC 5452 §9, attacks row 7).
constexpr uint8_t kMismatchesMax = 3;
constexpr uint8_t kBadCookiesMax = 2;

// Whether the question came back to the letter. If so its random letters become small ones, so
// that names in RDATA that are compressed against it do not carry them to clients.
bool restore_question_case(const Exchange& exchange, std::vector<uint8_t>& message) {
  const size_t question_bytes = wire::NameView(exchange.name).size() + 4;
  if (message.size() < wire::kHeaderBytes + question_bytes) return false;
  uint8_t* question = message.data() + wire::kHeaderBytes;
  if (std::memcmp(question, exchange.query.data() + wire::kHeaderBytes, question_bytes) != 0) return false;
  const base::MutableBytes name(question, question_bytes - 4);
  wire::lowercase_into(name, name);
  return true;
}

// What an answer that nobody waits for says of its server.
ResponseClass class_of_rcode(wire::Rcode rcode) {
  const bool is_refusal = rcode == wire::Rcode::kServfail || rcode == wire::Rcode::kRefused;
  return is_refusal ? ResponseClass::kServfail : ResponseClass::kAnswer;
}

// Servers that do not understand a query may leave the question out. Such a response says that the
// server is of no use, and nothing about the name: a denial without question would be a forger's gift.
bool is_error_without_question(const wire::MessageView& message) {
  const wire::Header& header = message.header();
  if (header.question_count != 0 || header.answer_count != 0 || header.authority_count != 0) return false;
  const auto rcode = static_cast<wire::Rcode>(header.rcode);
  return rcode == wire::Rcode::kFormerr || rcode == wire::Rcode::kServfail || rcode == wire::Rcode::kNotimp ||
         rcode == wire::Rcode::kRefused || rcode == wire::Rcode::kNotauth;
}

}  // namespace

// Arrival ----------------------------------------------------------------------------------------

void Engine::Impl::handle_response(base::Now now, ExchangeId id, base::Bytes bytes) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end() || found->second.transport != Transport::kUdp) return;
  Exchange& exchange = found->second;
  received_.assign(bytes.begin(), bytes.end());
  exchange.case_kept = restore_question_case(exchange, received_);
  const auto message = wire::MessageView::parse(received_);
  if (!message) {
    // Perhaps a forgery, perhaps a broken server: wait for something valid until the timeout.
    counters_.add(base::Counter::kUpstreamUnparsable);
    return on_mismatch(now, exchange);
  }
  if (matches(now, exchange, *message)) accept_response(now, exchange, *message);
}

void Engine::Impl::handle_stream_opened(base::Now, StreamId id) {
  if (Stream* stream = streams_.find(id)) stream->open = true;
}

void Engine::Impl::handle_stream_message(base::Now now, StreamId id, base::Bytes bytes) {
  Stream* stream = streams_.find(id);
  if (stream == nullptr || bytes.size() < wire::kHeaderBytes) return;
  const auto pending = stream->pending.find(base::load_be16(bytes.data()));
  if (pending == stream->pending.end()) {
    counters_.add(base::Counter::kUpstreamMismatched);
    return;
  }
  const auto found = exchanges_.find(pending->second);
  CHECK(found != exchanges_.end());
  received_.assign(bytes.begin(), bytes.end());
  found->second.case_kept = restore_question_case(found->second, received_);
  const auto message = wire::MessageView::parse(received_);
  if (!message) {
    counters_.add(base::Counter::kUpstreamUnparsable);
    return;
  }
  if (!matches(now, found->second, *message)) return;
  stream->answered = true;
  stream->suspect = false;
  shared_.health->on_tcp_success(now.boot, found->second.server);
  accept_response(now, found->second, *message);
}

void Engine::Impl::handle_stream_closed(base::Now now, StreamId id) {
  Stream* stream = streams_.find(id);
  if (stream == nullptr) return;
  const bool had_answered = stream->answered;
  const base::IpAddress server = stream->server.address;
  const uint16_t port = stream->server.port;
  if (stream->pending.empty()) {
    timers_.disarm({stream->last_used + kStreamIdle, TimerKind::kStream, static_cast<uint64_t>(id)});
  } else if (!had_answered) {
    shared_.health->on_tcp_failure(now.boot, server);
  }
  std::vector<ExchangeId> lost;
  for (const auto& [query_id, exchange] : stream->pending) lost.push_back(exchange);
  streams_.remove(id);
  for (const ExchangeId exchange_id : lost) {
    const auto found = exchanges_.find(exchange_id);
    if (found == exchanges_.end()) continue;
    Resolution* resolution = find(found->second.resolution);
    Attempt* attempt = resolution == nullptr ? nullptr : attempt_for(*resolution, server, port);
    if (attempt != nullptr && had_answered && attempt->tcp_sends < kSendsPerTransportMax) {
      // The server closed a connection that worked, perhaps as idle: ask once more on a new one.
      ask_over_tcp_instead(now, found->second);
    } else {
      exchange_failed(now, found->second);
    }
  }
}

// Whether it is the response to this query. Anything else leaves no trace but a count.
bool Engine::Impl::matches(base::Now now, Exchange& exchange, const wire::MessageView& message) {
  const wire::Header& header = message.header();
  const bool udp = exchange.transport == Transport::kUdp;
  const bool frame_fits = header.qr && header.id == exchange.query_id && header.opcode == wire::Opcode::kQuery;
  const auto& question = message.question();
  const bool question_fits = question && question->type == exchange.type && question->klass == wire::Class::kIn &&
                             question->name == exchange.name;
  if (!frame_fits || (!question_fits && !is_error_without_question(message))) {
    on_mismatch(now, exchange);
    return false;
  }
  if (udp && exchange.random_case && question_fits && !exchange.case_kept) {
    // Either forged, or the server does not keep the letter case: TCP tells which.
    counters_.add(base::Counter::kUpstreamCaseFallback);
    Resolution* resolution = find(exchange.resolution);
    if (resolution != nullptr) attempt_for(*resolution, exchange.server, exchange.port)->without_case = true;
    ask_over_tcp_instead(now, exchange);
    return false;
  }
  return check_cookie(now, exchange, message);
}

void Engine::Impl::on_mismatch(base::Now now, Exchange& exchange) {
  counters_.add(base::Counter::kUpstreamMismatched);
  if (exchange.transport != Transport::kUdp || ++exchange.mismatches < kMismatchesMax) return;
  counters_.add(base::Counter::kUpstreamForgerySuspected);
  log_.line(now.boot, base::LogLevel::kWarning,
            "packets that look like " + exchange.server.to_text() + " but do not match: asking it over TCP");
  ask_over_tcp_instead(now, exchange);
}

// RFC 7873 §5.3: a response to a cookie carries it back; a server that is known to send cookies
// does not stop doing so over UDP.
bool Engine::Impl::check_cookie(base::Now now, Exchange& exchange, const wire::MessageView& message) {
  if (!exchange.cookie_sent || exchange.transport != Transport::kUdp) return true;
  const auto& edns = message.edns();
  if (edns && edns->cookie) {
    const ClientCookie ours = make_client_cookie(cookie_hash_, exchange.server);
    if (edns->cookie->client.size() == ours.size() &&
        std::memcmp(edns->cookie->client.data(), ours.data(), ours.size()) == 0) {
      return true;
    }
  } else if (!exchange.server_cookie_sent || !shared_.health->view(now.boot, exchange.server).sends_cookies) {
    return true;
  }
  counters_.add(base::Counter::kUpstreamCookieMismatch);
  ask_over_tcp_instead(now, exchange);
  return false;
}

// What the server showed of itself.
void Engine::Impl::note_server(base::Now now, const Exchange& exchange, const wire::MessageView& message) {
  if (exchange.transport == Transport::kUdp) {
    shared_.health->on_response(now.boot, exchange.server, now.boot - exchange.sent_at);
  }
  note_family(now, exchange.server.family(), true);
  note_step(now, exchange, true);
  const auto& edns = message.edns();
  const bool has_cookie = edns && edns->cookie;
  if (edns) shared_.health->set_edns(now.boot, exchange.server, cache::EdnsSupport::kSupported);
  if (has_cookie && edns->cookie->server.size() == sizeof(cache::ServerCookie) && exchange.cookie_sent) {
    cache::ServerCookie cookie;
    std::memcpy(cookie.data(), edns->cookie->server.data(), cookie.size());
    shared_.health->set_cookie(now.boot, exchange.server, cookie);
  }
  if (!has_cookie && exchange.server_cookie_sent && exchange.transport == Transport::kTcp) {
    shared_.health->clear_cookie(exchange.server);  // it has stopped sending them (anycast: another node)
  }
  if (!exchange.edns) note_answer_without_edns(now, exchange, message.rcode());
}

// It answers without EDNS what it did not answer with it. Where it had said so (FORMERR, NOTIMP) once is
// enough; where it was silent packets may have been lost, so it takes two questions.
void Engine::Impl::note_answer_without_edns(base::Now now, const Exchange& exchange, wire::Rcode rcode) {
  constexpr size_t kSilentServersMax = 1024;
  if (rcode != wire::Rcode::kNoerror && rcode != wire::Rcode::kNxdomain) return;
  if (shared_.health->view(now.boot, exchange.server).edns != cache::EdnsSupport::kUnknown) return;
  if (!exchange.edns_refused) {
    if (edns_silent_.size() >= kSilentServersMax) edns_silent_.clear();
    if (edns_silent_.insert(exchange.server).second) return;
    edns_silent_.erase(exchange.server);
  }
  shared_.health->set_edns(now.boot, exchange.server, cache::EdnsSupport::kBroken);
}

void Engine::Impl::accept_response(base::Now now, Exchange& exchange, const wire::MessageView& message) {
  counters_.add(base::Counter::kUpstreamResponses);
  if (exchange.is_late) counters_.add(base::Counter::kUpstreamLate);
  note_server(now, exchange, message);
  if (exchange.resolution == 0 && take_up(now, exchange, message) == nullptr) {
    tell_answer(now, exchange, class_of_rcode(message.rcode()));
    return close_exchange(exchange);
  }
  Resolution& resolution = *find(exchange.resolution);
  resolution.budget->note_response(now.boot);
  const Exchange done = exchange;
  close_exchange(exchange);
  if (!resolution.budget->spend_bytes(message.bytes().size())) return fail_budget(now, resolution);
  const wire::Name asked_name = done.name.lowercased();  // our random letters end here
  const Asked asked{.name = asked_name,
                    .type = done.type,
                    .zone = resolution.visit->delegation.zone,
                    .of_forwarder = done.upstream != nullptr && !done.upstream->authoritative,
                    .routes = &options_.routes,
                    .wants_proofs = done.dnssec_ok};
  ResponseDigest digest = digest_response(message, asked);
  tell_answer(now, done, digest.response_class);
  note_forwarders_word(resolution, done, message);
  if (digest.response_class == ResponseClass::kLame) keep_last_resort(resolution, message, asked);
  counters_.add(base::Counter::kScrubbedRecords, digest.scrubbed_records);
  Attempt* attempt = attempt_for(resolution, done.server, done.port);
  CHECK(attempt != nullptr);
  if (done.transport == Transport::kTcp && attempt->without_case) {
    // Over TCP nobody forges: if it kept the letters here, the UDP response was not its own.
    attempt->without_case = !done.case_kept;
    if (!done.case_kept) shared_.health->set_keeps_case(now.boot, done.server, false);
  }
  on_digest(now, resolution, *attempt, done, digest);
}

// What to do about it -----------------------------------------------------------------------------

void Engine::Impl::on_digest(base::Now now, Resolution& resolution, Attempt& attempt, const Exchange& exchange,
                             ResponseDigest& digest) {
  switch (digest.response_class) {
    case ResponseClass::kAnswer:
    case ResponseClass::kAlias:
    case ResponseClass::kNodata:
    case ResponseClass::kNxdomain:
    case ResponseClass::kYxdomain:
      return on_data(now, resolution, exchange, digest);
    case ResponseClass::kReferral:
      return on_referral(now, resolution, exchange, digest);
    case ResponseClass::kTruncated:
      counters_.add(base::Counter::kUpstreamTruncated);
      if (exchange.transport == Transport::kTcp)
        return on_useless(now, resolution, attempt, exchange, digest.response_class);
      return retry_over_tcp(now, resolution, attempt);
    case ResponseClass::kFormerr:
    case ResponseClass::kBadvers:
      if (exchange.edns && !attempt.without_edns) {
        counters_.add(base::Counter::kUpstreamEdnsFallback);
        attempt.without_edns = true;
        if (attempt.udp_sends > 0) --attempt.udp_sends;  // it did answer: not a retry (RFC 9520 §3.1)
        if (exchange.transport == Transport::kTcp) return retry_over_tcp(now, resolution, attempt);
        return go_on(now, resolution);
      }
      return on_useless(now, resolution, attempt, exchange, digest.response_class);
    case ResponseClass::kBadcookie:
      if (++attempt.bad_cookies > kBadCookiesMax)
        return on_useless(now, resolution, attempt, exchange, digest.response_class);
      if (exchange.transport == Transport::kUdp && attempt.bad_cookies == kBadCookiesMax) {
        return retry_over_tcp(now, resolution, attempt);  // RFC 7873 §5.3
      }
      if (attempt.udp_sends > 0) --attempt.udp_sends;
      return go_on(now, resolution);
    case ResponseClass::kLame:
    case ResponseClass::kServfail:
    case ResponseClass::kRefused:
    case ResponseClass::kBroken:
      return on_useless(now, resolution, attempt, exchange, digest.response_class);
  }
}

void Engine::Impl::on_data(base::Now now, Resolution& resolution, const Exchange& exchange, ResponseDigest& digest) {
  const bool minimised = !(wire::NameView(exchange.name) == wire::NameView(resolution.name));
  if (minimised) return on_minimised_data(now, resolution, exchange, digest);
  if (!validates(resolution)) {
    // Who asked with CD checks the proofs itself. They are given with what they prove, so it lasts no longer.
    const bool of_denial = digest.soa || digest.chain.empty();
    std::vector<uint8_t>& proofs = of_denial ? digest.denial_proofs : digest.chain.back().proofs;
    uint32_t& ttl_s = of_denial ? digest.negative_ttl_s : digest.chain.back().ttl_s;
    for (const LearnedRrset& proof : digest.proofs) {
      cache::append_proof(proofs, proof.owner, proof.rendered, proof.signatures);
      ttl_s = std::min(ttl_s, proof.ttl_s);
    }
    return accept_data(now, resolution, digest, exchange.upstream);
  }
  begin_validation(now, resolution, std::move(digest), resolution.visit->delegation.zone, &exchange,
                   ValidationSource::kResponse);
}

// The whole question is answered: learned, and if an alias is the answer, followed.
void Engine::Impl::accept_data(base::Now now, Resolution& resolution, ResponseDigest& digest,
                               const Upstream* forwarder) {
  if (digest.stale_at_forwarder) {
    counters_.add(base::Counter::kForwardStale);
    resolution.result.error = digest.stale_at_forwarder;
    resolution.result.error_text = "from " + forwarder->name;
  }
  learn(now, resolution, digest, true);
  if (resolution.purpose == Purpose::kParent && digest.response_class != ResponseClass::kAnswer) {
    end_delegation(resolution.name);
  }
  parent_questions_.on_answer(hash_(wire::NameView(resolution.visit->delegation.zone).bytes()));
  // For who waits the name may be a step on the way to a longer one: no cut lies there.
  resolution.visit->known_labels = resolution.name.view().label_count();
  share_visit(resolution, *resolution.visit, digest.response_class != ResponseClass::kNxdomain);
  if (digest.response_class == ResponseClass::kAlias) {
    stop_asking(resolution);
    return follow_alias(now, resolution, digest.target);
  }
  resolution.result.rcode = digest.response_class == ResponseClass::kNxdomain   ? wire::Rcode::kNxdomain
                            : digest.response_class == ResponseClass::kYxdomain ? wire::Rcode::kYxdomain
                                                                                : wire::Rcode::kNoerror;
  finish(now, resolution, Outcome::kAnswered);
}

// An answer to a minimised question says that no zone cut lies there. "No such name" is not
// believed of a shorter name: servers that err on empty non-terminals are common (RFC 9156 §3).
void Engine::Impl::on_minimised_data(base::Now now, Resolution& resolution, const Exchange& exchange,
                                     ResponseDigest& digest) {
  if (digest.response_class == ResponseClass::kNxdomain || digest.response_class == ResponseClass::kYxdomain) {
    resolution.minimise = false;
  } else {
    resolution.visit->known_labels = wire::NameView(exchange.name).label_count();
    resolution.visit->patience_running = false;
    // The next name is another question: its sends count anew (RFC 9520 §3.1).
    for (Attempt& attempt : resolution.visit->attempts) attempt.udp_sends = attempt.tcp_sends = 0;
    learn(now, resolution, digest, false);
  }
  share_visit(resolution, *resolution.visit, resolution.minimise);
  stop_asking(resolution);
  resolution.enter(Phase::kCacheCheck);  // a DNAME on the way may answer it already
  make_ready(resolution.id);
}

void Engine::Impl::on_referral(base::Now now, Resolution& resolution, const Exchange& exchange,
                               ResponseDigest& digest) {
  const wire::NameView zone = digest.referral->delegation.zone;
  if (resolution.type == wire::Type::kDs && zone == wire::NameView(resolution.name)) {
    if (validates(resolution) && is_below_an_anchor(now, resolution.name)) {
      return begin_validation(now, resolution, referral_proof_of(digest, resolution.name),
                              resolution.visit->delegation.zone, &exchange, ValidationSource::kReferral);
    }
    // The parent delegates the name and says nothing of DS: there is none.
    resolution.result.rcode = wire::Rcode::kNoerror;
    return finish(now, resolution, Outcome::kAnswered);
  }
  if (resolution.glue_zone && zone.is_within(*resolution.glue_zone)) {
    return take_glue(now, resolution, digest.referral->delegation);
  }
  if (!resolution.budget->spend_referral()) return fail_budget(now, resolution);
  learn_delegation(now, resolution, *digest.referral, cache::Space::kDelegation);
  keep_referral_proof(now, resolution, digest);
  if (digest.child_ns) learn_delegation(now, resolution, *digest.child_ns, cache::Space::kChildNs);
  if (resolution.purpose == Purpose::kParent && zone == wire::NameView(resolution.name)) {
    return finish(now, resolution, Outcome::kAnswered);
  }
  ZoneVisit visit;
  visit.delegation = digest.referral->delegation;
  const uint64_t lease = uint64_t{now.boot.boot_seconds()} + digest.referral->ttl_s;
  visit.lease_until_s = static_cast<uint32_t>(std::min<uint64_t>(lease, resolution.visit->lease_until_s));
  visit.known_labels = zone.label_count();
  visit.lookups.resize(visit.delegation.servers.size(), AddressLookup::kNotStarted);
  share_visit(resolution, visit, true);
  stop_asking(resolution);
  resolution.visit = std::move(visit);
  resolution.evidence = {};
  resolution.enter(Phase::kFindServers);
  make_ready(resolution.id);
}

void Engine::Impl::on_useless(base::Now now, Resolution& resolution, Attempt& attempt, const Exchange& exchange,
                              ResponseClass why) {
  const bool minimised = !(wire::NameView(exchange.name) == wire::NameView(resolution.name));
  if (minimised && why != ResponseClass::kBroken) {
    resolution.minimise = false;  // RFC 9156 §3: the same server may know the whole name
    return go_on(now, resolution);
  }
  Evidence& seen = resolution.evidence;
  switch (why) {
    case ResponseClass::kLame:
      counters_.add(base::Counter::kUpstreamLame);
      ++seen.lame;
      break;
    case ResponseClass::kRefused:
      counters_.add(base::Counter::kUpstreamRefused);
      ++seen.refused;
      break;
    case ResponseClass::kServfail:
      counters_.add(base::Counter::kUpstreamServfail);
      ++seen.servfail;
      break;
    case ResponseClass::kFormerr:
    case ResponseClass::kBadvers:
      counters_.add(base::Counter::kUpstreamFormerr);
      ++seen.broken;
      break;
    case ResponseClass::kBadcookie:
    case ResponseClass::kTruncated:
    case ResponseClass::kBroken:
    case ResponseClass::kAnswer:
    case ResponseClass::kAlias:
    case ResponseClass::kNodata:
    case ResponseClass::kNxdomain:
    case ResponseClass::kYxdomain:
    case ResponseClass::kReferral:
      ++seen.broken;
      break;
  }
  if (exchange.upstream != nullptr && !exchange.upstream->authoritative) ++seen.by_forwarders;
  attempt.excluded = true;
  go_on(now, resolution);
}

// What came over UDP is not to be trusted, or the stream is gone.
void Engine::Impl::ask_over_tcp_instead(base::Now now, Exchange& exchange) {
  Resolution* resolution = find(exchange.resolution);
  Attempt* attempt = resolution == nullptr ? nullptr : attempt_for(*resolution, exchange.server, exchange.port);
  close_exchange(exchange);
  if (attempt != nullptr) retry_over_tcp(now, *resolution, *attempt);
}

// The same server over TCP; elsewhere if that cannot be.
void Engine::Impl::retry_over_tcp(base::Now now, Resolution& resolution, Attempt& attempt) {
  const bool may_try = attempt.tcp_sends < kSendsPerTransportMax - 1;
  if (may_try && send(now, resolution, next_question(now, resolution), attempt, Transport::kTcp)) return;
  if (is_settled(resolution)) return;
  attempt.excluded = true;
  ++resolution.evidence.broken;
  go_on(now, resolution);
}

// Chooses a server again, unless another one is being waited for; the flight is kept.
void Engine::Impl::go_on(base::Now now, Resolution& resolution) {
  if (!resolution.exchanges.empty() && !leave_slow_exchanges(now, resolution)) return;
  resolution.enter(Phase::kFindServers);
  make_ready(resolution.id);
}

// No more of this exchange: who waits for it looks at what was learned.
void Engine::Impl::stop_asking(Resolution& resolution) {
  leave_exchanges(resolution);
  release_flight(resolution, false);
}

Attempt* Engine::Impl::attempt_for(Resolution& resolution, const base::IpAddress& server, uint16_t port) {
  if (!resolution.visit) return nullptr;
  for (Attempt& attempt : resolution.visit->attempts) {
    const bool same_port = attempt.port == 0 || port == 0 || attempt.port == port;
    if (attempt.address == server && same_port) return &attempt;
  }
  return nullptr;
}

}  // namespace resolver
