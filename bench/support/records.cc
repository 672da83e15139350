#include "bench/support/records.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/check.h"
#include "wire/ldns_bridge.h"
#include "wire/rendered.h"
#include "wire/writer.h"

namespace bench {
namespace {

wire::OwnedRecord record(const std::string& text) {
  auto parsed = wire::record_from_text(text, 3600, wire::NameView());
  CHECK(parsed.has_value());
  return *parsed;
}

std::vector<uint8_t> rendered(const std::vector<std::string>& records) {
  std::vector<uint8_t> out;
  for (const std::string& text : records) {
    const wire::OwnedRecord parsed = record(text);
    wire::append_rendered(out, parsed.type, parsed.klass, parsed.ttl, parsed.rdata);
  }
  return out;
}

}  // namespace

wire::Name name(std::string_view text) {
  const auto parsed = wire::Name::from_text(text);
  CHECK(parsed.has_value());
  return *parsed;
}

std::vector<uint8_t> query_packet(std::string_view qname, const QuerySpec& spec) {
  std::string text(qname);
  if (spec.upper_case) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  }
  std::array<uint8_t, 16> options;
  size_t options_bytes = 0;
  if (spec.cookie) {
    constexpr std::array<uint8_t, 8> kClientCookie = {1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(wire::append_option(options, options_bytes, wire::OptionCode::kCookie, kClientCookie));
  }
  std::vector<uint8_t> packet(512);
  wire::MessageWriter writer(packet, packet.size(), {.id = spec.id, .rd = true});
  CHECK(writer.question(name(text), spec.type, wire::Class::kIn));
  if (spec.edns) CHECK(writer.opt(1232, 0, spec.dnssec_ok, base::Bytes(options).first(options_bytes)));
  packet.resize(writer.finish().size());
  return packet;
}

cache::EntryPtr rrset_entry(base::Instant now, const std::vector<std::string>& records,
                            const std::vector<std::string>& signatures) {
  const wire::OwnedRecord first = record(records.front());
  const std::vector<uint8_t> body = rendered(records);
  const std::vector<uint8_t> tail = rendered(signatures);
  cache::EntryParts parts;
  parts.header.learned_s = now.boot_seconds();
  parts.header.ttl_s = first.ttl;
  parts.header.record_count = static_cast<uint16_t>(records.size());
  parts.header.tail_count = static_cast<uint16_t>(signatures.size());
  parts.header.type = first.type;
  parts.name = first.owner;
  parts.body = body;
  parts.tail = tail;
  return parts.make();
}

cache::EntryPtr denial_entry(base::Instant now, std::string_view owner, wire::Type type, const std::string& soa) {
  const bool nxdomain = type == wire::Type::kNone;
  const wire::OwnedRecord zone = record(soa);
  const std::vector<uint8_t> body = rendered({soa});
  const wire::Name owner_name = name(owner);
  cache::EntryParts parts;
  parts.header.learned_s = now.boot_seconds();
  parts.header.ttl_s = zone.ttl;
  parts.header.record_count = 1;
  parts.header.type = type;
  parts.header.kind = nxdomain ? cache::Kind::kNxdomain : cache::Kind::kNodata;
  parts.header.space = nxdomain ? cache::Space::kNxdomain : cache::Space::kAnswer;
  parts.header.zone_labels = static_cast<uint8_t>(zone.owner.view().label_count());
  parts.name = owner_name;
  parts.body = body;
  return parts.make();
}

}  // namespace bench
