// Does a message match an entry? The one comparison behind RANGE look-ups and CHECK steps.
#pragma once

#include <optional>
#include <string>

#include "message.h"
#include "resolver/client.h"
#include "scenario.h"

namespace scenario {

// The first difference, as a sentence; nothing when `got` matches.
[[nodiscard]] std::optional<std::string> difference(const Entry& entry, const Decoded& got,
                                                    resolver::Transport transport = resolver::Transport::kUdp);
// The server cookie that every scripted server gives to every client.
inline constexpr std::array<uint8_t, 16> kWorldCookie = {1,    0,    0,    0, 0x69, 0x55, 0xB9, 0,
                                                         0xC0, 0xFF, 0xEE, 1, 2,    3,    4,    5};

}  // namespace scenario
