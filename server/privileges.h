// Becoming an ordinary user once the ports are open.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace server {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// The error is one sentence.
[[nodiscard]] base::Result<User, std::string> find_user(const std::string& name);

// Gives up root for all threads of the process (glibc's setuid does that), groups included, and
// checks that there is no way back. REQUIRES: the process is root.
[[nodiscard]] base::Result<void, std::string> become_user(const User& user);

}  // namespace server
