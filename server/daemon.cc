#include "server/daemon.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "base/log.h"
#include "resolver/dnssec/managed_anchors.h"
#include "server/anchor_report.h"
#include "server/clock.h"
#include "server/control.h"
#include "server/control_path.h"
#include "server/engine_options.h"
#include "server/preflight.h"
#include "server/privileges.h"
#include "server/random.h"
#include "server/stats.h"
#include "server/store_options.h"
#include "server/team.h"
#include "server/worker.h"
#include "store/health_state.h"
#include "store/managed_keys_state.h"
#include "store/store.h"

namespace server {
namespace {

using Failure = std::string;

constexpr int kPortTries = 100;          // two seconds for a port that is in use
constexpr uint32_t kClaimsMax = 16384;   // a power of two well above the exchanges in flight
constexpr uint32_t kServersMax = 65536;  // 4 MiB of server health at most
constexpr uint32_t kServersMin = 1024;
constexpr uint64_t kMemoryPerIndexByte = 16;      // of the cache's memory, for the denials of signed zones
constexpr uint64_t kMemoryPerServerBytes = 4096;  // so that a small cache keeps a small table of servers

// Drawn once: what all workers share, and a seed for each.
struct Secrets {
  base::KeyedHash::Secret cache{};
  base::KeyedHash::Secret health{};
  base::KeyedHash::Secret cookies{};
  store::Secrets store;  // for a new store
  std::vector<base::Entropy::Seed> worker_seeds;
};

base::Result<Secrets, Failure> draw_secrets(uint32_t workers) {
  Secrets secrets;
  secrets.worker_seeds.resize(workers);
  std::vector<base::MutableBytes> wanted = {secrets.cache, secrets.health, secrets.cookies, secrets.store.records,
                                            secrets.store.servers};
  for (base::Entropy::Seed& seed : secrets.worker_seeds) wanted.emplace_back(seed);
  for (const base::MutableBytes bytes : wanted) {
    if (auto filled = fill_random(bytes); !filled) return base::error(filled.error());
  }
  return secrets;
}

uint32_t worker_count(uint32_t configured) {
  if (configured > 0) return configured;
  return std::clamp(std::thread::hardware_concurrency(), 1U, config::kWorkersMax);
}

// The main thread's part of a running daemon.
class Daemon {
 public:
  Daemon(const DaemonOptions& options, const StderrLog& log, const Signals& signals)
      : options_(options),
        log_(log),
        signals_(signals),
        worker_count_(worker_count(options.config.server.workers)),
        team_(worker_count_) {}

  base::Result<void, Failure> start();
  void run();

 private:
  base::Result<void, Failure> find_user_to_become();
  base::Result<void, Failure> open_control();
  base::Result<void, Failure> open_store(const store::Secrets& fresh);
  bool adopt_managed_keys(const resolver::dnssec::TrustAnchors& configured);
  base::Result<void, Failure> make_workers();
  base::Result<void, Failure> give_up_root();
  void log_ready();
  void log_clock();
  void log_expired_anchors();
  [[nodiscard]] std::string answer_control(std::string_view request);

  DaemonOptions options_;
  const StderrLog& log_;
  const Signals& signals_;
  uint32_t worker_count_;
  std::optional<User> user_;
  std::optional<ControlSocket> control_;
  base::Instant started_ = read_clock().boot;
  std::string backend_;
  // In this order: the workers go before what they use.
  std::unique_ptr<cache::Cache> cache_;
  std::unique_ptr<cache::ClaimTable> claims_;
  std::unique_ptr<cache::ServerHealth> health_;
  std::unique_ptr<cache::ProviderHealth> providers_;
  std::unique_ptr<cache::ProviderKeys> provider_keys_;
  std::unique_ptr<cache::DenialIndex> denials_;
  cache::ManagedKeys managed_keys_;
  bool manages_keys_ = false;
  resolver::dnssec::TrustAnchors configured_anchors_;
  std::vector<resolver::Upstream> upstreams_;  // for what the workers count of them
  store::ManagedKeysState managed_keys_state_{managed_keys_};
  std::unique_ptr<store::HealthState> health_state_;
  std::unique_ptr<store::Store> store_;  // null: memory only
  Team team_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

base::Result<void, Failure> Daemon::start() {
  log_clock();
  log_expired_anchors();
  net::raise_descriptor_limit();
  if (auto found = find_user_to_become(); !found) return found;
  for (const base::Endpoint& endpoint : options_.config.server.listen) {
    if (auto free = check_endpoint_free(endpoint, kPortTries); !free) return free;
  }
  if (auto made = make_workers(); !made) return made;
  if (auto opened = open_control(); !opened) return opened;
  for (const auto& worker : workers_) worker->start();
  auto failure = team_.wait_until_ready();
  if (!failure) {
    if (auto done = give_up_root(); !done) failure = done.error();
  }
  backend_ = team_.backend_name();
  team_.release(!failure);
  if (failure) return base::error(*failure);
  if (store_) {
    health_state_ = std::make_unique<store::HealthState>(*health_);
    store_->start(*cache_, {health_state_.get()});
  }
  log_ready();
  return {};
}

base::Result<void, Failure> Daemon::find_user_to_become() {
  const std::string& name = options_.config.server.user;
  if (name.empty()) return {};
  if (geteuid() != 0) {
    base::log_line(base::LogLevel::kWarning, "not started as root: [server] user has no effect");
    return {};
  }
  auto user = find_user(name);
  if (!user) return base::error(user.error());
  user_ = *user;
  return {};
}

base::Result<void, Failure> Daemon::open_control() {
  const bool asked_for = !options_.control_path.empty();
  auto control =
      ControlSocket::open(asked_for ? options_.control_path : default_control_path(read_control_environment()));
  if (control) {
    control_.emplace(std::move(*control));
  } else if (asked_for) {
    return base::error(control.error());
  } else {
    // A second daemon, or a read-only /run: serving is worth more than the counters.
    base::log_line(base::LogLevel::kWarning, "no control socket, so no holdfastctl: " + control.error());
  }
  return {};
}

// As the user that the daemon will be: it must be able to write there later.
base::Result<void, Failure> Daemon::open_store(const store::Secrets& fresh) {
  if (options_.config.store.path.empty()) return {};
  if (user_) make_folder_for(*user_, options_.config.store.path);
  const ActingAs acting(user_);
  auto store = store::Store::open(store_options(options_.config, fresh));
  if (!store) return base::error(store.error());
  store_ = std::move(*store);
  return {};
}

// RFC 5011. With validation switched off what is remembered stays as it is, for when it is on again; managing
// switched off forgets it.
bool Daemon::adopt_managed_keys(const resolver::dnssec::TrustAnchors& configured) {
  if (store_) store_->restore_first(managed_keys_state_);
  if (!options_.config.dnssec.validate) return false;
  if (!options_.config.dnssec.rfc5011) {
    managed_keys_.replace_all({});
    return false;
  }
  managed_keys_.replace_all(resolver::dnssec::adopt(read_clock().wall, configured, managed_keys_.zones()));
  return true;
}

base::Result<void, Failure> Daemon::make_workers() {
  const auto secrets = draw_secrets(worker_count_);
  if (!secrets) return base::error(secrets.error());
  auto engine = engine_options(options_.config, secrets->cookies);
  if (!engine) return base::error(engine.error());
  if (auto opened = open_store(secrets->store); !opened) return opened;
  configured_anchors_ = engine->dnssec.anchors;
  upstreams_.assign(engine->routes.upstreams().begin(), engine->routes.upstreams().end());
  manages_keys_ = adopt_managed_keys(configured_anchors_);
  const uint64_t memory = options_.config.cache.memory_bytes;
  // The index of denials is part of the cache's memory.
  const uint64_t index_bytes = engine->dnssec.aggressive ? memory / kMemoryPerIndexByte : 0;
  if (index_bytes > 0) denials_ = std::make_unique<cache::DenialIndex>(index_bytes, secrets->cache);
  const uint32_t readers = config::kWorkersMax + static_cast<uint32_t>(store::kReadersMax);
  cache_ = std::make_unique<cache::Cache>(cache::CacheOptions{memory - index_bytes, secrets->cache, readers});
  claims_ = std::make_unique<cache::ClaimTable>(kClaimsMax);
  const uint64_t servers = std::clamp<uint64_t>(memory / kMemoryPerServerBytes, kServersMin, kServersMax);
  const base::KeyedHash::Secret& health_secret = store_ ? store_->servers_secret() : secrets->health;
  health_ = std::make_unique<cache::ServerHealth>(static_cast<uint32_t>(servers), health_secret);
  providers_ = std::make_unique<cache::ProviderHealth>(cache::ProviderOptions{});
  provider_keys_ = std::make_unique<cache::ProviderKeys>(health_secret);
  const resolver::Shared shared{
      cache_.get(),         claims_.get(),  health_.get(), providers_.get(),
      provider_keys_.get(), denials_.get(), store_.get(),  manages_keys_ ? &managed_keys_ : nullptr};
  for (uint32_t index = 0; index < worker_count_; ++index) {
    WorkerOptions worker{*engine, {}, options_.config.server.listen};
    worker.engine.worker_index = index;
    worker.loop.backend = options_.backend;
    workers_.push_back(std::make_unique<Worker>(std::move(worker), shared, secrets->worker_seeds[index], team_));
  }
  return {};
}

base::Result<void, Failure> Daemon::give_up_root() {
  if (!user_) {
    if (geteuid() == 0) {
      base::log_line(base::LogLevel::kInfo, "running as root: name an ordinary user in [server] user to give that up");
    }
    return {};
  }
  if (control_) control_->give_to(user_->uid, user_->gid);
  return become_user(*user_);
}

void Daemon::log_clock() {
  if (read_clock().wall < kEarliestPlausible) {
    base::log_line(base::LogLevel::kWarning,
                   "the clock is set to before this release was made: set it, for signatures cannot be judged");
  }
}

void Daemon::log_expired_anchors() {
  for (const std::string& sentence : expired_negative_anchors(options_.config.dnssec, read_clock().wall)) {
    base::log_line(base::LogLevel::kWarning, sentence);
  }
}

void Daemon::log_ready() {
  std::string where;
  for (const base::Endpoint& endpoint : options_.config.server.listen) {
    where += (where.empty() ? "" : ", ") + endpoint.to_text() + " (udp, tcp)";
  }
  base::log_line(base::LogLevel::kInfo, "holdfast " + options_.version + " ready: " + where + "; backend " + backend_ +
                                            ", " + std::to_string(worker_count_) +
                                            (worker_count_ == 1 ? " worker" : " workers"));
}

std::string Daemon::answer_control(std::string_view request) {
  if (request == "anchors") {
    return "ok\n" + render_anchors(configured_anchors_, managed_keys_.zones(), manages_keys_);
  }
  if (request != "stats" && request != "stats json") {
    return "error there is no such request; ask \"stats\", \"stats json\" or \"anchors\"\n";
  }
  ServerFacts facts{options_.version, backend_, 0, log_.lines_lost(), {}};
  for (const resolver::Upstream& upstream : upstreams_) {
    const resolver::UpstreamCounts& counts = *upstream.counts;
    facts.upstreams.push_back({upstream.name, counts.sent, counts.responses, counts.timeouts, counts.answers});
  }
  facts.uptime_s = static_cast<uint64_t>(base::duration_cast<base::seconds>(read_clock().boot - started_).count());
  std::vector<const WorkerReport*> reports;
  for (const auto& worker : workers_) reports.push_back(&worker->report());
  const ProviderStats providers{providers_->is_uplink_lost(), providers_->list_open(read_clock().boot)};
  const StatsFormat format = request == "stats" ? StatsFormat::kText : StatsFormat::kJson;
  StoreFacts store;
  if (store_) {
    const store::Writer::Gauges& gauges = store_->gauges();
    store = {&store_->counters(), gauges.entries, gauges.bytes, gauges.bytes_max, gauges.writing};
  }
  return "ok\n" + render_stats(facts, reports, cache_->usage(), providers, store, format);
}

void Daemon::run() {
  const bool at_terminal = isatty(STDERR_FILENO) == 1;
  for (;;) {
    std::array<pollfd, 2> watched = {
        {{signals_.descriptor(), POLLIN, 0}, {control_ ? control_->descriptor() : -1, POLLIN, 0}}};
    if (poll(watched.data(), watched.size(), -1) < 0) continue;  // interrupted
    if ((watched[1].revents & POLLIN) != 0) {
      control_->serve_one([this](std::string_view request) { return answer_control(request); });
    }
    const auto signal = signals_.next();
    if (!signal) continue;
    if (*signal == Signal::kStop || at_terminal) break;
    base::log_line(base::LogLevel::kWarning, "SIGHUP: the configuration is read at start only; restart to change it");
  }
  base::log_line(base::LogLevel::kInfo, "stopping: no new queries, answering those in flight");
  team_.request_stop();
  for (const auto& worker : workers_) worker->join();
  if (store_) store_->stop();
  base::log_line(base::LogLevel::kInfo, "stopped");
}

}  // namespace

base::Result<void, std::string> run_daemon(const DaemonOptions& options, const StderrLog& log, const Signals& signals) {
  Daemon daemon(options, log, signals);
  if (auto started = daemon.start(); !started) return started;
  daemon.run();
  return {};
}

}  // namespace server
