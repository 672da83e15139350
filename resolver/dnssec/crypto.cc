#include "resolver/dnssec/crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"
#include "resolver/dnssec/policy.h"

namespace resolver::dnssec {
namespace {

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* pointer) const { release(pointer); }
};
using Number = std::unique_ptr<BIGNUM, Release<BIGNUM, BN_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using HashContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX, EVP_MD_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM, OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG, ECDSA_SIG_free>>;

// Fetched once: an implicit fetch for each use costs more than a small hash.
struct Hashes {
  EVP_MD* sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD* sha384 = EVP_MD_fetch(nullptr, "SHA384", nullptr);
  EVP_MD* sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
};
const Hashes& hashes() {
  static const Hashes fetched;
  return fetched;
}

const EVP_MD* signature_hash(uint8_t number) {
  switch (number) {
    case algorithm::kRsaSha1:
    case algorithm::kRsaSha1Nsec3:
      return hashes().sha1;
    case algorithm::kRsaSha256:
    case algorithm::kEcdsaP256:
      return hashes().sha256;
    case algorithm::kEcdsaP384:
      return hashes().sha384;
    case algorithm::kRsaSha512:
      return hashes().sha512;
    default:
      return nullptr;  // Ed25519 and Ed448 hash by themselves
  }
}

bool is_rsa(uint8_t number) {
  return number == algorithm::kRsaSha1 || number == algorithm::kRsaSha1Nsec3 || number == algorithm::kRsaSha256 ||
         number == algorithm::kRsaSha512;
}
bool is_ecdsa(uint8_t number) { return number == algorithm::kEcdsaP256 || number == algorithm::kEcdsaP384; }
size_t ecdsa_number_bytes(uint8_t number) { return number == algorithm::kEcdsaP256 ? 32 : 48; }

Number number_from(base::Bytes bytes) {
  return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

Key key_from(const char* type, OSSL_PARAM* params) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) <= 0) {
    return nullptr;
  }
  return Key(key);
}

// RFC 3110 §2: a length of one byte, or zero and two bytes; the exponent; the modulus.
Key rsa_key(uint8_t number, base::Bytes bytes) {
  if (bytes.empty()) return nullptr;
  size_t exponent_bytes = bytes[0];
  size_t at = 1;
  if (exponent_bytes == 0) {
    if (bytes.size() < 3) return nullptr;
    exponent_bytes = base::load_be16(bytes.data() + 1);
    at = 3;
  }
  if (exponent_bytes == 0 || bytes.size() - at <= exponent_bytes) return nullptr;
  const base::Bytes modulus_bytes = bytes.subspan(at + exponent_bytes);
  if (exponent_bytes > 512 || modulus_bytes.size() > 1024) return nullptr;  // leading zeros are let pass
  const Number exponent = number_from(bytes.subspan(at, exponent_bytes));
  const Number modulus = number_from(modulus_bytes);
  if (!exponent || !modulus) return nullptr;
  const int bits = BN_num_bits(modulus.get());
  const int bits_min = number == algorithm::kRsaSha512 ? kRsaSha512BitsMin : kRsaBitsMin;
  if (bits < bits_min || bits > kRsaBitsMax || BN_is_odd(modulus.get()) == 0) return nullptr;
  const int exponent_bits = BN_num_bits(exponent.get());
  if (exponent_bits < 2 || exponent_bits > kRsaExponentBitsMax || BN_is_odd(exponent.get()) == 0) return nullptr;
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 0 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 0) {
    return nullptr;
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  return params ? key_from("RSA", params.get()) : nullptr;
}

// RFC 6605 §4: the point's two numbers.
Key ecdsa_key(uint8_t number, base::Bytes bytes) {
  if (bytes.size() != 2 * ecdsa_number_bytes(number)) return nullptr;
  std::array<uint8_t, 97> point;
  point[0] = 4;  // uncompressed
  std::memcpy(point.data() + 1, bytes.data(), bytes.size());
  std::array<char, 8> group{};
  std::memcpy(group.data(), number == algorithm::kEcdsaP256 ? "P-256" : "P-384", 5);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), bytes.size() + 1),
      OSSL_PARAM_construct_end(),
  };
  return key_from("EC", params);
}

// RFC 8080 §3.
Key edwards_key(uint8_t number, base::Bytes bytes) {
  const bool is_25519 = number == algorithm::kEd25519;
  if (bytes.size() != (is_25519 ? size_t{32} : size_t{57})) return nullptr;
  return Key(
      EVP_PKEY_new_raw_public_key(is_25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448, nullptr, bytes.data(), bytes.size()));
}

Key parse_key(uint8_t number, base::Bytes bytes) {
  if (is_rsa(number)) return rsa_key(number, bytes);
  if (is_ecdsa(number)) return ecdsa_key(number, bytes);
  if (number == algorithm::kEd25519 || number == algorithm::kEd448) return edwards_key(number, bytes);
  return nullptr;
}

// RFC 6605 §4 gives r and s as they are, OpenSSL wants them in DER: at most 2 * 51 + 4 bytes.
size_t ecdsa_to_der(base::Bytes signature, std::array<uint8_t, 112>& der) {
  const size_t half = signature.size() / 2;
  const EcdsaSignature parts(ECDSA_SIG_new());
  Number r = number_from(signature.first(half));
  Number s = number_from(signature.subspan(half));
  if (!parts || !r || !s || ECDSA_SIG_set0(parts.get(), r.get(), s.get()) == 0) return 0;
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  uint8_t* out = der.data();
  const int size = i2d_ECDSA_SIG(parts.get(), &out);
  CHECK(size <= static_cast<int>(der.size()));
  return size > 0 ? static_cast<size_t>(size) : 0;
}

void must(int status) { CHECK(status == 1); }

}  // namespace

struct PublicKey::Parts {
  uint8_t number = 0;
  Key key;
  KeyContext prepared;  // RSA and ECDSA: ready to check a hash
  HashContext edwards;

  bool prepare() {
    const EVP_MD* hash = signature_hash(number);
    if (hash == nullptr) {
      edwards.reset(EVP_MD_CTX_new());
      return edwards != nullptr;
    }
    prepared.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    if (!prepared || EVP_PKEY_verify_init(prepared.get()) <= 0) return false;
    if (is_rsa(number) && EVP_PKEY_CTX_set_rsa_padding(prepared.get(), RSA_PKCS1_PADDING) <= 0) return false;
    return EVP_PKEY_CTX_set_signature_md(prepared.get(), hash) > 0;
  }
};

PublicKey::PublicKey(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PublicKey::~PublicKey() = default;

std::shared_ptr<PublicKey> PublicKey::parse(uint8_t algorithm, base::Bytes public_key) {
  auto parts = std::make_unique<Parts>();
  parts->number = algorithm;
  parts->key = parse_key(algorithm, public_key);
  if (!parts->key || !parts->prepare()) {
    ERR_clear_error();
    return nullptr;
  }
  return std::shared_ptr<PublicKey>(new PublicKey(std::move(parts)));
}

bool PublicKey::verifies(base::Bytes signature, base::Bytes data) {
  bool holds = false;
  if (parts_->edwards) {
    EVP_MD_CTX* context = parts_->edwards.get();
    holds = EVP_MD_CTX_reset(context) == 1 &&
            EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, parts_->key.get()) == 1 &&
            EVP_DigestVerify(context, signature.data(), signature.size(), data.data(), data.size()) == 1;
  } else {
    std::array<uint8_t, 112> der;
    if (is_ecdsa(parts_->number)) {
      if (signature.size() != 2 * ecdsa_number_bytes(parts_->number)) return false;
      signature = base::Bytes(der.data(), ecdsa_to_der(signature, der));
    }
    std::array<uint8_t, EVP_MAX_MD_SIZE> hash;
    unsigned int hash_bytes = 0;
    must(EVP_Digest(data.data(), data.size(), hash.data(), &hash_bytes, signature_hash(parts_->number), nullptr));
    holds = EVP_PKEY_verify(parts_->prepared.get(), signature.data(), signature.size(), hash.data(), hash_bytes) == 1;
  }
  if (!holds) ERR_clear_error();
  return holds;
}

std::optional<Digest> ds_digest(uint8_t digest_type, wire::NameView owner, base::Bytes dnskey_rdata) {
  const EVP_MD* hash = digest_type == digest_type::kSha1     ? hashes().sha1
                       : digest_type == digest_type::kSha256 ? hashes().sha256
                       : digest_type == digest_type::kSha384 ? hashes().sha384
                                                             : nullptr;
  if (hash == nullptr) return std::nullopt;
  const wire::Name canonical = wire::Name(owner).lowercased();
  const base::Bytes name = canonical.view().bytes();
  const HashContext context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  Digest digest;
  unsigned int size = 0;
  must(EVP_DigestInit_ex(context.get(), hash, nullptr));
  must(EVP_DigestUpdate(context.get(), name.data(), name.size()));
  must(EVP_DigestUpdate(context.get(), dnskey_rdata.data(), dnskey_rdata.size()));
  must(EVP_DigestFinal_ex(context.get(), digest.bytes.data(), &size));
  digest.size = static_cast<uint8_t>(size);
  return digest;
}

Nsec3Hash nsec3_hash(wire::NameView name, base::Bytes salt, uint16_t iterations) {
  const wire::Name canonical = wire::Name(name).lowercased();
  const HashContext context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  Nsec3Hash hash;
  base::Bytes input = canonical.view().bytes();
  for (uint32_t round = 0; round <= iterations; ++round) {
    unsigned int size = 0;
    must(EVP_DigestInit_ex(context.get(), hashes().sha1, nullptr));
    must(EVP_DigestUpdate(context.get(), input.data(), input.size()));
    if (!salt.empty()) must(EVP_DigestUpdate(context.get(), salt.data(), salt.size()));
    must(EVP_DigestFinal_ex(context.get(), hash.data(), &size));
    input = hash;
  }
  return hash;
}

}  // namespace resolver::dnssec
