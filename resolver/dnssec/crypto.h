// The only file that knows OpenSSL: public keys, signature checks, digests. Pure computation; what
// is spent on it is counted by the callers (budget.h), who alone may call it.
//
// A PublicKey is parsed once and used for many checks; it holds OpenSSL's prepared context, so it
// belongs to one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "wire/name.h"

namespace resolver::dnssec {

// RSA (RFC 3110, RFC 5702): moduli of 512 to 4096 bits (RSA/SHA-512: from 1024), odd exponents from 3 that
// fit into 64 bits, since a huge exponent makes each check some 30 times as dear.
inline constexpr int kRsaBitsMin = 512;
inline constexpr int kRsaSha512BitsMin = 1024;
inline constexpr int kRsaBitsMax = 4096;
inline constexpr int kRsaExponentBitsMax = 64;

class PublicKey {
 public:
  // From the DNSKEY's public key field. nullptr: malformed, of a size outside the limits, or of an
  // algorithm that we have no code for.
  static std::shared_ptr<PublicKey> parse(uint8_t algorithm, base::Bytes public_key);
  ~PublicKey();
  PublicKey(const PublicKey&) = delete;
  PublicKey& operator=(const PublicKey&) = delete;

  // Expensive: 30 us to 1 ms.
  [[nodiscard]] bool verifies(base::Bytes signature, base::Bytes data);

 private:
  struct Parts;
  explicit PublicKey(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

struct Digest {
  std::array<uint8_t, 48> bytes;
  uint8_t size = 0;
  [[nodiscard]] base::Bytes view() const { return {bytes.data(), size}; }
};

// RFC 4034 §5.1.4: of the owner in canonical form and the DNSKEY's RDATA. Nothing for unknown types.
[[nodiscard]] std::optional<Digest> ds_digest(uint8_t digest_type, wire::NameView owner, base::Bytes dnskey_rdata);

inline constexpr size_t kNsec3HashBytes = 20;
using Nsec3Hash = std::array<uint8_t, kNsec3HashBytes>;

// RFC 5155 §5, hash algorithm 1 (SHA-1), of the name in lower case.
[[nodiscard]] Nsec3Hash nsec3_hash(wire::NameView name, base::Bytes salt, uint16_t iterations);
// SHA-1 blocks that nsec3_hash works through.
[[nodiscard]] constexpr uint32_t nsec3_hash_blocks(size_t name_bytes, size_t salt_bytes, uint16_t iterations) {
  constexpr size_t kPaddingBytes = 9;
  const auto first = static_cast<uint32_t>((name_bytes + salt_bytes + kPaddingBytes + 63) / 64);
  const auto further = static_cast<uint32_t>((kNsec3HashBytes + salt_bytes + kPaddingBytes + 63) / 64);
  return first + iterations * further;
}

}  // namespace resolver::dnssec
