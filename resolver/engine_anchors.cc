// RFC 5011 §2.3: the keys of each zone with an anchor are asked for now and then, by worker 0. That is an ordinary
// refresh of its DNSKEY RRset, so that only what the anchors of now have validated is looked at; whatever else it
// comes to changes nothing. What the states make of it is put into the shared keys, and every worker, this one
// too, takes it up from there at its next event.
#include <algorithm>
#include <utility>

#include "resolver/dnssec/managed_anchors.h"
#include "resolver/engine_impl.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

constexpr base::Duration kWhenOverloaded = base::seconds(60);
// The clocks are read one after the other, and NTP slews one of them.
constexpr int64_t kStepMin_s = 60;

bool has_all_of(base::Bytes these, base::Bytes others) {
  bool all = true;
  wire::for_each_rendered(others, [&](wire::Type, uint32_t, base::Bytes wanted) {
    bool found = false;
    wire::for_each_rendered(these, [&](wire::Type, uint32_t, base::Bytes rdata) {
      found = found || std::equal(rdata.begin(), rdata.end(), wanted.begin(), wanted.end());
    });
    all = all && found;
  });
  return all;
}

void warn_if_nothing_is_trusted(wire::NameView zone, base::Bytes configured_ds,
                                const std::vector<dnssec::ManagedKey>& keys) {
  if (dnssec::trusts_any(zone, configured_ds, keys)) return;
  base::log_line(base::LogLevel::kError, "dnssec: every key of " + zone.to_text() +
                                             " is revoked, and nothing in it can be validated; give its present key in "
                                             "[dnssec] trust_anchors");
}

std::vector<dnssec::ManagedKey> keys_of(const cache::ManagedKeys& managed, wire::NameView zone) {
  for (cache::ManagedZone& known : managed.zones()) {
    if (known.zone.view() == zone) return std::move(known.keys);
  }
  return {};
}

// By how much the wall clock has been moved between the two.
int64_t step_of_wall_s(const base::Now& before, const base::Now& now) {
  const int64_t passed_s = base::duration_cast<base::seconds>(now.boot - before.boot).count();
  const int64_t step_s = now.wall.seconds_since_1970 - before.wall.seconds_since_1970 - passed_s;
  return step_s >= kStepMin_s || step_s <= -kStepMin_s ? step_s : 0;
}

}  // namespace

void Engine::Impl::manage_anchors() {
  if (shared_.managed_keys == nullptr) return;
  follow_managed_keys();
  if (options_.worker_index != 0) return;
  options_.dnssec.anchors.for_each([this](wire::NameView zone, base::Bytes ds_records) {
    managed_anchors_.push_back({wire::Name(zone), {ds_records.begin(), ds_records.end()}, 0, std::nullopt, 0, 0});
    warn_if_nothing_is_trusted(zone, ds_records, keys_of(*shared_.managed_keys, zone));
    timers_.arm({base::Instant(), TimerKind::kAnchor, managed_anchors_.size() - 1});  // in the first turn
  });
}

// What is trusted from now on. Keys that a zone has lent from an anchor which is trusted no more are forgotten.
void Engine::Impl::follow_managed_keys() {
  if (shared_.managed_keys == nullptr || shared_.managed_keys->version() == managed_version_) return;
  managed_version_ = shared_.managed_keys->version();
  const std::vector<cache::ManagedZone> zones = shared_.managed_keys->zones();
  options_.dnssec.anchors.for_each([&](wire::NameView zone, base::Bytes configured_ds) {
    const auto found = std::find_if(zones.begin(), zones.end(),
                                    [&](const cache::ManagedZone& managed) { return managed.zone.view() == zone; });
    if (found == zones.end()) return;
    std::vector<uint8_t> trusted = dnssec::trusted_ds(zone, configured_ds, found->keys);
    if (!has_all_of(trusted, anchors_.ds_records(zone))) trusts_.forget_keys(zone);
    anchors_.replace(zone, std::move(trusted));
  });
  answer_policy_.root_key_tags = anchors_.key_tags(wire::NameView());
}

void Engine::Impl::look_at_anchor(base::Now now, size_t index) {
  ManagedAnchor& anchor = managed_anchors_[index];
  if (!is_below_an_anchor(now, anchor.zone)) {  // the operator has switched it off for now
    timers_.arm({now.boot + base::seconds(dnssec::retry_interval_s(0, 0)), TimerKind::kAnchor, index});
    return;
  }
  const uint64_t question = question_key(anchor.zone, wire::Type::kDnskey, Purpose::kRefresh);
  start_refresh(now, anchor.zone, wire::Type::kDnskey, options_.budget);
  const auto started = by_question_.find(question);  // perhaps before, by somebody else
  if (started == by_question_.end()) {
    timers_.arm({now.boot + kWhenOverloaded, TimerKind::kAnchor, index});
    return;
  }
  counters_.add(base::Counter::kAnchorLooks);
  anchor.looking = started->second;
}

// A resolution has ended; if it was a look at an anchor's keys: what was seen, and when to look again.
void Engine::Impl::on_anchor_seen(base::Now now, const Resolution& done) {
  for (size_t index = 0; index < managed_anchors_.size(); ++index) {
    ManagedAnchor& anchor = managed_anchors_[index];
    if (anchor.looking != done.id) continue;
    anchor.looking = 0;
    const Result& result = done.result;
    const cache::Entry* first = result.chain.empty() ? nullptr : result.chain.front().get();
    const bool is_secure = result.outcome == Outcome::kAnswered && !result.is_stale && first != nullptr &&
                           first->header().kind == cache::Kind::kRrset && first->header().type == wire::Type::kDnskey &&
                           first->name() == anchor.zone.view() &&
                           first->header().validation == cache::Validation::kSecure;
    uint32_t wait_s = 0;
    if (is_secure) {
      take_sighting(now, anchor, *first);
      wait_s = dnssec::query_interval_s(anchor.original_ttl_s, anchor.signature_life_s);
    } else {
      counters_.add(base::Counter::kAnchorLooksFailed);
      wait_s = dnssec::retry_interval_s(anchor.original_ttl_s, anchor.signature_life_s);
      base::log_line(base::LogLevel::kWarning,
                     "dnssec: the keys of " + anchor.zone.to_text() + " could not be looked at (" +
                         (result.error_text.empty() ? "no secure answer" : result.error_text) + "); again in " +
                         std::to_string(wait_s / 60) + " minutes, and what is trusted stays so");
    }
    timers_.arm({now.boot + base::seconds(wait_s), TimerKind::kAnchor, index});
  }
}

void Engine::Impl::take_sighting(base::Now now, ManagedAnchor& anchor, const cache::Entry& dnskeys) {
  std::vector<dnssec::ManagedKey> before = keys_of(*shared_.managed_keys, anchor.zone);
  if (anchor.looked_at) before = dnssec::follow_step(std::move(before), step_of_wall_s(*anchor.looked_at, now));
  const dnssec::SignedRrset rrset{anchor.zone, wire::Type::kDnskey, wire::Class::kIn, dnskeys.body(), dnskeys.tail()};
  const dnssec::Observation seen =
      dnssec::read_observation(rrset, anchor.configured_ds, before, parsed_keys_, options_.dnssec.policy, now.wall);
  anchor.looked_at = now;
  anchor.original_ttl_s = seen.original_ttl_s;
  anchor.signature_life_s = seen.signature_life_s;
  std::vector<dnssec::ManagedKey> after = dnssec::observe(now.wall, before, seen.seen);
  for (const dnssec::KeyNews& news : dnssec::news_of(anchor.zone, before, after)) {
    base::log_line(news.level, news.line);
  }
  warn_if_nothing_is_trusted(anchor.zone, anchor.configured_ds, after);
  shared_.managed_keys->put({anchor.zone, std::move(after)});
}

}  // namespace resolver
