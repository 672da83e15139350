#include "server/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace server {

base::Result<User, std::string> find_user(const std::string& name) {
  constexpr size_t kRecordBytes = 65536;  // chosen: passwd lines are far shorter
  std::vector<char> buffer(kRecordBytes);
  passwd record{};
  passwd* found = nullptr;
  const int status = getpwnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    const std::string reason = status == 0 ? "there is no such user" : std::strerror(status);
    return base::error("[server] user = \"" + name + "\" cannot be used: " + reason +
                       "; create the user (adduser --system), or write the name of an existing one");
  }
  return User{name, record.pw_uid, record.pw_gid};
}

base::Result<void, std::string> become_user(const User& user) {
  const auto failed = [&](const char* call) {
    return base::error("cannot become user \"" + user.name + "\" (" + call + ": " + std::strerror(errno) +
                       "); start as root with CAP_SETUID and CAP_SETGID, or leave [server] user empty");
  };
  if (setgroups(0, nullptr) != 0) return failed("setgroups");
  if (setresgid(user.gid, user.gid, user.gid) != 0) return failed("setresgid");
  if (setresuid(user.uid, user.uid, user.uid) != 0) return failed("setresuid");
  if (user.uid != 0 && setuid(0) == 0) {
    return base::error("user \"" + user.name +
                       "\" could become root again; this kernel's set-up is not safe to run on");
  }
  return {};
}

void make_folder_for(const User& user, const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0) return;
  if (chown(path.c_str(), user.uid, user.gid) != 0) rmdir(path.c_str());
}

ActingAs::ActingAs(const std::optional<User>& user) {
  if (!user) return;
  // The group first: afterwards it may not be changed any more. One that cannot be taken is met when a file is
  // opened.
  is_acting_ = setegid(user->gid) == 0 && seteuid(user->uid) == 0;
}

ActingAs::~ActingAs() {
  if (!is_acting_) return;
  CHECK(seteuid(0) == 0);
  CHECK(setegid(0) == 0);
}

}  // namespace server
