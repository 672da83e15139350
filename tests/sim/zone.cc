#include "tests/sim/zone.h"

#include <optional>

#include "base/check.h"

namespace sim {

using wire::Name;
using wire::NameView;
using wire::Type;

std::string key_of(NameView name) {
  const Name lower = Name(name).lowercased();
  return std::string(base::as_text(lower.view().bytes()));
}

Name name_of_key(const std::string& key) { return Name(NameView::from_checked(base::as_bytes(key))); }

Name name_of(const std::string& text) {
  const auto name = Name::from_text(text);
  CHECK(name.has_value());
  return *name;
}

Name below(const std::string& labels, NameView parent) {
  return name_of(parent.is_root() ? labels + "." : labels + "." + parent.to_text());
}

Rdata rdata_of(const base::IpAddress& address) { return {address.bytes().begin(), address.bytes().end()}; }
Rdata rdata_of(NameView name) { return {name.bytes().begin(), name.bytes().end()}; }

Rdata mx_rdata(uint16_t preference, NameView exchange) {
  Rdata out;
  out.reserve(2 + exchange.size());
  out.push_back(static_cast<uint8_t>(preference >> 8));
  out.push_back(static_cast<uint8_t>(preference));
  for (const uint8_t byte : exchange.bytes()) out.push_back(byte);
  return out;
}

Rdata txt_rdata(const std::vector<std::string>& strings) {
  Rdata out;
  for (const std::string& text : strings) {
    out.push_back(static_cast<uint8_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
  }
  return out;
}

Rdata soa_rdata(NameView mname, uint32_t serial, uint32_t minimum_s) {
  Rdata out = rdata_of(mname);
  const Rdata rname = rdata_of(mname);
  out.insert(out.end(), rname.begin(), rname.end());
  for (const uint32_t number : {serial, 7200U, 900U, 86400U, minimum_s}) {
    uint8_t bytes[4];
    base::store_be32(bytes, number);
    out.insert(out.end(), bytes, bytes + 4);
  }
  return out;
}

Name name_in_rdata(const Rdata& rdata) {
  const auto name = NameView::parse(rdata);
  CHECK(name.has_value());
  return Name(*name);
}

const RrSet* ZoneData::find(NameView name, Type type) const {
  const auto node = nodes.find(key_of(name));
  if (node == nodes.end()) return nullptr;
  const auto set = node->second.find(type);
  return set == node->second.end() ? nullptr : &set->second;
}

RrSet& ZoneData::at(NameView name, Type type) { return nodes[key_of(name)][type]; }

namespace {

// A name exists when it or anything below it owns records (RFC 8020, RFC 4592 §2.2.2).
bool exists(const ZoneData& data, NameView name) {
  for (const auto& [key, node] : data.nodes) {
    if (NameView::from_checked(base::as_bytes(key)).is_within(name)) return true;
  }
  return false;
}

// What the node `source` says when asked as `name` (the two differ for wildcards).
Lookup from_node(const ZoneData& data, NameView source, NameView name, Type type) {
  Lookup found{Lookup::Kind::kNodata, Name(name), nullptr, Name(), Name(source)};
  if (const RrSet* set = data.find(source, type)) {
    found.kind = Lookup::Kind::kRrset;
    found.set = set;
  } else if (const RrSet* alias = data.find(source, Type::kCname)) {
    found.kind = Lookup::Kind::kCname;
    found.set = alias;
    found.target = name_in_rdata(alias->rdatas.front());
  }
  return found;
}

// The first cut or DNAME on the way down from the origin to `name`.
std::optional<Lookup> leave_on_the_way(NameView origin, const ZoneData& data, NameView name, Type type) {
  for (size_t labels = origin.label_count(); labels <= name.label_count(); ++labels) {
    const NameView ancestor = name.suffix(labels);
    const bool is_last = labels == name.label_count();
    const RrSet* cut = data.find(ancestor, Type::kNs);
    if (cut != nullptr && labels > origin.label_count() && !(is_last && type == Type::kDs)) {
      return Lookup{Lookup::Kind::kReferral, Name(ancestor), cut, Name(), Name(ancestor)};
    }
    const RrSet* dname = data.find(ancestor, Type::kDname);
    if (dname != nullptr && !is_last) {
      const auto target = Name::replace_suffix(name, ancestor, name_in_rdata(dname->rdatas.front()));
      if (target) return Lookup{Lookup::Kind::kDname, Name(ancestor), dname, *target, Name(ancestor)};
    }
  }
  return std::nullopt;
}

}  // namespace

Lookup look_up(NameView origin, const ZoneData& data, NameView name, Type type) {
  CHECK(name.is_within(origin));
  if (const auto left = leave_on_the_way(origin, data, name, type)) return *left;
  if (exists(data, name)) return from_node(data, name, name, type);
  NameView encloser = name.parent();
  while (!exists(data, encloser)) encloser = encloser.parent();
  const Name wildcard = below("*", encloser);
  if (exists(data, wildcard)) return from_node(data, wildcard, name, type);
  return Lookup{Lookup::Kind::kNxdomain, Name(name), nullptr, Name(), Name(name)};
}

}  // namespace sim
