// The RDATA of DNSSEC as fields: DNSKEY, DS, RRSIG (RFC 4034), NSEC, NSEC3 (RFC 5155). Views into
// expanded RDATA; nothing is copied. Parsing checks the form alone; what a signature is worth is
// the validator's to say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "wire/name.h"
#include "wire/types.h"

namespace wire {

// RFC 4034 §4.1.2: windows in rising order, each of 1 to 32 bytes.
class TypeBitmap {
 public:
  TypeBitmap() = default;
  static Parsed<TypeBitmap> parse(base::Bytes bytes);
  [[nodiscard]] bool contains(Type type) const;

 private:
  explicit TypeBitmap(base::Bytes bytes) : bytes_(bytes) {}
  base::Bytes bytes_;
};

struct DnskeyFields {
  uint16_t flags = 0;
  uint8_t protocol = 0;
  uint8_t algorithm = 0;
  base::Bytes public_key;
  [[nodiscard]] bool is_zone_key() const { return (flags & 0x0100) != 0; }
  [[nodiscard]] bool is_revoked() const { return (flags & 0x0080) != 0; }  // RFC 5011 §3
  [[nodiscard]] bool is_entry_point() const { return (flags & 0x0001) != 0; }
};

struct DsFields {
  uint16_t key_tag = 0;
  uint8_t algorithm = 0;
  uint8_t digest_type = 0;
  base::Bytes digest;
};

struct RrsigFields {
  Type covered = Type::kNone;
  uint8_t algorithm = 0;
  uint8_t labels = 0;
  uint32_t original_ttl = 0;
  uint32_t expiration = 0;
  uint32_t inception = 0;
  uint16_t key_tag = 0;
  NameView signer;
  base::Bytes signature;
};

struct NsecFields {
  NameView next;
  TypeBitmap types;
};

struct Nsec3Fields {
  uint8_t hash_algorithm = 0;
  uint8_t flags = 0;
  uint16_t iterations = 0;
  base::Bytes salt;
  base::Bytes next_hash;
  TypeBitmap types;
  [[nodiscard]] bool is_opt_out() const { return (flags & 1) != 0; }
};

[[nodiscard]] Parsed<DnskeyFields> parse_dnskey(base::Bytes rdata);
[[nodiscard]] Parsed<DsFields> parse_ds(base::Bytes rdata);
[[nodiscard]] Parsed<RrsigFields> parse_rrsig(base::Bytes rdata);
[[nodiscard]] Parsed<NsecFields> parse_nsec(base::Bytes rdata);
[[nodiscard]] Parsed<Nsec3Fields> parse_nsec3(base::Bytes rdata);

// RFC 4034 appendix B, of whole DNSKEY RDATA.
[[nodiscard]] uint16_t key_tag(base::Bytes dnskey_rdata);

// Base 32 with the extended hex alphabet, no padding (RFC 4648 §7): the owners of NSEC3.
[[nodiscard]] std::optional<std::vector<uint8_t>> base32hex_decode(base::Bytes text);
[[nodiscard]] std::string base32hex_encode(base::Bytes bytes);

}  // namespace wire
