#include "parse_entry.h"

#include <map>

#include "parse.h"

namespace scenario {
namespace {

const std::map<std::string, bool Match::*> kMatchWords = {{"opcode", &Match::opcode},
                                                          {"qtype", &Match::qtype},
                                                          {"qname", &Match::qname},
                                                          {"qcase", &Match::qcase},
                                                          {"question", &Match::question},
                                                          {"subdomain", &Match::subdomain},
                                                          {"flags", &Match::flags},
                                                          {"rcode", &Match::rcode},
                                                          {"answer", &Match::answer},
                                                          {"authority", &Match::authority},
                                                          {"additional", &Match::additional},
                                                          {"all", &Match::all},
                                                          {"all_noedns", &Match::all},
                                                          {"ttl", &Match::ttl},
                                                          {"DO", &Match::dnssec_ok},
                                                          {"edns", &Match::edns},
                                                          {"noedns", &Match::no_edns},
                                                          {"UDP", &Match::udp},
                                                          {"TCP", &Match::tcp},
                                                          {"server_cookie", &Match::server_cookie},
                                                          {"no_server_cookie", &Match::no_server_cookie},
                                                          {"ede=any", &Match::any_extended_error},
                                                          {"noede", &Match::no_extended_error},
                                                          {"order", &Match::order}};

const std::map<std::string, bool Adjust::*> kAdjustWords = {{"copy_id", &Adjust::copy_id},
                                                            {"copy_query", &Adjust::copy_query},
                                                            {"raw_id", &Adjust::raw_id},
                                                            {"do_not_answer", &Adjust::do_not_answer},
                                                            {"keep_case", &Adjust::keep_case},
                                                            {"no_edns", &Adjust::no_edns},
                                                            {"echo_opt", &Adjust::echo_opt},
                                                            {"server_cookie", &Adjust::server_cookie},
                                                            {"wrong_cookie", &Adjust::wrong_cookie}};

const std::map<std::string, bool Packet::*> kFlagWords = {
    {"QR", &Packet::qr}, {"AA", &Packet::aa}, {"TC", &Packet::tc}, {"RD", &Packet::rd},
    {"RA", &Packet::ra}, {"AD", &Packet::ad}, {"CD", &Packet::cd}, {"DO", &Packet::dnssec_ok}};

const std::map<std::string, wire::Rcode> kRcodeWords = {
    {"NOERROR", wire::Rcode::kNoerror},   {"FORMERR", wire::Rcode::kFormerr},    {"SERVFAIL", wire::Rcode::kServfail},
    {"NXDOMAIN", wire::Rcode::kNxdomain}, {"NOTIMP", wire::Rcode::kNotimp},      {"NOTIMPL", wire::Rcode::kNotimp},
    {"REFUSED", wire::Rcode::kRefused},   {"YXDOMAIN", wire::Rcode::kYxdomain},  {"YXRRSET", wire::Rcode::kYxrrset},
    {"NXRRSET", wire::Rcode::kNxrrset},   {"NOTAUTH", wire::Rcode::kNotauth},    {"NOTZONE", wire::Rcode::kNotzone},
    {"BADVERS", wire::Rcode::kBadvers},   {"BADCOOKIE", wire::Rcode::kBadcookie}};

const std::map<std::string, wire::Opcode> kOpcodeWords = {{"QUERY", wire::Opcode::kQuery},
                                                          {"IQUERY", wire::Opcode::kIquery},
                                                          {"STATUS", wire::Opcode::kStatus},
                                                          {"NOTIFY", wire::Opcode::kNotify},
                                                          {"UPDATE", wire::Opcode::kUpdate}};

// "option=10:0011": code and leading bytes.
Option parse_option(int line, const std::string& value) {
  const size_t colon = value.find(':');
  Option option;
  option.code = static_cast<uint16_t>(parse_number(line, value.substr(0, colon)));
  if (colon != std::string::npos) option.value = parse_hex(line, value.substr(colon + 1));
  return option;
}

bool is_class_word(const std::string& word) {
  return word == "IN" || word == "CH" || word == "HS" || word == "ANY" || word == "NONE" || word.rfind("CLASS", 0) == 0;
}

wire::Class parse_class(int line, const std::string& word) {
  if (word == "IN") return wire::Class::kIn;
  if (word == "CH") return wire::Class::kChaos;
  if (word == "HS") return wire::Class::kHesiod;
  if (word == "ANY") return wire::Class::kAny;
  if (word == "NONE") return wire::Class::kNone;
  return static_cast<wire::Class>(parse_number(line, word.substr(5)));
}

}  // namespace

void EntryReader::match_word(int number, const std::string& word) {
  const auto found = kMatchWords.find(word);
  if (found != kMatchWords.end()) {
    entry_.match.*(found->second) = true;
  } else if (word.rfind("ede=", 0) == 0) {
    entry_.match.extended_error = static_cast<uint16_t>(parse_number(number, word.substr(4)));
  } else if (word.rfind("option=", 0) == 0) {
    entry_.match.options.push_back(parse_option(number, word.substr(7)));
  } else {
    throw Unsupported{number, "MATCH " + word};
  }
}

void EntryReader::adjust_word(int number, const std::string& word) {
  const auto found = kAdjustWords.find(word);
  Adjust& adjust = entry_.adjust;
  if (found != kAdjustWords.end()) {
    adjust.*(found->second) = true;
  } else if (word.rfind("sleep=", 0) == 0) {
    adjust.delay = parse_duration(number, word.substr(6));
  } else if (word.rfind("packet_sleep=", 0) == 0) {
    packet().delay = parse_duration(number, word.substr(13));
  } else if (word.rfind("option=", 0) == 0) {
    adjust.options.push_back(parse_option(number, word.substr(7)));
  } else if (word.rfind("edns_version=", 0) == 0) {
    adjust.edns_version = static_cast<uint8_t>(parse_number(number, word.substr(13)));
  } else if (word.rfind("edns_size=", 0) == 0) {
    adjust.edns_size = static_cast<uint16_t>(parse_number(number, word.substr(10)));
  } else if (word == "wrong_id") {
    packet().wrong_id = true;
  } else if (word.rfind("copies=", 0) == 0) {
    packet().copies = static_cast<uint32_t>(parse_number(number, word.substr(7)));
  } else {
    throw Unsupported{number, "ADJUST " + word};
  }
}

void EntryReader::reply_word(int number, const std::string& word) {
  const auto flag = kFlagWords.find(word);
  const auto rcode = kRcodeWords.find(word);
  const auto opcode = kOpcodeWords.find(word);
  if (flag != kFlagWords.end()) {
    packet().*(flag->second) = true;
  } else if (rcode != kRcodeWords.end()) {
    packet().rcode = rcode->second;
  } else if (opcode != kOpcodeWords.end()) {
    packet().opcode = opcode->second;
  } else {
    throw Unsupported{number, "REPLY " + word};
  }
}

bool EntryReader::hex_keyword(const std::string& word) {
  if (word == "HEX_ANSWER_BEGIN" || word == "HEX_EDNSDATA_BEGIN" || word == "HEX_EDNS_BEGIN") {
    mode_ = word == "HEX_ANSWER_BEGIN" ? Mode::kHexAnswer : Mode::kHexEdns;
    hex_.clear();
    return true;
  }
  if (word == "HEX_ANSWER_END") {
    packet().raw = parse_hex(hex_line_, hex_);
  } else if (word == "HEX_EDNSDATA_END" || word == "HEX_EDNS_END") {
    const std::vector<uint8_t> bytes = parse_hex(hex_line_, hex_);
    if (bytes.size() < 4) throw Unsupported{hex_line_, "EDNS data shorter than one option"};
    entry_.adjust.options.push_back({base::load_be16(bytes.data()), {bytes.begin() + 4, bytes.end()}});
  } else {
    return false;
  }
  mode_ = Mode::kKeywords;
  return true;
}

bool EntryReader::keyword(int number, const std::vector<std::string>& words) {
  const std::string& word = words[0];
  if (word == "MATCH") {
    entry_.match.given = true;
    for (size_t at = 1; at < words.size(); ++at) match_word(number, words[at]);
  } else if (word == "ADJUST") {
    for (size_t at = 1; at < words.size(); ++at) adjust_word(number, words[at]);
  } else if (word == "REPLY") {
    for (size_t at = 1; at < words.size(); ++at) reply_word(number, words[at]);
  } else if (word == "SECTION") {
    static const std::map<std::string, size_t> kSections = {{"ANSWER", 0}, {"AUTHORITY", 1}, {"ADDITIONAL", 2}};
    const std::string name = words.size() > 1 ? words[1] : "";
    const auto found = kSections.find(name);
    if (name != "QUESTION" && found == kSections.end()) throw Unsupported{number, "SECTION " + name};
    mode_ = name == "QUESTION" ? Mode::kQuestion : Mode::kRecords;
    if (name == "QUESTION" && entry_.packets.size() > 1) packet().questions.clear();  // instead of the first packet's
    if (found == kSections.end()) return true;
    section_ = found->second;
    packet().section_given[section_] = true;
  } else if (word == "EXTRA_PACKET") {
    Packet next;
    next.questions = packet().questions;
    entry_.packets.push_back(std::move(next));
    mode_ = Mode::kKeywords;
  } else if (word == "RAW") {
    mode_ = Mode::kRaw;
  } else if (word == "MANDATORY" || word == "TSIG") {
    throw Unsupported{number, word};
  } else {
    return false;
  }
  return true;
}

void EntryReader::question(int number, const std::vector<std::string>& words) {
  Question question;
  question.name = parse_name(number, words[0]);
  const bool with_class = words.size() > 2 || (words.size() == 2 && is_class_word(words[1]) && words[1] != "ANY");
  if (with_class) question.klass = parse_class(number, words[1]);
  const size_t type_at = with_class ? 2 : 1;
  if (words.size() <= type_at) throw Unsupported{number, "question without type"};
  question.type = parse_type(number, words[type_at]);
  packet().questions.push_back(question);
}

void EntryReader::record(int number, const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  auto record = wire::record_from_text(std::string_view(text).substr(begin), default_ttl_, origin_);
  if (!record) throw Unsupported{number, "record that does not parse: " + text.substr(begin)};
  packet().sections[section_].push_back(std::move(*record));
}

void EntryReader::line(int number, const std::string& text, const std::vector<std::string>& words) {
  if (hex_keyword(words[0]) || keyword(number, words)) return;
  switch (mode_) {
    case Mode::kKeywords:
      throw Unsupported{number, words[0]};
    case Mode::kQuestion:
      return question(number, words);
    case Mode::kRecords:
      return record(number, text);
    case Mode::kRaw:
      packet().raw = words[0] == "NULL" ? std::vector<uint8_t>() : parse_hex(number, text);
      mode_ = Mode::kKeywords;
      return;
    case Mode::kHexAnswer:
    case Mode::kHexEdns:
      hex_ += text;
      hex_line_ = number;
      return;
  }
}

Entry EntryReader::finish() {
  Match& match = entry_.match;
  if (!match.given) match.opcode = match.qtype = match.qname = true;
  if (match.all) {
    match.opcode = match.qtype = match.qname = match.flags = match.rcode = match.answer = true;
    match.authority = entry_.first().section_given[1];
    match.additional = entry_.first().section_given[2];
  }
  return std::move(entry_);
}

}  // namespace scenario
