#include "wire/dnssec_rdata.h"

#include <string_view>

namespace wire {

Parsed<TypeBitmap> TypeBitmap::parse(base::Bytes bytes) {
  int previous_window = -1;
  for (base::Bytes left = bytes; !left.empty();) {
    if (left.size() < 2) return base::error(ParseError::kBadRdata);
    const int window = left[0];
    const size_t window_bytes = left[1];
    const bool fits = window_bytes >= 1 && window_bytes <= 32 && window_bytes <= left.size() - 2;
    if (!fits || window <= previous_window) return base::error(ParseError::kBadRdata);
    previous_window = window;
    left = left.subspan(2 + window_bytes);
  }
  return TypeBitmap(bytes);
}

bool TypeBitmap::contains(Type type) const {
  const auto number = static_cast<uint16_t>(type);
  const size_t window = number >> 8;
  const size_t byte = (number & 0xFF) >> 3;
  for (base::Bytes left = bytes_; left.size() >= 2; left = left.subspan(2 + size_t{left[1]})) {
    if (left[0] != window) continue;
    return byte < left[1] && (left[2 + byte] & (0x80 >> (number & 7))) != 0;
  }
  return false;
}

Parsed<DnskeyFields> parse_dnskey(base::Bytes rdata) {
  if (rdata.size() < 4) return base::error(ParseError::kBadRdata);
  DnskeyFields key;
  key.flags = base::load_be16(rdata.data());
  key.protocol = rdata[2];
  key.algorithm = rdata[3];
  key.public_key = rdata.subspan(4);
  return key;
}

Parsed<DsFields> parse_ds(base::Bytes rdata) {
  if (rdata.size() < 4) return base::error(ParseError::kBadRdata);
  DsFields ds;
  ds.key_tag = base::load_be16(rdata.data());
  ds.algorithm = rdata[2];
  ds.digest_type = rdata[3];
  ds.digest = rdata.subspan(4);
  return ds;
}

Parsed<RrsigFields> parse_rrsig(base::Bytes rdata) {
  constexpr size_t kFixedBytes = 18;
  if (rdata.size() < kFixedBytes) return base::error(ParseError::kBadRdata);
  RrsigFields rrsig;
  rrsig.covered = static_cast<Type>(base::load_be16(rdata.data()));
  rrsig.algorithm = rdata[2];
  rrsig.labels = rdata[3];
  rrsig.original_ttl = base::load_be32(rdata.data() + 4);
  rrsig.expiration = base::load_be32(rdata.data() + 8);
  rrsig.inception = base::load_be32(rdata.data() + 12);
  rrsig.key_tag = base::load_be16(rdata.data() + 16);
  const auto signer = NameView::parse(rdata.subspan(kFixedBytes));
  if (!signer) return base::error(ParseError::kBadRdata);
  rrsig.signer = *signer;
  rrsig.signature = rdata.subspan(kFixedBytes + signer->size());
  return rrsig;
}

Parsed<NsecFields> parse_nsec(base::Bytes rdata) {
  const auto next = NameView::parse(rdata);
  if (!next) return base::error(ParseError::kBadRdata);
  const auto types = TypeBitmap::parse(rdata.subspan(next->size()));
  if (!types) return base::error(types.error());
  return NsecFields{*next, *types};
}

Parsed<Nsec3Fields> parse_nsec3(base::Bytes rdata) {
  if (rdata.size() < 6) return base::error(ParseError::kBadRdata);
  Nsec3Fields nsec3;
  nsec3.hash_algorithm = rdata[0];
  nsec3.flags = rdata[1];
  nsec3.iterations = base::load_be16(rdata.data() + 2);
  const size_t salt_bytes = rdata[4];
  if (rdata.size() < 6 + salt_bytes) return base::error(ParseError::kBadRdata);
  nsec3.salt = rdata.subspan(5, salt_bytes);
  const size_t hash_bytes = rdata[5 + salt_bytes];
  if (hash_bytes == 0 || rdata.size() < 6 + salt_bytes + hash_bytes) return base::error(ParseError::kBadRdata);
  nsec3.next_hash = rdata.subspan(6 + salt_bytes, hash_bytes);
  const auto types = TypeBitmap::parse(rdata.subspan(6 + salt_bytes + hash_bytes));
  if (!types) return base::error(types.error());
  nsec3.types = *types;
  return nsec3;
}

uint16_t key_tag(base::Bytes dnskey_rdata) {
  constexpr uint8_t kRsaMd5 = 1;  // its tag is taken from the modulus (RFC 4034 appendix B.1)
  if (dnskey_rdata.size() >= 7 && dnskey_rdata[3] == kRsaMd5) {
    return base::load_be16(dnskey_rdata.data() + dnskey_rdata.size() - 3);
  }
  uint32_t sum = 0;
  for (size_t at = 0; at < dnskey_rdata.size(); ++at) {
    sum += (at & 1) != 0 ? dnskey_rdata[at] : uint32_t{dnskey_rdata[at]} << 8;
  }
  return static_cast<uint16_t>(sum + (sum >> 16));
}

std::optional<std::vector<uint8_t>> base32hex_decode(base::Bytes text) {
  std::vector<uint8_t> bytes;
  bytes.reserve(text.size() * 5 / 8);
  uint32_t bits = 0;
  uint32_t bit_count = 0;
  for (const uint8_t character : text) {
    uint32_t value = 0;
    if (character >= '0' && character <= '9') {
      value = character - uint32_t{'0'};
    } else if ((character | 0x20) >= 'a' && (character | 0x20) <= 'v') {
      value = (character | 0x20U) - uint32_t{'a'} + 10;
    } else {
      return std::nullopt;
    }
    bits = bits << 5 | value;
    bit_count += 5;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes.push_back(static_cast<uint8_t>(bits >> bit_count));
    bits &= (1U << bit_count) - 1;
  }
  if (bits != 0 || bit_count >= 5) return std::nullopt;  // bits that no whole byte holds
  return bytes;
}

std::string base32hex_encode(base::Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
  std::string text;
  uint32_t bits = 0;
  uint32_t bit_count = 0;
  for (const uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    bit_count += 8;
    while (bit_count >= 5) {
      bit_count -= 5;
      text += kDigits[bits >> bit_count & 31];
    }
    bits &= (1U << bit_count) - 1;
  }
  if (bit_count > 0) text += kDigits[bits << (5 - bit_count) & 31];
  return text;
}

}  // namespace wire
