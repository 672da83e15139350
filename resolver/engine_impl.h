// The engine's inside. One class, because its parts share one set of tables; its functions lie in
// files by concern:
//
//   engine.cc            the public face, timers, effects
//   engine_clients.cc    taking clients in, answering them, shedding
//   engine_known.cc      what the cache knows becomes the result
//   engine_stale.cc      stale answers: at once, when patience ends, when all has failed; refreshes and probes
//   engine_providers.cc  what is told to and asked of the health of providers
//   engine_steps.cc      the steps of a resolution that need no network: cache, aliases, servers
//   engine_routes.cc     the steps of a route: which to try, when to leave one, probes of dark ones
//   engine_addresses.cc  sub-questions: aliases' targets and servers' addresses
//   engine_send.cc       queries out, flights and claims
//   engine_hedge.cc      a second query beside one that is slow
//   engine_receive.cc    responses, and what to do about each
//   engine_failures.cc   timeouts and errors
//   engine_validate.cc   signatures, proofs and the keys they need
//   engine_anchors.cc    RFC 5011: a look at the keys of zones with anchors, and what is trusted from then on
//   engine_last_resort.cc  doubtful responses, for want of better ones
//   engine_learn.cc      what a digest puts into the cache
//   engine_finish.cc     the end of a resolution and who hears of it
//   streams.h            the pool of TCP connections to servers
//
// No function here recurses: whatever becomes able to go on is put on `ready_` and stepped by
// run_ready() at the end of each handle_*.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/log.h"
#include "resolver/answer.h"
#include "resolver/choose_server.h"
#include "resolver/digest.h"
#include "resolver/doubted_servers.h"
#include "resolver/engine.h"
#include "resolver/fair_share.h"
#include "resolver/hedge.h"
#include "resolver/hit.h"
#include "resolver/known.h"
#include "resolver/parent_questions.h"
#include "resolver/registrable_domain.h"
#include "resolver/resolution.h"
#include "resolver/streams.h"
#include "resolver/timers.h"
#include "wire/query.h"

namespace resolver {

// A client that waits.
struct Waiter {
  ClientQuery query;  // `packet` points into `packet_bytes`
  std::vector<uint8_t> packet_bytes;
  ResolutionId resolution = 0;
  base::Instant deadline;
};

// One query that is out.
struct Exchange {
  ExchangeId id{};
  ResolutionId resolution = 0;  // 0: nobody waits any more (engine_left.cc)
  bool is_late = false;         // its timer has ended
  base::IpAddress server;
  Transport transport = Transport::kUdp;
  StreamId stream{};
  uint16_t query_id = 0;
  uint16_t local_port = 0;
  wire::Name name;  // letter case as sent
  wire::Type type = wire::Type::kNone;
  bool edns = false;
  bool edns_refused = false;  // the server had answered FORMERR or NOTIMP to EDNS
  bool random_case = false;
  bool case_kept = false;  // of the response at hand
  bool dnssec_ok = false;
  bool cookie_sent = false;
  bool server_cookie_sent = false;
  uint8_t mismatches = 0;
  uint8_t ports_tried = 0;
  uint16_t port = 0;                   // 0: Options::server_port
  const Upstream* upstream = nullptr;  // of the step; nullptr: iterating
  uint64_t zone_key = 0;
  cache::ServerGroups groups;  // the provider's, for its health
  uint64_t provider_zone = 0;
  wire::Name server_name;
  base::Instant sent_at;
  base::Instant timeout_at;
  base::Instant hedge_at = base::Instant::never();
  std::vector<uint8_t> query;  // kept to be sent from another port, or on another stream
};

// What is open to one server.
struct ServerExchanges {
  uint32_t open = 0;
  std::deque<ExchangeId> late;  // of those: whose timer has ended; the first to give way
};

// What is asked of the servers now: the question or a minimised part of it.
struct AskNow {
  wire::NameView name;
  wire::Type type = wire::Type::kNone;
  bool minimised = false;
};

// An exchange that others with the same question wait for.
struct Flight {
  ResolutionId owner = 0;
  std::vector<ResolutionId> followers;
};

// What an address family has done lately.
struct FamilyHealth {
  uint32_t failures_in_row = 0;
  base::Instant last_success;
};

// How a step has done lately, over all names: an upstream, or iteration.
struct StepHealth {
  uint8_t silences_in_row = 0;           // times it was left because nobody answered
  std::vector<uint64_t> silent_domains;  // of the questions that it has not answered since its last answer, some
  base::Instant answered_at;
  bool told = false;  // that its names are asked elsewhere
};

// The probe of a dark step: at most one is out.
struct Probe {
  ResolutionId resolution = 0;
  base::Instant not_before;
};

// A refresh that failed and is to be tried again.
struct Retry {
  wire::Name name;
  wire::Type type = wire::Type::kNone;
  uint8_t number = 0;
};

// DS or its denial from a referral, not validated yet.
struct ReferralProof {
  ResponseDigest digest;
  wire::Name parent;
  base::Instant until;
};

// A zone whose keys this worker looks at (RFC 5011).
struct ManagedAnchor {
  wire::Name zone;
  std::vector<uint8_t> configured_ds;
  ResolutionId looking = 0;            // the resolution that asks for its keys
  std::optional<base::Now> looked_at;  // when they were last seen, by both clocks
  uint32_t original_ttl_s = 0;         // of that time
  uint32_t signature_life_s = 0;
};

// The codes that say what validation came to.
[[nodiscard]] bool is_validation_error(wire::ExtendedError error);
[[nodiscard]] bool is_all_secure(const std::vector<cache::EntryPtr>& chain, wire::Type asked);

class Engine::Impl {
 public:
  Impl(const Options& options, const Shared& shared, cache::Reader& reader, const base::Entropy::Seed& seed,
       base::Counters& counters);

  // The public face (engine.cc).
  void handle_timeout(base::Now now);
  std::optional<Effect> poll_effect();
  [[nodiscard]] base::Instant poll_timeout() const { return timers_.next(); }
  [[nodiscard]] Usage usage() const;
  [[nodiscard]] const AnswerPolicy& answer_policy() const { return answer_policy_; }
  void run_ready(base::Now now);
  void abandon_all(base::Now now);

  // Clients (engine_clients.cc).
  void handle_query(base::Now now, const ClientQuery& query);
  void handle_client_gone(ClientId client);

  // Network (engine_receive.cc, engine_streams.cc).
  void handle_response(base::Now now, ExchangeId id, base::Bytes message);
  void handle_port_taken(base::Now now, ExchangeId id);
  void handle_exchange_error(base::Now now, ExchangeId id);
  void handle_no_descriptor(base::Now now, ExchangeId id);
  void handle_stream_opened(base::Now now, StreamId id);
  void handle_stream_message(base::Now now, StreamId id, base::Bytes message);
  void handle_stream_closed(base::Now now, StreamId id);
  void handle_woken(base::Now now);
  void handle_expiring(base::Now now, const cache::Entry& entry);

 private:
  // Clients ----------------------------------------------------------------------------------
  bool answer_without_resolving(base::Now now, const ClientQuery& query, const wire::Query& parsed);
  void admit(base::Now now, const ClientQuery& query, const wire::Query& parsed);
  void make_room_for_client(base::Now now, uint64_t prefix_key);
  void shed_client(base::Now now, ClientId id, base::Counter counter);
  void answer_client(base::Now now, const ClientQuery& query, const AnswerParts& parts);
  void answer_failure(base::Now now, ClientId id, wire::ExtendedError error, std::string_view text);
  void forget_client(ClientId id);
  void on_client_deadline(base::Now now, ClientId id);

  // Resolutions --------------------------------------------------------------------------------
  Resolution* find(ResolutionId id);
  ResolutionId start(base::Now now, wire::NameView name, wire::Type type, std::shared_ptr<QueryBudget> budget,
                     uint8_t depth, bool from_client, Purpose purpose = Purpose::kAnswer, RouteUse use = RouteUse::kAll,
                     size_t probed_step = 0, bool unchecked = false);
  [[nodiscard]] uint64_t question_key(wire::NameView name, wire::Type type, Purpose purpose) const;
  void make_ready(ResolutionId id) { ready_.push_back(id); }
  void hand_over(base::Now now, Resolution& done);
  void keep(Resolution& resolution, cache::EntryPtr entry);
  void step(base::Now now, ResolutionId id);
  void step_cache_check(base::Now now, Resolution& resolution);
  void step_find_servers(base::Now now, Resolution& resolution);

  // What is known
  bool take_known(base::Now now, Resolution& resolution, const Known& known);
  bool take_dname(base::Now now, Resolution& resolution, const cache::Entry& entry);
  cache::EntryPtr make_cname(base::Now now, wire::NameView owner, const cache::Entry& dname,
                             wire::NameView target) const;
  struct KnownChain {
    std::vector<cache::EntryPtr> entries;
    wire::Rcode rcode = wire::Rcode::kNoerror;
    bool is_stale = false;
    bool denial_is_stale = false;
  };
  [[nodiscard]] std::optional<KnownChain> known_chain(base::Now now, wire::NameView name, wire::Type type) const;

  // Stale
  [[nodiscard]] Known stale_of(base::Now now, const Resolution& resolution) const;
  bool settle_without_asking(base::Now now, Resolution& resolution);
  bool take_stale(base::Now now, Resolution& resolution, base::Counter reason);
  [[nodiscard]] bool is_failure_void(base::Now now, Resolution& resolution, const cache::Entry& failure);
  void start_patience(base::Now now, Resolution& resolution, base::Duration patience);
  void have_patience_with(base::Now now, Resolution& resolution, const cache::ServerView& health,
                          uint8_t earlier_sends);
  void start_patience_once(base::Now now, Resolution& resolution);
  [[nodiscard]] base::Duration patience_of(base::Now now, const ZoneVisit& visit) const;
  void on_patience_over(base::Now now, ResolutionId id);
  void lose_patience(base::Now now, ResolutionId id, base::Counter reason);
  bool waits_for_others(base::Now now, ResolutionId id);
  bool answer_stale(base::Now now, ClientId id, std::string_view why, base::Counter reason);
  bool start_refresh(base::Now now, wire::NameView name, wire::Type type, const BudgetLimits& limits,
                     Purpose purpose = Purpose::kRefresh);
  void plan_retry(base::Now now, const Resolution& resolution, Outcome outcome);
  void retry_refresh(base::Now now, uint64_t key);
  [[nodiscard]] bool is_retry_hopeless(const Resolution& resolution, ZoneVisit& visit) const;
  void note_zone_fails(base::Now now, const Resolution& resolution);
  void ask_parents(base::Now now);
  void ask_beside_stale_alias(base::Now now, const Resolution& resolution);
  bool takes_canary(base::Now now, ZoneVisit& visit) const;
  void probe(base::Now now, Resolution& resolution);

  // Providers
  [[nodiscard]] cache::ServerGroups groups_of(ZoneVisit& visit, const Attempt& attempt) const;
  [[nodiscard]] bool are_all_dark(ZoneVisit& visit) const;
  [[nodiscard]] cache::ServerGroups groups_of_name(ZoneVisit& visit, size_t server) const;
  [[nodiscard]] bool is_name_dark(ZoneVisit& visit, size_t server) const;
  [[nodiscard]] bool has_trouble() const;
  [[nodiscard]] cache::ServerView health_of(base::Now now, const base::IpAddress& server) const;
  void count_stale_by_provider(ZoneVisit& visit) const;
  void note_groups(Resolution& resolution, const Attempt& attempt, Exchange& exchange) const;
  void tell_answer(base::Now now, const Exchange& exchange, ResponseClass response_class);
  void tell_timeout(base::Now now, const Exchange& exchange);
  void recall_answer(base::Now now, const Exchange& exchange) const;
  void tell_unreachable(base::Now now, const Exchange& exchange);
  void watch_providers(base::Now now);

  // Servers
  void find_delegation(base::Now now, Resolution& resolution);
  void use_root_hints(base::Now now, Resolution& resolution);
  AskNow next_question(base::Now now, Resolution& resolution);
  void ask_a_server(base::Now now, Resolution& resolution, const AskNow& ask);
  void out_of_servers(base::Now now, Resolution& resolution);
  bool merge_servers(base::Now now, Resolution& resolution, cache::Space space);
  bool merge_new_servers(base::Now now, Resolution& resolution);
  bool merge_child_servers(base::Now now, Resolution& resolution);
  bool add_glue_of_other_zones(base::Now now, Resolution& resolution);
  std::vector<Candidate> candidates_of(base::Now now, Resolution& resolution);
  [[nodiscard]] bool is_retry_in_vain(ZoneVisit& visit, const Attempt& attempt, const Candidate& candidate) const;
  void add_address(Resolution& resolution, const base::IpAddress& address, size_t server);
  void add_cached_addresses(base::Now now, Resolution& resolution, size_t server);
  [[nodiscard]] bool may_ask(const base::IpAddress& address) const;
  [[nodiscard]] bool family_suspect(base::Instant now, base::Family family) const;

  // Routes
  [[nodiscard]] uint64_t question_of(wire::NameView lowercase, wire::Type type, RouteUse use,
                                     size_t probed_step = 0) const;
  [[nodiscard]] RouteUse use_for_addresses(wire::NameView server, wire::Type type) const;
  void begin_route(base::Now now, Resolution& resolution);
  bool enter_next_step(base::Now now, Resolution& resolution);
  bool try_next_step(base::Now now, Resolution& resolution, StepState state);
  void on_step_silent(base::Now now, ResolutionId id);
  void disarm_step_timer(Resolution& resolution);
  bool pass_over_step(base::Now now, Resolution& resolution);
  void probe_steps(base::Now now, const Resolution& resolution);
  bool visit_upstream(Resolution& resolution, wire::NameView zone);
  void probe_step(base::Now now, const Resolution& resolution, size_t step);
  void tell_of_step(base::Now now, const Resolution& resolution, size_t step, bool skipped);
  [[nodiscard]] const Upstream* upstream_of(const Resolution& resolution) const;
  // The one place that says what is dark: a server that has stopped answering.
  [[nodiscard]] bool server_is_dark(base::Instant now, const base::IpAddress& server) const;
  [[nodiscard]] bool step_is_dark(base::Instant now, const Resolution& resolution, size_t step) const;
  [[nodiscard]] const cache::Entry* fresh_entry(base::Instant now, wire::NameView name, wire::Type type,
                                                cache::Space space) const;
  [[nodiscard]] const cache::Entry* nearest_delegation(base::Instant now, wire::NameView name) const;
  [[nodiscard]] bool nearest_servers_are_dark(base::Instant now, const Resolution& resolution) const;
  [[nodiscard]] bool is_silent(base::Instant now, const Upstream* upstream) const;
  [[nodiscard]] uint8_t delegation_step(const Resolution& resolution) const;
  [[nodiscard]] static KnownScope scope_of(const Resolution& resolution);
  [[nodiscard]] bool may_publish(const Resolution& resolution, wire::NameView owner, wire::Type type) const;
  [[nodiscard]] bool is_outranked(base::Now now, wire::NameView owner, wire::Type type) const;
  void note_step(base::Now now, const Exchange& exchange, bool answered);
  static void note_forwarders_word(Resolution& resolution, const Exchange& exchange, const wire::MessageView& message);
  void count_step(const Resolution& resolution);
  [[nodiscard]] std::string steps_tried(const Resolution& resolution) const;

  // Sub-questions
  void follow_alias(base::Now now, Resolution& resolution, wire::NameView target);
  ResolutionId join_or_start(base::Now now, Resolution& parent, wire::NameView name, wire::Type type, uint8_t depth,
                             RouteUse use, bool unchecked, const wire::Name* glue_zone = nullptr);
  [[nodiscard]] bool waits_for(ResolutionId start, ResolutionId goal) const;
  [[nodiscard]] std::vector<size_t> names_to_look_up(ZoneVisit& visit);
  [[nodiscard]] std::vector<size_t> names_to_look_up_beside(base::Now now, Resolution& resolution);
  [[nodiscard]] bool is_served_by(base::Now now, wire::NameView name, wire::NameView zone) const;
  void give_up_names_of(base::Now now, ZoneVisit& visit, wire::NameView silent_zone);
  [[nodiscard]] bool has_other_domain_to_look_up(ZoneVisit& visit);
  bool look_up_addresses(base::Now now, Resolution& resolution);
  bool look_up_next_name(base::Now now, Resolution& resolution, const std::vector<size_t>& names);
  void hedge_lookup(base::Now now, ResolutionId id);
  void disarm_next_name(Resolution& resolution);
  bool rejoin_lookups(base::Now now, Resolution& resolution);
  void await(base::Now now, Resolution& parent, ResolutionId sub);
  void stop_awaiting(Resolution& resolution);
  void on_sub_question_done(base::Now now, Resolution& parent, const Resolution& done);
  void on_alias_done(base::Now now, Resolution& parent, const Resolution& done);
  void take_glue(base::Now now, Resolution& resolution, const cache::Delegation& delegation);

  // Flights and sending
  enum class FlightTurn : uint8_t { kGo, kWait };
  FlightTurn take_flight(base::Now now, Resolution& resolution, const AskNow& ask);
  void release_flight(Resolution& resolution, bool failed);
  void leave_followed_flight(Resolution& resolution);
  void share_visit(const Resolution& owner, const ZoneVisit& visit, bool minimise);
  // False: not sent; either the server is full or, if the resolution is finished, the budget is.
  [[nodiscard]] base::Endpoint endpoint_of(const Exchange& exchange) const;
  [[nodiscard]] uint64_t flight_salt(const Resolution& resolution) const;
  bool send(base::Now now, Resolution& resolution, const AskNow& ask, Attempt& attempt, Transport transport);
  std::vector<uint8_t> render_query(base::Now now, Exchange& exchange, const AskNow& ask, const Attempt& attempt);
  void make_room_for_exchange();
  void send_udp(base::Now now, Exchange& exchange);
  bool send_tcp(base::Now now, Exchange& exchange);
  uint16_t draw_port();
  std::optional<base::IpAddress> draw_local_address(base::Family family);
  void close_exchange(Exchange& exchange);
  void close_exchanges(Resolution& resolution);
  void drop_exchange(Exchange& exchange);

  // Exchanges that nobody waits for
  [[nodiscard]] bool may_leave() const;
  [[nodiscard]] uint64_t left_key(const base::IpAddress& server, wire::NameView name, wire::Type type) const;
  void leave(Exchange& exchange, Resolution& resolution);
  void leave_exchanges(Resolution& resolution);
  bool leave_late(base::Now now, Exchange& exchange, Resolution* resolution);
  bool leave_slow_exchanges(base::Now now, Resolution& resolution);
  Resolution* take_up(base::Now now, Exchange& exchange, const wire::MessageView& message);
  bool is_asked_by(const Exchange& exchange, Resolution& resolution);
  Resolution* start_for_late(base::Now now, const Exchange& exchange, wire::NameView name);
  void hedge(base::Now now, ExchangeId id);
  void probe_dead_server(base::Now now, Resolution& resolution, const AskNow& ask);

  // Receiving
  void accept_response(base::Now now, Exchange& exchange, const wire::MessageView& message);
  bool matches(base::Now now, Exchange& exchange, const wire::MessageView& message);
  void on_mismatch(base::Now now, Exchange& exchange);
  bool check_cookie(base::Now now, Exchange& exchange, const wire::MessageView& message);
  void note_server(base::Now now, const Exchange& exchange, const wire::MessageView& message);
  void note_answer_without_edns(base::Now now, const Exchange& exchange, wire::Rcode rcode);
  void on_digest(base::Now now, Resolution& resolution, Attempt& attempt, const Exchange& exchange,
                 ResponseDigest& digest);
  void on_data(base::Now now, Resolution& resolution, const Exchange& exchange, ResponseDigest& digest);
  void on_minimised_data(base::Now now, Resolution& resolution, const Exchange& exchange, ResponseDigest& digest);
  void on_referral(base::Now now, Resolution& resolution, const Exchange& exchange, ResponseDigest& digest);
  void on_useless(base::Now now, Resolution& resolution, Attempt& attempt, const Exchange& exchange, ResponseClass why);
  void on_exchange_timeout(base::Now now, ExchangeId id);
  void exchange_failed(base::Now now, Exchange& exchange);
  void close_silent_stream(StreamId id);
  void ask_over_tcp_instead(base::Now now, Exchange& exchange);
  void retry_over_tcp(base::Now now, Resolution& resolution, Attempt& attempt);
  void go_on(base::Now now, Resolution& resolution);
  void stop_asking(Resolution& resolution);
  Attempt* attempt_for(Resolution& resolution, const base::IpAddress& server, uint16_t port = 0);
  void note_family(base::Now now, base::Family family, bool success);

  void accept_data(base::Now now, Resolution& resolution, ResponseDigest& digest, const Upstream* forwarder);

  // Validation
  [[nodiscard]] bool validates(const Resolution& resolution) const;
  [[nodiscard]] bool is_below_an_anchor(base::Now now, wire::NameView name) const;
  [[nodiscard]] bool needs_a_verdict(base::Now now, wire::NameView owner) const;
  ValidationTools tools_for(base::Now now, Resolution& resolution);
  void begin_validation(base::Now now, Resolution& resolution, ResponseDigest digest, const wire::Name& asked_zone,
                        const Exchange* exchange, ValidationSource source);
  void step_validate(base::Now now, Resolution& resolution);
  void wait_for_checks(base::Now now, Resolution& resolution);
  void arm_check_turn(base::Now now);
  void on_check_turn(base::Now now);
  void ask_for_keys(base::Now now, Resolution& resolution);
  void tell_key_tags(base::Now now, wire::NameView zone);
  void on_keys_done(base::Now now, Resolution& parent, const Resolution& done);
  void stop_validating(Resolution& resolution);
  void accept_validated(base::Now now, Resolution& resolution);
  void accept_referral_proof(base::Now now, Resolution& resolution, ResponseDigest& digest);
  [[nodiscard]] uint64_t doubt_key(const ZoneVisit& visit, const base::IpAddress& server) const;
  void on_bogus(base::Now now, Resolution& resolution, const dnssec::Verdict& verdict);
  void fail_bogus(base::Now now, Resolution& resolution);
  void fail_validation(base::Now now, Resolution& resolution, Outcome outcome, wire::ExtendedError error,
                       std::string text);
  void keep_denials(base::Now now, base::Instant received, const Validation& validation, const ResponseDigest& digest);
  bool deny_from_index(base::Now now, Resolution& resolution);
  void keep_referral_proof(base::Now now, const Resolution& resolution, const ResponseDigest& digest);
  [[nodiscard]] static ResponseDigest referral_proof_of(const ResponseDigest& digest, const wire::Name& zone);
  bool use_referral_proof(base::Now now, Resolution& resolution);
  void ask_unchecked(base::Now now, ClientId client);
  [[nodiscard]] bool has_bogus_failure(base::Now now, wire::NameView name, wire::Type type) const;

  // Anchors that follow rollovers
  void manage_anchors();
  void follow_managed_keys();
  void look_at_anchor(base::Now now, size_t index);
  void on_anchor_seen(base::Now now, const Resolution& done);
  void take_sighting(base::Now now, ManagedAnchor& anchor, const cache::Entry& dnskeys);

  // Last resorts
  void keep_last_resort(Resolution& resolution, const wire::MessageView& message, const Asked& asked);
  bool take_last_resort(base::Now now, Resolution& resolution);

  // Learning
  void learn(base::Now now, Resolution& resolution, ResponseDigest& digest, bool keep_result);
  cache::EntryPtr make_rrset_entry(base::Now now, const Resolution& resolution, const LearnedRrset& rrset) const;
  void mark_step(const Resolution& resolution, cache::EntryHeader& header) const;
  [[nodiscard]] bool is_outranked_at(wire::NameView owner, wire::Type type) const;
  void learn_denial(base::Now now, Resolution& resolution, ResponseDigest& digest, bool keep_result);
  void learn_delegation(base::Now now, const Resolution& resolution, const LearnedDelegation& learned,
                        cache::Space space);
  void learn_root(base::Now now, const LearnedDelegation& learned);
  void publish(base::Now now, cache::EntryPtr entry);
  void forget(wire::NameView name, wire::Type type, cache::Space space);
  void end_delegation(wire::NameView zone);

  // Finishing
  void finish(base::Now now, Resolution& resolution, Outcome outcome);
  void fail(base::Now now, Resolution& resolution, Outcome outcome, wire::ExtendedError error, std::string text);
  void fail_budget(base::Now now, Resolution& resolution);
  void cache_failure(base::Now now, const Resolution& resolution, Outcome outcome);
  void answer_waiting(base::Now now, Resolution& resolution);
  void restart_for_clients(base::Now now, Resolution& done);
  void shed_resolution(base::Now now, ResolutionId id);
  void shed_marked(base::Now now);
  [[nodiscard]] std::string describe(const Resolution& resolution);

  // Constant after construction.
  const Options options_;
  const Shared shared_;
  cache::Reader& reader_;
  base::Counters& counters_;
  base::KeyedHash hash_;         // this worker's own
  base::KeyedHash cookie_hash_;  // the same in all workers, as the cookies of servers are shared
  mutable RegistrableDomains domains_;  // a memory only

  base::Entropy entropy_;
  base::LogLimit log_{5, base::seconds(10)};
  Timers timers_;
  std::deque<Effect> effects_;
  std::deque<ResolutionId> ready_;
  std::vector<ResolutionId> to_shed_;             // give way at the start of the next step
  std::deque<std::unique_ptr<Resolution>> done_;  // finished; not handed over yet
  uint64_t next_id_ = 1;

  std::unordered_map<ClientId, Waiter> clients_;
  FairShare clients_by_prefix_;
  std::unordered_map<ResolutionId, std::unique_ptr<Resolution>> resolutions_;
  std::unordered_map<uint64_t, ResolutionId> by_question_;  // by question_of()
  FairShare resolutions_by_zone_;
  std::unordered_map<uint64_t, Flight> flights_;
  std::unordered_set<ResolutionId> parked_;
  std::map<ExchangeId, Exchange> exchanges_;  // oldest first
  std::unordered_map<base::IpAddress, ServerExchanges> exchanges_to_;
  FairShare exchanges_by_zone_;
  std::unordered_map<uint64_t, ExchangeId> left_;  // those that nobody waits for, by left_key()
  std::unordered_map<uint64_t, Retry> retries_;    // by question_key() of the refresh
  HedgeAllowance hedge_allowance_;
  DoubtedServers doubted_;  // by doubt_key()
  ParentQuestions parent_questions_;
  size_t tries_dark_ = 0;  // resolutions without stale data that ask dark providers all the same
  uint32_t open_circuits_seen_ = 0;
  bool uplink_lost_seen_ = false;
  Streams streams_;
  uint64_t client_bytes_ = 0;      // packets of those who wait
  uint64_t resolution_bytes_ = 0;  // resolutions and their results
  std::unordered_set<base::IpAddress> edns_silent_;
  FamilyHealth v4_, v6_;
  std::unordered_map<const Upstream*, StepHealth> step_health_;  // nullptr: iterating
  std::unordered_map<uint64_t, Probe> probes_;
  ResolutionId priming_ = 0;
  base::Instant priming_not_before_;
  AnswerPolicy answer_policy_;
  dnssec::TrustAnchors anchors_;  // those of the options, or what RFC 5011 has made of them
  uint64_t managed_version_ = 0;  // of shared_.managed_keys, that anchors_ follow
  std::vector<ManagedAnchor> managed_anchors_;
  dnssec::ZoneTrusts trusts_;
  dnssec::KeyCache parsed_keys_;
  CheckTurns check_turns_;
  base::Instant next_check_turn_;  // of the timer, while somebody waits
  std::map<std::vector<uint8_t>, ReferralProof> referral_proofs_;  // by the zone referred to
  std::vector<uint8_t> answer_buffer_;
  std::vector<uint8_t> received_;  // the response at hand
};

}  // namespace resolver
