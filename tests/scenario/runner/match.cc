#include "match.h"

#include <algorithm>

#include "wire/rdata.h"

namespace scenario {
namespace {

// Comparable form of a record. Letter case of names never counts here (RFC 4343).
std::string comparable(const wire::OwnedRecord& record, bool with_ttl) {
  wire::OwnedRecord copy = record;
  copy.owner = record.owner.lowercased();
  copy.rdata = wire::canonical_rdata(record.type, record.rdata);
  if (!with_ttl) copy.ttl = 0;
  return to_text(copy);
}

std::optional<std::string> section_difference(const char* name, const std::vector<wire::OwnedRecord>& expected,
                                              const std::vector<wire::OwnedRecord>& got, const Match& match,
                                              bool missing_is_fine) {
  std::vector<std::string> want;
  std::vector<std::string> have;
  for (const auto& record : expected) want.push_back(comparable(record, match.ttl));
  for (const auto& record : got) have.push_back(comparable(record, match.ttl));
  if (!match.order) {
    std::sort(want.begin(), want.end());
    std::sort(have.begin(), have.end());
  }
  if (want == have) return std::nullopt;
  for (const std::string& record : have) {
    if (std::find(want.begin(), want.end(), record) == want.end())
      return std::string(name) + ": not expected: " + record;
  }
  if (missing_is_fine) return std::nullopt;
  for (const std::string& record : want) {
    if (std::find(have.begin(), have.end(), record) == have.end()) return std::string(name) + ": missing: " + record;
  }
  return std::string(name) + (match.order ? ": order of records differs" : ": number of equal records differs");
}

std::optional<std::string> question_difference(const Match& match, const Packet& expected, const Packet& got) {
  if (expected.questions.empty()) return std::nullopt;
  const Question& want = expected.questions[0];
  if (got.questions.empty())
    return match.qname || match.question || match.subdomain ? std::optional<std::string>("no question") : std::nullopt;
  const Question& have = got.questions[0];
  const std::string both = "question: expected " + to_text(want) + ", got " + to_text(have);
  const bool same_name = want.name.view() == have.name.view();
  const bool same_type = want.type == have.type;
  if (match.qname && !same_name) return both;
  if (match.qtype && !same_type) return both;
  if (match.question && (!same_name || !same_type || want.klass != have.klass)) return both;
  if (match.subdomain && !have.name.view().is_within(want.name.view())) return both;
  if (match.qcase && !want.name.view().equals_exactly(have.name.view())) return both + " (letter case)";
  return std::nullopt;
}

const Option* find_option(const EdnsFields& edns, uint16_t code) {
  for (const Option& option : edns.options) {
    if (option.code == code) return &option;
  }
  return nullptr;
}

bool carries_world_cookie(const EdnsFields& edns) {
  const Option* option = find_option(edns, 10);
  return option != nullptr && option->value.size() == 24 &&
         std::equal(kWorldCookie.begin(), kWorldCookie.end(), option->value.begin() + 8);
}

std::optional<std::string> edns_difference(const Match& match, const Decoded& got) {
  if (match.dnssec_ok && !got.edns.dnssec_ok) return "no DO";
  if (match.edns && !got.edns.present) return "no EDNS";
  if (match.no_edns && got.edns.present) return "EDNS where none was expected";
  if (match.server_cookie && !carries_world_cookie(got.edns)) return "no server cookie";
  if (match.no_server_cookie && carries_world_cookie(got.edns)) return "a server cookie where none was expected";
  const std::string have = got.extended_error ? std::to_string(*got.extended_error) : "none";
  if (match.extended_error && match.extended_error != got.extended_error) {
    return "EDE: expected " + std::to_string(*match.extended_error) + ", got " + have;
  }
  if (match.any_extended_error && !got.extended_error) return "EDE: expected one, got none";
  if (match.no_extended_error && got.extended_error) return "EDE: expected none, got " + have;
  for (const Option& wanted : match.options) {
    const Option* option = find_option(got.edns, wanted.code);
    if (option == nullptr) return "EDNS option " + std::to_string(wanted.code) + " is missing";
    if (option->value.size() < wanted.value.size() ||
        !std::equal(wanted.value.begin(), wanted.value.end(), option->value.begin())) {
      return "EDNS option " + std::to_string(wanted.code) + " has other bytes";
    }
  }
  return std::nullopt;
}

// Authority and additional data of a positive answer may be left out (RFC 1034 §4.3.2 and RFC 2181
// do not require them of a resolver; RFC 9471 only of referrals): expected records may be missing
// there, others may not appear.
bool is_positive(const Packet& expected) {
  const auto& authority = expected.sections[1];
  const bool denial = std::any_of(authority.begin(), authority.end(),
                                  [](const auto& record) { return record.type == wire::Type::kSoa; });
  return expected.rcode == wire::Rcode::kNoerror && !expected.sections[0].empty() && !denial;
}

}  // namespace

std::optional<std::string> difference(const Entry& entry, const Decoded& got, resolver::Transport transport) {
  const Match& match = entry.match;
  const Packet& expected = entry.first();
  if (match.udp && transport != resolver::Transport::kUdp) return "not over UDP";
  if (match.tcp && transport != resolver::Transport::kTcp) return "not over TCP";
  if (match.opcode && expected.opcode != got.packet.opcode) return "opcode differs";
  if (auto found = question_difference(match, expected, got.packet)) return found;
  if (match.rcode && expected.rcode != got.packet.rcode) {
    return "rcode: expected " + wire::to_text(expected.rcode) + ", got " + wire::to_text(got.packet.rcode);
  }
  if (match.flags && flags_to_text(expected) != flags_to_text(got.packet)) {
    return "flags: expected " + flags_to_text(expected) + ", got " + flags_to_text(got.packet);
  }
  if (auto found = edns_difference(match, got)) return found;
  const bool optional = is_positive(expected);
  const std::array<bool, 3> compare = {match.answer, match.authority, match.additional};
  static const char* const kNames[] = {"answer", "authority", "additional"};
  for (size_t section = 0; section < 3; ++section) {
    if (!compare[section]) continue;
    auto found = section_difference(kNames[section], expected.sections[section], got.packet.sections[section], match,
                                    section > 0 && optional);
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace scenario
