// circuits_stay_closed: no circuit opens for a single server, a single zone, a lossy path, an attacker's zones or
// the loss of our own uplink, nor before anything fails; and the uplink is blamed for nobody else's fault.
#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

// Beyond it the first seconds look like silence (docs/outages.md, "What it cannot tell").
constexpr uint32_t kLossMax = 60;

class CircuitsStayClosed : public Checker {
 public:
  explicit CircuitsStayClosed(Scene& scene) : Checker("circuits_stay_closed", scene) {}

  void on_provider_event(const cache::ProviderEvent& event) override {
    using Type = cache::ProviderEvent::Type;
    const Outage& outage = *scene_.world.outage;
    const bool opens = event.type == Type::kSilent || event.type == Type::kRefusing;
    const bool is_wrong = (opens && (now() < outage.from || stays_closed(outage))) ||
                          (event.type == Type::kUplinkLost && outage.kind != OutageKind::kUplink);
    if (is_wrong) fail(cache::to_line(event) + seconds_in(outage, now()));
  }

 private:
  static bool stays_closed(const Outage& outage) {
    switch (outage.kind) {
      case OutageKind::kNone:
      case OutageKind::kOneServer:
      case OutageKind::kOneZone:
      case OutageKind::kAttacker:
      case OutageKind::kUplink:
      case OutageKind::kWrongNxdomain:
        return true;
      case OutageKind::kGhost:
        return !outage.is_ghost_silent;
      case OutageKind::kLossy:
        return outage.loss * (200 - outage.loss) / 100 <= kLossMax;  // both ways
      case OutageKind::kSilent:
      case OutageKind::kServfail:
      case OutageKind::kRefused:
      case OutageKind::kSlow:
      case OutageKind::kHalf:
      case OutageKind::kMoved:
        return false;
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<Checker> make_circuits_stay_closed(Scene& scene) { return std::make_unique<CircuitsStayClosed>(scene); }

}  // namespace sim
