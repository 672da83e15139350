// What the DNSSEC tests share: RRsets from text and signed (dnssec_signer.h), their verdicts, and a signed
// zone read from a master file that answers like an authority.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/dnssec/denial_check.h"
#include "resolver/dnssec/dnskey_check.h"
#include "resolver/dnssec/rrset_check.h"
#include "tests/unit/resolver/dnssec_signer.h"
#include "wire/dnssec_rdata.h"
#include "wire/ldns_bridge.h"
#include "wire/rendered.h"

namespace dnssec_test {

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

// Signed sets -----------------------------------------------------------------------------------------

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
