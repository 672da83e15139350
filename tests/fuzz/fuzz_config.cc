// Any text is a configuration or a list of mistakes, each with a line and one sentence.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "config/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto options = config::parse({reinterpret_cast<const char*>(data), size});
  if (options) return 0;
  CHECK(!options.error().empty());
  for (const config::Error& error : options.error()) {
    CHECK(error.line >= 1);
    CHECK(!error.sentence.empty());
    CHECK(error.sentence.find('\n') == std::string::npos);
  }
  return 0;
}
