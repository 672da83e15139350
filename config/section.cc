#include "config/section.h"

#include "config/value_text.h"

namespace config {

std::string shown(std::string_view text) {
  constexpr size_t kShownBytesMax = 60;  // chosen: a sentence stays on one line
  std::string result;
  for (const char character : text.substr(0, kShownBytesMax))
    result += character < ' ' || character == 127 ? '?' : character;
  if (text.size() > kShownBytesMax) result += "...";
  return result;
}

const toml::node* Section::take(std::string_view key) {
  known_.push_back(key);
  return node(key);
}

const toml::value<std::string>* Section::take_text(std::string_view key, std::string_view example) {
  const toml::node* node = take(key);
  if (node == nullptr) return nullptr;
  const auto* text = node->as_string();
  if (text == nullptr)
    error(line_of(*node), key, " is no text in quotes; write it like \"" + std::string(example) + "\"");
  return text;
}

uint32_t Section::line(std::string_view key) const {
  if (const toml::node* found = node(key)) return line_of(*found);
  return table_ == nullptr ? 1 : line_of(*table_);
}

void Section::error(uint32_t line, std::string_view key, const std::string& wrong_and_instead) {
  errors_.push_back({line, title_ + " " + std::string(key) + wrong_and_instead});
}

void Section::read(std::string_view key, bool& field) {
  const toml::node* node = take(key);
  if (node == nullptr) return;
  if (const auto* value = node->as_boolean()) {
    field = value->get();
  } else {
    error(line_of(*node), key, " is neither true nor false; write true or false, without quotes");
  }
}

void Section::read(std::string_view key, std::string& field) {
  if (const auto* text = take_text(key, "text")) field = text->get();
}

void Section::read(std::string_view key, std::vector<std::string>& field) {
  read_list<std::string>(key, field, {"texts in quotes", [](std::string_view text) {
                                        return std::optional<std::string>(std::string(text));
                                      }});
}

void Section::read_number(std::string_view key, uint32_t& field, uint32_t maximum) {
  const toml::node* node = take(key);
  if (node == nullptr) return;
  const auto* value = node->as_integer();
  if (value == nullptr || value->get() < 0 || value->get() > maximum) {
    const std::string is = value == nullptr ? " is no whole number" : " is " + std::to_string(value->get());
    return error(line_of(*node), key, is + "; write a number from 0 to " + std::to_string(maximum));
  }
  field = static_cast<uint32_t>(value->get());
}

void Section::read_duration(std::string_view key, base::Duration& field, base::Duration least, base::Duration most) {
  const auto* text = take_text(key, "30s");
  if (text == nullptr) return;
  const auto duration = parse_duration(text->get());
  if (!duration) {
    return error(line_of(*text), key,
                 " = \"" + shown(text->get()) + "\" is no duration; write a number and ms, s, m, h or d, like \"30s\"");
  }
  if (*duration < least || *duration > most) {
    return error(line_of(*text), key,
                 " = \"" + text->get() + "\" is out of range; write a duration from \"" + duration_text(least) +
                     "\" to \"" + duration_text(most) + "\"");
  }
  field = *duration;
}

void Section::read_ttl(std::string_view key, base::Duration& field, base::Duration least) {
  base::Duration duration = field;
  read_duration(key, duration, least, base::seconds(kTtlSecondsMax));
  if (duration % base::seconds(1) != base::Duration::zero()) {
    return error(line(key), key, " is not in whole seconds, as TTLs are; write it like \"30s\"");
  }
  field = duration;
}

void Section::read_size(std::string_view key, uint64_t& field, uint64_t least, uint64_t most) {
  const auto* text = take_text(key, "256MiB");
  if (text == nullptr) return;
  const auto size = parse_size(text->get());
  if (!size) {
    return error(
        line_of(*text), key,
        " = \"" + shown(text->get()) + "\" is no size; write a number and B, KiB, MiB or GiB, like \"256MiB\"");
  }
  if (*size < least || *size > most) {
    return error(line_of(*text), key,
                 " = \"" + text->get() + "\" is out of range; write a size from \"" + size_text(least) + "\" to \"" +
                     size_text(most) + "\"");
  }
  field = *size;
}

void Section::finish() {
  if (table_ == nullptr) return;
  for (const auto& [key, value] : *table_) {
    bool found = false;
    for (const std::string_view word : known_) found = found || word == key.str();
    if (found) continue;
    const std::string_view near = nearest(key.str(), known_);
    std::string instead;
    for (const std::string_view word : known_) instead += (instead.empty() ? "" : ", ") + std::string(word);
    errors_.push_back({key.source().begin.line,
                       title_ + " has no key \"" + shown(key.str()) + "\"; " +
                           (near.empty() ? "its keys are " + instead : "did you mean \"" + std::string(near) + "\"?")});
  }
}

}  // namespace config
