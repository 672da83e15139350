// Loop: one worker's sockets. Knows bytes and addresses, not DNS (but for the two-byte length
// prefix of RFC 7766 §8, which it adds and removes). Two backends have this face: io_uring
// (net/uring_driver.h) and recvmmsg/sendmmsg with epoll (net/mmsg_driver.h).
//
// One turn:
//
//   while (running) {
//     events = loop.turn(deadline);        // submits what was queued, waits, collects
//     for each event: hand it on           // spans inside events are valid until the next turn()
//     loop.send_datagram(...), ...         // only queues; no system call per packet
//   }
//
// Nothing acts inside a completion: events are collected first (see events()), bounded by
// kEventsPerTurnMax, and the rest wait for the next turn. All timeouts of DNS live in the engine;
// the loop's own timers are the idle and write deadlines of client connections.
//
// Thread rule: one Loop per worker thread; made, used and destroyed there. wake() alone is called from any
// thread. Never blocks but in turn(). After start-up no condition of the machine ends the
// process: what cannot be done is counted and reported as an event.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/counters.h"
#include "base/instant.h"
#include "base/ip.h"
#include "base/result.h"

namespace net {

// Strong ids. The engine's owner chooses exchange and stream ids; the loop chooses the rest.
enum class ListenerId : uint32_t {};
enum class ConnectionId : uint64_t {};  // a client's TCP connection; never reused
enum class ExchangeId : uint64_t {};    // one query on one fresh UDP socket
enum class StreamId : uint64_t {};      // one TCP connection to a server

// What happened ---------------------------------------------------------------------------------

struct DatagramReceived {        // a client's query
  ListenerId listener;
  base::Endpoint client;
  base::IpAddress local;         // the address it came to: the answer leaves from there
  uint32_t interface_index;      // for link-local clients
  base::Bytes bytes;
};
struct MessageReceived {         // one whole message on a client's connection
  ConnectionId connection;
  base::Endpoint client;
  base::IpAddress local;
  base::Bytes bytes;
};
struct ConnectionClosed { ConnectionId connection; };  // no answer can be sent there any more

enum class TransportError : uint8_t { kUnreachable, kRefused, kOther };

// From the connected peer; may come more than once.
struct ExchangeResponse { ExchangeId exchange; base::Bytes bytes; };
// Each of the next three ends the exchange: its id is free again. Until the caller has seen it, the
// id may have been closed or used anew by the caller: events of ids it does not know are to be ignored.
struct ExchangePortTaken { ExchangeId exchange; };                    // never sent; draw another port
struct ExchangeFailed { ExchangeId exchange; TransportError error; };
struct ExchangeNoDescriptor { ExchangeId exchange; };                 // our own lack, not the server's fault

struct StreamOpened { StreamId stream; };
struct StreamMessage { StreamId stream; base::Bytes bytes; };
struct StreamClosed { StreamId stream; TransportError error; };       // also when opening failed

struct Woken {};                 // wake() was called since the last turn

using Event = std::variant<DatagramReceived, MessageReceived, ConnectionClosed, ExchangeResponse, ExchangePortTaken,
                           ExchangeFailed, ExchangeNoDescriptor, StreamOpened, StreamMessage, StreamClosed, Woken>;

inline constexpr size_t kEventsPerTurnMax = 512;

// How ------------------------------------------------------------------------------------------

enum class Backend : uint8_t { kAuto, kUring, kMmsg };

struct LoopOptions {
  Backend backend = Backend::kAuto;
  uint32_t client_connections_max = 1024;            // per worker
  uint32_t client_connections_per_address_max = 128;
  uint32_t queries_per_connection_max = 128;         // pipelined and not answered yet; reading pauses
  base::Duration client_idle = base::seconds(10);    // shrinks to a tenth as connections fill up
  base::Duration client_message = base::seconds(4);  // from the first byte of a message to its last
  base::Duration client_write = base::seconds(4);    // a client that does not read
  base::Duration stream_connect = base::seconds(3);
};

struct StartError { std::string sentence; };  // says what to do

class Loop {
 public:
  // Makes the backend asked for; kAuto tries io_uring and falls back with one log line.
  static base::Result<std::unique_ptr<Loop>, StartError> make(const LoopOptions&, base::Counters&);
  virtual ~Loop() = default;
  [[nodiscard]] virtual std::string_view backend_name() const = 0;

  // Opens UDP and TCP on `endpoint` with SO_REUSEPORT, so that each worker has its own pair.
  virtual base::Result<ListenerId, StartError> listen(const base::Endpoint& endpoint) = 0;
  // No more connections or datagrams are taken in; what is open goes on (shutdown).
  virtual void stop_listening() = 0;

  // Waits until something happens or `until`, and returns what happened. `now` is the boot time
  // read by the caller just before.
  virtual std::span<const Event> turn(base::Instant now, base::Instant until) = 0;
  virtual void wake() = 0;

  // Answers to clients. The bytes are copied before the call returns.
  virtual void send_datagram(ListenerId, const base::Endpoint& client, const base::IpAddress& local,
                             uint32_t interface_index, base::Bytes) = 0;
  virtual void send_message(ConnectionId, base::Bytes) = 0;

  // One query to a server: a fresh UDP socket bound to `local_port` (and `local_address`, if
  // given), connected to `server`. Its response comes as ExchangeResponse until it is closed.
  virtual void open_exchange(ExchangeId, const base::IpAddress* local_address, uint16_t local_port,
                             const base::Endpoint& server, base::Bytes query) = 0;
  virtual void close_exchange(ExchangeId) = 0;

  // A TCP connection to a server. Messages queued before StreamOpened are sent once it opens.
  virtual void open_stream(StreamId, const base::IpAddress* local_address, const base::Endpoint& server) = 0;
  virtual void send_stream(StreamId, base::Bytes message) = 0;
  virtual void close_stream(StreamId) = 0;

  // Open sockets of each kind, for tests and the metrics: back to zero when idle.
  struct Usage { uint32_t exchanges = 0, streams = 0, connections = 0; };
  [[nodiscard]] virtual Usage usage() const = 0;
};

// Raises RLIMIT_NOFILE to its hard limit; returns the number now in force.
uint64_t raise_descriptor_limit();

}  // namespace net
