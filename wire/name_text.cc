// Names in presentation format (RFC 1035 §5.1).
#include <cstring>

#include "wire/name.h"

namespace wire {
namespace {

void append_decimal_escape(std::string& text, uint8_t byte) {
  text += '\\';
  text += static_cast<char>('0' + byte / 100);
  text += static_cast<char>('0' + byte / 10 % 10);
  text += static_cast<char>('0' + byte % 10);
}

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// Reads the escape behind a backslash at text[at - 1]; moves `at` past it.
Parsed<uint8_t> read_escape(std::string_view text, size_t& at) {
  if (at >= text.size()) return base::error(ParseError::kBadText);
  if (!is_digit(text[at])) return static_cast<uint8_t>(text[at++]);
  if (text.size() - at < 3 || !is_digit(text[at + 1]) || !is_digit(text[at + 2])) {
    return base::error(ParseError::kBadText);
  }
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  if (value > 255) return base::error(ParseError::kBadText);
  at += 3;
  return static_cast<uint8_t>(value);
}

}  // namespace

std::string NameView::to_text() const {
  if (is_root()) return ".";
  std::string text;
  text.reserve(size_);
  for (NameView name = *this; !name.is_root(); name = name.parent()) {
    for (const uint8_t byte : name.first_label()) {
      const char character = static_cast<char>(byte);
      if (byte <= 0x20 || byte >= 0x7F) {
        append_decimal_escape(text, byte);
        continue;
      }
      if (std::string_view(".\\\"();@$").find(character) != std::string_view::npos) text += '\\';
      text += character;
    }
    text += '.';
  }
  return text;
}

Parsed<Name> Name::from_text(std::string_view text) {
  if (text.empty()) return base::error(ParseError::kBadText);
  if (text == ".") return Name();
  Name name;
  size_t label_start = 0;  // of the length byte
  size_t used = 1;
  for (size_t at = 0; at < text.size();) {
    const char character = text[at++];
    uint8_t byte = static_cast<uint8_t>(character);
    if (character == '.') {
      const size_t label_bytes = used - label_start - 1;
      if (label_bytes == 0) return base::error(ParseError::kBadText);
      name.bytes_[label_start] = static_cast<uint8_t>(label_bytes);
      if (used == kNameBytesMax) return base::error(ParseError::kNameTooLong);
      label_start = used++;
      continue;
    }
    if (character == '\\') {
      const auto escaped = read_escape(text, at);
      if (!escaped) return base::error(escaped.error());
      byte = *escaped;
    }
    if (used - label_start > kLabelBytesMax) return base::error(ParseError::kBadText);
    if (used == kNameBytesMax) return base::error(ParseError::kNameTooLong);
    name.bytes_[used++] = byte;
  }
  const size_t label_bytes = used - label_start - 1;
  name.bytes_[label_start] = static_cast<uint8_t>(label_bytes);
  if (label_bytes > 0) {  // no final dot: the root label is still missing
    if (used == kNameBytesMax) return base::error(ParseError::kNameTooLong);
    name.bytes_[used++] = 0;
  }
  name.size_ = static_cast<uint8_t>(used);
  return name;
}

}  // namespace wire
