#include "server/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

namespace server {
namespace {

std::optional<sockaddr_un> socket_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

std::string too_long(const std::string& path) {
  return "the path of the control socket, \"" + path +
         "\", is empty or longer than 107 bytes; choose another with --control";
}

int connect_to(const sockaddr_un& address) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return descriptor;
  const int reason = errno;
  close(descriptor);
  errno = reason;
  return -1;
}

void limit_patience(int descriptor) {
  const timeval patience{kClientPatience_s, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

bool send_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

// The folder of the socket: made if missing, private to us unless it is there already. In a
// folder of /tmp that somebody else owns, they could put their socket in place of ours.
base::Result<bool, std::string> prepare_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) return false;
  bool made = true;
  if (mkdir(folder.c_str(), 0755) != 0) {
    if (errno != EEXIST) {
      return base::error("cannot make the folder " + folder + " for the control socket: " + std::strerror(errno) +
                         "; choose another path with --control");
    }
    made = false;
  }
  struct stat status {};
  if (folder.starts_with("/tmp/") &&
      (lstat(folder.c_str(), &status) != 0 || status.st_uid != geteuid() || !S_ISDIR(status.st_mode))) {
    return base::error("the folder " + folder +
                       " is not our own; choose another path for the control socket with --control");
  }
  return made;
}

int bind_privately(int descriptor, const sockaddr_un& address) {
  const mode_t before = umask(0117);  // the file is made with mode 0660
  const int status = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  umask(before);
  return status;
}

}  // namespace

base::Result<ControlSocket, std::string> ControlSocket::open(const std::string& path) {
  const auto address = socket_address(path);
  if (!address) return base::error(too_long(path));
  const auto made_folder = prepare_folder(path);
  if (!made_folder) return base::error(made_folder.error());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return base::error(std::string("cannot make the control socket: ") + std::strerror(errno));
  ControlSocket opened(descriptor, path, *made_folder);
  int status = bind_privately(descriptor, *address);
  if (status != 0 && errno == EADDRINUSE) {
    const int other = connect_to(*address);
    if (other >= 0 || errno != ECONNREFUSED) {
      if (other >= 0) close(other);
      opened.path_.clear();  // not ours to remove
      return base::error("another process serves the control socket " + path +
                         "; stop it, or choose another path with --control");
    }
    struct stat file {};
    if (lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) {
      opened.path_.clear();
      return base::error(path + " is there and is no socket; choose another path with --control");
    }
    unlink(path.c_str());  // left behind by a daemon that is gone
    status = bind_privately(descriptor, *address);
  }
  if (status != 0 || listen(descriptor, 8) != 0) {
    const std::string reason = std::strerror(errno);
    opened.path_.clear();
    return base::error("cannot serve the control socket " + path + ": " + reason +
                       "; choose another path with --control");
  }
  return opened;
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::exchange(other.path_, {})),
      made_folder_(other.made_folder_) {}

ControlSocket::~ControlSocket() {
  if (descriptor_ < 0) return;
  if (!path_.empty()) unlink(path_.c_str());
  close(descriptor_);
}

void ControlSocket::give_to(uid_t uid, gid_t gid) const {
  // Best effort: without it the file stays behind at exit and is replaced at the next start.
  [[maybe_unused]] int status = chown(path_.c_str(), uid, gid);
  const std::string folder = std::filesystem::path(path_).parent_path();
  if (made_folder_) status = chown(folder.c_str(), uid, gid);
}

void ControlSocket::serve_one(const Handler& handler) const {
  const int client = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  limit_patience(client);
  std::string request;
  std::array<char, kRequestBytesMax> buffer{};
  // Bounded: each round adds at least one byte, or ends.
  while (request.size() <= kRequestBytesMax && request.find('\n') == std::string::npos) {
    const ssize_t count = recv(client, buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    request.append(buffer.data(), static_cast<size_t>(count));
  }
  const size_t end = request.find('\n');
  if (end == std::string::npos || end > kRequestBytesMax) {
    send_all(client, "error the request is no line of at most 1024 bytes\n");
  } else {
    send_all(client, handler(std::string_view(request).substr(0, end)));
  }
  close(client);
}

base::Result<std::string, std::string> ask_control(const std::string& path, std::string_view request) {
  const auto address = socket_address(path);
  if (!address) return base::error(too_long(path));
  const int descriptor = connect_to(*address);
  if (descriptor < 0) {
    return base::error("no holdfastd answers at " + path + " (" + std::strerror(errno) +
                       "); start it, or name its socket with --socket");
  }
  std::string response;
  std::array<char, 4096> buffer{};
  constexpr size_t kResponseBytesMax = 1 << 20;  // chosen: the counters take a few kilobytes
  if (send_all(descriptor, std::string(request) + "\n")) {
    while (response.size() < kResponseBytesMax) {
      const ssize_t count = recv(descriptor, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      response.append(buffer.data(), static_cast<size_t>(count));
    }
  }
  close(descriptor);
  if (response.starts_with("ok\n")) return response.substr(3);
  if (response.starts_with("error ")) return base::error(response.substr(6, response.find('\n') - 6));
  return base::error("holdfastd at " + path + " gave no answer; see its log");
}

}  // namespace server
