// Worker: one thread with a loop (sockets), an engine and a place among the readers of the cache.
// Its pump carries between them what the engine may not touch itself:
//
//   loop.turn()  ->  queries    ->  answer_hits()  ->  answers, at once
//                                      | misses
//                                      v
//                    responses  ->  engine.handle_*  ->  effects  ->  loop.send_*, open_*, close_*
//
// In each turn the hits are answered before the misses: a flood of the unanswerable does not make
// the answerable wait. The reader is online from the start of a turn to its end, offline while
// the loop waits; no entry outlives a turn.
//
// Thread rule: constructed and joined by the main thread; start() begins the worker's own, where
// the loop and the engine live and die. report() is for any thread.
#pragma once

#include <thread>
#include <vector>

#include "base/entropy.h"
#include "base/ip.h"
#include "net/loop.h"
#include "resolver/engine.h"
#include "server/stats.h"
#include "server/team.h"

namespace server {

struct WorkerOptions {
  resolver::Options engine;
  net::LoopOptions loop;
  std::vector<base::Endpoint> listen;
};

class Worker {
 public:
  Worker(WorkerOptions options, const resolver::Shared& shared, const base::Entropy::Seed& seed, Team& team);
  ~Worker();  // joins
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  void join();
  [[nodiscard]] const WorkerReport& report() const { return report_; }

 private:
  void run();

  WorkerOptions options_;
  resolver::Shared shared_;
  base::Entropy::Seed seed_;
  Team& team_;
  WorkerReport report_;
  std::thread thread_;
};

}  // namespace server
