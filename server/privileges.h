// Becoming an ordinary user once the ports are open.
#pragma once

#include <sys/types.h>

#include <optional>
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

// Makes the folder `path` for `user` (mode 0700, not its parents), if it is not there. What fails is met when
// something is opened in it. REQUIRES: the process is root.
void make_folder_for(const User& user, const std::string& path);

// Makes files as `user` while it lives, then is root again. For what is opened before root is given up and must
// be the user's own. Does nothing without a user. REQUIRES: effective user root, one thread.
class ActingAs {
 public:
  explicit ActingAs(const std::optional<User>& user);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool is_acting_ = false;
};

}  // namespace server
