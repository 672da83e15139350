// Validation as a phase: what came is checked before it is learned; the keys that are needed are ordinary
// sub-questions; what is bogus is asked of another server first. The judging is in validation.h.
//
// Not validated are the addresses of servers and what a parent says of a zone's servers: they only lead to
// data, which is. What they bring is kept with the lowest rank, so that it answers no client.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "cache/failure.h"
#include "resolver/dnssec/signals.h"
#include "resolver/engine_impl.h"

namespace resolver {
namespace {

// Servers of a zone that gave bogus answers to one question.
constexpr uint8_t kBogusAnswersMax = 4;
// The parent's DS or its denial from a referral: validated soon, or asked for anew.
constexpr base::Duration kReferralProofLife = base::seconds(60);
constexpr size_t kReferralProofsMax = 1024;
constexpr uint32_t kReferralDenialTtlMax_s = 3600;

// Takes off what has passed since the digest came: data that waited for its keys lasts no longer for that.
void age(ResponseDigest& digest, base::Instant received, base::Instant now) {
  const uint32_t seconds = now.boot_seconds() - received.boot_seconds();
  const auto shorten = [&](uint32_t& ttl_s) { ttl_s -= std::min(ttl_s, seconds); };
  for (LearnedRrset& link : digest.chain) shorten(link.ttl_s);
  for (LearnedRrset& proof : digest.proofs) shorten(proof.ttl_s);
  if (digest.soa) shorten(digest.soa->ttl_s);
  shorten(digest.negative_ttl_s);
}

}  // namespace

bool is_validation_error(wire::ExtendedError error) {
  using enum wire::ExtendedError;
  constexpr wire::ExtendedError kErrors[] = {
      kUnsupportedAlgorithm, kUnsupportedDigest,    kIndeterminate,         kBogus,
      kSignatureExpired,     kSignatureNotYetValid, kDnskeyMissing,         kRrsigsMissing,
      kNoZoneKeyBit,         kNsecMissing,          kSignatureExpiredEarly, kNsec3Iterations};
  return std::find(std::begin(kErrors), std::end(kErrors), error) != std::end(kErrors);
}

bool Engine::Impl::validates(const Resolution& resolution) const {
  return !anchors_.empty() && !resolution.unchecked && resolution.purpose != Purpose::kParent &&
         resolution.purpose != Purpose::kGlue;
}

// Whether signatures are of use here: DO is sent.
bool Engine::Impl::is_below_an_anchor(base::Now now, wire::NameView name) const {
  if (anchors_.empty()) return false;
  const auto anchor = anchors_.nearest(name, now.wall);
  return anchor && !anchor->is_negative;
}

// Data without a verdict may answer clients where nothing could be validated anyway.
bool Engine::Impl::needs_a_verdict(base::Now now, wire::NameView owner) const {
  if (!is_below_an_anchor(now, owner)) return false;
  for (wire::NameView name = owner;; name = name.parent()) {
    if (trusts_.cut(now.boot, name) == dnssec::Cut::kUnsigned) return false;
    if (name.is_root()) return true;
  }
}

ValidationTools Engine::Impl::tools_for(base::Now now, Resolution& resolution) {
  return {.now = now,
          .anchors = anchors_,
          .policy = options_.dnssec.policy,
          .trusts = trusts_,
          .keys = parsed_keys_,
          .budget = resolution.budget->validation(),
          .is_delegated = [this, now](wire::NameView name) {
            const wire::Name lower = wire::Name(name).lowercased();
            return fresh_entry(now.boot, lower, wire::Type::kNs, cache::Space::kDelegation) != nullptr;
          }};
}

// The phase -------------------------------------------------------------------------------------------

void Engine::Impl::begin_validation(base::Now now, Resolution& resolution, ResponseDigest digest,
                                    const wire::Name& asked_zone, const Exchange* exchange, ValidationSource source) {
  resolution.validating = std::make_unique<Validating>(
      std::move(digest), ValidationQuestion{resolution.name, resolution.type, asked_zone}, source);
  resolution.validating->received = now.boot;
  if (exchange != nullptr) {
    resolution.validating->server = exchange->server;
    resolution.validating->port = exchange->port;
    resolution.validating->forwarder = exchange->upstream;
  }
  leave_exchanges(resolution);
  resolution.enter(Phase::kValidate);
  step_validate(now, resolution);
}

void Engine::Impl::step_validate(base::Now now, Resolution& resolution) {
  Validating& validating = *resolution.validating;
  if (!resolution.awaited.empty() || validating.waits_for_checks) return;  // not its turn
  const uint32_t checks_left = check_turns_.left(now.boot);
  if (checks_left == 0) return wait_for_checks(now, resolution);
  dnssec::ValidationBudget& budget = resolution.budget->validation();
  const dnssec::ValidationLimits before = budget.spent();
  const ValidationStep step = validating.validation.step(tools_for(now, resolution), checks_left);
  check_turns_.spend(dnssec::checks_between(before, budget.spent()));
  counters_.add(base::Counter::kSignaturesChecked, budget.spent().signature_checks - before.signature_checks);
  counters_.add(base::Counter::kNsec3Hashes, budget.spent().hashes - before.hashes);
  switch (step) {
    case ValidationStep::kYield:
      return wait_for_checks(now, resolution);
    case ValidationStep::kNeeds:
      return ask_for_keys(now, resolution);
    case ValidationStep::kDone:
      break;
  }
  const dnssec::Verdict verdict = validating.validation.verdict();
  switch (verdict.security) {
    case dnssec::Security::kSecure:
      counters_.add(base::Counter::kValidationSecure);
      return accept_validated(now, resolution);
    case dnssec::Security::kInsecure:
      counters_.add(base::Counter::kValidationInsecure);
      if (!resolution.result.error && dnssec::extended_error_of(verdict.reason)) {
        resolution.result.error = dnssec::extended_error_of(verdict.reason);
        resolution.result.error_text = dnssec::to_text(verdict);
      }
      return accept_validated(now, resolution);
    case dnssec::Security::kIndeterminate:
      counters_.add(base::Counter::kValidationIndeterminate);
      if (verdict.reason == dnssec::Reason::kNoTrustAnchor) return accept_validated(now, resolution);
      return fail_validation(now, resolution, Outcome::kBudget, *dnssec::extended_error_of(verdict.reason),
                             dnssec::to_text(verdict));
    case dnssec::Security::kBogus:
      counters_.add(base::Counter::kValidationBogus);
      return on_bogus(now, resolution, verdict);
  }
}

void Engine::Impl::wait_for_checks(base::Now now, Resolution& resolution) {
  counters_.add(base::Counter::kValidationYields);
  const uint32_t spent = dnssec::checks_between({0, 0, 0, 0, 0}, resolution.budget->validation().spent());
  resolution.validating->waits_for_checks = {spent, resolution.id};
  if (check_turns_.empty()) arm_check_turn(now);
  check_turns_.wait(*resolution.validating->waits_for_checks);
}

void Engine::Impl::arm_check_turn(base::Now now) {
  next_check_turn_ = now.boot + base::Duration(1);  // once hits were answered
  timers_.arm({next_check_turn_, TimerKind::kChecks, 0});
}

void Engine::Impl::on_check_turn(base::Now now) {
  while (check_turns_.left(now.boot) != 0) {
    const auto next = check_turns_.pop();
    if (!next) return;
    Resolution* resolution = find(next->id);
    CHECK(resolution != nullptr && resolution->validating);
    resolution->validating->waits_for_checks.reset();
    step_validate(now, *resolution);
  }
  if (!check_turns_.empty()) arm_check_turn(now);
}

void Engine::Impl::ask_for_keys(base::Now now, Resolution& resolution) {
  Validating& validating = *resolution.validating;
  const Validation::Need need = validating.validation.needs();
  const auto asked = std::find(validating.asked.begin(), validating.asked.end(), need);
  if (asked != validating.asked.end()) {  // it was answered, and said nothing
    return fail_validation(now, resolution, Outcome::kFailed, wire::ExtendedError::kIndeterminate,
                           need.name.to_text() + ": no use in the answer for " + wire::to_text(need.type));
  }
  validating.asked.push_back(need);
  if (need.type == wire::Type::kDnskey) tell_key_tags(now, need.name);
  if (join_or_start(now, resolution, need.name, need.type, resolution.depth, RouteUse::kAll, false) != 0) return;
  if (resolution.budget->exhausted() != BudgetItem::kNone) return fail_budget(now, resolution);
  counters_.add(base::Counter::kResolutionLoops);
  fail_validation(now, resolution, Outcome::kLoop, wire::ExtendedError::kIndeterminate,
                  need.name.to_text() + ": its " + wire::to_text(need.type) + " cannot be found without itself");
}

// RFC 8145 §5: with the query for an anchor's keys its zone is told which keys are trusted. The answer is nobody's.
void Engine::Impl::tell_key_tags(base::Now now, wire::NameView zone) {
  const auto knows = [&](cache::Space space) {
    return fresh_entry(now.boot, zone, wire::Type::kDnskey, space) != nullptr;
  };
  if (knows(cache::Space::kAnswer) || knows(cache::Space::kFailure)) return;  // no query leaves for them
  const auto name = dnssec::key_tag_query_name(zone, anchors_.key_tags(zone));
  if (!name) return;
  const uint64_t question = question_key(*name, wire::Type::kNull, Purpose::kRefresh) ^ kUncheckedMark;
  if (by_question_.contains(question) || resolutions_.size() >= options_.bounds.resolutions_max / 2) return;
  counters_.add(base::Counter::kKeyTagsTold);
  start(now, *name, wire::Type::kNull, std::make_shared<QueryBudget>(probe_limits(options_.budget, 2), now.boot), 0,
        true, Purpose::kRefresh, RouteUse::kAll, 0, true);
}

// A sub-question for DS or DNSKEY has ended. Its own validation has told trusts_, unless it came from the cache,
// where another worker has put it.
void Engine::Impl::on_keys_done(base::Now now, Resolution& parent, const Resolution& done) {
  const Result& result = done.result;
  Validating& validating = *parent.validating;
  if (result.outcome == Outcome::kBudget && done.budget != parent.budget && validating.restarts < 2) {
    ++validating.restarts;  // somebody else's budget ran out: ask again on our own
    std::erase(validating.asked, Validation::Need{done.name, done.type});
    return make_ready(parent.id);
  }
  if (result.outcome != Outcome::kAnswered || result.is_stale) {
    // The data is there, and only its validation fails: who sets CD gets it.
    const bool is_verdict = result.error && is_validation_error(*result.error);
    const wire::ExtendedError missing =
        done.type == wire::Type::kDnskey ? wire::ExtendedError::kDnskeyMissing : wire::ExtendedError::kIndeterminate;
    const std::string why = result.error_text.empty() ? "no answer" : result.error_text;
    return fail_validation(now, parent, result.outcome == Outcome::kAnswered ? Outcome::kFailed : result.outcome,
                           is_verdict ? *result.error : missing,
                           is_verdict ? why : done.name.to_text() + " " + wire::to_text(done.type) + ": " + why);
  }
  if (!result.chain.empty()) {
    const cache::Entry& first = *result.chain.front();
    const bool is_new = done.type == wire::Type::kDs ? trusts_.cut(now.boot, done.name) == dnssec::Cut::kUnknown
                                                     : trusts_.keys(now.boot, done.name) == nullptr;
    if (is_new && done.type == wire::Type::kDs) {
      static_cast<void>(remember_ds_answer(tools_for(now, parent), done.name, first));
    } else if (is_new && first.header().type == wire::Type::kDnskey && first.header().kind == cache::Kind::kRrset &&
               first.header().validation == cache::Validation::kSecure) {
      trusts_.put_keys(now.boot, done.name, std::make_shared<dnssec::KeySet>(done.name, first.body()),
                       first.ttl_left_s(now.boot));
    }
  }
  make_ready(parent.id);
}

void Engine::Impl::stop_validating(Resolution& resolution) {
  if (!resolution.validating) return;
  if (const auto& waits = resolution.validating->waits_for_checks) {
    check_turns_.forget(*waits);
    if (check_turns_.empty()) timers_.disarm({next_check_turn_, TimerKind::kChecks, 0});
  }
  resolution.validating.reset();
}

// What it came to --------------------------------------------------------------------------------------

void Engine::Impl::accept_validated(base::Now now, Resolution& resolution) {
  const std::unique_ptr<Validating> done = std::move(resolution.validating);
  ResponseDigest& digest = done->validation.digest();
  age(digest, done->received, now.boot);
  keep_denials(now, done->received, done->validation, digest);
  if (done->source == ValidationSource::kReferral) return accept_referral_proof(now, resolution, digest);
  accept_data(now, resolution, digest, done->forwarder);
}

// The parent's word on a DS, that came with a referral.
void Engine::Impl::accept_referral_proof(base::Now now, Resolution& resolution, ResponseDigest& digest) {
  for (LearnedRrset& ds : digest.chain) {
    ds.rank = cache::Rank::kAuthAuthority;
    cache::EntryPtr entry = make_rrset_entry(now, resolution, ds);
    keep(resolution, cache::clone(*entry));
    if (entry->header().ttl_s > 0 && may_publish(resolution, ds.owner, ds.type)) publish(now, std::move(entry));
  }
  if (digest.chain.empty()) {
    // There is no SOA: it answers who asks now, and is not kept.
    cache::EntryParts parts;
    parts.header.kind = cache::Kind::kNodata;
    parts.header.type = wire::Type::kDs;
    parts.header.learned_s = now.boot.boot_seconds();
    parts.header.ttl_s = kReferralDenialTtlMax_s;
    parts.header.validation = digest.denial_validation;
    parts.header.has_proofs = digest.denial_proofs.empty() ? 0 : 1;
    parts.name = resolution.name;
    parts.tail = digest.denial_proofs;
    keep(resolution, parts.make());
  }
  resolution.result.rcode = wire::Rcode::kNoerror;
  finish(now, resolution, Outcome::kAnswered);
}

uint64_t Engine::Impl::doubt_key(const ZoneVisit& visit, const base::IpAddress& server) const {
  return hash_(wire::NameView(visit.delegation.zone).bytes()) ^ (hash_(server.bytes()) * 3);
}

// Perhaps one server only is behind, or somebody forged: the others are asked before it counts.
void Engine::Impl::on_bogus(base::Now now, Resolution& resolution, const dnssec::Verdict& verdict) {
  const std::unique_ptr<Validating> done = std::move(resolution.validating);
  log_.line(
      now.boot, base::LogLevel::kInfo,
      "bogus: " + resolution.name.to_text() + " " + wire::to_text(resolution.type) + ": " + dnssec::to_text(verdict));
  const bool is_from_a_server = !(done->server == base::IpAddress());
  // What was kept from a referral has not been asked for yet.
  if (is_from_a_server || done->source == ValidationSource::kLastResort) resolution.bogus = verdict;
  if (resolution.visit && is_from_a_server) {
    if (Attempt* attempt = attempt_for(resolution, done->server, done->port)) attempt->excluded = true;
    doubted_.doubt(now.boot, doubt_key(*resolution.visit, done->server));
    if (++resolution.bogus_answers >= kBogusAnswersMax) {
      note_zone_fails(now, resolution);  // what led to them was not validated
      return fail_bogus(now, resolution);
    }
    counters_.add(base::Counter::kValidationRetries);
  }
  resolution.enter(Phase::kFindServers);
  make_ready(resolution.id);
}

void Engine::Impl::fail_bogus(base::Now now, Resolution& resolution) {
  const dnssec::Verdict verdict = *resolution.bogus;
  fail_validation(now, resolution, Outcome::kFailed,
                  dnssec::extended_error_of(verdict.reason).value_or(wire::ExtendedError::kBogus),
                  dnssec::to_text(verdict));
}

void Engine::Impl::fail_validation(base::Now now, Resolution& resolution, Outcome outcome, wire::ExtendedError error,
                                   std::string text) {
  stop_validating(resolution);
  fail(now, resolution, outcome, error, std::move(text));
}

// Proofs beside referrals --------------------------------------------------------------------------------

// DS or its denial, as the parent gave it on the way: spares a question when the child's data is validated.
void Engine::Impl::keep_referral_proof(base::Now now, const Resolution& resolution, const ResponseDigest& digest) {
  const wire::Name zone = digest.referral->delegation.zone.lowercased();
  if (!digest.referral_ds && digest.proofs.empty()) return;
  if (!is_below_an_anchor(now, zone) || trusts_.cut(now.boot, zone) != dnssec::Cut::kUnknown) return;
  if (referral_proofs_.size() >= kReferralProofsMax) {
    std::erase_if(referral_proofs_, [&](const auto& item) { return now.boot >= item.second.until; });
    if (referral_proofs_.size() >= kReferralProofsMax) referral_proofs_.erase(referral_proofs_.begin());
  }
  const base::Bytes bytes = zone.view().bytes();
  referral_proofs_[std::vector<uint8_t>(bytes.begin(), bytes.end())] = {
      referral_proof_of(digest, zone), resolution.visit->delegation.zone, now.boot + kReferralProofLife};
}

// As if DS had been asked for.
ResponseDigest Engine::Impl::referral_proof_of(const ResponseDigest& digest, const wire::Name& zone) {
  ResponseDigest proof;
  proof.target = zone;
  proof.proofs = digest.proofs;
  proof.response_class = digest.referral_ds ? ResponseClass::kAnswer : ResponseClass::kNodata;
  proof.negative_ttl_s = kReferralDenialTtlMax_s;
  if (digest.referral_ds) proof.chain.push_back(*digest.referral_ds);
  return proof;
}

bool Engine::Impl::use_referral_proof(base::Now now, Resolution& resolution) {
  if (resolution.type != wire::Type::kDs || resolution.visit || !validates(resolution) ||
      resolution.purpose != Purpose::kAnswer) {
    return false;
  }
  const base::Bytes bytes = resolution.name.view().bytes();
  const auto found = referral_proofs_.find(std::vector<uint8_t>(bytes.begin(), bytes.end()));
  if (found == referral_proofs_.end()) return false;
  ReferralProof proof = std::move(found->second);
  referral_proofs_.erase(found);
  if (now.boot >= proof.until) return false;
  age(proof.digest, proof.until - kReferralProofLife, now.boot);
  const bool is_over = std::ranges::any_of(proof.digest.chain, [](const LearnedRrset& ds) { return ds.ttl_s == 0; });
  if (is_over) return false;
  begin_validation(now, resolution, std::move(proof.digest), proof.parent, nullptr, ValidationSource::kReferral);
  return true;
}

// Clients ------------------------------------------------------------------------------------------------

// CD: the client judges for itself, so what did not validate is fetched for it, and kept from all others.
void Engine::Impl::ask_unchecked(base::Now now, ClientId client) {
  const wire::Query parsed = wire::parse_query(clients_.at(client).query.packet);
  const wire::Name name = wire::Name(parsed.name).lowercased();
  const wire::Type type = type_to_resolve(parsed.type);
  const auto found = by_question_.find(question_of(name, type, RouteUse::kAll) ^ kUncheckedMark);
  const ResolutionId id = found != by_question_.end()
                              ? found->second
                              : start(now, name, type, std::make_shared<QueryBudget>(options_.budget, now.boot), 0,
                                      true, Purpose::kAnswer, RouteUse::kAll, 0, true);
  clients_.at(client).resolution = id;
  find(id)->clients.insert(client);
}

bool Engine::Impl::has_bogus_failure(base::Now now, wire::NameView name, wire::Type type) const {
  const cache::Entry* failure = fresh_entry(now.boot, name, type, cache::Space::kFailure);
  return failure != nullptr && is_validation_error(cache::read_failure(*failure).error);
}

// An alias at the end leads to a denial that left no entry (it had no SOA): nothing has proven that.
bool is_all_secure(const std::vector<cache::EntryPtr>& chain, wire::Type asked) {
  if (chain.empty()) return false;
  const cache::EntryHeader& last = chain.back()->header();
  if (last.kind == cache::Kind::kRrset && last.type != asked && last.type == wire::Type::kCname) return false;
  return std::all_of(chain.begin(), chain.end(), [](const cache::EntryPtr& entry) {
    return entry->header().validation == cache::Validation::kSecure;
  });
}

}  // namespace resolver
