// Sub-questions: the targets of aliases and the addresses of servers. They are resolutions like
// any other, share the budget of who asked, and are joined when one is under way already.
#include <algorithm>

#include "base/check.h"
#include "resolver/answer.h"
#include "resolver/engine_impl.h"
#include "resolver/sends_of_kin.h"
#include "wire/rdata.h"
#include "wire/rendered.h"

namespace resolver {

void Engine::Impl::follow_alias(base::Now now, Resolution& resolution, wire::NameView target) {
  if (resolution.walk.use == RouteUse::kProbe) return finish(now, resolution, Outcome::kAnswered);
  if (!resolution.budget->spend_alias() || resolution.result.chain.size() > 2 * kAliasLinksMax)
    return fail_budget(now, resolution);
  const bool in_glue_zone = resolution.glue_zone && target.is_within(*resolution.glue_zone);
  const ResolutionId sub =
      join_or_start(now, resolution, target, resolution.type, resolution.depth, resolution.walk.use,
                    resolution.unchecked, in_glue_zone ? &*resolution.glue_zone : nullptr);
  if (sub == 0) {
    if (resolution.budget->exhausted() != BudgetItem::kNone) return fail_budget(now, resolution);
    counters_.add(base::Counter::kResolutionLoops);
    return fail(now, resolution, Outcome::kLoop, wire::ExtendedError::kOther,
                "alias loop at " + wire::Name(target).to_text());
  }
  resolution.enter(Phase::kAwaitAlias);
}

// 0: no budget left, too deep, or it would wait for itself.
ResolutionId Engine::Impl::join_or_start(base::Now now, Resolution& parent, wire::NameView name, wire::Type type,
                                         uint8_t depth, RouteUse use, bool unchecked, const wire::Name* glue_zone) {
  const wire::Name lower = wire::Name(name).lowercased();
  const Purpose purpose = glue_zone != nullptr ? Purpose::kGlue : Purpose::kAnswer;
  const uint64_t question =
      question_of(lower, type, use) ^ (glue_zone != nullptr ? kGlueMark : 0) ^ (unchecked ? kUncheckedMark : 0);
  ResolutionId id = 0;
  if (const auto found = by_question_.find(question); found != by_question_.end()) {
    if (waits_for(found->second, parent.id)) return 0;
    id = found->second;
  } else {
    if (depth > kDepthMax || !parent.budget->spend_sub_question()) {
      parent.cut_short = true;
      return 0;
    }
    counters_.add(base::Counter::kResolutionSubQuestions);
    id = start(now, lower, type, parent.budget, depth, false, purpose, use, 0, unchecked);
    if (glue_zone != nullptr) {
      find(id)->glue_zone = *glue_zone;
      find(id)->minimise = false;  // who is asked for the very name gives its address
    }
  }
  await(now, parent, id);
  return id;
}

// Its own patience runs as well: the sub-question may have been under way for long, and have lost its own. Where it
// waits for several, one that has not is worth waiting for.
void Engine::Impl::await(base::Now now, Resolution& parent, ResolutionId sub) {
  if (parent.patience_until == base::Instant::never() || parent.patience_until <= now.boot) {
    start_patience(now, parent, find(sub)->is_overdue ? base::Duration(0) : options_.stale.client_timeout);
  }
  find(sub)->dependents.push_back(parent.id);
  parent.awaited.push_back(sub);
}

// An entry becomes part of the result.
void Engine::Impl::keep(Resolution& resolution, cache::EntryPtr entry) {
  resolution.held_bytes += entry->total_bytes();
  resolution_bytes_ += entry->total_bytes();
  resolution.result.chain.push_back(std::move(entry));
}

// Whether `start` is `goal` or waits for it, over any number of sub-questions (TsuNAME: row 22).
bool Engine::Impl::waits_for(ResolutionId start, ResolutionId goal) const {
  std::vector<ResolutionId> open{start};
  std::unordered_set<ResolutionId> seen;
  while (!open.empty()) {
    const ResolutionId id = open.back();
    open.pop_back();
    if (id == goal) return true;
    if (!seen.insert(id).second) continue;
    if (seen.size() > kAwaitedNodesMax) return true;
    const auto found = resolutions_.find(id);
    if (found == resolutions_.end()) continue;
    open.insert(open.end(), found->second->awaited.begin(), found->second->awaited.end());
  }
  return false;
}

// The server names whose addresses were not looked up, in random order; those of a domain that was silent to this
// question come last: who serves it serves, as a rule, its servers' names too. One more address of a provider
// that is dark as a whole helps nobody.
std::vector<size_t> Engine::Impl::names_to_look_up(ZoneVisit& visit) {
  std::vector<size_t> names;
  std::vector<size_t> last;
  const SendsOfKin sends = sends_of_kin(visit);
  for (size_t index = 0; index < visit.lookups.size(); ++index) {
    if (visit.lookups[index] != AddressLookup::kNotStarted) continue;
    if (!visit.attempts.empty() && is_name_dark(visit, index)) continue;
    const bool is_suspect = options_.stale.circuits && shared_.providers->is_suspect(groups_of_name(visit, index));
    (is_suspect || sends.of_domain[index % SendsOfKin::kServersMax] > 0 ? last : names).push_back(index);
  }
  const auto shuffle = [&](std::vector<size_t>& list) {
    for (size_t left = list.size(); left > 1; --left) {
      std::swap(list[left - 1], list[entropy_.below(static_cast<uint32_t>(left))]);
    }
  };
  shuffle(names);
  shuffle(last);
  names.insert(names.end(), last.begin(), last.end());
  return names;
}

bool Engine::Impl::has_other_domain_to_look_up(ZoneVisit& visit) {
  const std::vector<size_t> names = names_to_look_up(visit);
  return !names.empty() && sends_of_kin(visit).of_domain[names.front() % SendsOfKin::kServersMax] == 0;
}

// Whether no delegation below `zone` is known on the way to `name`, which is within it: who is silent to one such
// name is silent to all.
bool Engine::Impl::is_served_by(base::Now now, wire::NameView name, wire::NameView zone) const {
  if (!name.is_within(zone)) return false;
  for (; name.label_count() > zone.label_count(); name = name.parent()) {
    if (fresh_entry(now.boot, name, wire::Type::kNs, cache::Space::kDelegation) != nullptr) return false;
  }
  return true;
}

// Where all servers of a zone were silent to one name, they are to the next: names that only it can give addresses
// of are not looked up any more (NRDelegation, CAMP: rows 23 and 25).
void Engine::Impl::give_up_names_of(base::Now now, ZoneVisit& visit, wire::NameView silent_zone) {
  for (size_t index = 0; index < visit.lookups.size(); ++index) {
    if (visit.lookups[index] != AddressLookup::kNotStarted) continue;
    const wire::Name name = visit.delegation.servers[index].name.lowercased();
    if (is_served_by(now, name, silent_zone)) visit.lookups[index] = AddressLookup::kDone;
  }
}

// The names that another zone gives the addresses of than those that the look-ups under way are held up in: more
// questions to the same silent servers help nobody, and cost (NRDelegation, CAMP: rows 23 and 25).
std::vector<size_t> Engine::Impl::names_to_look_up_beside(base::Now now, Resolution& resolution) {
  std::vector<size_t> names = names_to_look_up(*resolution.visit);
  std::erase_if(names, [&](size_t index) {
    const wire::Name name = resolution.visit->delegation.servers[index].name.lowercased();
    return std::ranges::any_of(resolution.awaited, [&](ResolutionId id) {
      const Resolution* sub = find(id);
      return sub != nullptr && sub->visit && is_served_by(now, name, sub->visit->delegation.zone);
    });
  });
  return names;
}

// Starts the look-up of one more server name's addresses. False: none is left.
bool Engine::Impl::look_up_addresses(base::Now now, Resolution& resolution) {
  if (rejoin_lookups(now, resolution)) return true;
  if (!look_up_next_name(now, resolution, names_to_look_up(*resolution.visit))) return false;
  resolution.enter(Phase::kAwaitAddresses);
  return true;
}

// The address of one server is long in coming: another server's is looked up beside it, as a second server is asked
// beside a slow one.
void Engine::Impl::hedge_lookup(base::Now now, ResolutionId id) {
  Resolution* resolution = find(id);
  if (resolution == nullptr) return;
  resolution->next_name_at = base::Instant::never();
  if (resolution->phase != Phase::kAwaitAddresses) return;
  const std::vector<size_t> names = names_to_look_up_beside(now, *resolution);
  if (!names.empty() && hedge_allowance_.take()) look_up_next_name(now, *resolution, names);
}

void Engine::Impl::disarm_next_name(Resolution& resolution) {
  timers_.disarm({resolution.next_name_at, TimerKind::kNextName, resolution.id});
  resolution.next_name_at = base::Instant::never();
}

// Starts the look-up of the first of `names` that can be looked up. False: none can.
bool Engine::Impl::look_up_next_name(base::Now now, Resolution& resolution, const std::vector<size_t>& names) {
  ZoneVisit& visit = *resolution.visit;
  const wire::NameView zone = visit.delegation.zone;
  for (const size_t index : names) {
    if (resolution.address_lookups >= kAddressLookupsPerResolutionMax) {
      resolution.cut_short = true;
      break;
    }
    visit.lookups[index] = AddressLookup::kDone;
    const wire::Name server = visit.delegation.servers[index].name;
    // A name inside the zone needs glue: asking for it would need the zone itself. Parents leave glue out of
    // a referral when there is much of it, and give it to who asks for the server's name.
    const bool for_glue = !zone.is_root() && wire::NameView(server).is_within(zone);
    if (for_glue &&
        (!visit.delegation.servers[index].glue.empty() || visit.glue_lookups++ >= kGlueLookupsPerVisitMax)) {
      ++resolution.evidence.no_address;
      continue;
    }
    const wire::Name* const glue_zone = for_glue ? &visit.delegation.zone : nullptr;
    ++resolution.address_lookups;
    bool started = false;
    const uint8_t depth = static_cast<uint8_t>(resolution.depth + 1);
    const RouteUse use = use_for_addresses(server, wire::Type::kA);
    for (const wire::Type type : {wire::Type::kA, wire::Type::kAaaa}) {
      const bool enabled = type == wire::Type::kA ? options_.ipv4 : options_.ipv6;
      if (enabled)
        started =
            join_or_start(now, resolution, server, type, depth, use, !anchors_.empty(), glue_zone) != 0 || started;
    }
    if (started) {
      visit.lookups[index] = AddressLookup::kRunning;
      disarm_next_name(resolution);
      resolution.next_name_at = now.boot + kHedgeDelayUnknown;
      timers_.arm({resolution.next_name_at, TimerKind::kNextName, resolution.id});
      return true;
    }
    ++resolution.evidence.no_address;
    counters_.add(base::Counter::kResolutionLoops);
  }
  return false;
}

// Look-ups that were left when the other family's address came first, and are still out.
bool Engine::Impl::rejoin_lookups(base::Now now, Resolution& resolution) {
  ZoneVisit& visit = *resolution.visit;
  for (size_t index = 0; index < visit.lookups.size(); ++index) {
    if (visit.lookups[index] != AddressLookup::kRunning) continue;
    const wire::Name server = wire::Name(visit.delegation.servers[index].name).lowercased();
    const wire::NameView zone = visit.delegation.zone;
    const uint64_t mark =
        (!zone.is_root() && server.view().is_within(zone) ? kGlueMark : 0) ^ (anchors_.empty() ? 0 : kUncheckedMark);
    for (const wire::Type type : {wire::Type::kA, wire::Type::kAaaa}) {
      const uint64_t question = question_of(server, type, use_for_addresses(server, type)) ^ mark;
      const auto found = by_question_.find(question);
      if (found != by_question_.end() && !waits_for(found->second, resolution.id)) {
        await(now, resolution, found->second);
      }
    }
  }
  if (resolution.awaited.empty()) return false;
  resolution.enter(Phase::kAwaitAddresses);
  return true;
}

void Engine::Impl::on_sub_question_done(base::Now now, Resolution& parent, const Resolution& done) {
  std::erase(parent.awaited, done.id);
  if (parent.phase == Phase::kAwaitAlias) return on_alias_done(now, parent, done);
  if (parent.phase == Phase::kValidate) return on_keys_done(now, parent, done);
  if (parent.phase != Phase::kAwaitAddresses) return;
  const bool has_data = done.result.outcome == Outcome::kAnswered && !done.result.chain.empty() &&
                        done.result.chain.back()->header().kind == cache::Kind::kRrset;
  if (!has_data && parent.awaited.empty()) ++parent.evidence.no_address;
  const bool was_silence = done.result.outcome == Outcome::kFailed && done.evidence.timeouts > 0;
  if (was_silence && done.visit && done.visit->upstream == nullptr) {
    give_up_names_of(now, *parent.visit, done.visit->delegation.zone);
  }
  if (has_data) {
    // A TTL of 0 keeps it out of the cache: take it from the result. RFC 2181 §10.3 forbids zones to use an
    // alias as the name of a server; where one does, following it does no harm.
    const auto& servers = parent.visit->delegation.servers;
    const auto server =
        std::ranges::find(servers, done.name, [](const auto& other) { return other.name.lowercased(); });
    if (server != servers.end()) {
      wire::for_each_rendered(done.result.chain.back()->body(), [&](wire::Type type, uint32_t, base::Bytes rdata) {
        if (const auto address = wire::parse_address(type, rdata)) {
          if (parent.visit->attempts.size() < cache::kServersMax * cache::kAddressesPerServerMax) {
            add_address(parent, *address, static_cast<size_t>(server - servers.begin()));
          }
        }
      });
    }
  }
  const auto& attempts = parent.visit->attempts;
  const bool usable = std::any_of(attempts.begin(), attempts.end(), [](const Attempt& attempt) {
    return !attempt.excluded && attempt.udp_sends < kSendsPerTransportMax;
  });
  if ((has_data && usable) || parent.awaited.empty()) {
    stop_awaiting(parent);  // the other family's addresses will be in the cache, should they be needed
    parent.enter(Phase::kFindServers);
    make_ready(parent.id);
  }
}

// What is still out goes on for the cache; it is nothing to this resolution any more.
void Engine::Impl::stop_awaiting(Resolution& resolution) {
  for (const ResolutionId id : resolution.awaited) {
    if (Resolution* sub = find(id)) std::erase(sub->dependents, resolution.id);
  }
  resolution.awaited.clear();
}

// The parent has referred to the zone again, this time with the address of the server in question, if it has
// one. It is for who asked: glue is not published, and the referral's other glue may be cut short.
void Engine::Impl::take_glue(base::Now now, Resolution& resolution, const cache::Delegation& delegation) {
  LearnedRrset glue;
  glue.owner = resolution.name;
  glue.type = resolution.type;
  glue.rank = cache::Rank::kReferral;
  for (const cache::DelegationServer& server : delegation.servers) {
    if (!(server.name == resolution.name)) continue;
    for (const base::IpAddress& address : server.glue) {
      if (address.is_v4() != (resolution.type == wire::Type::kA)) continue;
      wire::append_rendered(glue.rendered, glue.type, wire::Class::kIn, 0, address.bytes());
      ++glue.record_count;
    }
  }
  if (glue.record_count > 0) keep(resolution, make_rrset_entry(now, resolution, glue));
  resolution.result.rcode = wire::Rcode::kNoerror;
  finish(now, resolution, Outcome::kAnswered);
}

void Engine::Impl::on_alias_done(base::Now now, Resolution& parent, const Resolution& done) {
  const Result& result = done.result;
  if (parent.result.chain.size() + result.chain.size() > 2 * kAliasLinksMax + 1) {
    // Joined resolutions have budgets of their own, so the whole chain is counted here.
    counters_.add(base::Counter::kBudgetAliases);
    return fail(now, parent, Outcome::kLoop, wire::ExtendedError::kOther, "too many aliases");
  }
  if (result.outcome == Outcome::kAnswered) {
    for (const auto& entry : result.chain) keep(parent, cache::clone(*entry));
    parent.result.rcode = result.rcode;
    parent.result.is_stale = parent.result.is_stale || result.is_stale;
    if (result.error) {  // stale, here or at the target's forwarder
      parent.result.error = result.error;
      parent.result.error_text = result.error_text;
    }
    return finish(now, parent, Outcome::kAnswered);
  }
  if (result.outcome == Outcome::kBudget && done.budget != parent.budget) {
    // Somebody else's budget ran out: ask again on our own.
    const ResolutionId id =
        join_or_start(now, parent, done.name, done.type, parent.depth, done.walk.use, done.unchecked);
    if (id != 0) return;
  }
  fail(now, parent, result.outcome, result.error.value_or(wire::ExtendedError::kOther), result.error_text);
}

}  // namespace resolver
