// Folder: where a store lives: one process at a time, the names of its files, and what is put aside.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace store {

class Folder {
 public:
  enum class Refusal : uint8_t {
    kInUse,      // by another process
    kUnwritable  // may pass by itself
  };
  struct Error {
    Refusal refusal = Refusal::kUnwritable;
    std::string sentence;
  };
  // Makes the folder (mode 0700, not its parents) and takes its lock, held until destruction or death.
  [[nodiscard]] static base::Result<Folder, Error> open(const std::string& path);
  // Without a lock, for a folder that cannot be written: nobody else can write it either.
  [[nodiscard]] static Folder read_only(const std::string& path) { return Folder(path, -1); }
  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&& other) noexcept;
  ~Folder();

  [[nodiscard]] std::string file() const { return path_ + "/learned.db"; }
  [[nodiscard]] bool has_file() const;
  // Makes the file for its owner alone (what people look up is nobody else's business), if it is not there.
  void make_file() const;
  [[nodiscard]] bool is_locked() const { return lock_ >= 0; }
  // Renames the file, and its log of commits, with `stamp` behind; keeps the newest kAsideMax such files.
  // The new name, or an empty one when it could be neither renamed nor removed.
  static constexpr int kAsideMax = 2;
  [[nodiscard]] std::string put_aside(int64_t stamp) const;

 private:
  Folder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  void forget_oldest_aside() const;
  std::string path_;
  int lock_ = -1;
};

}  // namespace store
