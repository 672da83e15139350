// sim --seed N [--seeds COUNT] [--plant NAME|all] [--trace] [--seeds-file FILE]
//
// Seeds from 1,000,000 on draw worlds with providers and outages (outage.h), from 2,000,000 on worlds that are signed,
// with a forger on the path (signed_plan.h).
// Runs worlds and prints the seed first when a promise is broken, with the line that repeats it.
// Exit status 0 when every world was sound (or, with --plant, when every plant was found).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "tests/sim/simulation.h"

namespace {

struct Arguments {
  uint64_t seed = 1;
  bool has_seed = false;
  uint64_t seeds = 1;
  std::string plant;
  std::string seeds_file;
  bool trace = false;
  bool keep_going = false;
};

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int index = 1; index < argc; ++index) {
    const std::string option = argv[index];
    const bool has_value = index + 1 < argc;
    if (option == "--trace") {
      arguments.trace = true;
    } else if (option == "--keep-going") {
      arguments.keep_going = true;
    } else if (option == "--seed" && has_value) {
      arguments.seed = std::strtoull(argv[++index], nullptr, 10);
      arguments.has_seed = true;
    } else if (option == "--seeds" && has_value) {
      arguments.seeds = std::strtoull(argv[++index], nullptr, 10);
    } else if (option == "--plant" && has_value) {
      arguments.plant = argv[++index];
    } else if (option == "--seeds-file" && has_value) {
      arguments.seeds_file = argv[++index];
    } else {
      return false;
    }
  }
  return true;
}

// One number a line; what follows a '#' is for people.
std::vector<uint64_t> read_seeds(const std::string& path) {
  std::vector<uint64_t> seeds;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] >= '0' && line[0] <= '9') seeds.push_back(std::strtoull(line.c_str(), nullptr, 10));
  }
  return seeds;
}

void report(uint64_t seed, const sim::Violation& violation) {
  std::printf("seed %llu: %s: %s\n  again: sim --seed %llu --trace\n", static_cast<unsigned long long>(seed),
              violation.checker.c_str(), violation.what.c_str(), static_cast<unsigned long long>(seed));
  std::fflush(stdout);
}

int run_seeds(const Arguments& arguments) {
  std::vector<uint64_t> seeds = read_seeds(arguments.seeds_file);
  for (uint64_t index = 0; index < arguments.seeds; ++index) seeds.push_back(arguments.seed + index);
  uint64_t queries = 0;
  uint64_t sends = 0;
  uint64_t failed = 0;
  for (const uint64_t seed : seeds) {
    sim::RunOptions options;
    options.seed = seed;
    options.prints_trace = arguments.trace;
    const sim::RunResult result = sim::run_seed(options);
    queries += result.queries;
    sends += result.sends;
    if (!result.violation) continue;
    report(seed, *result.violation);
    ++failed;
    if (!arguments.keep_going) break;
  }
  std::printf("%zu seeds, %llu failed; %llu client queries, %llu queries to servers\n", seeds.size(),
              static_cast<unsigned long long>(failed), static_cast<unsigned long long>(queries),
              static_cast<unsigned long long>(sends));
  return failed == 0 ? 0 : 1;
}

// True when the checker that is there for the plant finds it.
bool find_plant(const sim::PlantInfo& plant, const Arguments& arguments) {
  const uint64_t seeds = arguments.seeds > 1 ? arguments.seeds : 200;
  for (uint64_t index = 0; index < seeds; ++index) {
    sim::RunOptions options;
    options.seed = (arguments.has_seed ? arguments.seed : plant.first_seed) + index;
    options.plant = plant.plant;
    options.only = plant.found_by;
    options.prints_trace = arguments.trace;
    const sim::RunResult result = sim::run_seed(options);
    if (!result.violation) continue;
    std::printf("%-18s found by %-20s at seed %llu: %s\n", std::string(plant.name).c_str(),
                result.violation->checker.c_str(), static_cast<unsigned long long>(options.seed),
                result.violation->what.c_str());
    return true;
  }
  std::printf("%-18s NOT FOUND in %llu seeds\n", std::string(plant.name).c_str(),
              static_cast<unsigned long long>(seeds));
  return false;
}

int run_plants(const Arguments& arguments) {
  bool all_found = true;
  bool is_known = false;
  for (const sim::PlantInfo& plant : sim::kPlants) {
    if (arguments.plant != "all" && arguments.plant != plant.name) continue;
    is_known = true;
    all_found = find_plant(plant, arguments) && all_found;
  }
  if (!is_known) std::fprintf(stderr, "sim: no plant is called %s\n", arguments.plant.c_str());
  return is_known && all_found ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr,
                 "usage: sim --seed N [--seeds COUNT] [--seeds-file FILE] [--plant NAME|all] [--trace] [--keep-going]\n"
                 "seeds from 1 on: faulty servers and liars; from 1000000 on: outages; from 2000000 on: signed zones "
                 "and a forger\n");
    return 2;
  }
  return arguments.plant.empty() ? run_seeds(arguments) : run_plants(arguments);
}
