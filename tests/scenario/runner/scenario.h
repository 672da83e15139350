// A scenario file as read: configuration lines, scripted authorities (ranges of entries), steps.
// The format is the field's .rpl format, shared by Unbound, Deckard and NLnet Labs' domain;
// docs/scenarios.md says what of it is supported and what is added.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/ip.h"
#include "wire/ldns_bridge.h"
#include "wire/message.h"
#include "wire/name.h"
#include "wire/types.h"

namespace scenario {

// Thrown while reading or running; main.cc turns each into one line of the report.
struct Unsupported {
  int line = 0;
  std::string reason;
};
struct Failure {
  std::string difference;
};

struct Question {
  wire::Name name;
  wire::Type type = wire::Type::kNone;
  wire::Class klass = wire::Class::kIn;
};

struct Option {
  uint16_t code = 0;
  std::vector<uint8_t> value;
};

// One message: what to send, or what is expected.
struct Packet {
  bool qr = false, aa = false, tc = false, rd = false, ra = false, ad = false, cd = false, dnssec_ok = false;
  wire::Opcode opcode = wire::Opcode::kQuery;
  wire::Rcode rcode = wire::Rcode::kNoerror;
  std::vector<Question> questions;
  std::array<std::vector<wire::OwnedRecord>, 3> sections;
  std::array<bool, 3> section_given{};
  std::optional<std::vector<uint8_t>> raw;
  // ADJUST words that stand before this packet.
  bool wrong_id = false;
  uint32_t copies = 1;
  base::Duration delay{0};
};

struct Match {
  bool given = false;
  bool opcode = false, qtype = false, qname = false, qcase = false, question = false, subdomain = false;
  bool flags = false, rcode = false, answer = false, authority = false, additional = false, all = false, ttl = false;
  bool dnssec_ok = false, edns = false, no_edns = false, udp = false, tcp = false;
  bool server_cookie = false, no_server_cookie = false, order = false;
  std::optional<uint16_t> extended_error;
  bool any_extended_error = false, no_extended_error = false;
  std::vector<Option> options;  // present, and begin with these bytes
};

struct Adjust {
  bool copy_id = false, copy_query = false, raw_id = false, do_not_answer = false;
  bool keep_case = false;  // the question's letter case stays the entry's
  bool no_edns = false;
  bool echo_opt = false;  // the query's options come back as they are
  bool server_cookie = false, wrong_cookie = false;
  std::optional<uint8_t> edns_version;
  std::optional<uint16_t> edns_size;
  std::vector<Option> options;
  base::Duration delay{0};
};

struct Entry {
  int line = 0;
  Match match;
  Adjust adjust;
  std::vector<Packet> packets{1};
  [[nodiscard]] const Packet& first() const { return packets.front(); }
};

struct Range {
  uint64_t from = 0, to = 0;
  std::vector<base::IpAddress> addresses;  // none: every address
  std::vector<Entry> entries;
};

enum class StepKind : uint8_t {
  kNothing,
  kQuery,
  kReply,
  kCheckAnswer,
  kCheckOutQuery,
  kTimeout,
  kError,
  kTimePasses,
  kExpect,
  kReset
};

struct Step {
  uint64_t id = 0;
  int line = 0;
  StepKind kind = StepKind::kNothing;
  std::vector<std::string> words;  // after the kind
  std::optional<base::IpAddress> address;
  std::optional<Entry> entry;
  base::Duration elapse{0};
};

struct ConfigLine {
  int line = 0;
  std::string section;  // "server", "stub-zone", "holdfast", ... or empty
  std::string key;
  std::string value;  // without quotes
};

struct Scenario {
  std::vector<ConfigLine> config;
  std::vector<Range> ranges;
  std::vector<Step> steps;
};

}  // namespace scenario
