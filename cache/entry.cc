#include "cache/entry.h"

#include <malloc.h>

#include <limits>
#include <new>

namespace cache {

namespace {
// glibc and mimalloc both keep a word or so per block beside what malloc_usable_size tells.
constexpr uint64_t kAllocatorHeaderBytes = 8;
}  // namespace

// The size is asked of the allocator again at the end of an entry's life: it is the same, so that
// what was added to a counter is what is taken off it.
uint64_t charged_bytes(const Entry& entry) {
  return malloc_usable_size(const_cast<Entry*>(&entry)) + kAllocatorHeaderBytes;
}

void EntryDeleter::operator()(const Entry* entry) const { std::free(const_cast<Entry*>(entry)); }

EntryPtr EntryParts::make() const {
  constexpr size_t kPartBytesMax = std::numeric_limits<uint32_t>::max() / 4;
  CHECK(body.size() <= kPartBytesMax);
  CHECK(tail.size() <= kPartBytesMax);
  const size_t name_bytes = name.size();
  void* memory = std::malloc(sizeof(Entry) + name_bytes + body.size() + tail.size());
  CHECK(memory != nullptr);
  auto* entry = new (memory) Entry;
  entry->header_ = header;
  entry->header_.name_bytes = static_cast<uint8_t>(name_bytes);
  entry->header_.body_bytes = static_cast<uint32_t>(body.size());
  entry->header_.tail_bytes = static_cast<uint32_t>(tail.size());
  auto* at = static_cast<uint8_t*>(memory) + sizeof(EntryHeader);
  wire::lowercase_into(name.bytes(), {at, name_bytes});
  at += name_bytes;
  if (!body.empty()) std::memcpy(at, body.data(), body.size());
  if (!tail.empty()) std::memcpy(at + body.size(), tail.data(), tail.size());
  return EntryPtr(entry);
}

EntryPtr clone(const Entry& entry) {
  void* memory = std::malloc(entry.total_bytes());
  CHECK(memory != nullptr);
  std::memcpy(memory, &entry, entry.total_bytes());
  return EntryPtr(static_cast<const Entry*>(memory));
}

}  // namespace cache
