#include "bench/load/stream.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "wire/name.h"

namespace bench {
namespace {

// One label: a letter and a number.
uint8_t* write_label(char letter, uint64_t number, int base, uint8_t* out) {
  char text[24];
  const int length = std::snprintf(text, sizeof(text), base == 16 ? "%c%llx" : "%c%llu", letter,
                                   static_cast<unsigned long long>(number));
  *out = static_cast<uint8_t>(length);
  std::memcpy(out + 1, text, static_cast<size_t>(length));
  return out + 1 + length;
}

}  // namespace

Stream::Stream(const StreamOptions& options, const LoadOptions& load, uint64_t seed)
    : options_(options),
      edns_(load.edns),
      dnssec_ok_(load.dnssec_ok),
      random_(seed),
      gap_(options.rate / 1e9),
      fresh_base_((random_() & 0xffffff) << 32) {
  const auto domain = wire::Name::from_text(load.domain);
  CHECK(domain.has_value());
  domain_.assign(domain->view().bytes().begin(), domain->view().bytes().end());
  if (options.kind == StreamOptions::Kind::kZipf) zipf_ = std::make_unique<Zipf>(options.count, options.exponent);
  next_at_ns_ = gap_(random_);
}

uint64_t Stream::take() {
  next_at_ns_ += gap_(random_);
  const uint64_t index = taken_++;
  switch (options_.kind) {
    case StreamOptions::Kind::kZipf:
      return zipf_->draw(random_);
    case StreamOptions::Kind::kEach:
      return index % options_.count;
    case StreamOptions::Kind::kFresh:
      return fresh_base_ + index;
  }
  return 0;
}

size_t Stream::write_query(uint64_t item, uint16_t id, uint8_t* out) const {
  const uint8_t header[12] = {
      static_cast<uint8_t>(id >> 8),      static_cast<uint8_t>(id), 0x01, 0, 0, 1, 0, 0, 0, 0, 0,
      static_cast<uint8_t>(edns_ ? 1 : 0)};
  std::memcpy(out, header, sizeof(header));
  const bool fresh = options_.kind == StreamOptions::Kind::kFresh;
  uint8_t* at = write_label(fresh ? 'f' : 'w', item, fresh ? 16 : 10, out + sizeof(header));
  at = write_label('s', item % options_.zones, 10, at);
  at = std::copy(domain_.begin(), domain_.end(), at);
  const uint8_t fixed[15] = {0, 1, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, static_cast<uint8_t>(dnssec_ok_ ? 0x80 : 0),
                             0, 0, 0};
  at = std::copy(fixed, fixed + (edns_ ? 15 : 4), at);
  return static_cast<size_t>(at - out);
}

}  // namespace bench
