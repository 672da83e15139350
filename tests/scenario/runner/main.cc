// scenario_runner [-v] FILE-or-FOLDER...: runs .rpl scenarios; exit 1 if any failed.
// Files in a folder named must_fail test the runner: they pass when they fail.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "parse.h"
#include "play.h"

namespace {

struct Totals {
  size_t passed = 0;
  size_t failed = 0;
  size_t not_supported = 0;
};

bool must_fail(const std::filesystem::path& path) {
  return path.parent_path().filename() == "must_fail";
}

void run_file(const std::filesystem::path& path, bool verbose, Totals& totals) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  std::string trace;
  std::string failure;
  try {
    scenario::play(scenario::parse_scenario(text.str()), trace);
  } catch (const scenario::Unsupported& unsupported) {
    ++totals.not_supported;
    std::cout << "not supported " << path.string() << ": line " << unsupported.line << ": " << unsupported.reason
              << "\n";
    return;
  } catch (const scenario::Failure& found) {
    failure = found.difference;
  }
  if (must_fail(path)) {
    if (failure.empty())
      failure = "it passed, and it must fail";
    else
      failure.clear();
  }
  if (failure.empty()) {
    ++totals.passed;
    std::cout << "pass " << path.string() << "\n";
  } else {
    ++totals.failed;
    std::cout << "FAIL " << path.string() << ": " << failure << "\n";
  }
  if (verbose) std::cout << trace;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  bool verbose = false;
  for (int at = 1; at < argc; ++at) {
    const std::filesystem::path argument = argv[at];
    if (argument == "-v") {
      verbose = true;
    } else if (std::filesystem::is_directory(argument)) {
      for (const auto& found : std::filesystem::recursive_directory_iterator(argument)) {
        if (found.path().extension() == ".rpl") files.push_back(found.path());
      }
    } else if (std::filesystem::exists(argument)) {
      files.push_back(argument);
    } else {
      std::cerr << "scenario_runner: " << argument << " does not exist\n";
      return 2;
    }
  }
  if (files.empty()) {
    std::cerr << "usage: scenario_runner [-v] FILE-or-FOLDER...\n";
    return 2;
  }
  std::sort(files.begin(), files.end());
  Totals totals;
  for (const auto& file : files) run_file(file, verbose, totals);
  std::cout << totals.passed << " passed, " << totals.failed << " failed, " << totals.not_supported
            << " not supported\n";
  return totals.failed == 0 ? 0 : 1;
}
