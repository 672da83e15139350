// ControlSocket: the Unix socket that holdfastctl talks to. One request a connection:
//
//   request    one line: "stats\n", "stats json\n" or "anchors\n"; at most kRequestBytesMax
//   response   "ok\n" and text up to the end of the stream, or "error " and one sentence
//
// Served by the main thread, one connection after the other; each is given at most
// kClientPatience to send its line and to read the answer. Only the daemon's own user and group may connect
// (mode 0660). A socket file that nobody serves any more is replaced; one that answers is not.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace server {

inline constexpr size_t kRequestBytesMax = 1024;
inline constexpr int kClientPatience_s = 1;

class ControlSocket {
 public:
  // Answers one request line (without its newline); the result is the whole response.
  using Handler = std::function<std::string(std::string_view request)>;

  // Makes the folder too, if it is missing. The error is one sentence.
  static base::Result<ControlSocket, std::string> open(const std::string& path);
  ControlSocket(ControlSocket&& other) noexcept;
  ControlSocket& operator=(ControlSocket&&) = delete;
  ~ControlSocket();  // removes the file

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Lets the user that the daemon becomes own the socket.
  void give_to(uid_t uid, gid_t gid) const;
  // Accepts one connection, if one waits, and serves it.
  void serve_one(const Handler& handler) const;

 private:
  ControlSocket(int descriptor, std::string path, bool made_folder)
      : descriptor_(descriptor), path_(std::move(path)), made_folder_(made_folder) {}
  int descriptor_ = -1;
  std::string path_;
  bool made_folder_ = false;
};

// The other end, for holdfastctl: sends one line and returns the response. The error is one sentence.
[[nodiscard]] base::Result<std::string, std::string> ask_control(const std::string& path, std::string_view request);

}  // namespace server
