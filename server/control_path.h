// Where the control socket is when nobody says: the same rule for holdfastd and holdfastctl.
//
//   1. $RUNTIME_DIRECTORY/control.sock        started by systemd with RuntimeDirectory=
//   2. /run/holdfast/control.sock             as root
//   3. $XDG_RUNTIME_DIR/holdfast/control.sock as a user with a session
//   4. /tmp/holdfast-UID/control.sock         otherwise; the folder must be the user's own
#pragma once

#include <sys/types.h>

#include <string>

namespace server {

inline constexpr const char* kSystemControlPath = "/run/holdfast/control.sock";

struct ControlEnvironment {
  const char* runtime_directory = nullptr;      // $RUNTIME_DIRECTORY
  const char* xdg_runtime_directory = nullptr;  // $XDG_RUNTIME_DIR
  uid_t uid = 0;
};

[[nodiscard]] ControlEnvironment read_control_environment();
[[nodiscard]] std::string default_control_path(const ControlEnvironment& environment);

}  // namespace server
