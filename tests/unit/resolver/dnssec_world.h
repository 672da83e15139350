// A small zone drawn from bytes, its NSEC or NSEC3 chain, and the plain truth about every question: what
// is proven from some of its records must be true, and with all of them what is true must be proven.
// Shared by a seeded test and the fuzz target, so it reports by text and needs no test library.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/dnssec/canonical.h"
#include "resolver/dnssec/denial_check.h"
#include "resolver/dnssec/synthesize.h"
#include "tests/fuzz/fuzz_support.h"
#include "tests/unit/resolver/type_bitmap.h"
#include "wire/dnssec_rdata.h"

namespace dnssec_world {

using namespace resolver::dnssec;  // NOLINT
using dnssec_test::append_bitmap;
using wire::Name;
using wire::NameView;
using wire::Type;

struct Node {
  Name name;
  std::vector<Type> types;
  [[nodiscard]] bool has(Type type) const { return std::find(types.begin(), types.end(), type) != types.end(); }
  [[nodiscard]] bool is_delegation() const { return has(Type::kNs) && !has(Type::kSoa); }
  [[nodiscard]] bool gives_away_below() const { return is_delegation() || has(Type::kDname); }
};

struct ChainRecord {
  Name owner;
  Type type = Type::kNone;
  std::vector<uint8_t> rdata;
};

class World {
 public:
  explicit World(fuzz::Input& input) {
    zone_ = *Name::from_text("z.");
    nodes_.push_back({zone_, {Type::kNs, Type::kSoa}});
    for (size_t count = input.u8() % 6; count > 0; --count) draw_node(input);
    drop_what_is_given_away();
    std::sort(nodes_.begin(), nodes_.end(),
              [](const Node& left, const Node& right) { return left.name.view().compare_canonical(right.name) < 0; });
  }

  static Name draw_name(fuzz::Input& input) {
    constexpr std::string_view kLabels[] = {"a", "b", "c", "*", "m", "\\000"};
    Name name = *Name::from_text("z.");
    for (size_t labels = input.u8() % 4; labels > 0; --labels) {
      const std::string_view label = kLabels[input.u8() % std::size(kLabels)];
      const Name above = name;
      name = *Name::from_text(std::string(label) + "." + above.to_text());
    }
    return name;
  }

  [[nodiscard]] NameView zone() const { return zone_; }

  [[nodiscard]] std::vector<ChainRecord> nsec() const {
    std::vector<ChainRecord> chain;
    for (size_t at = 0; at < nodes_.size(); ++at) {
      ChainRecord record{nodes_[at].name, Type::kNsec, {}};
      const base::Bytes next = nodes_[(at + 1) % nodes_.size()].name.view().bytes();
      record.rdata.assign(next.begin(), next.end());
      append_bitmap(record.rdata, nodes_[at].types);
      chain.push_back(std::move(record));
    }
    return chain;
  }

  [[nodiscard]] std::vector<ChainRecord> nsec3(bool opt_out) const {
    std::vector<Node> hashed;
    for (const Node& node : nodes_) {
      const bool left_out = opt_out && node.is_delegation() && !node.has(Type::kDs);
      if (left_out) continue;
      for (NameView name = node.name; name.is_within(zone_); name = name.parent()) {
        const bool known = std::any_of(hashed.begin(), hashed.end(), [&](const Node& other) { return other.name.view() == name; });
        const Node* real = find(name);
        const bool omitted = real != nullptr && opt_out && real->is_delegation() && !real->has(Type::kDs);
        if (!known && !omitted) hashed.push_back(real != nullptr ? *real : Node{Name(name), {}});
      }
    }
    std::vector<std::pair<Nsec3Hash, const Node*>> order;
    for (const Node& node : hashed) order.emplace_back(nsec3_hash(node.name, {}, 0), &node);
    std::sort(order.begin(), order.end());
    std::vector<ChainRecord> chain;
    for (size_t at = 0; at < order.size(); ++at) {
      const std::string label = wire::base32hex_encode(order[at].first);
      const Nsec3Hash& next = order[(at + 1) % order.size()].first;
      ChainRecord record{*Name::prepend(base::as_bytes(label), zone_), Type::kNsec3, {}};
      record.rdata = {1, static_cast<uint8_t>(opt_out ? 1 : 0), 0, 0, 0, static_cast<uint8_t>(next.size())};
      record.rdata.insert(record.rdata.end(), next.begin(), next.end());
      append_bitmap(record.rdata, order[at].second->types);
      chain.push_back(std::move(record));
    }
    return chain;
  }

  // The truth ------------------------------------------------------------------------------------------

  [[nodiscard]] const Node* find(NameView name) const {
    for (const Node& node : nodes_) {
      if (node.name.view() == name) return &node;
    }
    return nullptr;
  }
  [[nodiscard]] bool exists(NameView name) const {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.name.view().is_within(name); });
  }
  // Somebody else's: below a cut or a DNAME.
  [[nodiscard]] bool is_given_away(NameView name) const {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
      return node.gives_away_below() && name.is_within(node.name) && !(node.name.view() == name);
    });
  }
  [[nodiscard]] NameView encloser(NameView name) const {
    while (!exists(name)) name = name.parent();
    return name;
  }
  // With opt-out the chain does not show it: only unsigned delegations are at it or below it. Then the
  // wildcard beside it cannot be denied, and no server has a proof (RFC 5155 §7.1).
  [[nodiscard]] bool is_hidden_by_opt_out(NameView name) const {
    return std::all_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
      return !node.name.view().is_within(name) || (node.is_delegation() && !node.has(Type::kDs));
    });
  }
  [[nodiscard]] bool is_nxdomain(NameView name) const {
    return !is_given_away(name) && !exists(name) && !exists(wildcard_of(name));
  }
  [[nodiscard]] bool is_nodata(NameView name, Type type) const {
    if (is_given_away(name)) return false;
    if (!exists(name)) return exists(wildcard_of(name)) && lacks(wildcard_of(name), type);
    return lacks(name, type);
  }
  [[nodiscard]] Name wildcard_of(NameView name) const { return *Name::prepend(base::as_bytes("*"), encloser(name)); }

 private:
  [[nodiscard]] bool lacks(NameView name, Type type) const {
    const Node* node = find(name);
    if (node == nullptr) return true;  // an empty non-terminal
    if (type == Type::kDs ? node->has(Type::kSoa) : node->is_delegation()) return false;  // not this side's to say
    return !node->has(type) && !node->has(Type::kCname);
  }

  void draw_node(fuzz::Input& input) {
    const Name name = draw_name(input);
    const uint8_t kind = input.u8();
    if (find(name) != nullptr) return;
    Node node{name, {}};
    const bool has_star = name.to_text().find('*') != std::string::npos;
    switch (has_star ? kind % 3 : kind % 8) {
      case 0: node.types = {Type::kA}; break;
      case 1: node.types = {Type::kA, Type::kMx}; break;
      case 2: node.types = {Type::kCname}; break;
      case 3: node.types = {Type::kNs}; break;
      case 4: node.types = {Type::kNs, Type::kDs}; break;
      case 5: node.types = {Type::kDname}; break;
      case 6: node.types = {Type::kMx}; break;
      default: node.types = {Type::kNs}; break;
    }
    nodes_.push_back(std::move(node));
  }
  void drop_what_is_given_away() {
    std::vector<Node> kept;
    for (const Node& node : nodes_) {
      if (!is_given_away(node.name)) kept.push_back(node);
    }
    nodes_ = std::move(kept);
  }

  Name zone_;
  std::vector<Node> nodes_;
};

// What is wrong with the verdict, or nothing.
inline std::string judge(const World& world, const DenialQuestion& question, const Verdict& verdict, bool opt_out,
                         bool all_records, bool is_nsec3) {
  const NameView name = question.name;
  const bool secure = verdict.security == Security::kSecure;
  if (verdict.reason == Reason::kOptOut && !opt_out) return "opt-out without opt-out";
  const bool proven = secure || verdict.reason == Reason::kOptOut;
  if (opt_out && world.is_hidden_by_opt_out(world.encloser(name))) all_records = false;
  switch (question.claim) {
    case Claim::kNxdomain:
      if (secure && !world.is_nxdomain(name)) return "NXDOMAIN of a name that exists";
      if (all_records && world.is_nxdomain(name) && !proven) return "NXDOMAIN is true and not proven";
      return "";
    case Claim::kNodata:
      if (secure && !world.is_nodata(name, question.type)) return "NODATA of what exists, or does not exist at all";
      if (all_records && world.is_nodata(name, question.type) && !proven) return "NODATA is true and not proven";
      return "";
    case Claim::kWildcard: {
      const size_t encloser = world.encloser(name).label_count();
      // NSEC3 shows that the next closer name does not exist; NSEC shows the very encloser.
      const bool holds = !world.exists(name) && (is_nsec3 ? encloser <= question.encloser_labels : encloser == question.encloser_labels);
      if (secure && !holds) return "wildcard for a name that exists or has another encloser";
      const bool is_true = !world.is_given_away(name) && !world.exists(name) && encloser == question.encloser_labels;
      if (all_records && is_true && !proven) return "wildcard expansion is true and not proven";
      return "";
    }
    case Claim::kNoDs: {
      const Node* node = world.find(name);
      const bool is_cut = node != nullptr && node->is_delegation();
      if (secure && (is_cut || world.is_given_away(name))) return "no cut, where there is one";
      if (verdict.reason == Reason::kUnsignedDelegation && !(is_cut && !node->has(Type::kDs))) return "unsigned, and it is not";
      const bool is_true = !world.is_given_away(name) && !(node != nullptr && (node->has(Type::kDs) || node->has(Type::kSoa)));
      if (all_records && is_true && !proven && verdict.reason != Reason::kUnsignedDelegation) return "no DS is true and not proven";
      return "";
    }
  }
  return "";
}

inline std::string check_proofs(const World& world, const std::vector<ChainRecord>& chain, uint32_t mask, bool opt_out,
                                const DenialQuestion& question) {
  Denials denials(world.zone());
  bool all = true;
  for (size_t at = 0; at < chain.size(); ++at) {
    const bool given = (mask >> (at % 32) & 1) != 0;
    all = all && given;
    if (!given) continue;
    if (!denials.add(chain[at].owner, chain[at].type, chain[at].rdata, static_cast<uint8_t>(signed_labels(chain[at].owner)))) {
      all = false;  // more than a proof may have
    }
  }
  const Policy policy;
  DenialCheck check(denials, question, policy);
  ValidationBudget budget;
  while (check.step(budget, 1) == Step::kYield) {
  }
  const bool is_nsec3 = !chain.empty() && chain.front().type == Type::kNsec3;
  const std::string wrong = judge(world, question, check.verdict(), opt_out, all, is_nsec3);
  return wrong.empty() ? wrong : question.name.to_text() + ": " + wrong + " (" + to_text(check.verdict()) + ")";
}

inline std::string check_synthesis(const World& world, const std::vector<ChainRecord>& chain, uint32_t mask, bool opt_out,
                                   const DenialQuestion& question) {
  cache::DenialIndex index(1 << 18, {});
  const base::Instant now;
  const Policy policy;
  const uint8_t kSoa[22] = {};
  index.put_soa(now, world.zone(), {world.zone(), kSoa, {}, 100});
  bool all = true;
  for (size_t at = 0; at < chain.size(); ++at) {
    const bool given = (mask >> (at % 32) & 1) != 0;
    const SecureDenial denial{world.zone(), chain[at].owner, chain[at].type, chain[at].rdata, {}, 100, false};
    const bool kept = given && keep_denial(now, index, denial, policy);
    all = all && kept;
  }
  ValidationBudget budget;
  const Synthesis made = synthesize(now, index, world.zone(), question.name, question.type, policy, budget);
  const bool is_nxdomain = world.is_nxdomain(question.name);
  const bool is_nodata = world.is_nodata(question.name, question.type);
  std::string wrong;
  if (made.denied == Denied::kNxdomain && !is_nxdomain) wrong = "synthesized NXDOMAIN";
  if (made.denied == Denied::kNodata && !is_nodata) wrong = "synthesized NODATA";
  if (all && !opt_out && made.denied == Denied::kNothing && (is_nxdomain || is_nodata)) wrong = "not synthesized";
  return wrong.empty() ? wrong : question.name.to_text() + " " + wire::to_text(question.type) + ": " + wrong;
}

// Draws a world and a question; gives what is wrong, or nothing.
inline std::string run(fuzz::Input& input) {
  const World world(input);
  constexpr Type kTypes[] = {Type::kA, Type::kMx, Type::kDs, Type::kTxt};
  const Name name = World::draw_name(input);
  const uint8_t mode = input.u8();
  const bool opt_out = mode % 3 == 2;
  const std::vector<ChainRecord> chain = mode % 3 == 0 ? world.nsec() : world.nsec3(opt_out);
  DenialQuestion question{static_cast<Claim>(mode / 3 % 4), name, kTypes[input.u8() % 4], static_cast<uint8_t>(input.u8() % 4)};
  const uint8_t choice = input.u8();
  const uint32_t mask = choice % 2 == 0 ? 0xFFFF'FFFFU : input.u32();
  const std::string wrong = check_proofs(world, chain, mask, opt_out, question);
  return wrong.empty() ? check_synthesis(world, chain, mask, opt_out, question) : wrong;
}

}  // namespace dnssec_world
