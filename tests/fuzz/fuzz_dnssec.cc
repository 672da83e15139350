// The validator with ldns as oracle, and with the truth of small zones (dnssec_world.h).
//
//   canonical   RDATA of any type in canonical form is what ldns makes of it
//   verify      an RRset and its RRSIG, signed and then mutated: what we find secure ldns verifies, and what
//               fails only by its signature ldns does not
//   hash        NSEC3 hashes are those of ldns
//   world       nothing untrue is proven or synthesized, everything true is
//   raw         NSEC and NSEC3 of any bytes are taken without harm
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/bytes.h"
#include "cache/denial_index.h"
#include "resolver/dnssec/rrset_check.h"
#include "tests/unit/resolver/dnssec_world.h"
#include "wire/dnssec_rdata.h"
#include "wire/rdata_layout.h"
#include "wire/rendered.h"

// Last: it makes macros of true and false.
#include <ldns/ldns.h>

namespace {

using namespace resolver::dnssec;  // NOLINT
using dnssec_world::World;
using wire::Name;
using wire::NameView;
using wire::Type;

constexpr uint32_t kNow_s = 1'800'000'000;
constexpr uint32_t kTtl_s = 3600;

struct RecordFree {
  void operator()(ldns_rr* record) const { ldns_rr_free(record); }
};
struct ListFree {
  void operator()(ldns_rr_list* list) const { ldns_rr_list_deep_free(list); }
};
struct FieldFree {
  void operator()(ldns_rdf* field) const { ldns_rdf_deep_free(field); }
};
using LdnsRecord = std::unique_ptr<ldns_rr, RecordFree>;
using LdnsList = std::unique_ptr<ldns_rr_list, ListFree>;
using LdnsField = std::unique_ptr<ldns_rdf, FieldFree>;

LdnsRecord to_ldns(NameView owner, Type type, base::Bytes rdata) {
  std::vector<uint8_t> bytes(owner.bytes().begin(), owner.bytes().end());
  const size_t fixed = bytes.size();
  bytes.resize(fixed + 10);
  base::store_be16(bytes.data() + fixed, static_cast<uint16_t>(type));
  base::store_be16(bytes.data() + fixed + 2, 1);
  base::store_be32(bytes.data() + fixed + 4, kTtl_s);
  base::store_be16(bytes.data() + fixed + 8, static_cast<uint16_t>(rdata.size()));
  bytes.insert(bytes.end(), rdata.begin(), rdata.end());
  ldns_rr* record = nullptr;
  size_t at = 0;
  if (ldns_wire2rr(&record, bytes.data(), bytes.size(), &at, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK) return nullptr;
  return LdnsRecord(record);
}

std::vector<uint8_t> rdata_of(const ldns_rr* record) {
  std::vector<uint8_t> bytes;
  for (size_t index = 0; index < ldns_rr_rd_count(record); ++index) {
    const ldns_rdf* field = ldns_rr_rdf(record, index);
    bytes.insert(bytes.end(), ldns_rdf_data(field), ldns_rdf_data(field) + ldns_rdf_size(field));
  }
  return bytes;
}

// ldns keeps A6 as one field, and so does not know its name.
bool ldns_knows_names_of(Type type) { return type != Type::kA6; }

void check_canonical(fuzz::Input& input) {
  const auto type = static_cast<Type>(input.u16() % 270);
  const base::Bytes rdata = input.bytes(600);
  if (!wire::is_expanded_rdata(type, rdata) || !ldns_knows_names_of(type) || wire::is_meta_type(type)) return;
  const LdnsRecord record = to_ldns(NameView(), type, rdata);
  if (!record || rdata_of(record.get()).size() != rdata.size()) return;
  ldns_rr2canonical(record.get());
  std::vector<uint8_t> ours;
  append_canonical_rdata(type, rdata, ours);
  FUZZ_EXPECT(ours == rdata_of(record.get()));
}

// One key pair, made once.
struct Signer {
  Signer() {
    const std::vector<uint8_t> secret(32, 7);
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size());
    dnskey = {1, 0, 3, algorithm::kEd25519};
    dnskey.resize(36);
    size_t size = 32;
    FUZZ_EXPECT(EVP_PKEY_get_raw_public_key(key, dnskey.data() + 4, &size) == 1);
  }
  [[nodiscard]] std::vector<uint8_t> sign(base::Bytes data) const {
    std::vector<uint8_t> signature(64);
    size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    FUZZ_EXPECT(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1);
    FUZZ_EXPECT(EVP_DigestSign(context, signature.data(), &size, data.data(), data.size()) == 1);
    EVP_MD_CTX_free(context);
    return signature;
  }
  EVP_PKEY* key = nullptr;
  std::vector<uint8_t> dnskey;
};

std::vector<uint8_t> rrsig_rdata(const wire::RrsigFields& fields, base::Bytes signature) {
  std::vector<uint8_t> rdata(18);
  base::store_be16(rdata.data(), static_cast<uint16_t>(fields.covered));
  rdata[2] = fields.algorithm;
  rdata[3] = fields.labels;
  base::store_be32(rdata.data() + 4, fields.original_ttl);
  base::store_be32(rdata.data() + 8, fields.expiration);
  base::store_be32(rdata.data() + 12, fields.inception);
  base::store_be16(rdata.data() + 16, fields.key_tag);
  const base::Bytes signer = fields.signer.bytes();
  rdata.insert(rdata.end(), signer.begin(), signer.end());
  rdata.insert(rdata.end(), signature.begin(), signature.end());
  return rdata;
}

struct SignedSet {
  Name owner;
  Type type = Type::kNone;
  std::vector<std::vector<uint8_t>> records;
  std::vector<uint8_t> rrsig;
};

bool contains(const ldns_rr_list* records, const ldns_rr* record) {
  for (size_t index = 0; index < ldns_rr_list_rr_count(records); ++index) {
    if (ldns_rr_compare(ldns_rr_list_rr(records, index), record) == 0) return true;
  }
  return false;
}

// ldns signs and verifies records that came twice as two, against RFC 4034 §6.3: it is given each once.
bool ldns_verifies(const SignedSet& set, NameView zone, base::Bytes dnskey) {
  const LdnsList records(ldns_rr_list_new());
  for (const auto& rdata : set.records) {
    LdnsRecord record = to_ldns(set.owner, set.type, rdata);
    if (!record) return false;
    ldns_rr2canonical(record.get());
    if (!contains(records.get(), record.get())) ldns_rr_list_push_rr(records.get(), record.release());
  }
  const LdnsRecord rrsig = to_ldns(set.owner, Type::kRrsig, set.rrsig);
  const LdnsList keys(ldns_rr_list_new());
  ldns_rr_list_push_rr(keys.get(), to_ldns(zone, Type::kDnskey, dnskey).release());
  if (!rrsig) return false;
  return ldns_verify_rrsig_keylist_time(records.get(), rrsig.get(), keys.get(), kNow_s, nullptr) == LDNS_STATUS_OK;
}

void mutate(SignedSet& set, fuzz::Input& input) {
  for (size_t changes = input.u8() % 3; changes > 0; --changes) {
    std::vector<uint8_t>& bytes = input.u8() % 2 == 0 ? set.rrsig : set.records[input.u8() % set.records.size()];
    if (!bytes.empty()) bytes[input.u16() % bytes.size()] ^= static_cast<uint8_t>(1U << (input.u8() % 8));
  }
}

void check_verify(fuzz::Input& input) {
  static const Signer signer;
  constexpr Type kTypes[] = {Type::kA,   Type::kMx,    Type::kNs,  Type::kTxt,
                             Type::kSrv, Type::kNaptr, Type::kSoa, Type::kCaa};
  SignedSet set;
  const Name zone = *Name::from_text("z.");
  set.owner = World::draw_name(input);
  set.type = kTypes[input.u8() % std::size(kTypes)];
  for (size_t count = 1 + input.u8() % 3; count > 0; --count) {
    const base::Bytes rdata = input.bytes(input.u8());
    if (wire::is_expanded_rdata(set.type, rdata) && to_ldns(set.owner, set.type, rdata)) {
      set.records.emplace_back(rdata.begin(), rdata.end());
    }
  }
  if (set.records.empty()) return;
  std::vector<uint8_t> rendered;
  const auto render = [&] {
    rendered.clear();
    for (const auto& rdata : set.records) wire::append_rendered(rendered, set.type, wire::Class::kIn, kTtl_s, rdata);
  };
  render();
  wire::RrsigFields fields{set.type,
                           algorithm::kEd25519,
                           static_cast<uint8_t>(signed_labels(set.owner)),
                           kTtl_s,
                           kNow_s + 86'400,
                           kNow_s - 86'400,
                           wire::key_tag(signer.dnskey),
                           zone,
                           {}};
  const SignedRrset plain{set.owner, set.type, wire::Class::kIn, rendered, {}};
  set.rrsig = rrsig_rdata(fields, signer.sign(CanonicalRrset(plain).signed_data(fields)));
  mutate(set, input);
  render();
  const bool well_formed = std::all_of(set.records.begin(), set.records.end(),
                                       [&](const auto& rdata) { return wire::is_expanded_rdata(set.type, rdata); });
  if (!well_formed) return;  // would not have become an RRset

  std::vector<uint8_t> signatures;
  wire::append_rendered(signatures, Type::kRrsig, wire::Class::kIn, kTtl_s, set.rrsig);
  std::vector<uint8_t> dnskeys;
  wire::append_rendered(dnskeys, Type::kDnskey, wire::Class::kIn, kTtl_s, signer.dnskey);
  KeySet keys(zone, dnskeys);
  KeyCache cache(8, {});
  Policy policy;
  policy.skew_s_max = 0;  // ldns has none
  ValidationBudget budget;
  RrsetCheck check({set.owner, set.type, wire::Class::kIn, rendered, signatures}, keys, cache, policy, {kNow_s});
  while (check.step(budget, 1) == Step::kYield) {
  }
  const Verdict& verdict = check.verdict().verdict;
  const bool oracle = ldns_verifies(set, zone, signer.dnskey);
  if (verdict.security == Security::kSecure) FUZZ_EXPECT(oracle);
  if (verdict.reason == Reason::kSignatureFailed) FUZZ_EXPECT(!oracle);
}

void check_hash(fuzz::Input& input) {
  const Name name = World::draw_name(input);
  const auto iterations = static_cast<uint16_t>(input.u8());
  std::vector<uint8_t> salt(input.u8());
  for (uint8_t& byte : salt) byte = input.u8();
  const LdnsField field(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.view().size(), name.view().bytes().data()));
  const LdnsField hashed(
      ldns_nsec3_hash_name(field.get(), 1, iterations, static_cast<uint8_t>(salt.size()), salt.data()));
  if (!hashed) return;
  const std::string label = wire::base32hex_encode(nsec3_hash(name, salt, iterations));
  const base::Bytes theirs(ldns_rdf_data(hashed.get()) + 1, ldns_rdf_data(hashed.get())[0]);
  FUZZ_EXPECT(std::equal(theirs.begin(), theirs.end(), label.begin(), label.end(),
                         [](uint8_t left, char right) { return (left | 0x20) == (right | 0x20); }));
}

void check_raw(fuzz::Input& input) {
  const Name zone = *Name::from_text("z.");
  std::vector<dnssec_world::ChainRecord> records;
  while (!input.empty() && records.size() < 4) {
    dnssec_world::ChainRecord record;
    record.owner = World::draw_name(input);
    record.type = input.u8() % 2 == 0 ? Type::kNsec : Type::kNsec3;
    if (record.type == Type::kNsec3) {
      record.owner = *Name::prepend(base::as_bytes(wire::base32hex_encode(nsec3_hash(record.owner, {}, 0))), zone);
    }
    const base::Bytes rdata = input.bytes(input.u8());
    record.rdata.assign(rdata.begin(), rdata.end());
    records.push_back(std::move(record));
  }
  const Name name = World::draw_name(input);
  Denials denials(zone);
  cache::DenialIndex index(1 << 16, {});
  const Policy policy;
  for (const auto& record : records) {
    denials.add(record.owner, record.type, record.rdata, static_cast<uint8_t>(signed_labels(record.owner)));
    keep_denial({}, index, {zone, record.owner, record.type, record.rdata, {}, 100, false}, policy);
  }
  ValidationBudget budget;
  for (const Claim claim : {Claim::kNxdomain, Claim::kNodata, Claim::kWildcard, Claim::kNoDs}) {
    DenialCheck check(denials, {claim, name, Type::kA, 1}, policy);
    while (check.step(budget, 4) == Step::kYield) {
    }
  }
  static_cast<void>(synthesize({}, index, zone, name, Type::kA, policy, budget));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  switch (input.u8() % 5) {
    case 0:
      check_canonical(input);
      break;
    case 1:
      check_verify(input);
      break;
    case 2:
      check_hash(input);
      break;
    case 3:
      check_raw(input);
      break;
    default: {
      const std::string wrong = dnssec_world::run(input);
      if (!wrong.empty()) std::fprintf(stderr, "%s\n", wrong.c_str());
      FUZZ_EXPECT(wrong.empty());
      break;
    }
  }
  return 0;
}
