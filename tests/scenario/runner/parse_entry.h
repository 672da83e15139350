// Reads what stands between ENTRY_BEGIN and ENTRY_END, line by line.
#pragma once

#include <string>
#include <vector>

#include "scenario.h"

namespace scenario {

class EntryReader {
 public:
  EntryReader(int line, const wire::Name& origin, uint32_t default_ttl) : origin_(origin), default_ttl_(default_ttl) {
    entry_.line = line;
  }
  // One line between the two; `words` are its words without comment.
  void line(int number, const std::string& text, const std::vector<std::string>& words);
  [[nodiscard]] Entry finish();

 private:
  enum class Mode : uint8_t { kKeywords, kQuestion, kRecords, kRaw, kHexAnswer, kHexEdns };
  bool keyword(int number, const std::vector<std::string>& words);
  bool hex_keyword(const std::string& word);
  void match_word(int number, const std::string& word);
  void adjust_word(int number, const std::string& word);
  void reply_word(int number, const std::string& word);
  void question(int number, const std::vector<std::string>& words);
  void record(int number, const std::string& text);
  Packet& packet() { return entry_.packets.back(); }

  Entry entry_;
  wire::Name origin_;
  uint32_t default_ttl_;
  Mode mode_ = Mode::kKeywords;
  size_t section_ = 0;
  std::string hex_;
  int hex_line_ = 0;
};

}  // namespace scenario
