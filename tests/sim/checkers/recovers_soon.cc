// recovers_soon: some seconds after everything works again no answer is past its TTL, and those who were down are
// not asked much more often than clients ask.
#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

constexpr base::Duration kRecovered = base::seconds(5);
constexpr base::Duration kStampedeWatched = base::seconds(20);
constexpr uint32_t kSendsPerQuestionMax = 3;
constexpr uint32_t kSendsMore = 15;  // canaries, a zone's addresses

class RecoversSoon : public Checker {
 public:
  explicit RecoversSoon(Scene& scene) : Checker("recovers_soon", scene) {}

  void on_query(const AskedQuery& query) override {
    if (query.known == nullptr) return;
    begin_second();
    ++questions_;
  }

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    const World& world = scene_.world;
    if (query.known == nullptr || query.asked < world.outage->until + kRecovered) return;
    if (world.outage->concerns(query.known->zone) && world.outage->kind != OutageKind::kMoved) return;
    if (!verdict_of(message).is_stale) return;
    const auto since = base::duration_cast<base::milliseconds>(query.asked - world.outage->until).count();
    fail("stale " + std::to_string(since) + " ms after the healing: " + to_text(query.question) + reason_of(message) +
         seconds_in(*world.outage, now()));
  }

  void on_send(size_t, const resolver::SendQuery& effect) override {
    const Outage& outage = *scene_.world.outage;
    if (now() < outage.until || now() > outage.until + kStampedeWatched) return;
    const bool is_of_failing = std::ranges::any_of(outage.failing, [&](size_t server) {
      return std::ranges::find(scene_.world.servers[server].addresses, effect.server.address) !=
             scene_.world.servers[server].addresses.end();
    });
    if (!is_of_failing) return;
    begin_second();
    ++sends_;
    if (sends_ > kSendsMore + kSendsPerQuestionMax * (questions_ + questions_before_)) {
      fail(std::to_string(sends_) + " queries in a second after the healing, for " + std::to_string(questions_) +
           " questions" + seconds_in(outage, now()));
    }
  }

 private:
  void begin_second() {
    const uint32_t second = now().boot_seconds();
    if (second == second_) return;
    questions_before_ = questions_;
    questions_ = sends_ = 0;
    second_ = second;
  }

  uint32_t second_ = 0;
  uint32_t questions_ = 0;
  uint32_t questions_before_ = 0;
  uint32_t sends_ = 0;
};

}  // namespace

std::unique_ptr<Checker> make_recovers_soon(Scene& scene) { return std::make_unique<RecoversSoon>(scene); }

}  // namespace sim
