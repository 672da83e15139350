// What the DNSSEC tests share: keys that sign, RRsets that are signed in every wrong way, and a signed
// zone read from a master file that answers like an authority.
#pragma once

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/dnssec/canonical.h"
#include "resolver/dnssec/denial_check.h"
#include "resolver/dnssec/dnskey_check.h"
#include "resolver/dnssec/rrset_check.h"
#include "wire/dnssec_rdata.h"
#include "wire/ldns_bridge.h"
#include "wire/rendered.h"

namespace dnssec_test {

using namespace resolver::dnssec;  // NOLINT
using wire::Name;
using wire::NameView;
using wire::Type;

inline constexpr uint32_t kNow_s = 1'800'000'000;
inline constexpr base::WallTime kNow{kNow_s};
inline constexpr uint32_t kDay_s = 86'400;
inline constexpr base::KeyedHash::Secret kSecret{1, 2, 3};

inline Name name(std::string_view text) {
  const auto parsed = Name::from_text(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *parsed : Name();
}

inline wire::OwnedRecord record(std::string_view text) {
  auto parsed = wire::record_from_text(text, 3600, NameView());
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *parsed : wire::OwnedRecord{};
}

// An RRset that owns its bytes.
struct OwnedRrset {
  Name owner;
  Type type = Type::kNone;
  std::vector<uint8_t> records;
  std::vector<uint8_t> signatures;
  [[nodiscard]] SignedRrset view() const { return {owner, type, wire::Class::kIn, records, signatures}; }
};

inline OwnedRrset rrset(const std::vector<std::string>& texts) {
  OwnedRrset set;
  for (const std::string& text : texts) {
    const wire::OwnedRecord parsed = record(text);
    set.owner = parsed.owner;
    set.type = parsed.type;
    wire::append_rendered(set.records, parsed.type, parsed.klass, parsed.ttl, parsed.rdata);
  }
  return set;
}

// Keys ----------------------------------------------------------------------------------------------

using KeyPointer = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

inline KeyPointer edwards_private(uint8_t number, uint8_t seed) {
  std::vector<uint8_t> secret(number == algorithm::kEd25519 ? 32 : 57, seed);
  const int type = number == algorithm::kEd25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448;
  return {EVP_PKEY_new_raw_private_key(type, nullptr, secret.data(), secret.size()), EVP_PKEY_free};
}

inline std::vector<uint8_t> number_param(EVP_PKEY* key, const char* what, size_t bytes) {
  BIGNUM* number = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(key, what, &number), 1);
  std::vector<uint8_t> out(bytes == 0 ? static_cast<size_t>(BN_num_bytes(number)) : bytes);
  EXPECT_GE(BN_bn2binpad(number, out.data(), static_cast<int>(out.size())), 0);
  BN_free(number);
  return out;
}

// A key of a zone that signs. RSA keys are 1024 bits, which is quick to make.
class SigningKey {
 public:
  SigningKey(std::string_view zone, uint8_t number, uint16_t flags = 257, uint8_t seed = 1)
      : zone_(name(zone)), number_(number), key_(nullptr, EVP_PKEY_free) {
    if (number == algorithm::kEd25519 || number == algorithm::kEd448) {
      key_ = edwards_private(number, seed);
    } else if (number == algorithm::kEcdsaP256 || number == algorithm::kEcdsaP384) {
      key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", number == algorithm::kEcdsaP256 ? "P-256" : "P-384"));
    } else {
      key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{1024}));
    }
    rdata_ = {static_cast<uint8_t>(flags >> 8), static_cast<uint8_t>(flags), 3, number};
    for (const uint8_t byte : public_bytes()) rdata_.push_back(byte);
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
    EXPECT_EQ(EVP_DigestSignInit(context, nullptr, hash(), nullptr, key_.get()), 1);
    size_t size = 0;
    EXPECT_EQ(EVP_DigestSign(context, nullptr, &size, data.data(), data.size()), 1);
    std::vector<uint8_t> signature(size);
    EXPECT_EQ(EVP_DigestSign(context, signature.data(), &size, data.data(), data.size()), 1);
    signature.resize(size);
    EVP_MD_CTX_free(context);
    return is_ecdsa() ? from_der(signature) : signature;
  }

 private:
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
      EXPECT_EQ(EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size), 1);
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
  const Name signer = options.signer ? name(*options.signer) : key.zone();
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

inline OwnedRrset signed_rrset(const std::vector<std::string>& texts, const SigningKey& key,
                               const SignOptions& options = {}) {
  OwnedRrset set = rrset(texts);
  append_signature(set, key, options);
  return set;
}

inline OwnedRrset dnskey_rrset(std::string_view zone, const std::vector<std::vector<uint8_t>>& keys) {
  OwnedRrset set;
  set.owner = name(zone);
  set.type = Type::kDnskey;
  for (const auto& rdata : keys) wire::append_rendered(set.records, Type::kDnskey, wire::Class::kIn, 3600, rdata);
  return set;
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

// Verdicts ------------------------------------------------------------------------------------------

inline RrsetVerdict check(const OwnedRrset& set, KeySet& keys, const Policy& policy = {}, base::WallTime now = kNow,
                          ValidationBudget budget = {}) {
  KeyCache cache(64, kSecret);
  RrsetCheck check(set.view(), keys, cache, policy, now);
  while (check.step(budget, 1) == Step::kYield) {
  }
  return check.verdict();
}

inline KeySet key_set(std::string_view zone, const std::vector<std::vector<uint8_t>>& keys) {
  return {name(zone), dnskey_rrset(zone, keys).records};
}

// A signed zone -------------------------------------------------------------------------------------

inline std::optional<std::string> read_file(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 65536> buffer;
  for (size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), file)) > 0;) text.append(buffer.data(), got);
  std::fclose(file);
  return text;
}

class SignedZone {
 public:
  SignedZone(NameView origin, const std::vector<wire::OwnedRecord>& records) : origin_(origin) {
    for (const wire::OwnedRecord& record : records) add(record);
    for (const auto& [key, set] : sets_) {
      const bool is_denial = set.type == Type::kNsec || set.type == Type::kNsec3;
      if (is_denial && !set.records.empty()) denials_.push_back(&set);
    }
  }
  SignedZone(SignedZone&&) = default;  // a map's nodes stay where they are
  SignedZone& operator=(SignedZone&&) = default;

  static SignedZone from_text(std::string_view origin, std::string_view text) {
    const Name zone = name(origin);
    const auto records = wire::parse_master_file(text, zone);
    EXPECT_TRUE(records.has_value()) << (records ? "" : records.error().what);
    return {zone, records ? *records : std::vector<wire::OwnedRecord>{}};
  }

  [[nodiscard]] NameView origin() const { return origin_; }
  [[nodiscard]] std::vector<const OwnedRrset*> rrsets() const {
    std::vector<const OwnedRrset*> all;
    for (const auto& [key, set] : sets_) all.push_back(&set);
    return all;
  }
  [[nodiscard]] const OwnedRrset* find(NameView owner, Type type) const {
    const auto found = sets_.find({key_of(owner), type});
    return found == sets_.end() || found->second.records.empty() ? nullptr : &found->second;
  }
  [[nodiscard]] bool exists(NameView owner) const {
    return std::any_of(sets_.begin(), sets_.end(), [&](const auto& entry) {
      return entry.second.type != Type::kNsec3 && entry.second.owner.view().is_within(owner);
    });
  }
  // The keys, trusted as they are.
  [[nodiscard]] KeySet keys() const { return {origin_, find(origin_, Type::kDnskey)->records}; }

  // What an authority sends with a denial of the name, each record found secure: the NSEC or NSEC3 that
  // match or cover the name, the names above it and their wildcards.
  [[nodiscard]] Denials denials_for(NameView question) const {
    Denials denials(origin_);
    std::vector<const OwnedRrset*> chosen;
    const auto choose = [&](NameView at) {
      for (const OwnedRrset* set : denials_) {
        const bool is_new = std::find(chosen.begin(), chosen.end(), set) == chosen.end();
        if (is_new && speaks_of(*set, at)) chosen.push_back(set);
      }
    };
    constexpr uint8_t kStar[] = {'*'};
    for (NameView at = question; at.is_within(origin_); at = at.parent()) {
      choose(at);
      if (at.is_root()) break;
      if (const auto wildcard = Name::prepend(kStar, at.parent()); wildcard && at.parent().is_within(origin_)) {
        choose(*wildcard);
      }
    }
    for (const OwnedRrset* set : chosen) {
      wire::for_each_rendered(set->records, [&](Type type, uint32_t, base::Bytes rdata) {
        denials.add(set->owner, type, rdata, static_cast<uint8_t>(signed_labels(set->owner)));
      });
    }
    return denials;
  }

  [[nodiscard]] Verdict judge(const DenialQuestion& question, const Policy& policy = {}) const {
    const Denials denials = denials_for(question.name);
    DenialCheck check(denials, question, policy);
    ValidationBudget budget;
    while (check.step(budget, 1) == Step::kYield) {
    }
    return check.verdict();
  }

 private:
  static std::string key_of(NameView owner) { return Name(owner).lowercased().to_text(); }

  void add(const wire::OwnedRecord& record) {
    Type type = record.type;
    if (type == Type::kRrsig) type = wire::parse_rrsig(record.rdata)->covered;
    OwnedRrset& set = sets_[{key_of(record.owner), type}];
    set.owner = record.owner;
    set.type = type;
    wire::append_rendered(record.type == Type::kRrsig ? set.signatures : set.records, record.type, record.klass,
                          record.ttl, record.rdata);
  }

  [[nodiscard]] bool speaks_of(const OwnedRrset& set, NameView at) const {
    bool speaks = false;
    wire::for_each_rendered(set.records, [&](Type type, uint32_t, base::Bytes rdata) {
      if (type == Type::kNsec) {
        const NameView next = wire::parse_nsec(rdata)->next;
        const bool before = set.owner.view().compare_canonical(at) <= 0;
        speaks = before && (at.compare_canonical(next) < 0 || next == origin_);
        return;
      }
      Nsec3 nsec3;
      if (!parse_nsec3_of_zone(origin_, set.owner, rdata, nsec3)) return;
      const Nsec3Hash hash = nsec3_hash(at, nsec3.salt, nsec3.iterations);
      speaks = nsec3.owner_hash == hash || covers(nsec3, hash);
    });
    return speaks;
  }

  Name origin_;
  std::map<std::pair<std::string, Type>, OwnedRrset> sets_;
  std::vector<const OwnedRrset*> denials_;
};

}  // namespace dnssec_test
