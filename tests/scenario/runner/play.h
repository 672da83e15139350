// Plays the steps of a scenario. Throws Failure with the difference, Unsupported with the reason.
#pragma once

#include <string>

#include "scenario.h"

namespace scenario {

// `trace` gets what was sent and answered, also when it throws.
void play(const Scenario& scenario, std::string& trace);

}  // namespace scenario
