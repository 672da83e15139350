#include "parse.h"

#include <map>

#include "parse_entry.h"

namespace scenario {
namespace {

class FileReader {
 public:
  explicit FileReader(std::string_view text) : rest_(text) {}
  Scenario read() {
    while (next_line()) {
      if (words_.empty()) continue;
      if (words_[0] == "CONFIG_END" || words_[0] == "SCENARIO_BEGIN") break;
      config_line();
    }
    while (next_line()) {
      if (words_.empty() || words_[0] == "SCENARIO_BEGIN" || words_[0] == "TITLE") continue;
      if (words_[0] == "SCENARIO_END") break;
      if (words_[0] == "RANGE_BEGIN")
        range();
      else if (words_[0] == "STEP")
        step();
      else if (!directive())
        throw Unsupported{line_, words_[0]};
    }
    return std::move(scenario_);
  }

 private:
  bool next_line() {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\n');
    text_ = without_comment(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    words_ = split_words(text_);
    ++line_;
    return true;
  }

  // "key: value" with an optional # comment; a key without value begins a section.
  void config_line() {
    std::string text = text_.substr(0, comment_in_config(text_));
    const size_t colon = text.find(':');
    if (colon == std::string::npos) throw Unsupported{line_, "configuration line without a colon"};
    const auto key = split_words(text.substr(0, colon));
    if (key.size() != 1) throw Unsupported{line_, "configuration line " + text};
    std::string value = text.substr(colon + 1);
    const size_t first = value.find_first_not_of(" \t\r\"'");
    const size_t last = value.find_last_not_of(" \t\r\"'");
    value = first == std::string::npos ? "" : value.substr(first, last - first + 1);
    if (value.empty()) section_ = key[0];
    scenario_.config.push_back({line_, section_, key[0], value});
  }
  static size_t comment_in_config(const std::string& text) {
    bool quoted = false;
    for (size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '"') quoted = !quoted;
      if (text[at] == '#' && !quoted) return at;
    }
    return std::string::npos;
  }

  bool directive() {
    if (words_[0] == "$ORIGIN" && words_.size() > 1) {
      origin_ = parse_name(line_, words_[1]);
    } else if (words_[0] == "$TTL" && words_.size() > 1) {
      default_ttl_ = static_cast<uint32_t>(parse_number(line_, words_[1]));
    } else {
      return false;
    }
    return true;
  }

  Entry entry() {
    EntryReader reader(line_, origin_, default_ttl_);
    while (next_line()) {
      if (words_.empty()) continue;
      if (words_[0] == "ENTRY_END") return reader.finish();
      if (!directive()) reader.line(line_, text_, words_);
    }
    throw Unsupported{line_, "ENTRY_BEGIN without ENTRY_END"};
  }

  void range() {
    Range range;
    if (words_.size() < 3) throw Unsupported{line_, "RANGE_BEGIN without two steps"};
    range.from = parse_number(line_, words_[1]);
    range.to = parse_number(line_, words_[2]);
    while (next_line()) {
      if (words_.empty()) continue;
      if (words_[0] == "RANGE_END") {
        scenario_.ranges.push_back(std::move(range));
        return;
      }
      if (words_[0] == "ADDRESS" && words_.size() > 1)
        range.addresses.push_back(parse_address(line_, words_[1]));
      else if (words_[0] == "ENTRY_BEGIN")
        range.entries.push_back(entry());
      else if (!directive())
        throw Unsupported{line_, words_[0]};
    }
    throw Unsupported{line_, "RANGE_BEGIN without RANGE_END"};
  }

  void step() {
    static const std::map<std::string, StepKind> kKinds = {{"NOTHING", StepKind::kNothing},
                                                           {"QUERY", StepKind::kQuery},
                                                           {"REPLY", StepKind::kReply},
                                                           {"CHECK_ANSWER", StepKind::kCheckAnswer},
                                                           {"CHECK_OUT_QUERY", StepKind::kCheckOutQuery},
                                                           {"TIMEOUT", StepKind::kTimeout},
                                                           {"ERROR", StepKind::kError},
                                                           {"TIME_PASSES", StepKind::kTimePasses},
                                                           {"EXPECT", StepKind::kExpect},
                                                           {"RESET", StepKind::kReset}};
    if (words_.size() < 3) throw Unsupported{line_, "STEP without number and kind"};
    Step step;
    step.line = line_;
    step.id = parse_number(line_, words_[1]);
    const auto kind = kKinds.find(words_[2]);
    if (kind == kKinds.end()) throw Unsupported{line_, "STEP " + words_[2]};
    step.kind = kind->second;
    step.words.assign(words_.begin() + 3, words_.end());
    if (step.kind == StepKind::kTimePasses) {
      if (step.words.size() != 2 || step.words[0] != "ELAPSE") throw Unsupported{line_, "TIME_PASSES but for ELAPSE"};
      step.elapse = parse_duration(line_, step.words[1]);
    } else if (step.kind == StepKind::kQuery && step.words.size() == 2 && step.words[0] == "ADDRESS") {
      step.address = parse_address(line_, step.words[1]);
    }
    const bool has_entry = step.kind == StepKind::kQuery || step.kind == StepKind::kReply ||
                           step.kind == StepKind::kCheckAnswer || step.kind == StepKind::kCheckOutQuery;
    if (has_entry) {
      do {
        if (!next_line()) throw Unsupported{line_, "STEP without ENTRY_BEGIN"};
        if (!words_.empty() && words_[0] == "ADDRESS" && words_.size() > 1)
          step.address = parse_address(line_, words_[1]);
      } while (words_.empty() || words_[0] == "ADDRESS");
      if (words_[0] != "ENTRY_BEGIN") throw Unsupported{line_, words_[0]};
      step.entry = entry();
    }
    if (!scenario_.steps.empty() && scenario_.steps.back().id > step.id)
      throw Unsupported{step.line, "steps not in order"};
    scenario_.steps.push_back(std::move(step));
  }

  std::string_view rest_;
  int line_ = 0;
  std::string text_;
  std::vector<std::string> words_;
  std::string section_;
  wire::Name origin_;
  uint32_t default_ttl_ = 3600;
  Scenario scenario_;
};

}  // namespace

Scenario parse_scenario(std::string_view text) {
  return FileReader(text).read();
}

}  // namespace scenario
