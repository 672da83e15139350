// Section: one table of the file, read key by key. A key that is missing leaves its field at the
// default; a wrong one adds an error and leaves the field too. finish() reports the keys that
// nobody asked for, with the nearest one that exists.
//
// Internal to config/parse*.cc: the one header that sees toml++.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace config {
// toml++ 3.3 meets broken text ("[?") with assertions of its own in places: they become an exception
// that parse.cc catches, as a configuration must not end the process.
[[noreturn]] void toml_assertion_failed();
}  // namespace config
#undef NDEBUG  // with it the assertions would become assumptions
#define TOML_ASSERT(condition)                           \
  do {                                                   \
    if (!(condition)) ::config::toml_assertion_failed(); \
  } while (false)
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "config/parse.h"

namespace config {

// What may be quoted back in a message: short, and without control characters.
[[nodiscard]] std::string shown(std::string_view text);

[[nodiscard]] inline uint32_t line_of(const toml::node& node) { return node.source().begin.line; }

// What a list's elements are called in sentences, and how one is parsed.
template <class T>
struct Element {
  std::string_view form;  // `addresses like "192.0.2.1:53"`
  std::optional<T> (*parse)(std::string_view);
};

class Section {
 public:
  // `title` is as it stands in the file: "[server]". A null table reads nothing.
  Section(Errors& errors, const toml::table* table, std::string title)
      : errors_(errors), table_(table), title_(std::move(title)) {}

  void read(std::string_view key, bool& field);
  void read(std::string_view key, std::string& field);
  void read(std::string_view key, std::vector<std::string>& field);
  void read_number(std::string_view key, uint32_t& field, uint32_t maximum);
  void read_duration(std::string_view key, base::Duration& field, base::Duration least, base::Duration most);
  // A duration that ends up in the TTL field of a record: whole seconds.
  void read_ttl(std::string_view key, base::Duration& field, base::Duration least);
  void read_size(std::string_view key, uint64_t& field, uint64_t least, uint64_t most);
  template <class T>
  void read_list(std::string_view key, std::vector<T>& field, const Element<T>& element);

  // The node of a key that was read (for its line), or null.
  [[nodiscard]] const toml::node* node(std::string_view key) const { return table_ ? table_->get(key) : nullptr; }
  // The line of the key, or of the section where the key is missing.
  [[nodiscard]] uint32_t line(std::string_view key) const;
  void error(uint32_t line, std::string_view key, const std::string& wrong_and_instead);
  void finish();

 private:
  // The node of `key`, remembered as known; null when absent.
  const toml::node* take(std::string_view key);
  // As above, of type string; adds an error for any other type.
  const toml::value<std::string>* take_text(std::string_view key, std::string_view example);

  Errors& errors_;
  const toml::table* table_;
  std::string title_;
  std::vector<std::string_view> known_;
};

template <class T>
void Section::read_list(std::string_view key, std::vector<T>& field, const Element<T>& element) {
  const toml::node* node = take(key);
  if (node == nullptr) return;
  const std::string instead = "; write a list of " + std::string(element.form);
  const toml::array* array = node->as_array();
  if (array == nullptr) return error(line_of(*node), key, " is not a list" + instead);
  std::vector<T> parsed;
  bool all_good = true;  // one mistake is one error: the field of a wrong list stays as it was
  for (const toml::node& item : *array) {
    const auto* text = item.as_string();
    if (text == nullptr) {
      error(line_of(item), key, " has an element that is no text in quotes" + instead);
      all_good = false;
      continue;
    }
    if (auto value = element.parse(text->get())) {
      parsed.push_back(std::move(*value));
    } else {
      error(line_of(item), key, " has \"" + shown(text->get()) + "\"" + instead);
      all_good = false;
    }
  }
  if (all_good) field = std::move(parsed);
}

}  // namespace config
