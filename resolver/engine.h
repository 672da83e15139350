// Engine: the resolver as a pure function with a memory. It owns no socket, thread, clock or
// random device: what arrives comes in by handle_*, what must be done goes out by poll_effect().
//
// A question's way: the hit path (resolver/hit.h) had no answer, so handle_query() starts or joins
// a Resolution; it looks in the cache, finds the nearest delegation, chooses a server, and sends
// (effect SendQuery). handle_response() digests what comes back: an answer, an alias (a sub-question),
// a referral (on with the nearer zone), or a reason to ask elsewhere. When it ends, everything
// learned is in the cache and all who wait are answered (effect Answer).
//
// Contract: call a handle_* for what happened; then drain poll_effect() until it is empty; then
// wait until poll_timeout() at the latest and call handle_timeout(). `now` must not decrease.
// The cache reader given at construction must be online during every call.
//
// Owned by one worker; not thread-safe. Shared with other workers: the cache, the claims and the
// servers' health. Bounded by Options::bounds; every client that was taken in is answered once,
// at the latest at its deadline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "base/counters.h"
#include "base/entropy.h"
#include "base/instant.h"
#include "cache/cache.h"
#include "cache/claims.h"
#include "cache/denial_index.h"
#include "cache/journal.h"
#include "cache/managed_keys.h"
#include "cache/provider_health.h"
#include "cache/provider_keys.h"
#include "cache/server_health.h"
#include "resolver/client.h"
#include "resolver/options.h"

namespace resolver {

enum class ExchangeId : uint64_t {};  // one query over one UDP socket; never reused
enum class StreamId : uint64_t {};    // one TCP connection to a server; never reused
enum class TransportError : uint8_t { kUnreachable, kRefused, kOther };

// Effects: what the pump must do, in this order. Each owns its bytes.
struct SendQuery {
  ExchangeId exchange{};
  std::optional<base::IpAddress> local_address;
  uint16_t local_port = 0;
  base::Endpoint server;
  std::vector<uint8_t> query;
};
struct CloseExchange {
  ExchangeId exchange{};
};
struct OpenStream {
  StreamId stream{};
  std::optional<base::IpAddress> local_address;
  base::Endpoint server;
};
struct SendOnStream {
  StreamId stream{};
  std::vector<uint8_t> message;
};
struct CloseStream {
  StreamId stream{};
};
struct Answer {
  ClientId client{};
  std::vector<uint8_t> message;
};
struct WakeWorkers {
  uint64_t mask = 0;
};  // call handle_woken() of the engines whose bit (index % 64) is set

using Effect = std::variant<SendQuery, CloseExchange, OpenStream, SendOnStream, CloseStream, Answer, WakeWorkers>;

// What all workers share.
struct Shared {
  cache::Cache* cache = nullptr;
  cache::ClaimTable* claims = nullptr;
  cache::ServerHealth* health = nullptr;
  cache::ProviderHealth* providers = nullptr;
  const cache::ProviderKeys* provider_keys = nullptr;
  cache::DenialIndex* denials = nullptr;  // null: no denials from what is known (RFC 8198)
  cache::Journal* journal = nullptr;      // told what is published and removed; may be null
  // Null: the anchors stay as they are configured. Else dnssec::adopt() has put their zones in; worker 0 looks at
  // the zones' keys (RFC 5011), and all trust what it makes of them.
  cache::ManagedKeys* managed_keys = nullptr;
};

class Engine {
 public:
  Engine(const Options& options, const Shared& shared, cache::Reader& reader, const base::Entropy::Seed& seed,
         base::Counters& counters);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // A query that answer_hits() left as kMiss. The packet is copied.
  void handle_query(base::Now now, const ClientQuery& query);
  // The client is gone (its connection closed): no answer is made for it.
  void handle_client_gone(base::Now now, ClientId client);

  void handle_response(base::Now now, ExchangeId exchange, base::Bytes message);
  void handle_port_taken(base::Now now, ExchangeId exchange);
  void handle_exchange_error(base::Now now, ExchangeId exchange, TransportError error);
  // Our own lack of descriptors: counts against no server.
  void handle_no_descriptor(base::Now now, ExchangeId exchange);

  void handle_stream_opened(base::Now now, StreamId stream);
  void handle_stream_message(base::Now now, StreamId stream, base::Bytes message);
  void handle_stream_closed(base::Now now, StreamId stream, TransportError error);

  void handle_woken(base::Now now);
  // A hit met popular data in the last part of its life (HitSlot::expiring): it is refreshed in the background.
  void handle_expiring(base::Now now, const cache::Entry& entry);
  void handle_timeout(base::Now now);

  // Answers everyone who waits with SERVFAIL, closes everything: for shutdown.
  void abandon_all(base::Now now);

  [[nodiscard]] std::optional<Effect> poll_effect();
  // When to call handle_timeout(); Instant::never() when nothing is pending.
  [[nodiscard]] base::Instant poll_timeout() const;

  // For answer_hits(): that of the options, with the root's key tags as they are now.
  [[nodiscard]] const AnswerPolicy& answer_policy() const;

  // What is in hand; all zero when idle but for kept-open streams.
  struct Usage {
    size_t clients = 0;
    size_t resolutions = 0;
    size_t exchanges = 0;
    size_t streams = 0;
    size_t flights = 0;
    size_t timers = 0;
    size_t bytes = 0;
  };
  [[nodiscard]] Usage usage() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace resolver
