// scenario_runner [-v] [--explained LIST] FILE-or-FOLDER...: runs .rpl scenarios; exit 1 if any
// failed. LIST names scenarios made elsewhere whose failure an RFC explains (tests/scenario/explained.txt).
// Files in a folder named must_fail test the runner: they pass when they fail.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "parse.h"
#include "play.h"

namespace {

struct Totals {
  size_t passed = 0;
  size_t failed = 0;
  size_t not_supported = 0;
  size_t explained = 0;
};

// File name to the reason why its expectation is not ours: "name.rpl  RFC 1234 §5: ...".
using Explanations = std::map<std::string, std::string>;

Explanations read_explanations(const std::filesystem::path& path) {
  Explanations explanations;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t blank = line.find(' ');
    if (line.empty() || line[0] == '#' || blank == std::string::npos) continue;
    explanations[line.substr(0, blank)] = line.substr(line.find_first_not_of(' ', blank));
  }
  return explanations;
}

bool must_fail(const std::filesystem::path& path) {
  return path.parent_path().filename() == "must_fail";
}

void run_file(const std::filesystem::path& path, bool verbose, const Explanations& explanations, Totals& totals) {
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
  } else if (const auto explanation = explanations.find(path.filename().string()); explanation != explanations.end()) {
    ++totals.explained;
    std::cout << "explained " << path.string() << ": " << explanation->second << "\n";
  } else {
    ++totals.failed;
    std::cout << "FAIL " << path.string() << ": " << failure << "\n";
  }
  if (verbose) std::cout << trace;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  Explanations explanations;
  bool verbose = false;
  for (int at = 1; at < argc; ++at) {
    const std::filesystem::path argument = argv[at];
    if (argument == "-v") {
      verbose = true;
    } else if (argument == "--explained" && at + 1 < argc) {
      explanations = read_explanations(argv[++at]);
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
  for (const auto& file : files) run_file(file, verbose, explanations, totals);
  std::cout << totals.passed << " passed, " << totals.failed << " failed, " << totals.not_supported << " not supported";
  if (totals.explained > 0) std::cout << ", " << totals.explained << " explained by an RFC";
  std::cout << "\n";
  return totals.failed == 0 ? 0 : 1;
}
