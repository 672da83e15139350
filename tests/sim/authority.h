// The authoritative side: what an honest server that holds some zones says to a question, and
// how a response becomes bytes. Small and obvious: the simulation believes it.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "tests/sim/zone.h"
#include "wire/message.h"

namespace sim {

struct Response {
  wire::Rcode rcode = wire::Rcode::kNoerror;
  bool authoritative = true;
  bool authentic = false;  // AD and CD: nobody honest sets them here
  bool checking_disabled = false;
  std::vector<Record> answer;
  std::vector<Record> authority;
  std::vector<Record> additional;
};

// A server follows so many aliases within its zone.
inline constexpr size_t kAliasesInOneResponseMax = 8;

// The deepest of `zones` that holds `name`, or nullptr; for DS the parent of a zone, if it is there.
[[nodiscard]] const Zone* zone_for(const std::vector<const Zone*>& zones, wire::NameView name,
                                   wire::Type type = wire::Type::kNone);

// REFUSED when none of `zones` holds the name. `minimal`: no NS set and no addresses beside answers.
[[nodiscard]] Response answer_authoritatively(const std::vector<const Zone*>& zones, wire::NameView name,
                                              wire::Type type, bool minimal);
[[nodiscard]] Response refuse(wire::Rcode rcode);

void append_set(std::vector<Record>& out, wire::NameView owner, wire::Type type, const RrSet& set);

struct RenderOptions {
  size_t bytes_max = 512;
  bool with_edns = false;
  bool dnssec_ok = false;
  bool lower_question = false;  // does not keep the letter case of the question
  bool truncate = false;
  bool recursion_available = false;
  base::Bytes edns_options = {};
};
// `query` gives id and question.
[[nodiscard]] std::vector<uint8_t> render(const Response& response, const wire::MessageView& query,
                                          const RenderOptions& options);

}  // namespace sim
