// Result<T, E>: a value or the reason why there is none. Used for everything that bytes from
// outside can make fail.
#pragma once

#include <tl/expected.hpp>

namespace base {

template <class T, class E>
using Result = tl::expected<T, E>;

template <class E>
[[nodiscard]] constexpr auto error(E reason) {
  return tl::unexpected<E>(reason);
}

}  // namespace base
