#include "resolver/answer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/keyed_hash.h"
#include "cache/proofs.h"
#include "resolver/cookies.h"
#include "resolver/dnssec/signals.h"
#include "wire/rendered.h"
#include "wire/writer.h"

namespace resolver {
namespace {

constexpr size_t kPointerTargetMax = 0x3FFF;  // RFC 1035 §4.1.4: 14 bits
constexpr size_t kOptHeaderBytes = 11;        // root owner, type, payload size, TTL, RDLENGTH
constexpr size_t kOptionsBytesMax = 512;
constexpr size_t kNsidBytesMax = 128;
constexpr uint16_t kKeepalive_100ms = 100;  // RFC 7828 §3.1: in units of 100 ms
constexpr uint32_t kAnyTtl_s = 3789;        // RFC 8482 §4.2, as its example
constexpr std::array<uint8_t, 9> kAnyHinfo = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};

// Where a name stands whole in the message: the question, or the RDATA of an alias. Every owner
// written is such a name or an end of it.
struct WrittenName {
  wire::NameView name;
  size_t offset = wire::kHeaderBytes;
};

// Writes the records behind the question. Once something did not fit, nothing more is written.
class RecordWriter {
 public:
  RecordWriter(base::MutableBytes out, size_t size, size_t limit) : out_(out), size_(size), limit_(limit) {}

  // Gives the offset of the first record's RDATA.
  size_t write(const WrittenName& written, wire::NameView owner, base::Bytes rendered, uint32_t ttl_s) {
    const bool is_suffix = written.name.is_within(owner);
    const size_t offset = written.offset + written.name.size() - owner.size();
    if (!is_suffix || offset > kPointerTargetMax) return write_with_owner(owner, rendered, ttl_s);
    if (!fits(rendered.size())) return 0;
    wire::copy_rendered(rendered, static_cast<uint16_t>(offset), ttl_s, out_.data() + size_);
    const size_t rdata_offset = size_ + wire::kRenderedRecordHeaderBytes;
    size_ += rendered.size();
    return rdata_offset;
  }
  [[nodiscard]] bool has_overflowed() const { return overflowed_; }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  bool fits(size_t bytes) {
    if (overflowed_ || bytes > limit_ - size_) overflowed_ = true;
    return !overflowed_;
  }
  // The rare way: no pointer reaches the owner (far down a large answer over TCP).
  [[gnu::noinline]] size_t write_with_owner(wire::NameView owner, base::Bytes rendered, uint32_t ttl_s) {
    size_t first_rdata_offset = 0;
    wire::for_each_rendered(rendered, [&](wire::Type type, uint32_t stored_ttl_s, base::Bytes rdata) {
      if (!fits(owner.size() + 10 + rdata.size())) return;
      uint8_t* at = std::copy(owner.bytes().begin(), owner.bytes().end(), out_.data() + size_);
      base::store_be16(at, static_cast<uint16_t>(type));
      base::store_be16(at + 2, static_cast<uint16_t>(wire::Class::kIn));
      base::store_be32(at + 4, std::min(stored_ttl_s, ttl_s));
      base::store_be16(at + 8, static_cast<uint16_t>(rdata.size()));
      std::copy(rdata.begin(), rdata.end(), at + 10);
      if (first_rdata_offset == 0) first_rdata_offset = size_ + owner.size() + 10;
      size_ += owner.size() + 10 + rdata.size();
    });
    return first_rdata_offset;
  }
  base::MutableBytes out_;
  size_t size_;
  size_t limit_;
  bool overflowed_ = false;
};

size_t size_limit(const ClientQuery& client, const wire::Query& query) {
  if (client.transport == Transport::kTcp) return kAnswerBytesMax;
  const uint16_t payload = query.edns ? query.edns->payload_bytes : uint16_t{0};
  return std::clamp<size_t>(payload, wire::kUdpPayloadBytesMin, kUdpAnswerBytesMax);
}

// RFC 8482: ANY is answered with one RRset: the alias, what the engine resolved instead (A), or HINFO.
std::span<const cache::Entry* const> links_for_any(std::span<const cache::Entry* const> chain) {
  for (size_t index = 0; index < chain.size(); ++index) {
    const cache::EntryHeader& header = chain[index]->header();
    if (header.kind == cache::Kind::kRrset && header.type == wire::Type::kCname) return chain.first(index + 1);
  }
  return chain;
}

bool is_denial(const cache::Entry& entry) {
  return entry.header().kind == cache::Kind::kNodata || entry.header().kind == cache::Kind::kNxdomain;
}

using RenderedHinfo = std::array<uint8_t, wire::kRenderedRecordHeaderBytes + kAnyHinfo.size()>;
[[gnu::noinline]] RenderedHinfo rendered_any_hinfo() {
  RenderedHinfo hinfo{};
  base::store_be16(hinfo.data() + 2, static_cast<uint16_t>(wire::Type::kHinfo));
  base::store_be16(hinfo.data() + 4, static_cast<uint16_t>(wire::Class::kIn));
  base::store_be32(hinfo.data() + 6, kAnyTtl_s);
  base::store_be16(hinfo.data() + 10, kAnyHinfo.size());
  std::copy(kAnyHinfo.begin(), kAnyHinfo.end(), hinfo.data() + wire::kRenderedRecordHeaderBytes);
  return hinfo;
}

struct Counts {
  uint16_t answer = 0;
  uint16_t authority = 0;
};

Counts write_chain(base::Instant now, const wire::Query& query, std::span<const cache::Entry* const> chain,
                   uint32_t expired_ttl_s, RecordWriter& writer) {
  Counts counts;
  WrittenName current{query.name};
  const bool wants_proofs = query.edns && query.edns->dnssec_ok;
  const bool is_any = query.type == wire::Type::kAny;
  for (const cache::Entry* entry : chain) {
    const cache::EntryHeader& header = entry->header();
    const uint32_t ttl_s = entry->is_fresh(now) ? entry->ttl_left_s(now) : expired_ttl_s;
    if (is_denial(*entry)) {
      if (is_any && header.kind == cache::Kind::kNodata) {
        writer.write(current, current.name, rendered_any_hinfo(), kAnyTtl_s);
        ++counts.answer;
        continue;
      }
      if (entry->body().empty()) continue;  // the denial came without an SOA
      writer.write(current, entry->zone(), entry->body(), ttl_s);
      counts.authority = static_cast<uint16_t>(counts.authority + header.record_count);
      if (wants_proofs && header.tail_count > 0) {
        writer.write(current, entry->zone(), cache::signatures_of(*entry), ttl_s);
        counts.authority = static_cast<uint16_t>(counts.authority + header.tail_count);
      }
      continue;
    }
    if (header.kind != cache::Kind::kRrset) continue;
    const size_t rdata_offset = writer.write(current, entry->name(), entry->body(), ttl_s);
    counts.answer = static_cast<uint16_t>(counts.answer + header.record_count);
    if (wants_proofs && header.tail_count > 0) {
      writer.write(current, entry->name(), cache::signatures_of(*entry), ttl_s);
      counts.answer = static_cast<uint16_t>(counts.answer + header.tail_count);
    }
    if (header.type != wire::Type::kCname) continue;
    const auto target = wire::NameView::parse(entry->body().subspan(wire::kRenderedRecordHeaderBytes));
    if (target) current = {*target, rdata_offset};
  }
  // Of denials, and of each link that a wildcard made: they stand in the authority section, so behind all links.
  for (const cache::Entry* entry : chain) {
    if (!wants_proofs || entry->header().has_proofs == 0) continue;
    const uint32_t ttl_s = entry->is_fresh(now) ? entry->ttl_left_s(now) : expired_ttl_s;
    cache::for_each_proof(*entry, [&](wire::NameView owner, base::Bytes records) {
      writer.write(current, owner, records, ttl_s);
      wire::for_each_rendered(records, [&](wire::Type, uint32_t, base::Bytes) { ++counts.authority; });
    });
  }
  return counts;
}

// Options other than EDE, which all answer an option of the query. What does not fit is left out.
[[gnu::noinline]] size_t write_options(base::Now now, const ClientQuery& client, const wire::Edns& edns,
                                       const AnswerPolicy& policy, base::MutableBytes options) {
  size_t used = 0;
  bool complete = true;
  if (edns.cookie) {
    std::array<uint8_t, 24> cookie;
    write_cookie_option(now.wall, base::KeyedHash(policy.cookie_secret), client.address, edns.cookie->client, cookie);
    complete = wire::append_option(options, used, wire::OptionCode::kCookie, cookie);
  }
  if (edns.nsid_requested && !policy.identity.empty()) {
    const base::Bytes identity = base::as_bytes(policy.identity);
    const size_t identity_bytes = std::min(identity.size(), kNsidBytesMax);
    complete = wire::append_option(options, used, wire::OptionCode::kNsid, identity.first(identity_bytes)) && complete;
  }
  if (edns.keepalive_requested && client.transport == Transport::kTcp) {
    std::array<uint8_t, 2> timeout;
    base::store_be16(timeout.data(), kKeepalive_100ms);
    complete = wire::append_option(options, used, wire::OptionCode::kKeepalive, timeout) && complete;
  }
  CHECK(complete);  // they are far smaller than kOptionsBytesMax
  return used;
}

size_t write_opt(const wire::Query& query, wire::Rcode rcode, base::Bytes options, uint8_t* out) {
  out[0] = 0;
  base::store_be32(out + 1, (static_cast<uint32_t>(wire::Type::kOpt) << 16) | wire::kEdnsPayloadBytes);
  const uint32_t upper_rcode = static_cast<uint32_t>(rcode) >> 4;
  base::store_be32(out + 5, (upper_rcode << 24) | (query.edns->dnssec_ok ? 0x8000U : 0U));
  base::store_be16(out + 9, static_cast<uint16_t>(options.size()));
  base::copy_short(out + kOptHeaderBytes, options.data(), options.size());
  return kOptHeaderBytes + options.size();
}

wire::Header answer_header(const wire::Query& query, const AnswerParts& parts, wire::Rcode rcode) {
  wire::Header header;
  header.id = query.header.id;
  header.qr = true;
  header.opcode = query.header.opcode;
  header.rd = query.header.rd;
  header.ra = true;
  header.cd = query.header.cd;
  const bool understands_ad = query.header.ad || (query.edns && query.edns->dnssec_ok);  // RFC 6840 §5.7
  header.ad = parts.authentic && understands_ad;
  header.rcode = static_cast<uint8_t>(static_cast<uint16_t>(rcode) & 0x0F);
  header.question_count = query.question_bytes.empty() ? 0 : 1;
  return header;
}

// Why an answer is not validated, where RFC 8914 has a code for it.
std::optional<wire::ExtendedError> why_insecure(std::span<const cache::Entry* const> chain) {
  for (const cache::Entry* entry : chain) {
    switch (entry->header().validation) {
      case cache::Validation::kInsecureAlgorithm:
        return wire::ExtendedError::kUnsupportedAlgorithm;
      case cache::Validation::kInsecureDigest:
        return wire::ExtendedError::kUnsupportedDigest;
      case cache::Validation::kInsecureIterations:
        return wire::ExtendedError::kNsec3Iterations;
      case cache::Validation::kUnchecked:
      case cache::Validation::kIndeterminate:
      case cache::Validation::kInsecure:
      case cache::Validation::kSecure:
      case cache::Validation::kBogus:
        break;
    }
  }
  return std::nullopt;
}

[[gnu::noinline]] size_t compose_any(base::Now now, const ClientQuery& client, const wire::Query& query,
                                     const AnswerParts& parts, const AnswerPolicy& policy, base::MutableBytes out) {
  const size_t limit = out.size();
  std::array<uint8_t, kOptionsBytesMax> options;
  const bool has_options = query.edns && !query.edns->options.empty();
  size_t options_bytes = has_options ? write_options(now, client, *query.edns, policy, options) : 0;
  const size_t opt_bytes = query.edns ? kOptHeaderBytes + options_bytes : 0;

  std::span<const cache::Entry* const> chain = parts.chain;
  wire::Rcode rcode = parts.rcode;
  if (query.type == wire::Type::kAny) {
    chain = links_for_any(chain);
    if (chain.size() < parts.chain.size()) rcode = wire::Rcode::kNoerror;  // the denial was of the alias's target
  }
  wire::Header header = answer_header(query, parts, rcode);
  base::copy_short(out.data() + wire::kHeaderBytes, query.question_bytes.data(), query.question_bytes.size());
  const size_t question_end = wire::kHeaderBytes + query.question_bytes.size();
  size_t size = question_end;
  if (!query.question_bytes.empty()) {
    RecordWriter writer(out, question_end, limit - opt_bytes);
    const Counts counts = write_chain(now.boot, query, chain, parts.expired_ttl_s, writer);
    header.tc = writer.has_overflowed();
    // No part of a set (RFC 2181 §9): all or nothing.
    if (!header.tc) {
      size = writer.size();
      header.answer_count = counts.answer;
      header.authority_count = counts.authority;
    }
  }
  if (query.edns) {
    const size_t free_bytes = limit - size - kOptHeaderBytes;
    const base::MutableBytes space = base::MutableBytes(options).first(std::min(options.size(), free_bytes));
    // RFC 8914 §3: short of space the text goes first.
    const std::optional<wire::ExtendedError> error = parts.error ? parts.error : why_insecure(chain);
    if (error && !wire::append_extended_error(space, options_bytes, *error, parts.error_text)) {
      static_cast<void>(wire::append_extended_error(space, options_bytes, *error, {}));
    }
    if (parts.cause && parts.cause != parts.error) {
      static_cast<void>(wire::append_extended_error(space, options_bytes, *parts.cause, {}));
    }
    size += write_opt(query, rcode, base::Bytes(options).first(options_bytes), out.data() + size);
    header.additional_count = 1;
  }
  header.write(out.data());
  return size;
}

// Most hits: one RRset whose owner is the question, and no option to answer. Gives 0 when it does not
// fit; the long way does the same and all else.
size_t compose_plain(const wire::Query& query, const AnswerParts& parts, size_t limit, uint8_t* out) {
  const cache::Entry& entry = *parts.chain[0];
  const base::Bytes question = query.question_bytes;
  const base::Bytes body = entry.body();
  const bool has_edns = query.edns.has_value();
  const bool dnssec_ok = has_edns && query.edns->dnssec_ok;
  const base::Bytes tail = dnssec_ok ? entry.tail() : base::Bytes();
  if (!tail.empty() && entry.header().has_proofs != 0) return 0;
  if (has_edns && entry.header().validation > cache::Validation::kBogus) return 0;  // told why
  const size_t opt_bytes = has_edns ? kOptHeaderBytes : 0;
  if (wire::kHeaderBytes + question.size() + body.size() + tail.size() + opt_bytes > limit) return 0;
  uint8_t* at = out + wire::kHeaderBytes;
  base::copy_short(at, question.data(), question.size());
  at += question.size();
  wire::copy_rendered(body, wire::kHeaderBytes, parts.plain_ttl_s, at);
  at += body.size();
  uint64_t answers = entry.header().record_count;
  if (!tail.empty()) {
    wire::copy_rendered(tail, wire::kHeaderBytes, parts.plain_ttl_s, at);
    at += tail.size();
    answers += entry.header().tail_count;
  }
  if (has_edns) at += write_opt(query, wire::Rcode::kNoerror, {}, at);
  // The header of answer_header(), in two words: QR, RA and NOERROR, and a question.
  const wire::QueryHeader& asked = query.header;
  const bool authentic = parts.authentic && (asked.ad || dnssec_ok);
  base::store_be32(out, uint32_t{asked.id} << 16 | 0x8080U | uint32_t{asked.rd} << 8 | uint32_t{authentic} << 5 |
                            uint32_t{asked.cd} << 4);
  base::store_be64(out + 4, uint64_t{1} << 48 | answers << 32 | uint64_t{has_edns});
  return static_cast<size_t>(at - out);
}

// RFC 8509: whether the answer to a test of the root's keys is "no". Looked at only where the first label fits.
[[gnu::noinline]] bool fails_sentinel(const wire::Query& query, const AnswerPolicy& policy) {
  const auto decided = dnssec::decide_sentinel(query.name, query.type, query.header.cd, dnssec::Security::kSecure,
                                               policy.root_key_tags);
  return !policy.root_key_tags.empty() && decided == dnssec::Sentinel::kServfail;
}

}  // namespace

size_t compose_answer(base::Now now, const ClientQuery& client, const wire::Query& query, const AnswerParts& parts,
                      const AnswerPolicy& policy, base::MutableBytes out) {
  const size_t limit = size_limit(client, query);
  CHECK(out.size() >= limit);
  if (parts.authentic && dnssec::may_be_sentinel(query.question_bytes) && fails_sentinel(query, policy)) {
    const AnswerParts no{.rcode = wire::Rcode::kServfail,
                         .chain = {},
                         .error = wire::ExtendedError::kOther,
                         .error_text = "root key sentinel (RFC 8509)"};
    return compose_any(now, client, query, no, policy, out.first(limit));
  }
  const bool has_options = query.edns && !query.edns->options.empty();
  if (parts.plain_ttl_s != 0 && !has_options) {
    const size_t size = compose_plain(query, parts, limit, out.data());
    if (size != 0) return size;
  }
  return compose_any(now, client, query, parts, policy, out.first(limit));
}

}  // namespace resolver
