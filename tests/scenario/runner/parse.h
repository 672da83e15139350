// Reads a .rpl file. Throws Unsupported with the line for whatever it does not know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenario.h"

namespace scenario {

[[nodiscard]] Scenario parse_scenario(std::string_view text);

// Words separated by blanks; a comment (; outside quotes) ends the line.
[[nodiscard]] std::string without_comment(std::string_view line);
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);
[[nodiscard]] wire::Name parse_name(int line, std::string_view text);
[[nodiscard]] wire::Type parse_type(int line, const std::string& text);
[[nodiscard]] base::IpAddress parse_address(int line, const std::string& text);
[[nodiscard]] uint64_t parse_number(int line, const std::string& text);
// "300ms", "4s", "5" (seconds).
[[nodiscard]] base::Duration parse_duration(int line, const std::string& text);
[[nodiscard]] std::vector<uint8_t> parse_hex(int line, std::string_view text);

}  // namespace scenario
