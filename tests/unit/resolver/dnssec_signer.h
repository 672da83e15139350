// Keys that sign, and RRsets signed rightly and in every wrong way: for the tests of validation and for the signed
// worlds of the simulation. Needs no test library.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/instant.h"
#include "resolver/dnssec/canonical.h"
#include "resolver/dnssec/crypto.h"
#include "resolver/dnssec/policy.h"
#include "wire/dnssec_rdata.h"
#include "wire/rendered.h"

namespace dnssec_test {

using namespace resolver::dnssec;  // NOLINT
using wire::Name;
using wire::NameView;
using wire::Type;

inline constexpr uint32_t kNow_s = 1'800'000'000;
inline constexpr base::WallTime kNow{kNow_s};
inline constexpr uint32_t kDay_s = 86'400;

// An RRset that owns its bytes.
struct OwnedRrset {
  Name owner;
  Type type = Type::kNone;
  std::vector<uint8_t> records;
  std::vector<uint8_t> signatures;
  [[nodiscard]] SignedRrset view() const { return {owner, type, wire::Class::kIn, records, signatures}; }
};

// Keys ----------------------------------------------------------------------------------------------

using KeyPointer = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

inline KeyPointer edwards_private(uint8_t number, const std::vector<uint8_t>& secret) {
  const int type = number == algorithm::kEd25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448;
  return {EVP_PKEY_new_raw_private_key(type, nullptr, secret.data(), secret.size()), EVP_PKEY_free};
}

inline std::vector<uint8_t> number_param(EVP_PKEY* key, const char* what, size_t bytes) {
  BIGNUM* number = nullptr;
  CHECK(EVP_PKEY_get_bn_param(key, what, &number) == 1);
  std::vector<uint8_t> out(bytes == 0 ? static_cast<size_t>(BN_num_bytes(number)) : bytes);
  CHECK(BN_bn2binpad(number, out.data(), static_cast<int>(out.size())) >= 0);
  BN_free(number);
  return out;
}

// A key of a zone that signs. RSA keys are 1024 bits, which is quick to make.
class SigningKey {
 public:
  SigningKey(std::string_view zone, uint8_t number, uint16_t flags = 257, uint8_t seed = 1)
      : zone_(zone_name(zone)), number_(number), key_(nullptr, EVP_PKEY_free) {
    if (number == algorithm::kEd25519 || number == algorithm::kEd448) {
      key_ = edwards_private(number, std::vector<uint8_t>(number == algorithm::kEd25519 ? 32 : 57, seed));
    } else if (number == algorithm::kEcdsaP256 || number == algorithm::kEcdsaP384) {
      key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", number == algorithm::kEcdsaP256 ? "P-256" : "P-384"));
    } else {
      key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{1024}));
    }
    make_rdata(flags);
  }
  // Of Ed25519: the same secret of 32 bytes gives the same key and the same signatures, whenever it is asked.
  SigningKey(NameView zone, const std::vector<uint8_t>& secret, uint16_t flags)
      : zone_(zone), number_(algorithm::kEd25519), key_(edwards_private(algorithm::kEd25519, secret)) {
    make_rdata(flags);
  }

  [[nodiscard]] const std::vector<uint8_t>& rdata() const { return rdata_; }
  [[nodiscard]] uint16_t tag() const { return wire::key_tag(rdata_); }
  [[nodiscard]] uint8_t number() const { return number_; }
  [[nodiscard]] const Name& zone() const { return zone_; }
  // The same key with other flags (revoked, no zone key) or another protocol.
  void set_flags(uint16_t flags) { base::store_be16(rdata_.data(), flags); }
  void set_protocol(uint8_t protocol) { rdata_[2] = protocol; }

  // In the form of an RRSIG.
  [[nodiscard]] std::vector<uint8_t> sign(base::Bytes data) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit(context, nullptr, hash(), nullptr, key_.get()) == 1);
    size_t size = 0;
    CHECK(EVP_DigestSign(context, nullptr, &size, data.data(), data.size()) == 1);
    std::vector<uint8_t> signature(size);
    CHECK(EVP_DigestSign(context, signature.data(), &size, data.data(), data.size()) == 1);
    signature.resize(size);
    EVP_MD_CTX_free(context);
    return is_ecdsa() ? from_der(signature) : signature;
  }

 private:
  static Name zone_name(std::string_view text) {
    const auto parsed = Name::from_text(text);
    CHECK(parsed.has_value());
    return *parsed;
  }
  void make_rdata(uint16_t flags) {
    rdata_ = {static_cast<uint8_t>(flags >> 8), static_cast<uint8_t>(flags), 3, number_};
    for (const uint8_t byte : public_bytes()) rdata_.push_back(byte);
  }
  [[nodiscard]] bool is_ecdsa() const {
    return number_ == algorithm::kEcdsaP256 || number_ == algorithm::kEcdsaP384;
  }
  [[nodiscard]] size_t half() const { return number_ == algorithm::kEcdsaP256 ? 32 : 48; }
  [[nodiscard]] const EVP_MD* hash() const {
    switch (number_) {
      case algorithm::kRsaSha1:
      case algorithm::kRsaSha1Nsec3: return EVP_sha1();
      case algorithm::kRsaSha512: return EVP_sha512();
      case algorithm::kEcdsaP384: return EVP_sha384();
      case algorithm::kEd25519:
      case algorithm::kEd448: return nullptr;
      default: return EVP_sha256();
    }
  }
  [[nodiscard]] std::vector<uint8_t> public_bytes() const {
    if (is_ecdsa()) {
      std::vector<uint8_t> x = number_param(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, half());
      const std::vector<uint8_t> y = number_param(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, half());
      x.insert(x.end(), y.begin(), y.end());
      return x;
    }
    if (hash() == nullptr) {
      std::vector<uint8_t> raw(number_ == algorithm::kEd25519 ? 32 : 57);
      size_t size = raw.size();
      CHECK(EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size) == 1);
      return raw;
    }
    std::vector<uint8_t> bytes = number_param(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0);
    bytes.insert(bytes.begin(), static_cast<uint8_t>(bytes.size()));
    const std::vector<uint8_t> modulus = number_param(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0);
    bytes.insert(bytes.end(), modulus.begin(), modulus.end());
    return bytes;
  }
  [[nodiscard]] std::vector<uint8_t> from_der(const std::vector<uint8_t>& der) const {
    const uint8_t* at = der.data();
    ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::vector<uint8_t> plain(2 * half());
    BN_bn2binpad(ECDSA_SIG_get0_r(parts), plain.data(), static_cast<int>(half()));
    BN_bn2binpad(ECDSA_SIG_get0_s(parts), plain.data() + half(), static_cast<int>(half()));
    ECDSA_SIG_free(parts);
    return plain;
  }

  Name zone_;
  uint8_t number_;
  KeyPointer key_;
  std::vector<uint8_t> rdata_;
};

// Signing -------------------------------------------------------------------------------------------

struct SignOptions {
  uint32_t inception = kNow_s - 10 * kDay_s;
  uint32_t expiration = kNow_s + 10 * kDay_s;
  std::optional<uint8_t> labels = std::nullopt;
  std::optional<std::string> signer = std::nullopt;
  std::optional<uint16_t> tag = std::nullopt;
  std::optional<uint8_t> number = std::nullopt;
  uint32_t original_ttl = 3600;
  uint32_t rrsig_ttl = 3600;
  std::optional<Type> covered = std::nullopt;
  bool break_signature = false;
};

inline void append_signature(OwnedRrset& set, const SigningKey& key, const SignOptions& options = {}) {
  wire::RrsigFields rrsig;
  rrsig.covered = options.covered.value_or(set.type);
  rrsig.algorithm = options.number.value_or(key.number());
  rrsig.labels = options.labels.value_or(static_cast<uint8_t>(signed_labels(set.owner)));
  rrsig.original_ttl = options.original_ttl;
  rrsig.expiration = options.expiration;
  rrsig.inception = options.inception;
  rrsig.key_tag = options.tag.value_or(key.tag());
  const Name signer = options.signer ? *Name::from_text(*options.signer) : key.zone();
  rrsig.signer = signer;
  std::vector<uint8_t> rdata(18);
  base::store_be16(rdata.data(), static_cast<uint16_t>(rrsig.covered));
  rdata[2] = rrsig.algorithm;
  rdata[3] = rrsig.labels;
  base::store_be32(rdata.data() + 4, rrsig.original_ttl);
  base::store_be32(rdata.data() + 8, rrsig.expiration);
  base::store_be32(rdata.data() + 12, rrsig.inception);
  base::store_be16(rdata.data() + 16, rrsig.key_tag);
  const base::Bytes signer_bytes = signer.view().bytes();
  rdata.insert(rdata.end(), signer_bytes.begin(), signer_bytes.end());
  const SignedRrset view = set.view();
  // With more labels than the owner has there is nothing to sign: any bytes serve.
  std::vector<uint8_t> signature = rrsig.labels <= signed_labels(set.owner)
                                       ? key.sign(CanonicalRrset(view).signed_data(rrsig))
                                       : std::vector<uint8_t>(64);
  if (options.break_signature) signature[signature.size() / 2] ^= 1;
  rdata.insert(rdata.end(), signature.begin(), signature.end());
  wire::append_rendered(set.signatures, Type::kRrsig, wire::Class::kIn, options.rrsig_ttl, rdata);
}

inline void append_ds(std::vector<uint8_t>& ds_records, NameView zone, base::Bytes dnskey, uint8_t digest_type,
                      std::optional<uint8_t> number = std::nullopt) {
  std::vector<uint8_t> ds(4);
  base::store_be16(ds.data(), wire::key_tag(dnskey));
  ds[2] = number.value_or(dnskey[3]);
  ds[3] = digest_type;
  if (const auto digest = ds_digest(digest_type, zone, dnskey)) {
    ds.insert(ds.end(), digest->view().begin(), digest->view().end());
  } else {
    ds.resize(36, 7);
  }
  wire::append_rendered(ds_records, Type::kDs, wire::Class::kIn, 3600, ds);
}

}  // namespace dnssec_test
