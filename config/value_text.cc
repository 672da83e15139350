#include "config/value_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <vector>

namespace config {
namespace {

struct Unit {
  std::string_view suffix;
  uint64_t factor;
};

// In falling order: the texts are written with the largest that fits.
constexpr std::array<Unit, 6> kDurationUnits = {
    {{"w", 7ULL * 86'400'000}, {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 5> kSizeUnits = {
    {{"TiB", 1ULL << 40}, {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"B", 1}}};
constexpr uint64_t kMillisecondsMax = 100ULL * 366 * 86'400'000;

std::optional<uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units, uint64_t maximum) {
  uint64_t number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [number_end, status] = std::from_chars(text.data(), text_end, number);
  if (status != std::errc{}) return std::nullopt;
  const std::string_view suffix(number_end, static_cast<size_t>(text_end - number_end));
  for (const Unit& unit : units) {
    if (suffix != unit.suffix) continue;
    if (number > maximum / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

std::string text_with_unit(uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value >= unit.factor && value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string(unit.suffix);
    }
  }
  return "0";
}

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// The length of the one character or escape at the start of `text`; 0 if it is malformed.
size_t character_length(std::string_view text) {
  if (text[0] != '\\') return text[0] > ' ' && text[0] <= '~' && text[0] != '"' ? 1 : 0;
  if (text.size() < 2) return 0;
  if (!is_digit(text[1])) return text[1] > ' ' && text[1] <= '~' ? 2 : 0;
  if (text.size() < 4 || !is_digit(text[2]) || !is_digit(text[3])) return 0;
  const int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
  return value <= 255 ? 4 : 0;
}

}  // namespace

std::optional<base::Duration> parse_duration(std::string_view text) {
  const auto value = parse_with_unit(text, kDurationUnits, kMillisecondsMax);
  if (!value) return std::nullopt;
  return base::milliseconds(static_cast<int64_t>(*value));
}

std::string duration_text(base::Duration duration) {
  const auto value = base::duration_cast<base::milliseconds>(duration).count();
  return value <= 0 ? "0s" : text_with_unit(static_cast<uint64_t>(value), std::span(kDurationUnits).subspan(1));
}

std::optional<uint64_t> parse_size(std::string_view text) { return parse_with_unit(text, kSizeUnits, UINT64_MAX); }

std::string size_text(uint64_t bytes) { return bytes == 0 ? "0B" : text_with_unit(bytes, kSizeUnits); }

std::optional<PortRange> parse_port_range(std::string_view text) {
  const auto port = [](std::string_view digits) -> uint16_t {  // 0: not a port
    uint16_t number = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return status == std::errc{} && end == digits.data() + digits.size() ? number : uint16_t{0};
  };
  const size_t dash = text.find('-');
  const uint16_t first = port(text.substr(0, dash));
  const uint16_t last = dash == std::string_view::npos ? first : port(text.substr(dash + 1));
  if (first == 0 || last < first) return std::nullopt;
  return PortRange{first, last};
}

std::optional<base::WallTime> parse_utc(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (size_t at = 0; at < kForm.size(); ++at) {
    if (kForm[at] == '0' ? !is_digit(text[at]) : text[at] != kForm[at]) return std::nullopt;
  }
  const auto number = [&](size_t at, size_t digits) {
    int value = 0;
    for (const char digit : text.substr(at, digits)) value = value * 10 + (digit - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return base::WallTime{days * 86'400 + hour * 3600 + minute * 60 + second};
}

std::string utc_text(base::WallTime time) {
  const std::chrono::sys_seconds at{std::chrono::seconds(time.seconds_since_1970)};
  const auto midnight = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day day(midnight);
  const int64_t second = (at - midnight).count();
  std::string text;
  const auto append = [&](int64_t value, size_t digits, std::string_view after) {
    const std::string plain = std::to_string(value);
    text.append(digits > plain.size() ? digits - plain.size() : 0, '0').append(plain).append(after);
  };
  append(static_cast<int>(day.year()), 4, "-");
  append(static_cast<unsigned>(day.month()), 2, "-");
  append(static_cast<unsigned>(day.day()), 2, "T");
  append(second / 3600, 2, ":");
  append(second / 60 % 60, 2, ":");
  append(second % 60, 2, "Z");
  return text;
}

std::optional<NegativeTrustAnchor> parse_negative_trust_anchor(std::string_view text) {
  constexpr std::string_view kUntil = " until ";
  const size_t at = text.find(kUntil);
  NegativeTrustAnchor anchor;
  if (at != std::string_view::npos) {
    anchor.until = parse_utc(text.substr(at + kUntil.size()));
    if (!anchor.until) return std::nullopt;
  }
  auto zone = canonical_name(text.substr(0, at));
  if (!zone) return std::nullopt;
  anchor.zone = *std::move(zone);
  return anchor;
}

std::optional<std::string> canonical_name(std::string_view text) {
  constexpr size_t kLabelBytesMax = 63;  // RFC 1035 §2.3.4
  constexpr size_t kNameBytesMax = 255;  // RFC 1035 §2.3.4, length bytes and root label included
  if (text == ".") return std::string(text);
  std::string canonical;
  size_t label_bytes = 0;
  size_t name_bytes = 1;
  while (!text.empty()) {
    if (text[0] == '.') {
      if (label_bytes == 0) return std::nullopt;
      name_bytes += 1 + label_bytes;
      label_bytes = 0;
      canonical += '.';
      text.remove_prefix(1);
      continue;
    }
    const size_t length = character_length(text);
    if (length == 0 || ++label_bytes > kLabelBytesMax) return std::nullopt;
    for (const char character : text.substr(0, length)) {
      canonical += character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
    }
    text.remove_prefix(length);
  }
  if (label_bytes > 0) {
    name_bytes += 1 + label_bytes;
    canonical += '.';
  }
  if (canonical.empty() || name_bytes > kNameBytesMax) return std::nullopt;
  return canonical;
}

uint32_t edit_distance(std::string_view left, std::string_view right) {
  // One row of the table; words longer than any key are cut, for they are near to none.
  constexpr size_t kWordBytesMax = 64;
  left = left.substr(0, kWordBytesMax);
  right = right.substr(0, kWordBytesMax);
  std::array<uint32_t, kWordBytesMax + 1> row{};
  for (size_t column = 0; column <= right.size(); ++column) row[column] = static_cast<uint32_t>(column);
  for (size_t line = 1; line <= left.size(); ++line) {
    uint32_t diagonal = row[0];
    row[0] = static_cast<uint32_t>(line);
    for (size_t column = 1; column <= right.size(); ++column) {
      const uint32_t replaced = diagonal + (left[line - 1] == right[column - 1] ? 0 : 1);
      diagonal = row[column];
      row[column] = std::min({replaced, row[column] + 1, row[column - 1] + 1});
    }
  }
  return row[right.size()];
}

}  // namespace config
