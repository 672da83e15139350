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
  std::vector<Record> answer;
  std::vector<Record> authority;
  std::vector<Record> additional;
};

// The deepest of `zones` that holds `name`, or nullptr.
[[nodiscard]] const Zone* zone_for(const std::vector<const Zone*>& zones, wire::NameView name);

// REFUSED when none of `zones` holds the name. `minimal`: no NS set and no addresses beside answers.
[[nodiscard]] Response answer_authoritatively(const std::vector<const Zone*>& zones, wire::NameView name,
                                              wire::Type type, bool minimal);
[[nodiscard]] Response refuse(wire::Rcode rcode);

void append_set(std::vector<Record>& out, wire::NameView owner, wire::Type type, const RrSet& set);

struct RenderOptions {
  size_t bytes_max = 512;
  bool with_edns = false;
  bool lower_question = false;  // does not keep the letter case of the question
  bool truncate = false;
  bool recursion_available = false;
  base::Bytes edns_options = {};
};
// `query` gives id and question.
[[nodiscard]] std::vector<uint8_t> render(const Response& response, const wire::MessageView& query,
                                          const RenderOptions& options);

}  // namespace sim
