#include "resolver/dnssec/signals.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "wire/ascii_fold.h"

namespace resolver::dnssec {
namespace {

// The number after `prefix`, when the label is the prefix and five digits of at most 65535.
std::optional<uint16_t> tag_after(std::string_view prefix, base::Bytes label) {
  if (label.size() != prefix.size() + kSentinelDigits) return std::nullopt;
  if (!wire::equal_ignoring_case(label.data(), base::as_bytes(prefix).data(), prefix.size())) return std::nullopt;
  uint32_t number = 0;
  for (const uint8_t digit : label.subspan(prefix.size())) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + (digit - uint32_t{'0'});
  }
  if (number > 0xFFFF) return std::nullopt;
  return static_cast<uint16_t>(number);
}

}  // namespace

Sentinel decide_sentinel(wire::NameView name, wire::Type type, bool checking_disabled, Security security,
                         const std::vector<uint16_t>& root_key_tags) {
  const bool is_test = (type == wire::Type::kA || type == wire::Type::kAaaa) && !checking_disabled &&
                       security == Security::kSecure && !name.is_root();
  if (!is_test) return Sentinel::kNone;
  const auto has = [&](uint16_t tag) {
    return std::find(root_key_tags.begin(), root_key_tags.end(), tag) != root_key_tags.end();
  };
  if (const auto tag = tag_after(kSentinelIsTa, name.first_label())) {
    return has(*tag) ? Sentinel::kNone : Sentinel::kServfail;
  }
  if (const auto tag = tag_after(kSentinelNotTa, name.first_label())) {
    return has(*tag) ? Sentinel::kServfail : Sentinel::kNone;
  }
  return Sentinel::kNone;
}

std::optional<wire::Name> key_tag_query_name(wire::NameView zone, const std::vector<uint16_t>& key_tags) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (key_tags.empty()) return std::nullopt;
  std::string label = "_ta";
  for (const uint16_t tag : key_tags) {
    label += '-';
    for (int shift = 12; shift >= 0; shift -= 4) label += kHex[tag >> shift & 15];
  }
  const auto name = wire::Name::prepend(base::as_bytes(label), zone);
  if (!name) return std::nullopt;
  return *name;
}

std::vector<uint8_t> key_tag_option(const std::vector<uint16_t>& key_tags) {
  std::vector<uint8_t> value(key_tags.size() * 2);
  for (size_t at = 0; at < key_tags.size(); ++at) base::store_be16(value.data() + 2 * at, key_tags[at]);
  return value;
}

}  // namespace resolver::dnssec
