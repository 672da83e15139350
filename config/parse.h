// parse: the text of a configuration file to checked Options, or everything that is wrong with it.
// Every mistake is found in one go and names its line. Total: any text gives a Result.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/options.h"

namespace config {

struct Error {
  uint32_t line = 0;
  std::string sentence;  // "what is wrong; what to write instead"
  // "FILE:LINE: sentence"
  [[nodiscard]] std::string to_text(std::string_view filename) const;
};

// In the order of their lines. Never empty.
using Errors = std::vector<Error>;

[[nodiscard]] base::Result<Options, Errors> parse(std::string_view text);

}  // namespace config
