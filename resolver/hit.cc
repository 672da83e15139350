#include "resolver/hit.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/check.h"
#include "resolver/answer.h"
#include "resolver/known.h"
#include "resolver/refusal.h"
#include "wire/ascii_fold.h"
#include "wire/query.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

using base::Counter;

// Queries whose cache lines are fetched together; larger batches are worked off in parts.
constexpr size_t kChunkMax = 64;
constexpr size_t kTextBytesMax = 255;  // one character string

// A query between the two passes: parsed, and its first cache line under way.
struct Pending {
  explicit Pending(base::Bytes packet) : query(wire::parse_query(packet)) {}
  wire::Query query;
  cache::NameHash name_hash{};
  cache::Key key;
  std::array<uint8_t, wire::kNameBytesMax> name;  // lower case; the key borrows it
};

// Made when its turn comes: a batch of one does not pay for a whole chunk.
union PendingPlace {
  PendingPlace() {}
  Pending value;
};
static_assert(std::is_trivially_destructible_v<Pending>);

// What one call works with.
struct Turn {
  base::Now now;
  uint32_t now_s;  // now.boot in the unit of TTLs
  const AnswerPolicy& policy;
  cache::Cache& cache;
  base::Counters& counters;
};

[[gnu::always_inline]] inline void answer(Turn& turn, HitSlot& slot, const wire::Query& query,
                                          const AnswerParts& parts) {
  slot.out_bytes = compose_answer(turn.now, slot.query, query, parts, turn.policy, slot.out);
  slot.outcome = HitOutcome::kAnswered;
  count_answer(turn.counters, parts.rcode, slot.out);
}

[[gnu::noinline]] void refuse(Turn& turn, HitSlot& slot, const wire::Query& query, wire::Rcode rcode) {
  if (rcode == wire::Rcode::kFormerr) turn.counters.add(Counter::kClientFormerr);
  if (rcode == wire::Rcode::kNotimp) turn.counters.add(Counter::kClientNotimp);
  if (rcode == wire::Rcode::kBadvers) turn.counters.add(Counter::kClientBadvers);
  answer(turn, slot, query, {.rcode = rcode, .chain = {}, .error = {}, .error_text = {}});
}

bool is_allowed(const AnswerPolicy& policy, const base::IpAddress& client) {
  return std::any_of(policy.allow.begin(), policy.allow.end(),
                     [&](const base::Prefix& prefix) { return prefix.contains(client); });
}

// CHAOS ------------------------------------------------------------------------------------------

bool is_name(wire::NameView name, base::Bytes wire_form) { return name == wire::NameView::from_checked(wire_form); }

// The server's word about itself (RFC 4892 §2), or nothing to tell.
std::string_view chaos_text(wire::NameView name, const AnswerPolicy& policy) {
  using namespace std::string_view_literals;
  if (is_name(name, base::as_bytes("\7version\4bind\0"sv)) || is_name(name, base::as_bytes("\7version\6server\0"sv))) {
    return policy.version;
  }
  if (is_name(name, base::as_bytes("\2id\6server\0"sv)) || is_name(name, base::as_bytes("\10hostname\4bind\0"sv))) {
    return policy.identity;
  }
  return {};
}

void answer_chaos(Turn& turn, HitSlot& slot, const wire::Query& query) {
  const bool is_text = query.type == wire::Type::kTxt || query.type == wire::Type::kAny;
  const std::string_view text =
      is_text ? chaos_text(query.name, turn.policy).substr(0, kTextBytesMax) : std::string_view();
  if (text.empty()) return refuse(turn, slot, query, wire::Rcode::kRefused);
  answer(turn, slot, query, {});
  // One TXT record between the question and OPT. The names are short: it fits in every UDP answer.
  const size_t question_end = wire::kHeaderBytes + query.question_bytes.size();
  const size_t record_bytes = wire::kRenderedRecordHeaderBytes + 1 + text.size();
  CHECK(slot.out_bytes + record_bytes <= slot.out.size());
  uint8_t* const record = slot.out.data() + question_end;
  std::memmove(record + record_bytes, record, slot.out_bytes - question_end);
  base::store_be16(record, 0xC000 | wire::kHeaderBytes);
  base::store_be16(record + 2, static_cast<uint16_t>(wire::Type::kTxt));
  base::store_be16(record + 4, static_cast<uint16_t>(wire::Class::kChaos));
  base::store_be32(record + 6, 0);
  base::store_be16(record + 10, static_cast<uint16_t>(text.size() + 1));
  record[12] = static_cast<uint8_t>(text.size());
  std::memcpy(record + 13, text.data(), text.size());
  base::store_be16(slot.out.data() + 6, 1);
  slot.out_bytes += record_bytes;
}

// CHAOS, other classes, meta types.
void answer_without_cache(Turn& turn, HitSlot& slot, const wire::Query& query) {
  if (query.klass == wire::Class::kChaos) return answer_chaos(turn, slot, query);
  if (const auto rcode = refusal_for(query.type, query.klass)) return refuse(turn, slot, query, *rcode);
  slot.outcome = HitOutcome::kMiss;  // ANY (RFC 8482): the engine resolves something smaller
}

// Pass 1: everything that needs no data. True when the cache is to be looked at. --------------------

bool prepare(Turn& turn, HitSlot& slot, Pending& pending) {
  slot.outcome = HitOutcome::kDropped;
  slot.out_bytes = 0;
  slot.expiring = nullptr;
  const bool is_udp = slot.query.transport == Transport::kUdp;
  turn.counters.add(is_udp ? Counter::kClientQueriesUdp : Counter::kClientQueriesTcp);
  const wire::Query& query = pending.query;
  if (query.verdict == wire::QueryVerdict::kDrop) {
    turn.counters.add(Counter::kClientDroppedUnparsable);
    return false;
  }
  if (query.verdict == wire::QueryVerdict::kReply) {
    if (query.edns && query.edns->malformed_cookie) turn.counters.add(Counter::kClientBadcookie);
    refuse(turn, slot, query, query.rcode);
    return false;
  }
  if (!is_allowed(turn.policy, slot.query.address)) {
    turn.counters.add(Counter::kClientRefusedAcl);
    answer(turn, slot, query,
           {.rcode = wire::Rcode::kRefused, .chain = {}, .error = wire::ExtendedError::kProhibited, .error_text = {}});
    return false;
  }
  if (query.klass != wire::Class::kIn || wire::is_meta_type(query.type)) {
    answer_without_cache(turn, slot, query);
    return false;
  }
  const base::MutableBytes lowercase(pending.name.data(), query.name.size());
  wire::lowercase_bytes(query.name.bytes().data(), lowercase.data(), lowercase.size());
  const wire::NameView name = wire::NameView::from_checked(lowercase);
  pending.name_hash = turn.cache.hash_name(name);
  pending.key = cache::Cache::key(name, pending.name_hash, query.type, cache::Space::kAnswer);
  turn.cache.prefetch(pending.key.hash);
  return true;
}

// Pass 2: the cache. --------------------------------------------------------------------------------

class Lookup {
 public:
  Lookup(Turn& turn, const wire::Query& query) : turn_(turn), query_(query) {}

  // True when the whole chain is there and fresh.
  bool find(const cache::Key& first, cache::NameHash name_hash) {
    return add(turn_.cache.lookup(first)) || find_further(first, name_hash);
  }
  // The link that popular demand should refresh, if any.
  [[nodiscard]] const cache::Entry* expiring() const {
    for (size_t link = 0; link < links_; ++link) {
      const cache::Entry& entry = *chain_[link];
      if (!is_expiring(entry.header().ttl_s, ttl_left_s_[link])) continue;
      if (turn_.cache.is_popular(turn_.cache.key(entry.name(), entry.header().type, cache::Space::kAnswer))) {
        return &entry;
      }
    }
    return nullptr;
  }
  [[nodiscard]] AnswerParts parts() const {
    const bool is_plain = links_ == 1 && chain_[0]->header().kind == cache::Kind::kRrset;
    return {.rcode = rcode_,
            .chain = {chain_.data(), links_},
            .error = {},
            .error_text = {},
            .authentic = all_secure_,
            .plain_ttl_s = is_plain ? ttl_left_s_[0] : 0};
  }

 private:
  // The TTL left of an entry that may answer; 0: it may not.
  [[nodiscard]] uint32_t usable_ttl_s(const cache::Entry* entry) const {
    if (entry == nullptr) return 0;
    const cache::EntryHeader& header = entry->header();
    if (header.rank < cache::Rank::kNonAuthAnswer) return 0;  // glue and referrals answer nobody (RFC 2181 §5.4.1)
    if (header.validation == cache::Validation::kBogus && !query_.header.cd) return 0;
    return entry->ttl_left_at(turn_.now_s);
  }
  bool add(const cache::Entry* entry) {
    const uint32_t ttl_s = usable_ttl_s(entry);
    if (ttl_s == 0) return false;
    ttl_left_s_[links_] = ttl_s;
    chain_[links_++] = entry;
    all_secure_ = all_secure_ && entry->header().validation == cache::Validation::kSecure;
    return true;
  }
  // Nothing to answer with is under `first`: on along aliases, or to the denial of the last name.
  [[gnu::noinline]] bool find_further(const cache::Key& first, cache::NameHash name_hash) {
    std::array<uint8_t, wire::kNameBytesMax> target_bytes;
    cache::Key key = first;
    for (;;) {
      const cache::Entry* const alias = find_alias(key.name, name_hash);
      if (alias == nullptr) break;
      const auto target = add_alias(*alias);
      if (!target) return false;
      const base::MutableBytes lowercase(target_bytes.data(), target->size());
      wire::lowercase_into(target->bytes(), lowercase);
      const wire::NameView name = wire::NameView::from_checked(lowercase);
      name_hash = turn_.cache.hash_name(name);
      key = cache::Cache::key(name, name_hash, query_.type, cache::Space::kAnswer);
      if (add(turn_.cache.lookup(key))) return true;
    }
    const auto nxdomain = cache::Cache::key(key.name, name_hash, wire::Type::kNone, cache::Space::kNxdomain);
    if (!add(turn_.cache.lookup(nxdomain))) return false;
    rcode_ = wire::Rcode::kNxdomain;
    return true;
  }
  const cache::Entry* find_alias(wire::NameView name, cache::NameHash name_hash) {
    if (!follows_aliases(query_.type)) return nullptr;
    const cache::Entry* const alias =
        turn_.cache.lookup(cache::Cache::key(name, name_hash, wire::Type::kCname, cache::Space::kAnswer));
    return usable_ttl_s(alias) != 0 && alias->header().kind == cache::Kind::kRrset ? alias : nullptr;
  }
  // Nothing when the chain is too long: it may be a loop, which the engine tells from a long chain.
  std::optional<wire::NameView> add_alias(const cache::Entry& alias) {
    if (links_ == kAliasLinksMax) return std::nullopt;
    add(&alias);
    const auto target = wire::NameView::parse(alias.body().subspan(wire::kRenderedRecordHeaderBytes));
    return target ? std::optional<wire::NameView>(*target) : std::nullopt;
  }

  Turn& turn_;
  const wire::Query& query_;
  std::array<const cache::Entry*, kAliasLinksMax + 1> chain_;
  std::array<uint32_t, kAliasLinksMax + 1> ttl_left_s_;
  size_t links_ = 0;
  wire::Rcode rcode_ = wire::Rcode::kNoerror;
  bool all_secure_ = true;
};

void answer_from_cache(Turn& turn, HitSlot& slot, const Pending& pending) {
  Lookup lookup(turn, pending.query);
  if (!lookup.find(pending.key, pending.name_hash)) {
    slot.outcome = HitOutcome::kMiss;
    return;
  }
  turn.counters.add(Counter::kClientHits);
  slot.expiring = lookup.expiring();
  answer(turn, slot, pending.query, lookup.parts());
}

}  // namespace

void answer_hits(base::Now now, std::span<HitSlot> batch, const AnswerPolicy& policy, cache::Cache& cache,
                 base::Counters& counters) {
  Turn turn{now, now.boot.boot_seconds(), policy, cache, counters};
  std::array<PendingPlace, kChunkMax> pending;
  std::array<bool, kChunkMax> needs_cache;
  while (!batch.empty()) {
    const std::span<HitSlot> chunk = batch.first(std::min(batch.size(), kChunkMax));
    for (size_t index = 0; index < chunk.size(); ++index) {
      needs_cache[index] = prepare(turn, chunk[index], *new (&pending[index].value) Pending(chunk[index].query.packet));
    }
    for (size_t index = 0; index < chunk.size(); ++index) {
      if (needs_cache[index]) answer_from_cache(turn, chunk[index], pending[index].value);
    }
    batch = batch.subspan(chunk.size());
  }
}

}  // namespace resolver
