#include "tests/sim/authority.h"

#include "base/check.h"
#include "wire/writer.h"

namespace sim {

using wire::Name;
using wire::NameView;
using wire::Section;
using wire::Type;

namespace {

constexpr size_t kOptBytes = 11;

void append_soa(std::vector<Record>& out, const Zone& zone) {
  const RrSet* soa = zone.data().find(zone.origin, Type::kSoa);
  CHECK(soa != nullptr);
  append_set(out, zone.origin, Type::kSoa, *soa);
}

void append_addresses(std::vector<Record>& out, const Zone& zone, const RrSet& name_servers) {
  for (const Rdata& rdata : name_servers.rdatas) {
    const Name server = name_in_rdata(rdata);
    for (const Type type : {Type::kA, Type::kAaaa}) {
      const RrSet* addresses = zone.data().find(server, type);
      if (addresses != nullptr) append_set(out, server, type, *addresses);
    }
  }
}

void refer(Response& response, const Zone& zone, const Lookup& found) {
  response.authoritative = false;
  append_set(response.authority, found.owner, Type::kNs, *found.set);
  append_addresses(response.additional, zone, *found.set);
}

// Adds what `found` says; true when the answer goes on at found.target.
bool append_link(Response& response, const Zone& zone, const Lookup& found, NameView name, Type type) {
  switch (found.kind) {
    case Lookup::Kind::kRrset:
      append_set(response.answer, name, type, *found.set);
      return false;
    case Lookup::Kind::kCname:
      append_set(response.answer, name, Type::kCname, *found.set);
      return true;
    case Lookup::Kind::kDname:
      append_set(response.answer, found.owner, Type::kDname, *found.set);
      append_set(response.answer, name, Type::kCname, RrSet{found.set->ttl_s, {rdata_of(found.target)}});
      return true;
    case Lookup::Kind::kNodata:
      append_soa(response.authority, zone);
      return false;
    case Lookup::Kind::kNxdomain:
      response.rcode = wire::Rcode::kNxdomain;
      append_soa(response.authority, zone);
      return false;
    case Lookup::Kind::kReferral:
      if (response.answer.empty()) refer(response, zone, found);
      return false;
  }
  return false;
}

}  // namespace

void append_set(std::vector<Record>& out, NameView owner, Type type, const RrSet& set) {
  for (const Rdata& rdata : set.rdatas) out.push_back(Record{Name(owner), type, set.ttl_s, rdata});
}

const Zone* zone_for(const std::vector<const Zone*>& zones, NameView name, Type type) {
  const Zone* best = nullptr;
  if (type == Type::kDs && !name.is_root()) best = zone_for(zones, name.parent());
  if (best != nullptr) return best;
  for (const Zone* zone : zones) {
    if (!name.is_within(zone->origin)) continue;
    if (best == nullptr || zone->origin.view().label_count() > best->origin.view().label_count()) best = zone;
  }
  return best;
}

Response refuse(wire::Rcode rcode) {
  Response response;
  response.rcode = rcode;
  response.authoritative = false;
  return response;
}

Response answer_authoritatively(const std::vector<const Zone*>& zones, NameView name, Type type, bool minimal) {
  const Zone* zone = zone_for(zones, name, type);
  if (zone == nullptr) return refuse(wire::Rcode::kRefused);
  Response response;
  Name at(name);
  for (size_t links = 0; links < kAliasesInOneResponseMax; ++links) {
    const Lookup found = look_up(zone->origin, zone->data(), at, type);
    if (!append_link(response, *zone, found, at, type)) {
      const bool is_answer = found.kind == Lookup::Kind::kRrset;
      const RrSet* own_servers = zone->data().find(zone->origin, Type::kNs);
      if (is_answer && !minimal && own_servers != nullptr && type != Type::kNs) {
        append_set(response.authority, zone->origin, Type::kNs, *own_servers);
        append_addresses(response.additional, *zone, *own_servers);
      }
      break;
    }
    at = found.target;
    if (!at.view().is_within(zone->origin)) break;
  }
  return response;
}

namespace {

bool write_section(wire::MessageWriter& writer, Section section, const std::vector<Record>& records) {
  for (const Record& record : records) {
    if (!writer.record(section, record.owner, record.type, wire::Class::kIn, record.ttl_s, record.rdata)) return false;
  }
  return true;
}

}  // namespace

std::vector<uint8_t> render(const Response& response, const wire::MessageView& query, const RenderOptions& options) {
  std::vector<uint8_t> buffer(65535);
  wire::Header header;
  header.id = query.header().id;
  header.qr = true;
  header.aa = response.authoritative;
  header.rd = query.header().rd;
  header.ra = options.recursion_available;
  header.ad = response.authentic;
  header.cd = response.checking_disabled;
  header.rcode = static_cast<uint8_t>(static_cast<uint16_t>(response.rcode) & 0xF);
  wire::MessageWriter writer(buffer, options.bytes_max, header);
  if (options.with_edns) writer.reserve(kOptBytes + options.edns_options.size());
  if (query.question()) {
    const Name name = options.lower_question ? query.question()->name.lowercased() : query.question()->name;
    CHECK(writer.question(name, query.question()->type, query.question()->klass));
  }
  const bool fits = !options.truncate && write_section(writer, Section::kAnswer, response.answer) &&
                    write_section(writer, Section::kAuthority, response.authority);
  if (!fits) {
    writer.drop_records();
    writer.set_truncated();
  } else {
    // Glue that does not fit is left out without TC but for referrals (RFC 9471).
    const bool whole = write_section(writer, Section::kAdditional, response.additional);
    if (!whole && !response.authoritative) {
      writer.drop_records();
      writer.set_truncated();
    }
  }
  if (options.with_edns) {
    const auto upper = static_cast<uint8_t>(static_cast<uint16_t>(response.rcode) >> 4);
    CHECK(writer.opt(1232, upper, options.dnssec_ok, options.edns_options));
  }
  const base::Bytes message = writer.finish();
  return {message.begin(), message.end()};
}

}  // namespace sim
