#include "world.h"

#include <algorithm>

namespace scenario {
namespace {

inline constexpr base::Duration kServerLatency = base::milliseconds(20);

EdnsFields answer_edns(const Entry& entry, const Packet& packet, const Decoded& query) {
  EdnsFields edns;
  edns.present = query.edns.present && !entry.adjust.no_edns;
  edns.size = entry.adjust.edns_size.value_or(1232);
  edns.version = entry.adjust.edns_version.value_or(0);
  edns.dnssec_ok = packet.dnssec_ok;
  edns.options = entry.adjust.echo_opt ? query.edns.options : entry.adjust.options;
  if (!entry.adjust.server_cookie && !entry.adjust.wrong_cookie) return edns;
  for (const Option& option : query.edns.options) {
    if (option.code != 10 || option.value.size() < 8) continue;
    Option cookie{10, {option.value.begin(), option.value.begin() + 8}};
    if (entry.adjust.wrong_cookie) cookie.value[0] = static_cast<uint8_t>(cookie.value[0] ^ 0xFF);
    cookie.value.insert(cookie.value.end(), kWorldCookie.begin(), kWorldCookie.end());
    edns.options.push_back(std::move(cookie));
  }
  return edns;
}

std::vector<uint8_t> make_message(const Entry& entry, const Packet& packet, const Decoded& query, bool copies_name) {
  const Adjust& adjust = entry.adjust;
  uint16_t id = adjust.copy_id ? query.id : 0;
  if (packet.wrong_id) id = static_cast<uint16_t>(query.id + 1);
  if (packet.raw) {
    std::vector<uint8_t> raw = *packet.raw;
    if ((adjust.raw_id || adjust.copy_id) && raw.size() >= 2) base::store_be16(raw.data(), query.id);
    return raw;
  }
  Packet answer = packet;
  if (adjust.copy_query) {
    answer.questions = query.packet.questions;
  } else if (!answer.questions.empty() && !query.packet.questions.empty() && !adjust.keep_case) {
    wire::Name& name = answer.questions[0].name;
    const wire::Name& asked = query.packet.questions[0].name;
    if (copies_name || name == asked) name = asked;
  }
  return write_message(id, answer, answer_edns(entry, packet, query));
}

}  // namespace

std::vector<Delivery> make_deliveries(const Entry& entry, const Decoded& query, bool copies_name) {
  std::vector<Delivery> deliveries;
  if (entry.adjust.do_not_answer) return deliveries;
  base::Duration delay = entry.adjust.delay;
  for (const Packet& packet : entry.packets) {
    delay += packet.delay;
    for (uint32_t copy = 0; copy < packet.copies; ++copy) {
      deliveries.push_back({delay, make_message(entry, packet, query, copies_name)});
    }
  }
  return deliveries;
}

World::World(const Scenario& scenario, const Settings& settings) : scenario_(scenario), settings_(settings) {
  for (const Range& range : scenario.ranges) range_addresses_.insert(range.addresses.begin(), range.addresses.end());
  for (const auto& server : settings.options.root_hints.servers)
    hint_addresses_.insert(server.glue.begin(), server.glue.end());
}

base::Duration World::latency(const base::IpAddress& address) const {
  const auto found = settings_.latency.find(address);
  return found == settings_.latency.end() ? kServerLatency : found->second;
}

const Entry* World::find_in_ranges(const Decoded& query, const base::IpAddress* address, resolver::Transport transport,
                                   uint64_t step) const {
  for (const Range& range : scenario_.ranges) {
    if (step < range.from || step > range.to) continue;
    const bool here = address == nullptr || range.addresses.empty() ||
                      std::find(range.addresses.begin(), range.addresses.end(), *address) != range.addresses.end();
    if (!here) continue;
    for (const Entry& entry : range.entries) {
      if (!difference(entry, query, transport)) return &entry;
    }
  }
  return nullptr;
}

std::vector<Delivery> World::respond(base::Bytes bytes, const base::IpAddress& address, resolver::Transport transport,
                                     uint64_t step) {
  const auto query = read_message(bytes);
  if (!query) throw Failure{"the engine sent bytes that are no DNS message"};
  // Deckard lets the hints' address answer from every range when no range names it.
  const bool known = range_addresses_.contains(address);
  const bool any = settings_.deckard && !known && hint_addresses_.contains(address);
  if (const Entry* entry = find_in_ranges(*query, any ? nullptr : &address, transport, step))
    return make_deliveries(*entry, *query, settings_.deckard);
  if (!settings_.deckard) return {};
  bool has_replies = false;
  for (const Step& reply : scenario_.steps) {
    if (reply.kind != StepKind::kReply) continue;
    has_replies = true;
    if (reply.id < step || used_replies_.contains(&reply) || difference(*reply.entry, *query, transport)) continue;
    used_replies_.insert(&reply);
    return make_deliveries(*reply.entry, *query, true);
  }
  if (!known && !any && !has_replies) return {};  // nobody listens there
  Packet servfail = query->packet;
  servfail.qr = true;
  servfail.rcode = wire::Rcode::kServfail;
  EdnsFields edns;
  edns.present = query->edns.present;
  return {{base::Duration{0}, write_message(query->id, servfail, edns)}};
}

}  // namespace scenario
