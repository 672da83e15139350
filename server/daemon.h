// run_daemon: everything between a checked configuration and the end of the process: seeds,
// sockets, workers, privileges, signals, the control socket.
#pragma once

#include <string>

#include "base/result.h"
#include "config/options.h"
#include "net/loop.h"
#include "server/log_sink.h"
#include "server/signals.h"

namespace server {

struct DaemonOptions {
  config::Options config;
  net::Backend backend = net::Backend::kAuto;
  std::string control_path;  // empty: the default, and no failure if that one is taken
  std::string version;
};

// Returns when a signal has ended it. The error, one sentence, says why it could not start.
// REQUIRES: the signals were blocked before `log` started its thread.
[[nodiscard]] base::Result<void, std::string> run_daemon(const DaemonOptions& options, const StderrLog& log,
                                                         const Signals& signals);

}  // namespace server
