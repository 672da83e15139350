// The small pieces of text a scenario is made of.
#include <cctype>
#include <charconv>

#include "parse.h"

namespace scenario {

std::string without_comment(std::string_view line) {
  bool quoted = false;
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
      continue;
    }
    if (line[at] == '"') quoted = !quoted;
    if (line[at] == ';' && !quoted) return std::string(line.substr(0, at));
  }
  return std::string(line);
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  for (const char letter : line) {
    if (std::isspace(static_cast<unsigned char>(letter)) == 0) {
      word += letter;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

wire::Name parse_name(int line, std::string_view text) {
  auto name = wire::Name::from_text(text);
  if (!name) throw Unsupported{line, "not a name: " + std::string(text)};
  return *name;
}

wire::Type parse_type(int line, const std::string& text) {
  const wire::Type type = wire::type_from_text(text);
  if (type == wire::Type::kNone && text != "TYPE0") throw Unsupported{line, "unknown type " + text};
  return type;
}

base::IpAddress parse_address(int line, const std::string& text) {
  const auto address = base::IpAddress::parse(text);
  if (!address) throw Unsupported{line, "not an address: " + text};
  return *address;
}

uint64_t parse_number(int line, const std::string& text) {
  uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    throw Unsupported{line, "not a number: " + text};
  }
  return number;
}

base::Duration parse_duration(int line, const std::string& text) {
  const size_t digits = text.find_first_not_of("0123456789");
  const auto count = static_cast<int64_t>(parse_number(line, text.substr(0, digits)));
  const std::string unit = digits == std::string::npos ? "s" : text.substr(digits);
  if (unit == "ms") return base::milliseconds(count);
  if (unit == "s") return base::seconds(count);
  throw Unsupported{line, "not a duration: " + text};
}

std::vector<uint8_t> parse_hex(int line, std::string_view text) {
  std::vector<uint8_t> bytes;
  std::string digits;
  for (const char letter : text) {
    if (std::isspace(static_cast<unsigned char>(letter)) != 0) continue;
    if (std::isxdigit(static_cast<unsigned char>(letter)) == 0) throw Unsupported{line, "not hexadecimal"};
    digits += letter;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  if (!digits.empty()) throw Unsupported{line, "odd number of hexadecimal digits"};
  return bytes;
}

}  // namespace scenario
