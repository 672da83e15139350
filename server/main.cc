// holdfastd: the command line.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "config/parse.h"
#include "server/daemon.h"
#include "server/engine_options.h"
#include "server/log_sink.h"

namespace {

struct Arguments {
  std::string config_file;
  bool check_config = false;
  std::vector<std::string> listen;
  std::string backend = "auto";
  std::string control;
};

void print(std::FILE* to, const std::string& line) { std::fputs((line + "\n").c_str(), to); }

void say(const std::string& sentence) { print(stderr, "holdfastd: " + sentence); }

// The configuration, with what the command line overrides; nothing after the reasons are said.
std::optional<config::Options> read_configuration(const Arguments& arguments) {
  config::Options options;
  if (!arguments.config_file.empty()) {
    const auto text = server::read_small_file(arguments.config_file);
    if (!text) return say(text.error()), std::nullopt;
    auto parsed = config::parse(*text);
    if (!parsed) {
      for (const config::Error& error : parsed.error()) print(stderr, error.to_text(arguments.config_file));
      return std::nullopt;
    }
    options = std::move(*parsed);
  }
  if (!arguments.listen.empty()) options.server.listen.clear();
  for (const std::string& text : arguments.listen) {
    const auto endpoint = base::Endpoint::parse(text, config::kDnsPort);
    if (!endpoint) {
      say("--listen " + text + " is no address; write it like 127.0.0.1:5300 or [::1]:5300");
      return std::nullopt;
    }
    options.server.listen.push_back(*endpoint);
  }
  return options;
}

int check_configuration(const Arguments& arguments, const config::Options& options) {
  if (const auto engine = server::engine_options(options, {}); !engine) {
    say(engine.error());
    return 1;
  }
  print(stdout, (arguments.config_file.empty() ? "the defaults are" : arguments.config_file + " is") + " in order");
  return 0;
}

int run(const Arguments& arguments) {
  const auto options = read_configuration(arguments);
  if (!options) return 1;
  if (arguments.check_config) return check_configuration(arguments, *options);
  const net::Backend backend = arguments.backend == "uring"  ? net::Backend::kUring
                               : arguments.backend == "mmsg" ? net::Backend::kMmsg
                                                             : net::Backend::kAuto;
  std::optional<std::string> failure;
  // Before the first thread, which is the log's: a signal must find no thread that would take it.
  const auto signals = server::Signals::block();
  if (!signals) return say(signals.error()), 1;
  {
    server::StderrLog log;
    base::set_log_sink(&log, options->log.level);
    const server::DaemonOptions daemon{*options, backend, arguments.control, HOLDFAST_VERSION};
    if (const auto ran = server::run_daemon(daemon, log, *signals); !ran) failure = ran.error();
    base::set_log_sink(nullptr, base::LogLevel::kError);
  }
  if (!failure) return 0;
  say(*failure);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Holdfast, a caching recursive DNS resolver. Runs in the foreground and logs to stderr;\n"
      "SIGTERM ends it. Without --config it serves this machine on port 53 with sensible defaults.",
      "holdfastd");
  app.add_option("-c,--config", arguments.config_file, "read the configuration from FILE (TOML)")->type_name("FILE");
  app.add_flag("--check-config", arguments.check_config, "say what is wrong with the configuration, and end: 0 or 1");
  app.add_option("--listen", arguments.listen, "serve on ADDRESS[:PORT] instead of [server] listen; may be repeated")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_option("--backend", arguments.backend,
                 "io_uring, or recvmmsg and sendmmsg; auto takes io_uring where it is allowed")
      ->type_name("NAME")
      ->check(CLI::IsMember({"auto", "uring", "mmsg"}));
  app.add_option("--control", arguments.control, "path of the socket for holdfastctl")->type_name("PATH");
  app.set_version_flag("-V,--version", std::string("holdfastd ") + HOLDFAST_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& reason) {
    const int status = app.exit(reason);
    return status == 0 ? 0 : 1;
  }
  return run(arguments);
}
