#include "store/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace store {

namespace {

constexpr const char* kAside = "learned.db.aside-";
constexpr const char* kLogSuffix = "-wal";

Folder::Error unwritable(const std::string& path, const char* what) {
  return {Folder::Refusal::kUnwritable, std::string(what) + " " + path + " failed (" + std::strerror(errno) + ")"};
}

}  // namespace

base::Result<Folder, Folder::Error> Folder::open(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return base::error(unwritable(path, "making the folder"));
  const std::string lock_path = path + "/lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return base::error(unwritable(lock_path, "opening"));
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) return Folder(path, lock);
  const Error error = errno == EWOULDBLOCK
                          ? Error{Refusal::kInUse, "[store] path = \"" + path +
                                                       "\" is in use by another holdfastd; give each its own folder, "
                                                       "or stop the other one"}
                          : unwritable(lock_path, "locking");
  close(lock);
  return base::error(error);
}

Folder::Folder(Folder&& other) noexcept : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

Folder& Folder::operator=(Folder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

Folder::~Folder() {
  if (lock_ >= 0) close(lock_);
}

bool Folder::has_file() const { return access(file().c_str(), F_OK) == 0; }

void Folder::make_file() const {
  const int made = ::open(file().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) close(made);
}

std::string Folder::put_aside(int64_t stamp) const {
  std::string to;
  for (int attempt = 0; attempt < 100; ++attempt) {
    to = path_ + "/" + kAside + std::to_string(stamp) + (attempt == 0 ? "" : "." + std::to_string(attempt));
    if (access(to.c_str(), F_OK) != 0) break;
  }
  // The log first: without it the file is an older state of itself, with it next to a new file it is poison.
  const std::string log = file() + kLogSuffix;
  if (rename(log.c_str(), (to + kLogSuffix).c_str()) != 0 && errno != ENOENT && unlink(log.c_str()) != 0) return {};
  if (rename(file().c_str(), to.c_str()) != 0 && errno != ENOENT && unlink(file().c_str()) != 0) return {};
  forget_oldest_aside();
  return to;
}

void Folder::forget_oldest_aside() const {
  std::error_code ignored;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with(kAside) && !name.ends_with(kLogSuffix)) names.push_back(std::move(name));
  }
  // Seconds since 1970 of equal length: by name is by time.
  std::sort(names.begin(), names.end());
  for (size_t i = 0; i + kAsideMax < names.size(); ++i) {
    const std::string path = path_ + "/" + names[i];
    unlink(path.c_str());
    unlink((path + kLogSuffix).c_str());
  }
}

}  // namespace store
