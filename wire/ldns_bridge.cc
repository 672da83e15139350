#include "wire/ldns_bridge.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>

#include "wire/ascii_fold.h"
#include "wire/rdata_layout.h"

namespace wire {
namespace {

struct RecordFree {
  void operator()(ldns_rr* record) const { ldns_rr_free(record); }
};
struct NameFree {
  void operator()(ldns_rdf* name) const { ldns_rdf_deep_free(name); }
};
struct MessageFree {
  void operator()(ldns_pkt* message) const { ldns_pkt_free(message); }
};
struct TextFree {
  void operator()(char* text) const { LDNS_FREE(text); }
};
struct FileClose {
  void operator()(FILE* file) const { std::fclose(file); }
};
using LdnsRecord = std::unique_ptr<ldns_rr, RecordFree>;
using LdnsName = std::unique_ptr<ldns_rdf, NameFree>;
using LdnsMessage = std::unique_ptr<ldns_pkt, MessageFree>;
using LdnsText = std::unique_ptr<char, TextFree>;
using File = std::unique_ptr<FILE, FileClose>;

LdnsName to_ldns(NameView name) {
  return LdnsName(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.size(), name.bytes().data()));
}

Parsed<OwnedRecord> from_ldns(const ldns_rr* record) {
  const ldns_rdf* owner = ldns_rr_owner(record);
  const auto name = NameView::parse({ldns_rdf_data(owner), ldns_rdf_size(owner)});
  if (!name) return base::error(name.error());
  OwnedRecord owned;
  owned.owner = Name(*name);
  owned.type = static_cast<Type>(ldns_rr_get_type(record));
  owned.klass = static_cast<Class>(ldns_rr_get_class(record));
  owned.ttl = ldns_rr_ttl(record);
  // ldns keeps each field in wire form.
  for (size_t index = 0; index < ldns_rr_rd_count(record); ++index) {
    const ldns_rdf* field = ldns_rr_rdf(record, index);
    if (field == nullptr) return base::error(ParseError::kBadText);
    const uint8_t* bytes = ldns_rdf_data(field);
    owned.rdata.insert(owned.rdata.end(), bytes, bytes + ldns_rdf_size(field));
  }
  if (owned.rdata.size() > 65535 || !is_expanded_rdata(owned.type, owned.rdata)) {
    return base::error(ParseError::kBadText);
  }
  return owned;
}

// RFC 3597 §5.
std::string unknown_rdata_to_text(base::Bytes rdata) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "\\# " + std::to_string(rdata.size());
  if (!rdata.empty()) text += ' ';
  for (const uint8_t byte : rdata) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// The name of a $ORIGIN line may be relative to the origin before it (RFC 1035 §5.1); ldns takes
// every name there as absolute.
LdnsName absolute_origin(std::string_view line, LdnsName named, const ldns_rdf* before) {
  line = line.substr(0, line.find(';'));
  const size_t last = line.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos || line[last] == '.') return named;
  return LdnsName(ldns_dname_cat_clone(named.get(), before));
}

}  // namespace

Parsed<OwnedRecord> record_from_text(std::string_view text, uint32_t default_ttl, NameView origin) {
  if (text.find('\0') != std::string_view::npos) return base::error(ParseError::kBadText);
  const std::string terminated(text);
  const LdnsName ldns_origin = to_ldns(origin);
  ldns_rr* parsed = nullptr;
  const ldns_status status =
      ldns_rr_new_frm_str(&parsed, terminated.c_str(), default_ttl, ldns_origin.get(), nullptr);
  if (status != LDNS_STATUS_OK || parsed == nullptr) return base::error(ParseError::kBadText);
  const LdnsRecord record(parsed);
  return from_ldns(record.get());
}

base::Result<std::vector<OwnedRecord>, MasterFileError> parse_master_file(std::string_view text, NameView origin) {
  std::vector<OwnedRecord> records;
  if (text.empty()) return records;
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return base::error(MasterFileError{0, "not text: a zero byte at offset " + std::to_string(nul)});
  }
  // Opened for reading only: the text is not changed.
  const File file(fmemopen(const_cast<char*>(text.data()), text.size(), "r"));
  if (!file) return base::error(MasterFileError{0, "out of memory"});

  uint32_t default_ttl = 3600;
  int line = 0;
  LdnsName origin_now = to_ldns(origin);
  ldns_rdf* previous_owner = nullptr;  // ldns replaces it as it reads
  std::string problem;
  while (problem.empty() && std::feof(file.get()) == 0) {
    ldns_rr* parsed = nullptr;
    const long line_start = std::ftell(file.get());
    const LdnsName origin_before(ldns_rdf_clone(origin_now.get()));
    ldns_rdf* origin_after = origin_now.release();  // ldns frees and replaces it at $ORIGIN
    const ldns_status status =
        ldns_rr_new_frm_fp_l(&parsed, file.get(), &default_ttl, &origin_after, &previous_owner, &line);
    origin_now.reset(origin_after);
    if (status == LDNS_STATUS_SYNTAX_ORIGIN) {
      const auto start = static_cast<size_t>(line_start);
      const std::string_view read = text.substr(start, static_cast<size_t>(std::ftell(file.get())) - start);
      origin_now = absolute_origin(read, std::move(origin_now), origin_before.get());
      if (!origin_now) problem = "the name of $ORIGIN is too long";
    } else if (status == LDNS_STATUS_SYNTAX_TTL || status == LDNS_STATUS_SYNTAX_EMPTY) {
      continue;
    } else if (status == LDNS_STATUS_SYNTAX_INCLUDE) {
      problem = "$INCLUDE is not supported";
    } else if (status != LDNS_STATUS_OK || parsed == nullptr) {
      problem = ldns_get_errorstr_by_id(status);
    } else {
      const LdnsRecord record(parsed);
      auto owned = from_ldns(record.get());
      if (owned) {
        records.push_back(std::move(*owned));
      } else {
        problem = to_text(owned.error());
      }
    }
  }
  ldns_rdf_deep_free(previous_owner);
  if (!problem.empty()) return base::error(MasterFileError{static_cast<size_t>(line), problem});
  return records;
}

Type type_from_text(std::string_view text) {
  constexpr std::string_view kPrefix = "TYPE";  // RFC 3597 §5
  const uint8_t* bytes = base::as_bytes(text).data();
  const bool is_numbered = text.size() > kPrefix.size() &&
                           equal_ignoring_case(bytes, base::as_bytes(kPrefix).data(), kPrefix.size());
  if (is_numbered) {
    uint16_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data() + kPrefix.size(), end, number);
    return status == std::errc{} && stop == end ? static_cast<Type>(number) : Type::kNone;
  }
  return static_cast<Type>(ldns_get_rr_type_by_name(std::string(text).c_str()));
}

std::string rdata_to_text(Type type, base::Bytes rdata) {
  if (rdata.size() > 65535 || !is_expanded_rdata(type, rdata)) return unknown_rdata_to_text(rdata);
  std::vector<uint8_t> wire(11 + rdata.size());  // the root as owner, then the fixed part
  base::store_be16(wire.data() + 1, static_cast<uint16_t>(type));
  base::store_be16(wire.data() + 3, static_cast<uint16_t>(Class::kIn));
  base::store_be16(wire.data() + 9, static_cast<uint16_t>(rdata.size()));
  std::copy(rdata.begin(), rdata.end(), wire.begin() + 11);
  ldns_rr* parsed = nullptr;
  size_t position = 0;
  if (ldns_wire2rr(&parsed, wire.data(), wire.size(), &position, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK) {
    return unknown_rdata_to_text(rdata);
  }
  const LdnsRecord record(parsed);
  const LdnsText line(ldns_rr2str(record.get()));
  if (!line) return unknown_rdata_to_text(rdata);
  // "owner TTL class type rdata\n", the first four each followed by a tab.
  std::string_view text = line.get();
  for (int column = 0; column < 4; ++column) {
    const size_t tab = text.find('\t');
    if (tab == std::string_view::npos) return unknown_rdata_to_text(rdata);
    text.remove_prefix(tab + 1);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}

bool ldns_accepts(base::Bytes message) {
  ldns_pkt* parsed = nullptr;
  const ldns_status status = ldns_wire2pkt(&parsed, message.data(), message.size());
  const LdnsMessage owner(status == LDNS_STATUS_OK ? parsed : nullptr);
  return status == LDNS_STATUS_OK;
}

}  // namespace wire
