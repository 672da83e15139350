// Power loss: a layer between SQLite and the files remembers what was not synced and throws it away, or keeps
// any part of it, as disks do. Renames and removals of files count as durable at once.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <map>
#include <random>

#include "store_support.h"

namespace {

using namespace store_test;

struct Operation {
  int64_t offset = 0;
  std::vector<uint8_t> bytes;
  bool is_cut = false;  // to `offset` bytes
};

void apply(std::vector<uint8_t>& image, const Operation& operation, size_t bytes) {
  const auto offset = static_cast<size_t>(operation.offset);
  if (operation.is_cut) return image.resize(offset);
  image.resize(std::max(image.size(), offset + bytes));
  std::copy_n(operation.bytes.begin(), bytes, image.begin() + static_cast<ptrdiff_t>(offset));
}

struct Disk {
  struct File {
    std::vector<uint8_t> durable;
    std::vector<Operation> unsynced;
  };
  std::map<std::string, File> files;
  uint64_t syncs = 0;
};
Disk disk;

// The real file, with its name in front.
struct ShimFile {
  sqlite3_file base;
  const char* name;
  sqlite3_file* real;
};
sqlite3_vfs* real_vfs = nullptr;
ShimFile* shim(sqlite3_file* file) { return reinterpret_cast<ShimFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return shim(file)->real; }
Disk::File* tracked(sqlite3_file* file) {
  return shim(file)->name == nullptr ? nullptr : &disk.files[shim(file)->name];
}

int shim_close(sqlite3_file* file) {
  return real(file)->pMethods == nullptr ? SQLITE_OK : real(file)->pMethods->xClose(real(file));
}
int shim_read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), to, bytes, at);
}
int shim_write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
  const auto* first = static_cast<const uint8_t*>(from);
  if (Disk::File* kept = tracked(file)) kept->unsynced.push_back({at, {first, first + bytes}, false});
  return real(file)->pMethods->xWrite(real(file), from, bytes, at);
}
int shim_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (Disk::File* kept = tracked(file)) kept->unsynced.push_back({size, {}, true});
  return real(file)->pMethods->xTruncate(real(file), size);
}
int shim_sync(sqlite3_file* file, int flags) {
  if (Disk::File* kept = tracked(file)) {
    for (const Operation& operation : kept->unsynced) apply(kept->durable, operation, operation.bytes.size());
    kept->unsynced.clear();
    ++disk.syncs;
  }
  static_cast<void>(flags);  // the machine's own disk need not know
  return SQLITE_OK;
}
int shim_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int shim_lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int shim_unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int shim_reserved(sqlite3_file* file, int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int shim_control(sqlite3_file* file, int what, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int shim_sector(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int shim_device(sqlite3_file*) { return 0; }  // promises nothing: no atomic writes, no order

const sqlite3_io_methods kMethods = {1,           shim_close, shim_read,   shim_write,    shim_truncate, shim_sync,
                                     shim_size,   shim_lock,  shim_unlock, shim_reserved, shim_control,  shim_sector,
                                     shim_device, nullptr,    nullptr,     nullptr,       nullptr,       nullptr,
                                     nullptr};

int shim_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  ShimFile* made = shim(file);
  made->real = reinterpret_cast<sqlite3_file*>(made + 1);
  made->name = (flags & SQLITE_OPEN_READONLY) == 0 ? name : nullptr;
  const int code = real_vfs->xOpen(real_vfs, name, made->real, flags, out);
  made->base.pMethods = made->real->pMethods != nullptr ? &kMethods : nullptr;
  return code;
}
int shim_delete(sqlite3_vfs*, const char* name, int sync) {
  disk.files.erase(name);
  return real_vfs->xDelete(real_vfs, name, sync);
}

class StorePowerLoss : public ::testing::Test {
 protected:
  void SetUp() override {
    disk = {};
    real_vfs = sqlite3_vfs_find(nullptr);
    vfs_ = *real_vfs;
    vfs_.zName = "power-loss";
    vfs_.pNext = nullptr;
    vfs_.szOsFile = static_cast<int>(sizeof(ShimFile)) + real_vfs->szOsFile;
    vfs_.xOpen = shim_open;
    vfs_.xDelete = shim_delete;
    ASSERT_EQ(sqlite3_vfs_register(&vfs_, 1), SQLITE_OK);
  }
  void TearDown() override {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_vfs, 1);
  }

  // The files as the disk may hold them when the power goes now.
  template <class Random>
  static void write_images(const std::string& from, const std::string& to, bool keep_some, Random& random) {
    std::filesystem::remove_all(to);
    std::filesystem::create_directory(to);
    for (const auto& [path, file] : disk.files) {
      std::vector<uint8_t> image = file.durable;
      for (const Operation& operation : file.unsynced) {
        if (!keep_some || random() % 2 == 0) continue;
        // Torn: only its first sectors.
        const size_t bytes = random() % 4 == 0 ? operation.bytes.size() / 2 / 512 * 512 : operation.bytes.size();
        apply(image, operation, bytes);
      }
      const std::string copy = to + path.substr(from.size());
      std::FILE* out = std::fopen(copy.c_str(), "wb");
      ASSERT_NE(out, nullptr);
      ASSERT_EQ(std::fwrite(image.data(), 1, image.size(), out), image.size());
      std::fclose(out);
    }
  }

  sqlite3_vfs vfs_{};
};

std::string name_of(int number) { return "n" + std::to_string(number) + ".example.com"; }

TEST_F(StorePowerLoss, WhatWasLearnedTenSecondsAgoIsThere) {
  const TempFolder folder;
  const std::string live = folder.path + "/live";
  const std::string lost = folder.path + "/lost";
  std::mt19937_64 random(5);  // NOLINT: the same losses each time
  Life run(live, 1'800'000'000, 7, 16 << 20);
  run.start();
  constexpr int kEachSecond = 60;
  int fewer_than_learned = 0;
  for (int second = 0; second < 90; ++second) {
    for (int i = second * kEachSecond; i < (second + 1) * kEachSecond; ++i) {
      run.publish(address({name_of(i), run.now().boot.boot_seconds(), 3600, UINT32_MAX, static_cast<uint8_t>(i)}));
    }
    run.turns(1);
    for (const bool keep_some : {false, true}) {
      write_images(live, lost, keep_some, random);
      Life after(lost, 1'800'000'200);
      after.start();
      EXPECT_EQ(after.count(base::Counter::kStorePutAside), 0U) << "second " << second;
      int found = 0;
      after.cache->for_each([&](const cache::Entry& entry) {
        const int number = std::atoi(entry.name().to_text().c_str() + 1);
        EXPECT_EQ(entry.body().back(), static_cast<uint8_t>(number));
        ++found;
      });
      EXPECT_GE(found, (second - 9) * kEachSecond) << "second " << second;
      fewer_than_learned += found < (second + 1) * kEachSecond ? 1 : 0;
      after.die();
      for (const char* file : {"/learned.db", "/learned.db-wal"}) disk.files.erase(lost + file);
    }
  }
  EXPECT_GT(fewer_than_learned, 20);  // the loss is real
  EXPECT_GT(disk.syncs, 10U);
}

}  // namespace
