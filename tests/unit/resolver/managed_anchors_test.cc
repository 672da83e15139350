// Trust anchors that follow rollovers: what configuration, memory and sight make of each other, each by itself;
// then engines over a signed root in virtual time, whose keys roll, are stolen and come back.
#include "resolver/dnssec/managed_anchors.h"

#include <deque>
#include <functional>

#include "resolver/engine.h"
#include "tests/unit/resolver/dnssec_support.h"
#include "wire/query.h"
#include "wire/writer.h"

namespace {

using namespace dnssec_test;  // NOLINT
using cache::ManagedZone;

std::string tagged(const std::vector<ManagedKey>& keys) {
  std::string text;
  for (const ManagedKey& key : keys) text += "SPVMRX"[static_cast<int>(key.state)];
  return text;
}

std::vector<uint8_t> ksk(uint8_t seed, uint16_t flags = 257) {
  return SigningKey(".", algorithm::kEd25519, flags, seed).rdata();
}

std::vector<uint8_t> ds_of(const std::vector<std::vector<uint8_t>>& keys) {
  std::vector<uint8_t> ds;
  for (const auto& key : keys) append_ds_of(name("."), key, ds);
  return ds;
}

TrustAnchors anchors_of(const std::vector<uint8_t>& dnskey) {
  auto anchors = TrustAnchors::parse({". IN DNSKEY " + wire::rdata_to_text(Type::kDnskey, dnskey)}, {});
  EXPECT_TRUE(anchors.has_value());
  return *std::move(anchors);
}

ManagedKey key_in(KeyState state, uint8_t seed, bool is_configured = false) {
  return {ksk(seed), state, kNow, is_configured};
}

TEST(ManagedAnchors, AKeyIsNamedByItsDsAlone) {
  EXPECT_TRUE(names_key(name("."), ds_of({ksk(1), ksk(2)}), ksk(2)));
  EXPECT_FALSE(names_key(name("."), ds_of({ksk(1)}), ksk(2)));
  EXPECT_FALSE(names_key(name("example."), ds_of({ksk(1)}), ksk(1))) << "the owner is part of the digest";
  EXPECT_FALSE(names_key(name("."), ds_of({ksk(1)}), ksk(1, 257 | 128)));
  EXPECT_FALSE(names_key(name("."), {}, ksk(1)));
  EXPECT_FALSE(names_key(name("."), ds_of({ksk(1)}), std::vector<uint8_t>{1, 1, 3}));
}

TEST(ManagedAnchors, ConfigurationMeetsMemory) {
  using enum KeyState;
  struct Row {
    KeyState stored;
    bool was_configured;
    bool is_configured;
    const char* expected;  // states; "" : gone
  };
  const Row rows[] = {
      {kAddPending, false, false, "P"}, {kAddPending, false, true, "V"},
      {kValid, false, false, "V"},      {kValid, false, true, "V"},
      {kValid, true, true, "V"},        {kValid, true, false, ""},
      {kMissing, true, false, ""},      {kMissing, false, false, "M"},    {kMissing, true, true, "M"},
      {kRevoked, true, true, "R"},      {kRevoked, false, true, "R"},     {kRevoked, true, false, "R"},
      {kRemoved, true, true, "X"},      {kRemoved, true, false, "X"},
  };
  const base::WallTime later{kNow_s + 5};
  for (const Row& row : rows) {
    const std::vector<ManagedZone> stored = {{name("."), {key_in(row.stored, 1, row.was_configured)}}};
    const auto zones = adopt(later, anchors_of(ksk(row.is_configured ? 1 : 2)), stored);
    ASSERT_EQ(zones.size(), 1U);
    EXPECT_EQ(tagged(zones[0].keys), row.expected) << to_text(row.stored) << row.was_configured << row.is_configured;
    if (zones[0].keys.empty()) continue;
    EXPECT_EQ(zones[0].keys[0].is_configured, row.is_configured);
    const bool has_moved = zones[0].keys[0].state != row.stored;
    EXPECT_EQ(zones[0].keys[0].since, has_moved ? later : kNow) << "else a hold-down would begin with each start";
  }
}

TEST(ManagedAnchors, ZonesWithoutAnchorsAreForgotten) {
  const auto zones = adopt(kNow, anchors_of(ksk(1)), {{name("example."), {key_in(KeyState::kValid, 1)}}});
  ASSERT_EQ(zones.size(), 1U);
  EXPECT_TRUE(zones[0].zone.view().is_root());
  EXPECT_TRUE(zones[0].keys.empty());
}

TEST(ManagedAnchors, WhatIsTrusted) {
  using enum KeyState;
  const auto trusts = [](const std::vector<uint8_t>& ds, uint8_t seed) { return names_key(name("."), ds, ksk(seed)); };
  const std::vector<uint8_t> first = trusted_ds(name("."), ds_of({ksk(1), ksk(2)}), {});
  EXPECT_TRUE(trusts(first, 1) && trusts(first, 2)) << "nothing seen yet: what is configured";
  const std::vector<uint8_t> second = trusted_ds(
      name("."), ds_of({ksk(1), ksk(2)}),
      {key_in(kRevoked, 1, true), key_in(kMissing, 3), key_in(kAddPending, 4), key_in(kValid, 5), key_in(kRemoved, 6)});
  EXPECT_FALSE(trusts(second, 1)) << "revoked, though configured";
  EXPECT_TRUE(trusts(second, 2)) << "configured, and not seen yet";
  EXPECT_TRUE(trusts(second, 3));
  EXPECT_FALSE(trusts(second, 4));
  EXPECT_TRUE(trusts(second, 5));
  EXPECT_FALSE(trusts(second, 6));
  EXPECT_TRUE(trusts_any(name("."), ds_of({ksk(1)}), {}));
  EXPECT_FALSE(trusts_any(name("."), ds_of({ksk(1)}), {key_in(kRemoved, 1, true)}));
  const std::vector<uint8_t> none = trusted_ds(name("."), ds_of({ksk(1)}), {key_in(kRemoved, 1, true)});
  EXPECT_FALSE(trusts(none, 1));
  EXPECT_EQ(ds_support({}, none), Reason::kNone) << "the zone stays signed: bogus, not insecure";
}

TEST(ManagedAnchors, ARevocationHasToBeSignedByTheKeyItself) {
  const SigningKey first(".", algorithm::kEd25519, 257, 1);
  SigningKey revoked(".", algorithm::kEd25519, 257 | 128, 2);
  const SigningKey unknown(".", algorithm::kEd25519, 257 | 128, 3);
  OwnedRrset set = dnskey_rrset(".", {first.rdata(), revoked.rdata(), unknown.rdata()});
  append_signature(set, first, {.original_ttl = 172'800, .rrsig_ttl = 172'800});
  append_signature(set, unknown, {.expiration = kNow_s + kDay_s, .original_ttl = 86'400});
  KeyCache cache(64, kSecret);
  const std::vector<ManagedKey> known = {key_in(KeyState::kValid, 1), key_in(KeyState::kValid, 2)};
  Observation seen = read_observation(set.view(), ds_of({ksk(1)}), known, cache, {}, kNow);
  ASSERT_EQ(seen.seen.size(), 3U);
  EXPECT_TRUE(seen.seen[0].is_configured);
  EXPECT_FALSE(seen.seen[1].signed_itself);
  EXPECT_FALSE(seen.seen[2].signed_itself) << "of a key that nobody asks about nothing is checked";
  EXPECT_EQ(seen.original_ttl_s, 86'400U);
  EXPECT_EQ(seen.signature_life_s, kDay_s);
  append_signature(set, revoked, {.break_signature = true});
  EXPECT_FALSE(read_observation(set.view(), {}, known, cache, {}, kNow).seen[1].signed_itself);
  append_signature(set, revoked, {.expiration = kNow_s - kDay_s});
  EXPECT_FALSE(read_observation(set.view(), {}, known, cache, {}, kNow).seen[1].signed_itself);
  append_signature(set, revoked);
  EXPECT_TRUE(read_observation(set.view(), {}, known, cache, {}, kNow).seen[1].signed_itself);
  EXPECT_EQ(read_observation(dnskey_rrset(".", {}).view(), {}, {}, cache, {}, kNow).original_ttl_s, 0U);
}

TEST(Rfc5011, AConfiguredKeyThatIsRevokedFromTheBeginningIsKnownAsSuch) {
  const std::vector<uint8_t> old_key = ksk(1, 257 | 128);
  const std::vector<uint8_t> new_key = ksk(2);
  const SeenKey kNew{new_key, false, true};
  EXPECT_EQ(tagged(observe(kNow, {}, {{old_key, true, true}, kNew})), "RV");
  EXPECT_EQ(tagged(observe(kNow, {}, {{old_key, false, true}, kNew})), "V") << "not by its own word";
  EXPECT_EQ(tagged(observe(kNow, {}, {{old_key, true, false}, kNew})), "V") << "nobody's key";
}

TEST(Rfc5011, TheOperatorsKeyFindsRoomInACrowd) {
  std::vector<std::vector<uint8_t>> rdata;
  std::vector<SeenKey> seen;
  for (uint8_t seed = 1; seed <= 40; ++seed) rdata.push_back(ksk(seed));
  for (const auto& key : rdata) seen.push_back({key, false, false});
  const auto crowd = observe(kNow, {}, seen);
  EXPECT_EQ(crowd.size(), cache::kManagedKeysMax);
  seen.back().is_configured = true;
  const auto keys = observe(kNow, crowd, seen);
  EXPECT_EQ(keys.size(), cache::kManagedKeysMax + 1);
  EXPECT_EQ(keys.back().rdata, rdata.back());
  EXPECT_EQ(keys.back().state, KeyState::kValid);
}

TEST(Rfc5011, OfRemovedKeysTheOldestAreForgotten) {
  std::vector<ManagedKey> keys = {key_in(KeyState::kValid, 1)};
  const std::vector<uint8_t> valid = ksk(1);
  for (uint8_t seed = 2; seed <= 30; ++seed) {
    keys.push_back(key_in(KeyState::kRemoved, seed));
    keys.back().since = {kNow_s - seed};
  }
  keys = observe(kNow, keys, {{valid, false, true}});
  ASSERT_EQ(keys.size(), 1 + cache::kRemovedKeysMax);
  EXPECT_EQ(tagged(keys).substr(0, 2), "VX");
  EXPECT_EQ(keys.back().rdata, ksk(17));
}

TEST(ManagedAnchors, EachChangeIsOneLine) {
  using enum KeyState;
  const auto line = [](std::optional<KeyState> before, std::optional<KeyState> after) {
    const auto keys = [](std::optional<KeyState> state) {
      return state ? std::vector<ManagedKey>{key_in(*state, 1)} : std::vector<ManagedKey>{};
    };
    std::string text;
    for (const KeyNews& news : news_of(name("."), keys(before), keys(after))) text += news.line;
    return text;
  };
  EXPECT_NE(line(std::nullopt, kAddPending).find("is new"), std::string::npos);
  EXPECT_NE(line(kAddPending, kValid).find("is trusted from now on"), std::string::npos);
  EXPECT_NE(line(kValid, kMissing).find("stays trusted"), std::string::npos);
  EXPECT_NE(line(kMissing, kValid).find("there again"), std::string::npos);
  EXPECT_NE(line(kMissing, kRevoked).find("not trusted any more"), std::string::npos);
  EXPECT_NE(line(kAddPending, std::nullopt).find("taken back"), std::string::npos);
  EXPECT_EQ(line(kValid, kValid), "");
  EXPECT_EQ(line(kRevoked, kRemoved), "");
  EXPECT_EQ(line(std::nullopt, kValid), "") << "what the operator has configured is no news";
}

// Engines ---------------------------------------------------------------------------------------------

constexpr base::Duration kDay = base::seconds(kDay_s);
constexpr base::Duration kHour = base::seconds(3600);

// What the root's servers publish.
struct Published {
  std::vector<SigningKey*> keys;
  std::vector<SigningKey*> signers;
  SigningKey* zone_key = nullptr;
  bool breaks_signatures = false;
  bool is_silent = false;
};

// Workers over one cache, and the root's server, which answers at once. Its signatures are made when it answers.
class Root {
 public:
  Root(const TrustAnchors& configured, size_t workers) : configured_(configured), worker_count_(workers) { boot({}); }
  ~Root() { shut_down(); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  // As a restart of the daemon with a store.
  void restart() {
    const std::vector<ManagedZone> remembered = keys_->zones();
    shut_down();
    boot(remembered);
  }
  void step_wall(int64_t seconds) { wall_ahead_s_ += seconds; }
  void run_for(base::Duration length) {
    const base::Instant end = now_ + length;
    for (size_t turns = 0;; ++turns) {
      ASSERT_LT(turns, 100'000U);
      if (!events_.empty()) {
        now_ = now_ + base::milliseconds(1);
        const auto event = std::move(events_.front());
        events_.pop_front();
        event();
        continue;
      }
      size_t first = 0;
      for (size_t at = 1; at < engines_.size(); ++at) {
        if (engines_[at]->poll_timeout() < engines_[first]->poll_timeout()) first = at;
      }
      const base::Instant next = engines_[first]->poll_timeout();
      if (next > end) break;
      now_ = std::max(now_, next);
      turn(first, [&](resolver::Engine& engine) { engine.handle_timeout(time()); });
    }
    now_ = std::max(now_, end);
  }
  // "NOERROR", "NOERROR AD" or "SERVFAIL", for a name that nobody has asked for before.
  std::string ask(size_t worker) {
    std::array<uint8_t, 512> buffer;
    wire::Header header;
    header.rd = true;
    header.ad = true;
    wire::MessageWriter writer(buffer, buffer.size(), header);
    EXPECT_TRUE(writer.question(name("host" + std::to_string(++asked_) + "."), Type::kA, wire::Class::kIn));
    const base::Bytes packet = writer.finish();
    answer_.clear();
    turn(worker, [&](resolver::Engine& engine) {
      engine.handle_query(time(), {resolver::ClientId{asked_}, *base::IpAddress::parse("192.0.2.9"),
                                   resolver::Transport::kUdp, packet});
    });
    run_for(base::seconds(20));
    const auto message = wire::MessageView::parse(answer_);
    if (!message) return "nothing";
    return std::string(message->rcode() == wire::Rcode::kNoerror ? "NOERROR" : "SERVFAIL") +
           (message->header().ad ? " AD" : "");
  }

  [[nodiscard]] std::string states() const { return keys_->zones().empty() ? "" : tagged(keys_->zones()[0].keys); }
  [[nodiscard]] const std::vector<uint16_t>& root_key_tags(size_t worker) const {
    return engines_[worker]->answer_policy().root_key_tags;
  }
  [[nodiscard]] uint64_t count(base::Counter counter) const { return counters_.get(counter); }
  [[nodiscard]] size_t sent() const { return sent_; }
  Published published;

 private:
  [[nodiscard]] base::Now time() const {
    const int64_t passed_s = base::duration_cast<base::seconds>(now_ - base::Instant::from_boot(kDay * 1000)).count();
    return {now_, {int64_t{kNow_s} + passed_s + wall_ahead_s_}};
  }
  void boot(const std::vector<ManagedZone>& remembered) {
    cache::CacheOptions cache_options;
    cache_options.memory_bytes = 4 << 20;
    cache_ = std::make_unique<cache::Cache>(cache_options);
    claims_ = std::make_unique<cache::ClaimTable>(256);
    health_ = std::make_unique<cache::ServerHealth>(64, kSecret);
    providers_ = std::make_unique<cache::ProviderHealth>(cache::ProviderOptions{});
    keys_ = std::make_unique<cache::ManagedKeys>();
    keys_->replace_all(adopt(time().wall, configured_, remembered));
    const resolver::Shared shared{cache_.get(), claims_.get(), health_.get(),  providers_.get(),
                                  &provider_keys_, nullptr, nullptr, keys_.get()};
    resolver::Options options;
    options.root_hints = {name("."), {{name("k."), {*base::IpAddress::parse("198.51.100.1")}}}};
    options.qname_minimisation = options.case_randomisation = options.ipv6 = options.stale.enabled = false;
    options.dnssec.anchors = configured_;
    options.answer.root_key_tags = configured_.key_tags(name("."));
    for (size_t at = 0; at < worker_count_; ++at) {
      options.worker_index = static_cast<uint32_t>(at);
      readers_.push_back(std::make_unique<cache::Reader>(cache_->readers().register_reader()));
      readers_.back()->online();
      engines_.push_back(std::make_unique<resolver::Engine>(options, shared, *readers_.back(),
                                                            base::Entropy::seed_from_number(at + 1), counters_));
      readers_.back()->offline();
    }
  }
  void shut_down() {
    for (size_t at = 0; at < engines_.size(); ++at) {
      readers_[at]->online();
      engines_[at].reset();
      readers_[at]->offline();
    }
    engines_.clear();
    readers_.clear();
    events_.clear();
    cache_.reset();
  }
  void turn(size_t worker, const std::function<void(resolver::Engine&)>& call) {
    readers_[worker]->online();
    call(*engines_[worker]);
    while (const auto effect = engines_[worker]->poll_effect()) {
      if (const auto* send = std::get_if<resolver::SendQuery>(&*effect)) {
        ++sent_;
        if (published.is_silent) continue;
        events_.push_back([this, worker, exchange = send->exchange, query = send->query] {
          const std::vector<uint8_t> response = respond(query);
          turn(worker, [&](resolver::Engine& engine) { engine.handle_response(time(), exchange, response); });
        });
      } else if (const auto* answer = std::get_if<resolver::Answer>(&*effect)) {
        answer_ = answer->message;
      } else if (const auto* wake = std::get_if<resolver::WakeWorkers>(&*effect)) {
        for (size_t at = 0; at < engines_.size(); ++at) {
          if ((wake->mask >> at & 1) == 0) continue;
          events_.push_back([this, at] { turn(at, [&](resolver::Engine& engine) { engine.handle_woken(time()); }); });
        }
      }
    }
    readers_[worker]->offline();
  }

  [[nodiscard]] std::vector<uint8_t> respond(base::Bytes query_bytes) const {
    const auto query = wire::MessageView::parse(query_bytes);
    EXPECT_TRUE(query.has_value());
    const wire::Question& question = *query->question();
    OwnedRrset set;
    std::vector<SigningKey*> signers = {published.zone_key};
    if (question.type == Type::kDnskey) {
      std::vector<std::vector<uint8_t>> rdata = {published.zone_key->rdata()};
      for (const SigningKey* key : published.keys) rdata.push_back(key->rdata());
      set = dnskey_rrset(".", rdata);
      signers = published.signers;
    } else if (question.type == Type::kNs) {
      set = rrset({". 3600 IN NS k."});
    } else if (question.type == Type::kA) {
      set = rrset({question.name.to_text() + " 3600 IN A 192.0.2.80"});
    }
    const auto wall_s = static_cast<uint32_t>(time().wall.seconds_since_1970);
    for (const SigningKey* key : signers) {
      if (set.records.empty()) break;
      append_signature(set, *key, {.inception = wall_s - kDay_s,
                                   .expiration = wall_s + 10 * kDay_s,
                                   .original_ttl = set.type == Type::kDnskey ? 2 * kDay_s : 3600,
                                   .break_signature = published.breaks_signatures && set.type == Type::kDnskey});
    }
    std::vector<uint8_t> buffer(4096);
    wire::Header header = query->header();
    header.qr = header.aa = true;
    header.rcode = static_cast<uint8_t>(set.records.empty() ? wire::Rcode::kRefused : wire::Rcode::kNoerror);
    wire::MessageWriter writer(buffer, buffer.size(), header);
    EXPECT_TRUE(writer.question(question.name, question.type, wire::Class::kIn));
    for (const auto* bytes : {&set.records, &set.signatures}) {
      wire::for_each_rendered(*bytes, [&](Type type, uint32_t ttl, base::Bytes rdata) {
        EXPECT_TRUE(writer.record(wire::Section::kAnswer, set.owner, type, wire::Class::kIn, ttl, rdata));
      });
    }
    EXPECT_TRUE(writer.opt(4096, 0, true, {}));
    const base::Bytes bytes = writer.finish();
    return {bytes.begin(), bytes.end()};
  }

  const TrustAnchors configured_;
  const size_t worker_count_;
  base::Instant now_ = base::Instant::from_boot(kDay * 1000);
  int64_t wall_ahead_s_ = 0;
  base::Counters counters_;
  cache::ProviderKeys provider_keys_{kSecret};
  std::unique_ptr<cache::Cache> cache_;
  std::unique_ptr<cache::ClaimTable> claims_;
  std::unique_ptr<cache::ServerHealth> health_;
  std::unique_ptr<cache::ProviderHealth> providers_;
  std::unique_ptr<cache::ManagedKeys> keys_;
  std::vector<std::unique_ptr<cache::Reader>> readers_;
  std::vector<std::unique_ptr<resolver::Engine>> engines_;
  std::deque<std::function<void()>> events_;
  std::vector<uint8_t> answer_;
  uint64_t asked_ = 0;
  size_t sent_ = 0;
};

class Rollover : public ::testing::Test {
 protected:
  Rollover() { root.published = {{&first}, {&first}, &zone_key}; }

  SigningKey first{".", algorithm::kEd25519, 257, 1};
  SigningKey first_revoked{".", algorithm::kEd25519, 257 | 128, 1};
  SigningKey second{".", algorithm::kEd25519, 257, 2};
  SigningKey zone_key{".", algorithm::kEd25519, 256, 3};
  SigningKey thiefs_zone_key{".", algorithm::kEd25519, 256, 4};
  Root root{anchors_of(first.rdata()), 2};
};

TEST_F(Rollover, IsFollowedByEveryWorkerAndAcrossRestarts) {
  root.run_for(base::seconds(60));
  EXPECT_EQ(root.states(), "V");
  EXPECT_EQ(root.ask(0), "NOERROR AD");
  EXPECT_EQ(root.ask(1), "NOERROR AD");
  root.published.keys = {&first, &second};
  root.run_for(2 * kDay);
  EXPECT_EQ(root.states(), "VP");
  EXPECT_EQ(root.root_key_tags(1), std::vector<uint16_t>{first.tag()}) << "not trusted yet";
  root.run_for(15 * kDay);
  root.restart();
  root.run_for(12 * kDay);
  EXPECT_EQ(root.states(), "VP") << "29 days, with a restart between";
  root.run_for(4 * kDay);
  EXPECT_EQ(root.states(), "VV");

  root.published.keys = {&first_revoked, &second};
  root.published.signers = {&first_revoked, &second};
  root.run_for(2 * kDay);
  EXPECT_EQ(root.states(), "RV");
  for (const size_t worker : {0U, 1U}) {
    EXPECT_EQ(root.ask(worker), "NOERROR AD") << worker;
    EXPECT_EQ(root.root_key_tags(worker), std::vector<uint16_t>{second.tag()}) << worker;
  }

  // Who has stolen the old key signs with it as if nothing had been.
  root.published = {{&first}, {&first}, &thiefs_zone_key};
  root.run_for(2 * kHour);
  for (const size_t worker : {0U, 1U}) EXPECT_EQ(root.ask(worker), "SERVFAIL") << worker;
  root.restart();  // it is still the one that is configured
  root.run_for(2 * kHour);
  for (const size_t worker : {0U, 1U}) EXPECT_EQ(root.ask(worker), "SERVFAIL") << worker;
  EXPECT_EQ(root.states(), "RV");

  root.published = {{&second}, {&second}, &zone_key};
  root.run_for(2 * kDay);
  EXPECT_EQ(root.ask(1), "NOERROR AD");
  root.run_for(31 * kDay);
  EXPECT_EQ(root.states(), "XV");
}

TEST_F(Rollover, ALookThatFailsChangesNothing) {
  root.run_for(kHour);
  root.published.keys = {&first, &second};
  root.published.breaks_signatures = true;
  root.run_for(40 * kDay);
  EXPECT_EQ(root.states(), "V");
  EXPECT_GT(root.count(base::Counter::kAnchorLooksFailed), 35U);
  root.published.breaks_signatures = false;
  root.published.is_silent = true;
  root.run_for(10 * kDay);
  EXPECT_EQ(root.states(), "V");
  root.published.is_silent = false;
  root.run_for(kDay);
  EXPECT_EQ(root.states(), "VP");
  root.published.is_silent = true;
  root.run_for(35 * kDay);
  EXPECT_EQ(root.states(), "VP") << "not seen in the end: not trusted";
  root.published.is_silent = false;
  root.run_for(kDay);
  EXPECT_EQ(root.states(), "VV");
}

TEST_F(Rollover, ANewKeyThatComesWithoutTheOldOnesSignatureIsNone) {
  root.run_for(kHour);
  root.published = {{&first, &second}, {&second}, &zone_key};
  root.run_for(40 * kDay);
  EXPECT_EQ(root.states(), "V");
}

TEST_F(Rollover, AStepOfTheWallClockCutsNoHoldDownShort) {
  root.run_for(kHour);
  root.published.keys = {&first, &second};
  root.run_for(2 * kDay);
  root.step_wall(40 * int64_t{kDay_s});
  root.run_for(20 * kDay);
  EXPECT_EQ(root.states(), "VP");
  root.step_wall(-80 * int64_t{kDay_s});
  root.run_for(6 * kDay);
  EXPECT_EQ(root.states(), "VP");
  root.run_for(4 * kDay);
  EXPECT_EQ(root.states(), "VV") << "and makes none longer";
}

TEST_F(Rollover, AZoneThatRevokesItsLastKeyIsBogusAndNotInsecure) {
  root.run_for(kHour);
  root.published = {{&first, &first_revoked}, {&first, &first_revoked}, &zone_key};
  root.run_for(2 * kDay);
  EXPECT_EQ(root.states(), "R");
  EXPECT_EQ(root.ask(0), "SERVFAIL");
  EXPECT_EQ(root.ask(1), "SERVFAIL");
}

TEST_F(Rollover, WhatARevokedKeyHasVouchedForIsForgottenByAllAtOnce) {
  SigningKey next_zone_key(".", algorithm::kEd25519, 256, 5);
  root.published.keys = {&first, &second};
  root.run_for(33 * kDay - base::seconds(600));
  EXPECT_EQ(root.states(), "VV");
  EXPECT_EQ(root.ask(1), "NOERROR AD") << "this worker knows the zone's keys for an hour";
  root.published = {{&first_revoked, &second}, {&first_revoked, &second}, &next_zone_key};
  root.run_for(base::seconds(900));
  EXPECT_EQ(root.states(), "RV");
  EXPECT_EQ(root.ask(1), "NOERROR AD");
  root.published.zone_key = &zone_key;
  EXPECT_EQ(root.ask(1), "SERVFAIL") << "it was taken out together with the key that signed it";
}

TEST_F(Rollover, LooksAreADayApartAndOneWorkersAlone) {
  root.run_for(kHour);
  const uint64_t looks = root.count(base::Counter::kAnchorLooks);
  EXPECT_EQ(looks, 1U);
  root.run_for(10 * kDay);
  EXPECT_EQ(root.count(base::Counter::kAnchorLooks), looks + 10) << "half of the original TTL of two days";
}

}  // namespace
