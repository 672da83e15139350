// make_signed: which zones of the tree are signed, and how; what goes wrong with their signatures; who forges. The
// tree, its names and its changes are drawn before, as in unsigned worlds (tree.cc, content.cc).
#include <algorithm>

#include "base/check.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/world.h"
#include "tests/sim/zone_signer.h"
#include "wire/ldns_bridge.h"

namespace sim {
namespace {

using base::seconds;
using wire::Name;
using wire::NameView;
using wire::Type;

// A key is published for so long before it signs, and after it has signed the last time: what was fetched before is in
// no resolver's hands any more. Longer than a DS set from a referral waits to be checked.
constexpr base::Duration kKeyHandedOver = seconds(120);
constexpr uint32_t kRolledKeysTtl_s = 30;

class Signer {
 public:
  Signer(World& world, Random& dice) : world_(world), dice_(dice), start_(base::Instant::from_boot(kBootAtStart)) {}

  void sign() {
    world_.signing.emplace();
    for (size_t zone = 0; zone < world_.zones.size(); ++zone) draw_signer(zone);
    shorten_delegations();
    for (size_t zone = 0; zone < world_.zones.size(); ++zone) {
      ZoneVersion& first = world_.zones[zone].versions.back();
      first.data = with_keys(zone, *first.data, start_);
    }
    rewrite_changes();
    ask_for_dnssec_types();
    set_anchor();
  }

 private:
  [[nodiscard]] base::Instant part_of_span(uint32_t percent) const {
    return start_ + world_.habits.span * percent / 100;
  }

  // The deepest other zone that holds its name.
  [[nodiscard]] size_t parent_of(size_t zone) const {
    size_t best = 0;
    for (size_t index = 0; index < world_.zones.size(); ++index) {
      const NameView origin = world_.zones[index].origin;
      const NameView child = world_.zones[zone].origin;
      if (index == zone || !child.is_within(origin)) continue;
      if (origin.label_count() >= world_.zones[best].origin.view().label_count()) best = index;
    }
    return best;
  }

  DenialParameters draw_denial(bool may_opt_out) {
    DenialParameters denial;
    const uint32_t kind = dice_.below(10);
    denial.kind = kind < 5                   ? DenialKind::kNsec
                  : kind < 8 || !may_opt_out ? DenialKind::kNsec3
                                             : DenialKind::kNsec3OptOut;
    denial.iterations = static_cast<uint16_t>(dice_.percent(30) ? dice_.between(1, 5) : 0);
    if (dice_.percent(30)) denial.salt = {1, 2, 3, 4};
    return denial;
  }

  void draw_signer(size_t index) {
    Zone& zone = world_.zones[index];
    const size_t labels = zone.origin.view().label_count();
    if (zone.evil || !dice_.percent(labels == 0 ? 100 : labels == 1 ? 90 : 70)) return;
    SigningPlan plan;
    plan.denial = draw_denial(labels > 0);
    plan.has_zone_key = dice_.percent(60);
    if (dice_.percent(30)) plan.renewed = dice_.duration(seconds(60), seconds(600));
    const bool may_fail = world_.level == Level::kFaulty && labels > 0;
    if (may_fail && dice_.percent(15)) {
      plan.fault = static_cast<SigningFault>(dice_.between(1, 3));
      plan.fault_from = part_of_span(dice_.between(10, 50));
      plan.fault_until = part_of_span(dice_.between(60, 95));
    }
    if (plan.has_zone_key && dice_.percent(30)) {
      plan.new_key_published = part_of_span(dice_.between(5, 50));
      plan.new_key_signs = plan.new_key_published + kKeyHandedOver;
      plan.old_key_gone = plan.new_key_signs + kKeyHandedOver;
    }
    zone.signer = std::make_shared<ZoneSigner>(zone.origin, plan, dice_);
    has_ds_.resize(world_.zones.size());
    has_ds_[index] = labels > 0 && dice_.percent(85);  // else an island
    zone.is_secure = labels == 0 || (has_ds_[index] && world_.zones[parent_of(index)].is_secure);
    keys_ttl_s_.resize(world_.zones.size());
    static const std::vector<uint32_t> kTtls = {5, 30, 300, 3600};
    const bool is_rolled = plan.new_key_published != base::Instant::never();
    keys_ttl_s_[index] = is_rolled ? kRolledKeysTtl_s : dice_.pick(kTtls);
  }

  // So that parents are asked again while the world runs.
  void shorten_delegations() {
    if (!dice_.percent(60)) return;
    delegation_ttl_s_ = dice_.between(5, 120);
  }

  // A version of a zone with its keys of that time, and DS for the zones below it.
  std::shared_ptr<const ZoneData> with_keys(size_t index, const ZoneData& plain, base::Instant when) {
    auto data = std::make_shared<ZoneData>(plain);
    const Zone& zone = world_.zones[index];
    for (size_t child = 0; child < world_.zones.size(); ++child) {
      const Name& cut = world_.zones[child].origin;
      if (child == index || cut.view().is_root() || parent_of(child) != index) continue;
      if (delegation_ttl_s_ != 0 && data->find(cut, Type::kNs) != nullptr) {
        data->at(cut, Type::kNs).ttl_s = delegation_ttl_s_;
      }
      const auto& signer = world_.zones[child].signer;
      if (signer && has_ds_[child]) data->at(cut, Type::kDs) = RrSet{keys_ttl_s_[child], {signer->ds()}};
    }
    if (zone.signer) data->at(zone.origin, Type::kDnskey) = RrSet{keys_ttl_s_[index], zone.signer->dnskeys(when)};
    return data;
  }

  // The steps of a rollover are versions of the zone, too.
  void rewrite_changes() {
    std::vector<ZoneChange> changes = world_.changes;
    for (size_t zone = 0; zone < world_.zones.size(); ++zone) {
      if (!world_.zones[zone].signer) continue;
      const SigningPlan& plan = world_.zones[zone].signer->plan();
      if (plan.new_key_published == base::Instant::never()) continue;
      changes.push_back({plan.new_key_published, zone, nullptr});
      changes.push_back({plan.old_key_gone, zone, nullptr});
    }
    std::stable_sort(changes.begin(), changes.end(),
                     [](const ZoneChange& left, const ZoneChange& right) { return left.when < right.when; });
    std::map<size_t, std::shared_ptr<const ZoneData>> latest;
    for (ZoneChange& change : changes) {
      auto& data = latest.try_emplace(change.zone, world_.zones[change.zone].versions.back().data).first->second;
      if (change.data != nullptr) data = change.data;
      change.data = with_keys(change.zone, *data, change.when);
    }
    world_.changes = std::move(changes);
  }

  void ask_for_dnssec_types() {
    const size_t count = world_.zones.size();
    for (size_t zone = 0; zone < count; ++zone) {
      if (world_.zones[zone].evil || !dice_.percent(30)) continue;
      world_.questions.push_back({world_.zones[zone].origin, dice_.percent(50) ? Type::kDnskey : Type::kDs});
    }
  }

  void set_anchor() {
    std::vector<uint8_t> rdata = world_.zones[0].signer->ds();
    const std::string text = ". IN DS " + wire::rdata_to_text(Type::kDs, rdata);
    auto anchors = resolver::dnssec::TrustAnchors::parse({text}, world_.options.dnssec.policy);
    CHECK(anchors.has_value());
    world_.options.dnssec.anchors = std::move(*anchors);
    world_.options.dnssec.aggressive = dice_.percent(60);
  }

  World& world_;
  Random& dice_;
  base::Instant start_;
  std::vector<bool> has_ds_;
  std::vector<uint32_t> keys_ttl_s_;
  uint32_t delegation_ttl_s_ = 0;
};

}  // namespace

void make_signed(World& world, Random& dice) { Signer(world, dice).sign(); }

void draw_forger(World& world, Random& dice) {
  if (world.level != Level::kFaulty || dice.percent(15)) return;
  ForgerPlan plan;
  const base::Instant start = base::Instant::from_boot(kBootAtStart);
  const base::Duration span = world.habits.span;
  plan.from = dice.percent(50) ? start : start + dice.duration(base::Duration(0), span / 2);
  plan.until = plan.from + dice.duration(span / 10, span / 2);
  plan.chance = dice.percent(30) ? 100 : dice.between(5, 90);
  const bool is_everywhere = dice.percent(30);
  for (size_t server = 0; server < world.servers.size(); ++server) {
    if (is_everywhere || dice.percent(40)) plan.servers.push_back(server);
  }
  for (uint32_t forgery = 0; forgery < kForgeries; ++forgery) {
    if (dice.percent(30)) plan.forgeries.push_back(static_cast<Forgery>(forgery));
  }
  if (plan.forgeries.empty()) plan.forgeries.push_back(static_cast<Forgery>(dice.below(kForgeries)));
  plan.has_server = dice.percent(50);
  world.signing->forger = plan;
}

}  // namespace sim
