// A small world for the tests of ProviderHealth: providers with name servers and zones, clients that ask and
// retry as a resolver does, in virtual time. What a server does with a question is the test's to say.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "cache/provider_health.h"

namespace cache_test {

using base::milliseconds;
using base::seconds;

enum class Fate { kAnswer, kSilence, kRefusal, kUnreachable };

struct Server {
  cache::ServerGroups groups;
  uint64_t hash = 0;
  std::string name;
};

struct Zone {
  uint64_t hash = 0;
  std::vector<Server> servers;
  uint32_t number = 0;
};

struct Question {
  const Zone* zone = nullptr;
  const Server* server = nullptr;
  base::Instant sent;
};

class ProviderWorld {
 public:
  static constexpr base::Duration kRoundTrip = milliseconds(20);
  static constexpr base::Duration kTimeout = milliseconds(400);
  static constexpr int kTries = 3;

  explicit ProviderWorld(uint64_t seed, cache::ProviderOptions options = {.groups_max = 1024, .group_zones_max = 1 << 14})
      : health(options), entropy(base::Entropy::seed_from_number(seed)) {}

  wire::Name name(const std::string& text) const { return *wire::Name::from_text(text); }

  // `count` servers ns0.DOMAIN ...; each prefix 10.NET.x.0/24 holds 16 of them.
  std::vector<Server> servers(const std::string& domain, uint32_t net, uint32_t count) const {
    std::vector<Server> out(count);
    for (uint32_t i = 0; i < count; ++i) {
      const std::array<uint8_t, 4> bytes = {10, static_cast<uint8_t>(net), static_cast<uint8_t>(i / 16), static_cast<uint8_t>(i % 16 + 1)};
      const base::IpAddress address = base::IpAddress::v4(bytes);
      out[i].name = "ns" + std::to_string(i) + "." + domain;
      out[i].groups[cache::GroupKind::kDomain] = keys.domain(name(domain));
      out[i].groups[cache::GroupKind::kPrefix] = keys.prefix(address);
      out[i].hash = keys.server(address);
    }
    return out;
  }

  // Zones zN.test, each served by `each` of the servers, drawn by lot.
  std::vector<Zone> zones(const std::string& prefix, std::vector<Server> of, uint32_t count, uint32_t each) {
    std::vector<Zone> out(count);
    for (uint32_t i = 0; i < count; ++i) {
      out[i].hash = keys.zone(name(prefix + std::to_string(i) + ".test"));
      out[i].number = i;
      for (uint32_t j = 0; j < each; ++j) {
        std::swap(of[j], of[j + entropy.below(static_cast<uint32_t>(of.size()) - j)]);
        out[i].servers.push_back(of[j]);
      }
      std::vector<wire::Name> names;
      for (const Server& server : out[i].servers) names.push_back(name(server.name));
      const std::vector<wire::NameView> views(names.begin(), names.end());
      for (Server& server : out[i].servers) server.groups[cache::GroupKind::kSet] = keys.set(views);
    }
    return out;
  }

  void after(base::Duration delay, std::function<void()> what) { events_.emplace(now + delay, std::move(what)); }

  void run_until(base::Instant end) {
    while (!events_.empty() && events_.begin()->first <= end) {
      const auto event = events_.extract(events_.begin());
      now = event.key();
      event.mapped()();
      take_events();
    }
    now = end;
  }
  void run_for(base::Duration duration) { run_until(now + duration); }

  // A client's question every `period`, for a zone drawn by lot, until `end`.
  void ask_often(const std::vector<Zone>& zones, base::Duration period, base::Instant end) {
    if (now >= end || zones.empty()) return;
    ask(zones[entropy.below(static_cast<uint32_t>(zones.size()))], 0);
    after(period, [this, &zones, period, end] { ask_often(zones, period, end); });
  }

  void ask(const Zone& zone, int tries_before) {
    const size_t first = entropy.below(static_cast<uint32_t>(zone.servers.size()));
    const Server& server = zone.servers[first];
    if (health.is_dark(server.groups) && !health.take_canary(now, server.groups)) {
      ++held_back;
      return;
    }
    send({&zone, &server, now}, tries_before);
  }

  void send(const Question& question, int tries_before) {
    ++sent;
    switch (fate(question)) {
      case Fate::kAnswer:
        after(kRoundTrip, [this, question] { health.on_answer(now, question.server->groups, question.zone->hash); });
        break;
      case Fate::kRefusal:
        after(kRoundTrip, [this, question] { health.on_refusal(now, failed(question), names(*question.server)); });
        break;
      case Fate::kUnreachable:
        after(milliseconds(1), [this, question] { health.on_unreachable(now, failed(question)); });
        break;
      case Fate::kSilence:
        after(kTimeout, [this, question, tries_before] {
          health.on_timeout(now, failed(question), names(*question.server));
          if (tries_before + 1 < kTries && !health.is_dark(question.server->groups)) ask(*question.zone, tries_before + 1);
        });
        break;
    }
  }

  static cache::FailedQuery failed(const Question& question) {
    return {question.server->groups, question.server->hash, question.zone->hash, question.sent};
  }

  struct Names final : cache::GroupNames {
    explicit Names(const Server& of) : server(of) {}
    [[nodiscard]] std::string name_of(cache::GroupKind kind) const override {
      constexpr std::array<const char*, 3> kKinds = {"domain of ", "prefix of ", "set of "};
      return kKinds[static_cast<size_t>(kind)] + server.name;
    }
    const Server& server;
  };
  static Names names(const Server& server) { return Names(server); }

  [[nodiscard]] int count(cache::ProviderEvent::Type type) const {
    return static_cast<int>(std::count_if(log.begin(), log.end(), [type](const auto& event) { return event.type == type; }));
  }
  [[nodiscard]] int opened() const {
    return count(cache::ProviderEvent::Type::kSilent) + count(cache::ProviderEvent::Type::kRefusing);
  }
  [[nodiscard]] const cache::ProviderEvent* first(cache::ProviderEvent::Type type) const {
    const auto found = std::find_if(log.begin(), log.end(), [type](const auto& event) { return event.type == type; });
    return found == log.end() ? nullptr : &*found;
  }
  std::string lines() const {
    std::string out;
    for (const cache::ProviderEvent& event : log) out += cache::to_line(event) + "\n";
    return out;
  }

  cache::ProviderHealth health;
  cache::ProviderKeys keys{base::KeyedHash::Secret{7}};
  base::Entropy entropy;
  base::Instant now = base::Instant::from_boot(seconds(10'000));
  std::function<Fate(const Question&)> fate = [](const Question&) { return Fate::kAnswer; };
  std::vector<cache::ProviderEvent> log;
  uint64_t sent = 0;
  uint64_t held_back = 0;

 private:
  void take_events() {
    while (auto event = health.poll_event()) log.push_back(std::move(*event));
  }
  std::multimap<base::Instant, std::function<void()>> events_;
};

}  // namespace cache_test
