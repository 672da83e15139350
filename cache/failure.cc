#include "cache/failure.h"

#include <algorithm>
#include <array>

namespace cache {

namespace {

// | error 2 | repetitions 1 | silence 1 | text ... |
constexpr size_t kHeadBytes = 4;
constexpr size_t kTextBytesMax = 200;

// 5, 10, 20, 40, 80, 160, 300, 300 ...
constexpr uint32_t failure_ttl_s(uint8_t repetitions) {
  constexpr uint8_t kDoublingsMax = 6;
  return std::min(kFailureTtlFirst_s << std::min(repetitions, kDoublingsMax), kFailureTtlMax_s);
}
static_assert(failure_ttl_s(0) == 5);
static_assert(failure_ttl_s(1) == 10);
static_assert(failure_ttl_s(5) == 160);
static_assert(failure_ttl_s(6) == kFailureTtlMax_s);
static_assert(failure_ttl_s(255) == kFailureTtlMax_s);

uint8_t repetitions_after(base::Instant now, const Entry* previous) {
  if (previous == nullptr || previous->header().kind != Kind::kFailure) return 0;
  const uint64_t expired_s = uint64_t{previous->header().learned_s} + previous->header().ttl_s;
  if (now.boot_seconds() >= expired_s + kFailureTtlMax_s) return 0;
  const uint8_t repetitions = read_failure(*previous).repetitions;
  return repetitions == UINT8_MAX ? repetitions : static_cast<uint8_t>(repetitions + 1);
}

// Cut between UTF-8 characters (RFC 8914 §2: EXTRA-TEXT is UTF-8).
std::string_view cut_text(std::string_view text) {
  if (text.size() <= kTextBytesMax) return text;
  size_t bytes = kTextBytesMax;
  while (bytes > 0 && (static_cast<uint8_t>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

EntryPtr make_failure_entry(base::Instant now, wire::NameView name, wire::Type type, const Entry* previous,
                            wire::ExtendedError error, Silence silence, std::string_view text) {
  const uint8_t repetitions = repetitions_after(now, previous);
  std::array<uint8_t, kHeadBytes + kTextBytesMax> body;
  base::store_be16(body.data(), static_cast<uint16_t>(error));
  body[2] = repetitions;
  body[3] = static_cast<uint8_t>(silence);
  const std::string_view kept = cut_text(text);
  std::copy(kept.begin(), kept.end(), body.begin() + kHeadBytes);

  EntryParts parts;
  parts.header.learned_s = now.boot_seconds();
  parts.header.ttl_s = failure_ttl_s(repetitions);
  parts.header.type = type;
  parts.header.space = Space::kFailure;
  parts.header.kind = Kind::kFailure;
  parts.name = name;
  parts.body = {body.data(), kHeadBytes + kept.size()};
  return parts.make();
}

Failure read_failure(const Entry& entry) {
  CHECK(entry.header().kind == Kind::kFailure);
  const base::Bytes body = entry.body();
  CHECK(body.size() >= kHeadBytes);
  Failure failure;
  failure.error = static_cast<wire::ExtendedError>(base::load_be16(body.data()));
  failure.repetitions = body[2];
  if (body[3] <= static_cast<uint8_t>(Silence::kOfServers)) failure.silence = static_cast<Silence>(body[3]);
  failure.text = base::as_text(body.subspan(kHeadBytes));
  return failure;
}

bool is_well_formed_failure(base::Bytes body) {
  return body.size() >= kHeadBytes && body.size() <= kHeadBytes + kTextBytesMax;
}

}  // namespace cache
