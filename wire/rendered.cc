#include "wire/rendered.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace wire {
namespace {
constexpr size_t kTtlOffset = 6;
constexpr size_t kRdlengthOffset = 10;
constexpr uint16_t kPointerBits = 0xC000;
}  // namespace

void append_rendered(std::vector<uint8_t>& out, Type type, Class klass, uint32_t ttl, base::Bytes rdata) {
  CHECK(rdata.size() <= 65535);
  const size_t start = out.size();
  out.resize(start + kRenderedRecordHeaderBytes + rdata.size());
  uint8_t* at = out.data() + start;
  base::store_be16(at, kPointerBits | 12);
  base::store_be16(at + 2, static_cast<uint16_t>(type));
  base::store_be16(at + 4, static_cast<uint16_t>(klass));
  base::store_be32(at + kTtlOffset, ttl);
  base::store_be16(at + kRdlengthOffset, static_cast<uint16_t>(rdata.size()));
  if (!rdata.empty()) std::memcpy(at + kRenderedRecordHeaderBytes, rdata.data(), rdata.size());
}

void copy_rendered(base::Bytes rendered, uint16_t owner_offset, uint32_t ttl, uint8_t* out) {
  if (rendered.empty()) return;
  CHECK(owner_offset < 0x4000);
  base::copy_short(out, rendered.data(), rendered.size());
  const auto pointer = static_cast<uint16_t>(kPointerBits | owner_offset);
  const uint8_t* const end = out + rendered.size();
  while (out < end) {
    base::store_be16(out, pointer);
    base::store_be32(out + kTtlOffset, std::min(base::load_be32(out + kTtlOffset), ttl));
    out += kRenderedRecordHeaderBytes + base::load_be16(out + kRdlengthOffset);
  }
}

}  // namespace wire
