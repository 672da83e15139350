// CHECK states what must hold if the program itself is right. It stays on in every build and
// ends the process with the place and the condition. It is never a test of outside input:
// bytes from outside give a base::Result.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace base::detail {
[[noreturn]] inline void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "holdfast: %s:%d: internal error: %s\n", file, line, condition);
  std::abort();
}
}  // namespace base::detail

#define CHECK(condition)                                               \
  do {                                                                 \
    if (!(condition)) [[unlikely]]                                     \
      ::base::detail::check_failed(__FILE__, __LINE__, #condition);    \
  } while (false)

#define UNREACHABLE() ::base::detail::check_failed(__FILE__, __LINE__, "unreachable")
