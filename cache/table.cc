#include "cache/table.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace cache {

namespace {
// Slots cost a tenth of what entries cost, so they are made plenty: at 60 % the bytes run out first, and
// with two buckets for each key next to nobody (two of a million) finds both full.
constexpr uint64_t kFillPercent = 60;
constexpr uint64_t kBytesPerBucket = sizeof(Bucket) + sizeof(uint64_t);  // with its ghosts
constexpr uint32_t kBucketsMin = 16;
constexpr uint64_t kMemoryBytesMin = 256 << 10;
// One DNS message over TCP holds less than this; a set this long is worth a slot all the same.
constexpr uint64_t kEntryBytesMax = 128 << 10;
// Bits 16 to 31: neither the tag nor the place of the bucket. Never 0.
uint64_t ghost_of(uint64_t hash) { return std::max<uint64_t>((hash >> 16) & 0xffff, 1); }
}  // namespace

TableSizes table_sizes(uint64_t memory_bytes, uint32_t entry_bytes_expected) {
  TableSizes sizes;
  sizes.memory_bytes_max = std::max(memory_bytes, kMemoryBytesMin);
  const uint64_t per_bucket = kBytesPerBucket + kSlotsPerBucket * entry_bytes_expected * kFillPercent / 100;
  const uint64_t count = std::clamp<uint64_t>(sizes.memory_bytes_max / per_bucket, kBucketsMin, UINT32_MAX / 2);
  sizes.bucket_count = static_cast<uint32_t>(count);
  sizes.slot_bytes = count * kBytesPerBucket;
  const uint64_t for_entries = sizes.memory_bytes_max - sizes.slot_bytes;
  // Held back for entries that are retired and not freed yet: what a turn or two replaces.
  const uint64_t slack = std::max<uint64_t>(for_entries / 16, std::min<uint64_t>(for_entries / 4, 128 << 10));
  sizes.live_bytes_max = for_entries - slack;
  sizes.insert_bytes_max = sizes.memory_bytes_max - slack / 4;
  sizes.entry_bytes_max = std::min(kEntryBytesMax, for_entries / 16);
  return sizes;
}

BucketArray::BucketArray(uint32_t count) : count_(count), ghosts_(std::make_unique<std::atomic<uint64_t>[]>(count)) {
  const auto page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  mapped_bytes_ = (count * sizeof(Bucket) + page_bytes - 1) / page_bytes * page_bytes;
  void* memory = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  // Fewer TLB misses where the kernel gives huge pages; where it does not, nothing is lost.
  (void)madvise(memory, mapped_bytes_, MADV_HUGEPAGE);
  buckets_ = static_cast<Bucket*>(memory);
  for (uint32_t i = 0; i < count; ++i) new (&buckets_[i]) Bucket;
}

bool BucketArray::has_ghost(uint64_t hash) const {
  uint64_t ghosts = ghosts_[home_index(hash)].load(std::memory_order_relaxed);
  for (; ghosts != 0; ghosts <<= 16) {
    if (ghosts >> 48 == ghost_of(hash)) return true;
  }
  return false;
}

void BucketArray::add_ghost(uint64_t hash) const {
  auto& ghosts = ghosts_[home_index(hash)];
  ghosts.store(ghosts.load(std::memory_order_relaxed) >> 16 | ghost_of(hash) << 48, std::memory_order_relaxed);
}

BucketArray::~BucketArray() { munmap(buckets_, mapped_bytes_); }

}  // namespace cache
