#include "wire/query.h"

namespace wire {
namespace {

// What the walk over everything behind the header found.
struct Walk {
  bool well_formed = true;
  bool options_only = true;  // no record but OPT
};

constexpr size_t kQuestionFixedBytes = 4;  // type, class
constexpr size_t kOptFixedBytes = 11;      // root owner, type, payload size, TTL, RDLENGTH

struct Counts {
  explicit Counts(const uint8_t* header)
      : question(base::load_be16(header + 4)),
        answer(base::load_be16(header + 6)),
        authority(base::load_be16(header + 8)),
        additional(base::load_be16(header + 10)) {}
  uint16_t question, answer, authority, additional;
};

// The question at `at`, its name of this checked size and its fixed part in the packet.
void keep_question(base::Bytes packet, size_t at, size_t name_bytes, Query& query) {
  const uint8_t* const fixed = packet.data() + at + name_bytes;
  query.question_bytes = {packet.data() + at, name_bytes + kQuestionFixedBytes};
  query.name = NameView::from_checked({packet.data() + at, name_bytes});
  query.type = static_cast<Type>(base::load_be16(fixed));
  query.klass = static_cast<Class>(base::load_be16(fixed + 2));
}

// Nearly every query: one question, and behind it nothing or a well-formed OPT alone. False: it is
// something else, and what is in `query` counts for nothing.
bool read_common(base::Bytes packet, bool has_opt, Query& query) {
  const size_t name_bytes = NameView::checked_size({packet.data() + kHeaderBytes, packet.size() - kHeaderBytes});
  size_t left = packet.size() - kHeaderBytes - name_bytes;
  if (name_bytes == 0 || left < kQuestionFixedBytes) return false;
  keep_question(packet, kHeaderBytes, name_bytes, query);
  if (!has_opt) return true;
  left -= kQuestionFixedBytes;
  if (left < kOptFixedBytes) return false;
  const uint8_t* const opt = packet.data() + packet.size() - left;
  if (opt[0] != 0 || base::load_be16(opt + 1) != static_cast<uint16_t>(Type::kOpt)) return false;
  const size_t options_bytes = base::load_be16(opt + 9);
  if (left - kOptFixedBytes < options_bytes) return false;
  Edns& edns = query.edns.emplace();
  const auto error =
      edns.read(base::load_be16(opt + 3), base::load_be32(opt + 5), {opt + kOptFixedBytes, options_bytes});
  return !error && edns.version == 0 && !edns.malformed_cookie;
}

// Reads the questions; keeps the question if there is one alone. Gives the offset behind them,
// or 0 when one does not parse.
size_t read_questions(base::Bytes packet, const Counts& counts, Query& query) {
  size_t at = kHeaderBytes;
  for (uint16_t left = counts.question; left > 0; --left) {
    const size_t name_bytes = NameView::checked_size(packet.subspan(at));
    if (name_bytes == 0 || packet.size() - at - name_bytes < kQuestionFixedBytes) return 0;
    if (counts.question == 1) keep_question(packet, at, name_bytes, query);
    at += name_bytes + kQuestionFixedBytes;
  }
  return at;
}

// Walks the records of all sections and reads OPT. TSIG and SIG(0) are skipped: a resolver
// without keys answers as if they were not there.
Walk read_records(base::Bytes packet, const Counts& counts, size_t at, Query& query) {
  Walk walk;
  const uint32_t before_additional = uint32_t{counts.answer} + counts.authority;
  const uint32_t count = before_additional + counts.additional;
  for (uint32_t index = 0; index < count; ++index) {
    const auto record = read_record_at(packet, at);
    if (!record) {
      walk.well_formed = false;
      return walk;
    }
    at = record->rdata_offset + record->rdata.size();
    if (record->type != Type::kOpt) {
      walk.options_only = false;
      continue;
    }
    const auto edns = Edns::parse(static_cast<uint16_t>(record->klass), record->ttl, record->rdata);
    const bool misplaced = index < before_additional || packet[record->owner_offset] != 0 || query.edns;
    if (misplaced || !edns) {
      walk.well_formed = false;
      return walk;
    }
    query.edns = *edns;
  }
  return walk;
}

// Everything else. REQUIRES: a whole header, and no response.
void read_uncommon(base::Bytes packet, Query& query) {
  const QueryHeader header = query.header;
  query = Query();
  query.verdict = QueryVerdict::kReply;
  query.rcode = Rcode::kFormerr;
  query.header = header;
  const Counts counts(packet.data());
  const size_t records = read_questions(packet, counts, query);
  const Walk walk = records == 0 ? Walk{.well_formed = false} : read_records(packet, counts, records, query);

  if (query.header.opcode != Opcode::kQuery) {
    query.rcode = Rcode::kNotimp;
    return;
  }
  if (query.edns && query.edns->version > 0) {
    query.rcode = Rcode::kBadvers;  // RFC 6891 §6.1.3
    return;
  }
  const bool has_data = counts.answer != 0 || counts.authority != 0;
  if (!walk.well_formed || has_data || counts.question > 1) return;
  if (query.edns && query.edns->malformed_cookie) return;  // RFC 7873 §5.2.2
  if (counts.question == 0) {
    const bool asks_for_cookie = query.edns && query.edns->cookie && walk.options_only;
    if (asks_for_cookie) query.rcode = Rcode::kNoerror;
    return;
  }
  query.verdict = QueryVerdict::kServe;
  query.rcode = Rcode::kNoerror;
}

}  // namespace

Query parse_query(base::Bytes packet) {
  Query query;
  if (packet.size() < kHeaderBytes) return query;
  const uint8_t* const at = packet.data();
  const bool is_response = (at[2] & 0x80) != 0;
  if (is_response) return query;
  query.header.id = base::load_be16(at);
  query.header.opcode = static_cast<Opcode>(at[2] >> 3);
  query.header.rd = (at[2] & 0x01) != 0;
  query.header.ad = (at[3] & 0x20) != 0;
  query.header.cd = (at[3] & 0x10) != 0;
  constexpr uint64_t kOneQuestion = uint64_t{1} << 48;
  const uint64_t counts = base::load_be64(at + 4);
  const bool is_common = (counts & ~uint64_t{1}) == kOneQuestion && query.header.opcode == Opcode::kQuery;
  if (is_common && read_common(packet, counts != kOneQuestion, query)) {
    query.verdict = QueryVerdict::kServe;
  } else {
    read_uncommon(packet, query);
  }
  return query;
}

}  // namespace wire
