// cache_is_true: what counts as secure in the cache is true, in some version of its zone, and secure in truth; and what
// the forger has said of a secure name is not where clients could be given it.
#include <algorithm>
#include <set>

#include "tests/sim/checker.h"
#include "tests/sim/checkers/marker.h"
#include "wire/rdata.h"
#include "wire/rendered.h"

namespace sim {
namespace {

class CacheIsTrue : public Checker {
 public:
  explicit CacheIsTrue(Scene& scene) : Checker("cache_is_true", scene) {}

  void on_end_of_phase(Phase) override {
    scene_.cache.for_each([this](const cache::Entry& entry) { check(entry); });
  }

 private:
  void check(const cache::Entry& entry) {
    const cache::EntryHeader& header = entry.header();
    if (header.kind == cache::Kind::kFailure || header.kind == cache::Kind::kDelegation) return;
    const std::string what = wire::to_text(header.type) + " of " + entry.name().to_text() + " in the cache";
    const bool is_forged = contains_marker(entry.body(), forger_address, kForgerLabel);
    const bool is_protected = scene_.secure.protects(entry.name(), header.type);
    if (header.validation != cache::Validation::kSecure) {
      const bool may_answer = header.rank >= cache::Rank::kNonAuthAnswer;
      if (is_protected && is_forged && may_answer) fail("a forged " + what);
      return;
    }
    if (is_forged) return fail("a forged " + what + ", as secure");
    if (!scene_.secure.may_be_secure(entry.name(), header.type)) return fail(what + ", as secure, is not");
    if (!is_true(entry)) fail(what + ", as secure, is of no version of its zone");
  }

  [[nodiscard]] bool is_true(const cache::Entry& entry) const {
    const cache::EntryHeader& header = entry.header();
    const Zone& zone = scene_.reference.zone_of(entry.name(), header.type);
    return std::ranges::any_of(zone.versions, [&](const ZoneVersion& version) {
      const Lookup found = look_up(zone.origin, *version.data, entry.name(), header.type);
      if (header.kind == cache::Kind::kNxdomain) return found.kind == Lookup::Kind::kNxdomain;
      if (header.kind == cache::Kind::kNodata) return found.kind == Lookup::Kind::kNodata || denies_ds(header, found);
      return found.set != nullptr && records_of(entry) == canonical(header.type, found.set->rdatas);
    });
  }

  // The RCODE is not signed, and a gap proves that there is no DS as well (RFC 4035 §5.2): a forger may make NOERROR of
  // the NXDOMAIN for it.
  static bool denies_ds(const cache::EntryHeader& header, const Lookup& found) {
    return header.type == wire::Type::kDs && found.kind == Lookup::Kind::kNxdomain;
  }

  static std::set<Rdata> records_of(const cache::Entry& entry) {
    std::set<Rdata> records;
    wire::for_each_rendered(entry.body(), [&](wire::Type type, uint32_t, base::Bytes rdata) {
      records.insert(wire::canonical_rdata(type, rdata));
    });
    return records;
  }
  static std::set<Rdata> canonical(wire::Type type, const std::vector<Rdata>& rdatas) {
    std::set<Rdata> records;
    for (const Rdata& rdata : rdatas) records.insert(wire::canonical_rdata(type, rdata));
    return records;
  }
};

}  // namespace

std::unique_ptr<Checker> make_cache_is_true(Scene& scene) { return std::make_unique<CacheIsTrue>(scene); }

}  // namespace sim
