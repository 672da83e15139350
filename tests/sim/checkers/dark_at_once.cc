// dark_at_once: some seconds after a provider has fallen silent, learned names that only it serves are answered
// without waiting (for it: a parent or a forwarder that answers has its say), and it is hardly asked any more.
#include <set>

#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

constexpr base::Duration kSettled = base::seconds(8);
constexpr base::Duration kEvidenceMax = base::seconds(15);
constexpr base::Duration kLeftOver = base::seconds(1);  // of questions that were under way
constexpr base::Duration kAtOnce = base::milliseconds(10);
// A zone whose delegation has run out is its parent's to give: one round trip there (docs/outages.md).
constexpr base::Duration kParentsWord = base::milliseconds(60);
constexpr base::Duration kLongLease = base::seconds(600);  // longer than a world
// A canary a second, of up to three queries; those that were under way, and a narrow group or two by itself.
constexpr uint32_t kSendsPerSecondMax = 4;
constexpr uint32_t kSendsAtFirstMax = 30;

class DarkAtOnce : public Checker {
 public:
  explicit DarkAtOnce(Scene& scene) : Checker("dark_at_once", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    if (query.known == nullptr) return;
    const bool is_learned = !learned_.insert(query.known).second;
    if (!is_learned || !is_settled() || query.asked < settled_at() || !is_cut(scene_.world, query.known->zone)) return;
    if (scene_.world.outage->concerns(query.known->zone)) return;
    if (now() > query.asked + longest_wait()) {
      const auto waited = base::duration_cast<base::milliseconds>(now() - query.asked).count();
      fail("waited " + std::to_string(waited) + " ms in the dark: " + to_text(query.question) + reason_of(message) +
           seconds_in(*scene_.world.outage, now()));
    }
  }

  void on_send(size_t, const resolver::SendQuery& effect) override {
    if (!is_settled() || now() < counts_from() || !is_of_failing(effect.server.address)) return;
    ++sends_;
    const auto seconds = base::duration_cast<base::seconds>(now() - counts_from()).count() + 1;
    if (sends_ > kSendsAtFirstMax + kSendsPerSecondMax * seconds) {
      fail(std::to_string(sends_) + " queries in " + std::to_string(seconds) + " s to a provider that is silent" +
           seconds_in(*scene_.world.outage, now()));
    }
  }

  void on_provider_event(const cache::ProviderEvent& event) override {
    if (event.type == cache::ProviderEvent::Type::kSilent) opened_at_ = std::min(opened_at_, now());
  }

 private:
  // A forwarder may yet have an answer, for each link of an alias: as long as anybody waits for that.
  base::Duration longest_wait() const {
    const World& world = scene_.world;
    if (std::ranges::any_of(world.servers, &Server::recursive)) {
      return world.options.stale.client_timeout;
    }
    const uint32_t lease_s = std::min(world.outage->delegation_ttl_s, world.options.max_ttl_s);
    return base::seconds(lease_s) < kLongLease ? kParentsWord : kAtOnce;
  }
  // Where few zones are asked for, the evidence takes its time.
  base::Instant counts_from() const {
    const base::Instant at_last = scene_.world.outage->from + kEvidenceMax;
    return std::max(settled_at(), opened_at_ < at_last ? opened_at_ + kLeftOver : at_last);
  }
  base::Instant settled_at() const { return scene_.world.outage->from + kSettled; }
  bool is_settled() const {
    const Outage& outage = *scene_.world.outage;
    const bool is_provider = outage.is_silence() && outage.kind != OutageKind::kHalf &&
                             outage.kind != OutageKind::kOneServer && outage.kind != OutageKind::kUplink;
    return is_provider && outage.is_on(now()) && now() >= settled_at();
  }
  bool is_of_failing(const base::IpAddress& address) const {
    return std::ranges::any_of(scene_.world.outage->failing, [&](size_t server) {
      const auto& addresses = scene_.world.servers[server].addresses;
      return std::ranges::find(addresses, address) != addresses.end();
    });
  }

  base::Instant opened_at_ = base::Instant::never();
  std::set<const KnownName*> learned_;
  uint32_t sends_ = 0;
};

}  // namespace

std::unique_ptr<Checker> make_dark_at_once(Scene& scene) { return std::make_unique<DarkAtOnce>(scene); }

}  // namespace sim
