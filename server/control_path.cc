#include "server/control_path.h"

#include <unistd.h>

#include <cstdlib>

namespace server {

ControlEnvironment read_control_environment() {
  return {std::getenv("RUNTIME_DIRECTORY"), std::getenv("XDG_RUNTIME_DIR"), geteuid()};
}

std::string default_control_path(const ControlEnvironment& environment) {
  const auto is_set = [](const char* value) { return value != nullptr && value[0] == '/'; };
  if (is_set(environment.runtime_directory)) return std::string(environment.runtime_directory) + "/control.sock";
  if (environment.uid == 0) return kSystemControlPath;
  if (is_set(environment.xdg_runtime_directory)) {
    return std::string(environment.xdg_runtime_directory) + "/holdfast/control.sock";
  }
  return "/tmp/holdfast-" + std::to_string(environment.uid) + "/control.sock";
}

}  // namespace server
