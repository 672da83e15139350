// What the two providers of the outage bench serve, and how one query is answered from it. No sockets, no clock.
//
// A world is read from a text file that bench/outage/world.py writes:
//   server A 198.18.1.1                      an address of provider A
//   provider A provider-a.net                the zone that holds the names of its servers
//   host ns001.provider-a.net 198.18.1.1     one of them
//   zone a www site.com ns1,ns2 ns3,ns4      a customer's zone: who serves it, its host, its servers at A and at B
// The class of a zone is `a`, `b` or `ab`. Provider B serves the zones of class `a` too: nobody asks it for them
// until the parent's delegation moves there.
//
// The answer to A and TXT carries the moment at which it was made: an address 11.x.y.z comes from provider A,
// 12.x.y.z from B, and x.y.z counts tenths of a second of the machine's monotonic clock, modulo 2^24.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace outage {

enum class Provider : uint8_t { kA = 0, kB = 1 };

// What a provider that answers says.
enum class Voice : uint8_t { kTruth, kServfail, kRefused, kNxdomain };

struct Server {
  Provider provider;
  uint32_t address;  // network order
};

struct Zone {
  std::string name;                     // wire format, lower case
  std::string www;                      // the only host below it, wire format; empty in a zone of name servers
  bool served_by[2];                    // by Provider
  std::vector<std::string> servers[2];  // NS set as each provider tells it, wire format
};

class World {
 public:
  // The error is one sentence.
  static std::optional<World> read(const std::string& path, std::string& error);

  const std::vector<Server>& servers() const { return servers_; }

  // Writes the answer to `query` and returns its size, or 0 where the query deserves none. `room` bounds it:
  // all answers fit 512 bytes. `tenths` is the moment it is made.
  size_t answer(Provider provider, Voice voice, uint64_t tenths, std::span<const uint8_t> query,
                std::span<uint8_t> room) const;

 private:
  bool read_line(const std::string& line);

  std::vector<Server> servers_;
  std::unordered_map<std::string, Zone> zones_;
  std::unordered_map<std::string, uint32_t> hosts_;
};

}  // namespace outage
