#include "cache/provider_event.h"

namespace cache {
namespace {

// "12.3 s"
std::string seconds_text(base::Duration duration) {
  const int64_t tenths = base::duration_cast<base::milliseconds>(duration).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string count_text(uint32_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + (count >= kDistinctMax ? " or more " : " ") + std::string(count == 1 ? one : many);
}

std::string last_answer_text(base::Duration since) {
  return since == base::Duration::max() ? "none has answered yet" : "last answer " + seconds_text(since) + " ago";
}

}  // namespace

std::string to_line(const ProviderEvent& event) {
  const Tally& tally = event.tally;
  switch (event.type) {
    case ProviderEvent::Type::kSilent:
      return event.group + " is taken to be down: " + std::to_string(tally.timeouts) + " timeouts in a row from " +
             count_text(tally.addresses, "address", "addresses") + " for " + count_text(tally.zones, "zone", "zones") +
             ", " + last_answer_text(event.since_answer) + ", others answered " +
             seconds_text(event.since_other_answer) + " ago";
    case ProviderEvent::Type::kRefusing:
      return event.group + " is taken to be down: " + count_text(tally.zones, "zone", "zones") +
             " that it answered within the hour turned to SERVFAIL or REFUSED together, " +
             last_answer_text(event.since_answer);
    case ProviderEvent::Type::kClosed:
      return event.group + " answers again after " + seconds_text(event.lasted) + "; " +
             std::to_string(event.failures) + " questions to it failed meanwhile, " +
             std::to_string(event.stale_answers) + " answers were stale because of it";
    case ProviderEvent::Type::kUplinkLost:
      return "no name server answers, this host's own network is taken to be down: " + std::to_string(tally.timeouts) +
             " timeouts in a row and " + std::to_string(event.unreachable) + " unreachable from " +
             count_text(tally.addresses, "address", "addresses") + " of " + std::to_string(event.providers) +
             " providers, " + last_answer_text(event.since_answer);
    case ProviderEvent::Type::kUplinkRestored:
      return "name servers answer again after " + seconds_text(event.lasted) + "; " + std::to_string(event.failures) +
             " questions failed meanwhile";
  }
  return {};
}

}  // namespace cache
