#include "wire/query.h"

namespace wire {
namespace {

// What the walk over everything behind the header found.
struct Walk {
  bool well_formed = true;
  bool options_only = true;  // no record but OPT
};

// Reads the questions; keeps the question if there is one alone. Gives the offset behind them,
// or 0 when one does not parse.
size_t read_questions(base::Bytes packet, Query& query) {
  size_t at = kHeaderBytes;
  for (uint16_t left = query.header.question_count; left > 0; --left) {
    const auto name = NameView::parse(packet.subspan(at));
    if (!name || packet.size() - at - name->size() < 4) return 0;
    const size_t end = at + name->size() + 4;
    if (query.header.question_count == 1) {
      query.question_bytes = packet.subspan(at, end - at);
      query.name = *name;
      query.type = static_cast<Type>(base::load_be16(packet.data() + end - 4));
      query.klass = static_cast<Class>(base::load_be16(packet.data() + end - 2));
    }
    at = end;
  }
  return at;
}

// Walks the records of all sections and reads OPT. TSIG and SIG(0) are skipped: a resolver
// without keys answers as if they were not there.
Walk read_records(base::Bytes packet, size_t at, Query& query) {
  Walk walk;
  const uint32_t before_additional = uint32_t{query.header.answer_count} + query.header.authority_count;
  const uint32_t count = before_additional + query.header.additional_count;
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

}  // namespace

Query parse_query(base::Bytes packet) {
  Query query;
  const auto header = Header::parse(packet);
  if (!header || header->qr) return query;
  query.header = *header;
  query.verdict = QueryVerdict::kReply;
  query.rcode = Rcode::kFormerr;

  const size_t records = read_questions(packet, query);
  const Walk walk = records == 0 ? Walk{.well_formed = false} : read_records(packet, records, query);

  if (header->opcode != Opcode::kQuery) {
    query.rcode = Rcode::kNotimp;
    return query;
  }
  if (query.edns && query.edns->version > 0) {
    query.rcode = Rcode::kBadvers;  // RFC 6891 §6.1.3
    return query;
  }
  const bool has_data = header->answer_count != 0 || header->authority_count != 0;
  if (!walk.well_formed || has_data || header->question_count > 1) return query;
  if (query.edns && query.edns->malformed_cookie) return query;  // RFC 7873 §5.2.2
  if (header->question_count == 0) {
    const bool asks_for_cookie = query.edns && query.edns->cookie && walk.options_only;
    if (asks_for_cookie) query.rcode = Rcode::kNoerror;
    return query;
  }
  query.verdict = QueryVerdict::kServe;
  query.rcode = Rcode::kNoerror;
  return query;
}

}  // namespace wire
