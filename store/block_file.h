// BlockFile: numbered blocks of bytes in one SQLite database, and small named states beside them. SQLite gives
// what is hard to get right: a commit is there whole or not at all, after kill -9 and after power loss; room of
// erased blocks is used again; the file has a hard upper bound; a full disk rolls back and goes on later. It
// has no page checksums: whoever reads a block must check what is in it. No mapped memory (a file that is cut
// short or cannot be read would end the process) and one connection, so no shared memory either.
//
// Not thread-safe. Every operation may wait for the disk: never called by a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace store {

enum class Fault : uint8_t {
  kUnwritable,  // no room, no right, no disk: may pass by itself
  kBound,       // the file has reached its upper bound
  kCorrupt,     // SQLite found damage, or this is no store
  kNewer,       // another version's
};

struct FileError {
  Fault fault = Fault::kUnwritable;
  std::string reason;
};

template <class T>
using FileResult = base::Result<T, FileError>;

namespace detail {
struct CloseConnection {
  void operator()(sqlite3* connection) const;
};
struct CloseStatement {
  void operator()(sqlite3_stmt* statement) const;
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;
using Statement = std::unique_ptr<sqlite3_stmt, CloseStatement>;
}  // namespace detail

// Goes through the blocks from the newest to the oldest.
class BlockScan {
 public:
  // False at the end, or when the file can be read no further: see failed(). `bytes` until the next call.
  [[nodiscard]] bool next(uint32_t& block, base::Bytes& bytes);
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  friend class BlockFile;
  detail::Statement statement_;
  bool failed_ = false;
};

class BlockFile {
 public:
  // Opens or makes it. `bytes_max` bounds the database; the log of commits takes up to kLogBytes more.
  static constexpr uint64_t kLogBytes = 8 << 20;
  [[nodiscard]] static FileResult<BlockFile> open(const std::string& path, uint64_t bytes_max);

  // For a folder that cannot be written: what the log of commits holds is not seen, and nothing can be written.
  [[nodiscard]] static FileResult<BlockFile> open_read_only(const std::string& path);

  // A transaction: all between is done or nothing. `durable`: it survives power loss, and all before it does;
  // otherwise it survives the death of the process.
  [[nodiscard]] FileResult<void> begin(bool durable);
  [[nodiscard]] FileResult<void> commit();
  void roll_back();

  // Within a transaction.
  [[nodiscard]] FileResult<void> append(uint32_t block, base::Bytes bytes);
  [[nodiscard]] FileResult<void> erase_through(uint32_t block);
  [[nodiscard]] FileResult<void> put_state(const std::string& section, uint32_t number, base::Bytes bytes);
  [[nodiscard]] FileResult<void> erase_state(const std::string& section);

  // Empty: there is no such block.
  [[nodiscard]] FileResult<std::vector<uint8_t>> read(uint32_t block);
  // The oldest block at or behind `from`; 0: none.
  [[nodiscard]] FileResult<uint32_t> oldest_from(uint32_t from);
  [[nodiscard]] FileResult<uint32_t> newest();
  [[nodiscard]] FileResult<std::vector<std::vector<uint8_t>>> states(const std::string& section);

  // Nothing may be written while it lives.
  [[nodiscard]] BlockScan scan();

  struct Usage {
    uint64_t bytes = 0;  // in use within the database
    uint64_t bytes_max = 0;
  };
  [[nodiscard]] Usage usage();

 private:
  BlockFile() = default;
  [[nodiscard]] FileResult<void> execute(const std::string& sql);
  [[nodiscard]] FileResult<int64_t> number(const std::string& sql);
  [[nodiscard]] FileResult<void> check_schema(bool may_create);
  [[nodiscard]] FileResult<detail::Statement> prepare(const char* sql);
  [[nodiscard]] FileResult<void> run(detail::Statement& statement);
  std::string path_;
  detail::Connection connection_;
  uint64_t pages_max_ = 0;
};

}  // namespace store
