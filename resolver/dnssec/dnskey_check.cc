#include "resolver/dnssec/dnskey_check.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "wire/rendered.h"

namespace resolver::dnssec {
namespace {

bool is_usable(const Policy& policy, const wire::DsFields& ds) {
  return supports_algorithm(policy, ds.algorithm) && supports_digest(policy, ds.digest_type);
}

bool is_for(const wire::DsFields& ds, const ZoneKey& key) {
  return ds.key_tag == key.tag && ds.algorithm == key.fields.algorithm;
}

template <class Visit>
void for_each_ds(base::Bytes ds_records, Visit&& visit) {
  wire::for_each_rendered(ds_records, [&](wire::Type type, uint32_t, base::Bytes rdata) {
    const auto ds = wire::parse_ds(rdata);
    if (type == wire::Type::kDs && ds) visit(*ds);
  });
}

}  // namespace

Reason ds_support(const Policy& policy, base::Bytes ds_records) {
  bool some_algorithm = false;
  bool usable = false;
  for_each_ds(ds_records, [&](const wire::DsFields& ds) {
    some_algorithm = some_algorithm || supports_algorithm(policy, ds.algorithm);
    usable = usable || is_usable(policy, ds);
  });
  if (usable) return Reason::kNone;
  return some_algorithm ? Reason::kUnsupportedDigest : Reason::kUnsupportedAlgorithm;
}

DnskeyCheck::DnskeyCheck(const SignedRrset& dnskeys, base::Bytes ds_records, KeyCache& cache, const Policy& policy,
                         base::WallTime now)
    : dnskeys_(dnskeys),
      cache_(cache),
      policy_(policy),
      now_(now),
      all_(dnskeys.owner, dnskeys.records),
      entry_(dnskeys.owner, {}),
      support_(ds_support(policy, ds_records)),
      mismatch_(Verdict::of(Reason::kDsMismatch, dnskeys.owner)) {
  collect(ds_records);
  std::vector<std::pair<uint16_t, size_t>> same_tag;  // keys considered for each tag
  for (size_t key = 0; key < all_.keys().size(); ++key) {
    const uint16_t tag = all_.keys()[key].tag;
    auto count = std::find_if(same_tag.begin(), same_tag.end(), [&](const auto& seen) { return seen.first == tag; });
    if (count != same_tag.end() && count->second == kSameTagKeysMax) continue;
    if (!plan_digests(key)) continue;
    if (count == same_tag.end()) count = same_tag.insert(same_tag.end(), {tag, 0});
    ++count->second;
  }
}

// Digests of type SHA-1 do not count beside stronger ones (RFC 4509 §3).
void DnskeyCheck::collect(base::Bytes ds_records) {
  bool has_better = false;
  for_each_ds(ds_records, [&](const wire::DsFields& ds) {
    if (!is_usable(policy_, ds)) return;
    ds_.push_back(ds);
    has_better = has_better || ds.digest_type != digest_type::kSha1;
  });
  if (!has_better) return;
  ds_.erase(std::remove_if(ds_.begin(), ds_.end(),
                           [](const wire::DsFields& ds) { return ds.digest_type == digest_type::kSha1; }),
            ds_.end());
}

// False if no DS names this key, or it may sign nothing.
bool DnskeyCheck::plan_digests(size_t key) {
  const ZoneKey& candidate = all_.keys()[key];
  bool planned = false;
  for (const uint8_t type : {digest_type::kSha256, digest_type::kSha384, digest_type::kSha1}) {
    const bool named = std::any_of(ds_.begin(), ds_.end(), [&](const wire::DsFields& ds) {
      return ds.digest_type == type && is_for(ds, candidate);
    });
    if (!named) continue;
    if (candidate.flaw != Reason::kNone) {
      mismatch_ = Verdict::of(candidate.flaw, dnskeys_.owner, candidate.tag);
      return false;
    }
    digests_.push_back({key, type});
    planned = true;
  }
  return planned;
}

bool DnskeyCheck::matches_a_ds(const DigestToMake& plan) const {
  const ZoneKey& key = all_.keys()[plan.key];
  const auto digest = ds_digest(plan.digest_type, dnskeys_.owner, key.rdata);
  CHECK(digest.has_value());
  return std::any_of(ds_.begin(), ds_.end(), [&](const wire::DsFields& ds) {
    const base::Bytes made = digest->view();
    return ds.digest_type == plan.digest_type && is_for(ds, key) &&
           std::equal(made.begin(), made.end(), ds.digest.begin(), ds.digest.end());
  });
}

Step DnskeyCheck::compare_digests(ValidationBudget& budget, uint32_t& checks_left) {
  for (; next_digest_ < digests_.size(); ++next_digest_) {
    const DigestToMake& plan = digests_[next_digest_];
    const ZoneKey& key = all_.keys()[plan.key];
    const auto known = std::find_if(entry_.keys().begin(), entry_.keys().end(),
                                    [&](const ZoneKey& entry) { return entry.rdata == key.rdata; });
    if (known != entry_.keys().end()) continue;
    if (checks_left == 0) return Step::kYield;
    if (!budget.spend_digest()) return finish(Verdict::of(Reason::kBudget, dnskeys_.owner), Step::kBudget);
    --checks_left;
    if (matches_a_ds(plan)) entry_.add_copy(key);
  }
  return Step::kDone;
}

Step DnskeyCheck::finish(const Verdict& verdict, Step step) {
  verdict_.verdict = verdict;
  finished_ = step;
  return step;
}

Step DnskeyCheck::step(ValidationBudget& budget, uint32_t checks_max) {
  if (finished_) return *finished_;
  if (support_ != Reason::kNone) return finish(Verdict::of(support_, dnskeys_.owner), Step::kDone);
  if (all_.keys().empty()) return finish(Verdict::of(Reason::kDnskeyMissing, dnskeys_.owner), Step::kDone);
  if (!signatures_) {
    const Step compared = compare_digests(budget, checks_max);
    if (compared != Step::kDone) return compared;
    if (entry_.keys().empty()) return finish(mismatch_, Step::kDone);
    signatures_ = std::make_unique<RrsetCheck>(dnskeys_, entry_, cache_, policy_, now_);
  }
  const Step step = signatures_->step(budget, checks_max);
  if (step == Step::kYield) return step;
  verdict_ = signatures_->verdict();
  finished_ = step;
  return step;
}

KeySet DnskeyCheck::take_keys() {
  CHECK(finished_ && verdict_.verdict.security == Security::kSecure);
  return std::move(all_);
}

}  // namespace resolver::dnssec
