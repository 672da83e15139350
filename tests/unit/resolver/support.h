// Messages and entries from text, for the tests of resolver/.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "cache/entry.h"
#include "wire/ldns_bridge.h"
#include "wire/rdata.h"
#include "wire/rendered.h"
#include "wire/writer.h"

namespace resolver_test {

inline wire::Name name(std::string_view text) {
  const auto parsed = wire::Name::from_text(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(wire::Name());
}

inline base::IpAddress address(std::string_view text) {
  const auto parsed = base::IpAddress::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(base::IpAddress());
}

inline wire::OwnedRecord record(std::string_view text) {
  const auto parsed = wire::record_from_text(text, 3600, wire::NameView());
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(wire::OwnedRecord());
}

struct Sections {
  std::vector<std::string> answer, authority, additional;
};

inline std::vector<uint8_t> message(const wire::Header& header, wire::NameView qname, wire::Type qtype,
                                    const Sections& sections) {
  std::vector<uint8_t> buffer(65535);
  wire::MessageWriter writer(buffer, buffer.size(), header);
  EXPECT_TRUE(writer.question(qname, qtype, wire::Class::kIn));
  const auto write = [&](wire::Section section, const std::vector<std::string>& records) {
    for (const std::string& text : records) {
      const wire::OwnedRecord parsed = record(text);
      EXPECT_TRUE(writer.record(section, parsed.owner, parsed.type, parsed.klass, parsed.ttl, parsed.rdata));
    }
  };
  write(wire::Section::kAnswer, sections.answer);
  write(wire::Section::kAuthority, sections.authority);
  write(wire::Section::kAdditional, sections.additional);
  const base::Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

// An RRset entry of these records, all of one owner and type. `signatures` become the tail.
inline cache::EntryPtr rrset_entry(uint32_t learned_s, const std::vector<std::string>& records,
                                   const std::vector<std::string>& signatures = {},
                                   cache::Rank rank = cache::Rank::kAuthAnswer,
                                   cache::Validation validation = cache::Validation::kUnchecked) {
  std::vector<uint8_t> body, tail;
  wire::OwnedRecord first = record(records.front());
  cache::EntryParts parts;
  parts.header.ttl_s = first.ttl;
  for (const std::string& text : records) {
    const wire::OwnedRecord parsed = record(text);
    wire::append_rendered(body, parsed.type, parsed.klass, parsed.ttl, parsed.rdata);
    parts.header.ttl_s = std::min(parts.header.ttl_s, parsed.ttl);
  }
  for (const std::string& text : signatures) {
    const wire::OwnedRecord parsed = record(text);
    wire::append_rendered(tail, parsed.type, parsed.klass, parsed.ttl, parsed.rdata);
  }
  parts.header.learned_s = learned_s;
  parts.header.record_count = static_cast<uint16_t>(records.size());
  parts.header.tail_count = static_cast<uint16_t>(signatures.size());
  parts.header.type = first.type;
  parts.header.rank = rank;
  parts.header.validation = validation;
  parts.name = first.owner;
  parts.body = body;
  parts.tail = tail;
  return parts.make();
}

// A denial of `name` (and `type`); `soa` may be empty. `zone_labels` of its owner.
inline cache::EntryPtr denial_entry(uint32_t learned_s, cache::Kind kind, std::string_view owner, wire::Type type,
                                    uint32_t ttl_s, std::string_view soa) {
  std::vector<uint8_t> body;
  const wire::Name owner_name = name(owner);
  cache::EntryParts parts;
  if (!soa.empty()) {
    const wire::OwnedRecord parsed = record(soa);
    wire::append_rendered(body, parsed.type, parsed.klass, parsed.ttl, parsed.rdata);
    parts.header.zone_labels = static_cast<uint8_t>(parsed.owner.view().label_count());
    parts.header.record_count = 1;
  }
  parts.header.learned_s = learned_s;
  parts.header.ttl_s = ttl_s;
  parts.header.type = type;
  parts.header.kind = kind;
  parts.header.space = kind == cache::Kind::kNxdomain ? cache::Space::kNxdomain : cache::Space::kAnswer;
  parts.name = owner_name;
  parts.body = body;
  return parts.make();
}

// "www.example.com. 300 A 192.0.2.1" for each record of a section.
inline std::vector<std::string> section_text(const wire::MessageView& view, wire::Section section) {
  std::vector<std::string> lines;
  for (const wire::RecordView& item : view.section(section)) {
    if (item.type == wire::Type::kOpt) continue;
    std::vector<uint8_t> rdata;
    EXPECT_TRUE(wire::append_expanded_rdata(view, item, rdata).has_value());
    lines.push_back(view.owner(item).to_text() + " " + std::to_string(item.ttl) + " " + wire::to_text(item.type) + " " +
                    wire::rdata_to_text(item.type, rdata));
  }
  return lines;
}

}  // namespace resolver_test
