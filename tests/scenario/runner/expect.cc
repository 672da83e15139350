#include "expect.h"

#include <map>

#include "parse.h"

namespace scenario {

void Counts::reset() {
  for (size_t at = 0; at < base::kCounterCount; ++at)
    counters_[at] = driver_.counters().get(static_cast<base::Counter>(at));
  out_queries_ = driver_.out_queries().size();
  answers_ = driver_.answers().size();
}

// sent [to=ADDRESS] [name=NAME] [below=NAME] [type=TYPE] [udp|tcp] [edns|noedns]
int64_t Counts::sent(const Step& step, size_t words) const {
  int64_t count = 0;
  const auto& queries = driver_.out_queries();
  for (size_t at = out_queries_; at < queries.size(); ++at) {
    const OutQuery& out = queries[at];
    const Question& question = out.query.packet.questions.at(0);
    bool counts = true;
    for (size_t word_at = 1; word_at < words; ++word_at) {
      const std::string& word = step.words[word_at];
      if (word.rfind("to=", 0) == 0)
        counts = counts && out.server == parse_address(step.line, word.substr(3));
      else if (word.rfind("name=", 0) == 0)
        counts = counts && question.name == parse_name(step.line, word.substr(5));
      else if (word.rfind("below=", 0) == 0)
        counts = counts && question.name.view().is_within(parse_name(step.line, word.substr(6)));
      else if (word.rfind("type=", 0) == 0)
        counts = counts && question.type == parse_type(step.line, word.substr(5));
      else if (word.rfind("port=", 0) == 0)
        counts = counts && out.port == parse_number(step.line, word.substr(5));
      else if (word == "rd" || word == "nord")
        counts = counts && out.query.packet.rd == (word == "rd");
      else if (word == "udp" || word == "tcp")
        counts = counts && (out.transport == resolver::Transport::kTcp) == (word == "tcp");
      else if (word == "edns" || word == "noedns")
        counts = counts && out.query.edns.present == (word == "edns");
      else
        throw Unsupported{step.line, "EXPECT sent " + word};
    }
    if (counts) ++count;
  }
  return count;
}

int64_t Counts::value(const Step& step, size_t words) const {
  const std::string& what = step.words[0];
  if (what == "sent") return sent(step, words);
  if (what == "answers" && words == 1) return static_cast<int64_t>(driver_.answers().size() - answers_);
  if (what == "answer_bytes" && words == 1) return static_cast<int64_t>(last_answer_.message.size());
  if (what == "answer_ms" && words == 1) {
    return base::duration_cast<base::milliseconds>(last_answer_.answered - last_answer_.asked).count();
  }
  if (what == "open_circuits" && words == 1) return driver_.providers().open_circuits();
  if (what == "uplink_lost" && words == 1) return driver_.providers().is_uplink_lost() ? 1 : 0;
  if (what == "counter" && words == 2) {
    for (size_t at = 0; at < base::kCounterCount; ++at) {
      if (base::kCounterInfo[at].name != step.words[1]) continue;
      return static_cast<int64_t>(driver_.counters().get(static_cast<base::Counter>(at)) - counters_[at]);
    }
  }
  throw Unsupported{step.line, "EXPECT " + what};
}

void Counts::expect(const Step& step) const {
  if (step.words.size() < 3) throw Unsupported{step.line, "EXPECT without comparison"};
  const size_t words = step.words.size() - 2;
  const std::string& comparison = step.words[words];
  const auto bound = static_cast<int64_t>(parse_number(step.line, step.words[words + 1]));
  const int64_t got = value(step, words);
  bool holds = false;
  if (comparison == "==")
    holds = got == bound;
  else if (comparison == "<=")
    holds = got <= bound;
  else if (comparison == ">=")
    holds = got >= bound;
  else
    throw Unsupported{step.line, "EXPECT with comparison " + comparison};
  if (holds) return;
  std::string text = "EXPECT";
  for (const std::string& word : step.words) text += " " + word;
  throw Failure{text + ": got " + std::to_string(got)};
}

}  // namespace scenario
