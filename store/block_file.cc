#include "store/block_file.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>

namespace store {

namespace {

constexpr uint32_t kPageBytes = 16384;  // chosen: few reads for a start, little written for a small commit
constexpr int32_t kApplicationId = 0x486f6c64;
constexpr int32_t kFileVersion = 1;  // of the records in it too: store/record.h
constexpr const char* kSchema =
    "CREATE TABLE block (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE state (section TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY (section, number)) WITHOUT ROWID;";

FileError error_of(sqlite3* connection, int code) {
  FileError error;
  error.reason = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:     // a table that is not there
    case SQLITE_MISMATCH:  // or holds other things
    case SQLITE_SCHEMA:
    case SQLITE_CONSTRAINT:  // a block that is already there
    case SQLITE_TOOBIG:
      error.fault = Fault::kCorrupt;
      break;
    default:
      error.fault = Fault::kUnwritable;
      break;
  }
  // Its header forbids to write, and nothing else does.
  if (code == SQLITE_READONLY && access(sqlite3_db_filename(connection, "main"), W_OK) == 0) {
    error.fault = Fault::kCorrupt;
  }
  // Past its end, or with an impossible header: the file was cut.
  if (code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS) error.fault = Fault::kCorrupt;
  return error;
}

base::Bytes column_bytes(sqlite3_stmt* statement, int column) {
  const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(statement, column));
  const int size = sqlite3_column_bytes(statement, column);
  if (bytes == nullptr || size <= 0) return {};
  return {bytes, static_cast<size_t>(size)};
}

void bind_bytes(sqlite3_stmt* statement, int index, base::Bytes bytes) {
  // Not copied: the bytes outlive the step.
  sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

constexpr const char* kScanSql = "SELECT id, bytes FROM block ORDER BY id DESC";

// Settings of a connection that reads a file which may be damaged on purpose.
constexpr const char* kCareful = "PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;";

std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char character : path) {
    switch (character) {
      case '%':
        uri += "%25";
        break;
      case '?':
        uri += "%3f";
        break;
      case '#':
        uri += "%23";
        break;
      default:
        uri += character;
        break;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

namespace detail {
void CloseConnection::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
void CloseStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
}  // namespace detail

bool BlockScan::next(uint32_t& block, base::Bytes& bytes) {
  if (statement_ == nullptr) {
    failed_ = true;
    return false;
  }
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW) {
    failed_ = failed_ || code != SQLITE_DONE;
    return false;
  }
  const sqlite3_int64 id = sqlite3_column_int64(statement_.get(), 0);
  block = id > 0 && id < UINT32_MAX ? static_cast<uint32_t>(id) : 0;
  bytes = column_bytes(statement_.get(), 1);
  return true;
}

FileResult<void> BlockFile::execute(const std::string& sql) {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return base::error(error_of(connection_.get(), code));
  return {};
}

FileResult<detail::Statement> BlockFile::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(connection_.get(), sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) return base::error(error_of(connection_.get(), code));
  return detail::Statement(statement);
}

FileResult<void> BlockFile::run(detail::Statement& statement) {
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_DONE || code == SQLITE_ROW) return {};
  FileError error = error_of(connection_.get(), code);
  if ((code & 0xff) == SQLITE_FULL) {
    // Either the disk or our own bound; the pages tell which.
    const Usage used = usage();
    if (used.bytes + used.bytes_max / 16 >= used.bytes_max) error.fault = Fault::kBound;
  }
  return base::error(error);
}

FileResult<int64_t> BlockFile::number(const std::string& sql) {
  auto statement = prepare(sql.c_str());
  if (!statement) return base::error(statement.error());
  const int code = sqlite3_step(statement->get());
  if (code == SQLITE_DONE) return 0;
  if (code != SQLITE_ROW) return base::error(error_of(connection_.get(), code));
  return sqlite3_column_int64(statement->get(), 0);
}

FileResult<BlockFile> BlockFile::open(const std::string& path, uint64_t bytes_max) {
  BlockFile file;
  file.path_ = path;
  file.pages_max_ = std::max<uint64_t>(bytes_max / kPageBytes, 64);
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
  file.connection_.reset(connection);
  if (code != SQLITE_OK) return base::error(error_of(connection, code));
  sqlite3_extended_result_codes(connection, 1);
  // The write-ahead log without shared memory needs the exclusive mode before the first access.
  for (const std::string& sql :
       {"PRAGMA page_size=" + std::to_string(kPageBytes), std::string("PRAGMA locking_mode=EXCLUSIVE"),
        std::string(kCareful), std::string("PRAGMA journal_mode=WAL"), std::string("PRAGMA synchronous=NORMAL"),
        std::string("PRAGMA cache_size=-4096"), std::string("PRAGMA temp_store=MEMORY"),
        "PRAGMA wal_autocheckpoint=" + std::to_string(kLogBytes / 2 / kPageBytes),
        "PRAGMA journal_size_limit=" + std::to_string(kLogBytes),
        "PRAGMA max_page_count=" + std::to_string(file.pages_max_)}) {
    if (auto done = file.execute(sql); !done) return base::error(done.error());
  }
  if (auto checked = file.check_schema(true); !checked) return base::error(checked.error());
  return file;
}

FileResult<BlockFile> BlockFile::open_read_only(const std::string& path) {
  BlockFile file;
  file.path_ = path;
  sqlite3* connection = nullptr;
  const int code =
      sqlite3_open_v2(uri_of(path).c_str(), &connection,
                      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
  file.connection_.reset(connection);
  if (code != SQLITE_OK) return base::error(error_of(connection, code));
  sqlite3_extended_result_codes(connection, 1);
  if (auto done = file.execute(kCareful); !done) return base::error(done.error());
  if (auto checked = file.check_schema(false); !checked) return base::error(checked.error());
  return file;
}

FileResult<void> BlockFile::check_schema(bool may_create) {
  const auto application = number("PRAGMA application_id");
  if (!application) return base::error(application.error());
  const auto version = number("PRAGMA user_version");
  if (!version) return base::error(version.error());
  const auto tables = number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return base::error(tables.error());
  if (may_create && *tables == 0 && *version == 0) {
    return execute("BEGIN IMMEDIATE; PRAGMA application_id=" + std::to_string(kApplicationId) +
                   "; PRAGMA user_version=" + std::to_string(kFileVersion) + ";" + kSchema + "COMMIT;")
        .or_else([this](const FileError& error) -> FileResult<void> {
          roll_back();
          return base::error(error);
        });
  }
  if (*application != kApplicationId) return base::error(FileError{Fault::kCorrupt, "it is no store of Holdfast"});
  if (*version != kFileVersion) {
    return base::error(FileError{Fault::kNewer, "its format is version " + std::to_string(*version) +
                                                    ", this program's is " + std::to_string(kFileVersion)});
  }
  for (const char* sql : {kScanSql, "SELECT bytes FROM state WHERE section=?1 ORDER BY number"}) {
    if (const auto readable = prepare(sql); !readable) return base::error(readable.error());
  }
  return {};
}

FileResult<void> BlockFile::begin(bool durable) {
  // FULL syncs the write-ahead log with each commit; NORMAL only before a checkpoint.
  if (auto set = execute(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"); !set) return set;
  return execute("BEGIN IMMEDIATE");
}

FileResult<void> BlockFile::commit() {
  auto statement = prepare("COMMIT");
  if (!statement) return base::error(statement.error());
  return run(*statement);
}

void BlockFile::roll_back() {
  if (sqlite3_get_autocommit(connection_.get()) == 0) {
    sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

FileResult<void> BlockFile::append(uint32_t block, base::Bytes bytes) {
  auto statement = prepare("INSERT INTO block (id, bytes) VALUES (?1, ?2)");
  if (!statement) return base::error(statement.error());
  sqlite3_bind_int64(statement->get(), 1, block);
  bind_bytes(statement->get(), 2, bytes);
  return run(*statement);
}

FileResult<void> BlockFile::erase_through(uint32_t block) {
  auto statement = prepare("DELETE FROM block WHERE id <= ?1");
  if (!statement) return base::error(statement.error());
  sqlite3_bind_int64(statement->get(), 1, block);
  return run(*statement);
}

FileResult<void> BlockFile::put_state(const std::string& section, uint32_t number, base::Bytes bytes) {
  auto statement = prepare("INSERT OR REPLACE INTO state (section, number, bytes) VALUES (?1, ?2, ?3)");
  if (!statement) return base::error(statement.error());
  sqlite3_bind_text(statement->get(), 1, section.c_str(), -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement->get(), 2, number);
  bind_bytes(statement->get(), 3, bytes);
  return run(*statement);
}

FileResult<void> BlockFile::erase_state(const std::string& section) {
  auto statement = prepare("DELETE FROM state WHERE section=?1");
  if (!statement) return base::error(statement.error());
  sqlite3_bind_text(statement->get(), 1, section.c_str(), -1, SQLITE_STATIC);
  return run(*statement);
}

FileResult<std::vector<uint8_t>> BlockFile::read(uint32_t block) {
  auto statement = prepare("SELECT bytes FROM block WHERE id=?1");
  if (!statement) return base::error(statement.error());
  sqlite3_bind_int64(statement->get(), 1, block);
  const int code = sqlite3_step(statement->get());
  if (code == SQLITE_DONE) return std::vector<uint8_t>();
  if (code != SQLITE_ROW) return base::error(error_of(connection_.get(), code));
  const base::Bytes bytes = column_bytes(statement->get(), 0);
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

FileResult<uint32_t> BlockFile::oldest_from(uint32_t from) {
  const auto found = number("SELECT min(id) FROM block WHERE id >= " + std::to_string(from));
  if (!found) return base::error(found.error());
  return *found > 0 && *found < UINT32_MAX ? static_cast<uint32_t>(*found) : 0;
}

FileResult<uint32_t> BlockFile::newest() {
  const auto found = number("SELECT max(id) FROM block");
  if (!found) return base::error(found.error());
  // Such a number was never given out: half of them would last for decades.
  if (*found < 0 || *found > INT32_MAX)
    return base::error(FileError{Fault::kCorrupt, "a block has no possible number"});
  return static_cast<uint32_t>(*found);
}

FileResult<std::vector<std::vector<uint8_t>>> BlockFile::states(const std::string& section) {
  auto statement = prepare("SELECT bytes FROM state WHERE section=?1 ORDER BY number");
  if (!statement) return base::error(statement.error());
  sqlite3_bind_text(statement->get(), 1, section.c_str(), -1, SQLITE_STATIC);
  std::vector<std::vector<uint8_t>> found;
  for (;;) {
    const int code = sqlite3_step(statement->get());
    if (code == SQLITE_DONE) return found;
    if (code != SQLITE_ROW) return base::error(error_of(connection_.get(), code));
    const base::Bytes bytes = column_bytes(statement->get(), 0);
    found.emplace_back(bytes.begin(), bytes.end());
  }
}

BlockScan BlockFile::scan() {
  BlockScan scan;
  if (auto statement = prepare(kScanSql)) scan.statement_ = std::move(*statement);
  return scan;
}

BlockFile::Usage BlockFile::usage() {
  const auto pages = number("PRAGMA page_count");
  const auto unused = number("PRAGMA freelist_count");
  Usage usage;
  usage.bytes_max = pages_max_ * kPageBytes;
  if (pages && unused) usage.bytes = static_cast<uint64_t>(std::max<int64_t>(*pages - *unused, 0)) * kPageBytes;
  return usage;
}

}  // namespace store
