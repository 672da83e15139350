#include "server/worker.h"

#include <utility>

#include "server/pump.h"

namespace server {

Worker::Worker(WorkerOptions options, const resolver::Shared& shared, const base::Entropy::Seed& seed, Team& team)
    : options_(std::move(options)), shared_(shared), seed_(seed), team_(team) {}

Worker::~Worker() { join(); }

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  auto loop = net::Loop::make(options_.loop, report_.counters);
  if (!loop) return team_.report_failure(loop.error().sentence);
  for (const base::Endpoint& endpoint : options_.listen) {
    if (const auto listener = (*loop)->listen(endpoint); !listener) {
      return team_.report_failure(listener.error().sentence);
    }
  }
  if (!team_.report_ready(options_.engine.worker_index, **loop)) return;
  {
    cache::Reader reader = shared_.cache->readers().register_reader();
    Pump pump(options_.engine, shared_, reader, seed_, **loop, team_, report_);
    pump.run();
  }
  team_.report_done();
}

}  // namespace server
