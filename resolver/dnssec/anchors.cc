#include "resolver/dnssec/anchors.h"

#include <algorithm>

#include "base/check.h"
#include "resolver/dnssec/crypto.h"
#include "wire/dnssec_rdata.h"
#include "wire/ldns_bridge.h"
#include "wire/rendered.h"

namespace resolver::dnssec {
namespace {

constexpr std::string_view kIana[] = {
    // KSK-2017
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    // KSK-2024
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

constexpr std::string_view kForm = "write it as \". IN DS 20326 8 2 E06D...\"";

std::optional<std::string> what_is_wrong_with_ds(base::Bytes rdata, const Policy& policy) {
  const auto ds = wire::parse_ds(rdata);
  if (!ds) return "its DS record is too short; " + std::string(kForm);
  if (!supports_algorithm(policy, ds->algorithm)) {
    return "algorithm " + std::to_string(ds->algorithm) + " is not validated; give an anchor of another algorithm";
  }
  if (!supports_digest(policy, ds->digest_type)) {
    return "digest type " + std::to_string(ds->digest_type) + " is not validated; give the DS with digest type 2";
  }
  const size_t digest_bytes = ds->digest_type == digest_type::kSha1     ? 20
                              : ds->digest_type == digest_type::kSha256 ? 32
                                                                        : 48;
  if (ds->digest.size() != digest_bytes) return "its digest has a wrong length; copy it whole";
  return std::nullopt;
}

std::optional<std::string> what_is_wrong_with_dnskey(base::Bytes rdata, const Policy& policy) {
  const auto key = wire::parse_dnskey(rdata);
  if (!key) return "its DNSKEY record is too short; copy it whole";
  if (!key->is_zone_key() || key->protocol != 3) {
    return std::string("its DNSKEY is no zone key; its flags have to be 257 or 256 and its protocol 3");
  }
  if (key->is_revoked()) return std::string("its DNSKEY is revoked; give the zone's present key");
  if (!supports_algorithm(policy, key->algorithm)) {
    return "algorithm " + std::to_string(key->algorithm) + " is not validated; give an anchor of another algorithm";
  }
  if (PublicKey::parse(key->algorithm, key->public_key) == nullptr) {
    return std::string("its public key cannot be read; copy it whole");
  }
  return std::nullopt;
}

}  // namespace

void append_ds_of(wire::NameView zone, base::Bytes dnskey_rdata, std::vector<uint8_t>& ds_records) {
  const auto digest = ds_digest(digest_type::kSha256, zone, dnskey_rdata);
  CHECK(digest.has_value());
  CHECK(dnskey_rdata.size() >= 4);
  std::vector<uint8_t> ds(4);
  base::store_be16(ds.data(), wire::key_tag(dnskey_rdata));
  ds[2] = dnskey_rdata[3];
  ds[3] = digest_type::kSha256;
  const base::Bytes bytes = digest->view();
  ds.insert(ds.end(), bytes.begin(), bytes.end());
  wire::append_rendered(ds_records, wire::Type::kDs, wire::Class::kIn, 0, ds);
}

std::vector<uint8_t>& TrustAnchors::records_of(wire::NameView zone) {
  for (Anchor& anchor : anchors_) {
    if (anchor.zone.view() == zone) return anchor.ds_records;
  }
  anchors_.push_back({wire::Name(zone).lowercased(), {}});
  return anchors_.back().ds_records;
}

base::Result<TrustAnchors, std::string> TrustAnchors::parse(const std::vector<std::string>& texts,
                                                            const Policy& policy) {
  if (texts.empty()) return iana();
  TrustAnchors anchors;
  for (const std::string& text : texts) {
    const auto record = wire::record_from_text(text, 0, wire::NameView());
    const bool is_anchor = record && record->klass == wire::Class::kIn &&
                           (record->type == wire::Type::kDs || record->type == wire::Type::kDnskey);
    if (!is_anchor) {
      return base::error("trust anchor \"" + text + "\": this is no DS or DNSKEY record; " + std::string(kForm));
    }
    const bool is_ds = record->type == wire::Type::kDs;
    const auto wrong =
        is_ds ? what_is_wrong_with_ds(record->rdata, policy) : what_is_wrong_with_dnskey(record->rdata, policy);
    if (wrong) return base::error("trust anchor \"" + text + "\": " + *wrong);
    std::vector<uint8_t>& records = anchors.records_of(record->owner);
    if (is_ds) {
      wire::append_rendered(records, wire::Type::kDs, wire::Class::kIn, 0, record->rdata);
    } else {
      append_ds_of(record->owner, record->rdata, records);
    }
  }
  return anchors;
}

TrustAnchors TrustAnchors::iana() {
  auto anchors = parse({std::begin(kIana), std::end(kIana)}, Policy{});
  CHECK(anchors.has_value());
  return *std::move(anchors);
}

void TrustAnchors::add_negative(wire::NameView zone, base::WallTime until) {
  const auto same = std::find_if(negatives_.begin(), negatives_.end(),
                                 [&](const Negative& negative) { return negative.zone.view() == zone; });
  if (same != negatives_.end()) {
    same->until = until;
  } else {
    negatives_.push_back({wire::Name(zone).lowercased(), until});
  }
}

void TrustAnchors::replace(wire::NameView zone, std::vector<uint8_t> ds_records) {
  if (!ds_records.empty()) {
    records_of(zone) = std::move(ds_records);
    return;
  }
  anchors_.erase(std::remove_if(anchors_.begin(), anchors_.end(),
                                [&](const Anchor& anchor) { return anchor.zone.view() == zone; }),
                 anchors_.end());
}

std::optional<TrustAnchors::Found> TrustAnchors::nearest(wire::NameView name, base::WallTime now) const {
  std::optional<Found> found;
  for (const Anchor& anchor : anchors_) {
    if (!name.is_within(anchor.zone)) continue;
    if (!found || anchor.zone.view().size() > found->zone.size()) found = {anchor.zone, anchor.ds_records, false};
  }
  for (const Negative& negative : negatives_) {
    if (now >= negative.until || !name.is_within(negative.zone)) continue;
    if (!found || negative.zone.view().size() >= found->zone.size()) found = {negative.zone, {}, true};
  }
  return found;
}

base::Bytes TrustAnchors::ds_records(wire::NameView zone) const {
  for (const Anchor& anchor : anchors_) {
    if (anchor.zone.view() == zone) return anchor.ds_records;
  }
  return {};
}

std::vector<uint16_t> TrustAnchors::key_tags(wire::NameView zone) const {
  std::vector<uint16_t> tags;
  wire::for_each_rendered(ds_records(zone), [&](wire::Type, uint32_t, base::Bytes rdata) {
    if (const auto ds = wire::parse_ds(rdata)) tags.push_back(ds->key_tag);
  });
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

}  // namespace resolver::dnssec
