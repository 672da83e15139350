#include "wire/rendered.h"

#include <cstring>

namespace wire {

void append_rendered(std::vector<uint8_t>& out, Type type, Class klass, uint32_t ttl, base::Bytes rdata) {
  CHECK(rdata.size() <= 65535);
  const size_t start = out.size();
  out.resize(start + kRenderedRecordHeaderBytes + rdata.size());
  uint8_t* at = out.data() + start;
  base::store_be16(at, kOwnerPointerBits | 12);
  base::store_be16(at + 2, static_cast<uint16_t>(type));
  base::store_be16(at + 4, static_cast<uint16_t>(klass));
  base::store_be32(at + kRenderedTtlOffset, ttl);
  base::store_be16(at + kRenderedRdlengthOffset, static_cast<uint16_t>(rdata.size()));
  if (!rdata.empty()) std::memcpy(at + kRenderedRecordHeaderBytes, rdata.data(), rdata.size());
}

void patch_rendered(uint8_t* out, size_t size, uint16_t owner_offset, uint32_t ttl) {
  const uint8_t* const end = out + size;
  while (out < end) out += patch_record(out, owner_offset, ttl);
}

}  // namespace wire
