// holdfastctl: asks a running holdfastd over its control socket.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "server/control.h"
#include "server/control_path.h"

namespace {

// The socket asked for; else the user's own, and then the system's, whichever answers.
base::Result<std::string, std::string> ask(const std::string& socket, const std::string& request) {
  if (!socket.empty()) return server::ask_control(socket, request);
  const std::string own = server::default_control_path(server::read_control_environment());
  auto answer = server::ask_control(own, request);
  if (answer || own == server::kSystemControlPath) return answer;
  auto system_answer = server::ask_control(server::kSystemControlPath, request);
  return system_answer ? system_answer : answer;
}

}  // namespace

int main(int argc, char** argv) {
  std::string socket;
  bool json = false;
  CLI::App app("Asks a running holdfastd.", "holdfastctl");
  app.add_option("--socket", socket, "the daemon's control socket (its --control)")->type_name("PATH");
  app.set_version_flag("-V,--version", std::string("holdfastctl ") + HOLDFAST_VERSION);
  CLI::App* stats =
      app.add_subcommand("stats", "print the counters: what was answered, dropped, retried, refused or cut");
  stats->add_flag("--json", json, "as one JSON object");
  CLI::App* anchors =
      app.add_subcommand("anchors", "print the trust anchors: which keys are trusted, wait for it, or are revoked");
  app.require_subcommand(1);
  stats->fallthrough();  // --socket may also come after the verb
  anchors->fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& reason) {
    const int status = app.exit(reason);
    return status == 0 ? 0 : 1;
  }
  const auto answer = ask(socket, anchors->parsed() ? "anchors" : json ? "stats json" : "stats");
  if (!answer) {
    std::fputs(("holdfastctl: " + answer.error() + "\n").c_str(), stderr);
    return 1;
  }
  std::fputs(answer->c_str(), stdout);
  return 0;
}
