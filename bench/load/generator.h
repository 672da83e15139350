// Generator: asks questions at the times that its streams say, however fast the server answers (open loop),
// and measures each answer from the time its question was meant to leave. With a window it is a closed loop
// instead: for peaks.
#pragma once

#include <memory>
#include <vector>

#include "bench/load/link.h"
#include "bench/load/report.h"

namespace bench {

class Generator {
 public:
  explicit Generator(const LoadOptions& options);
  ~Generator();
  [[nodiscard]] RunFigures run();

 private:
  [[nodiscard]] uint64_t now_ns() const;
  void watch(int link) const;
  Link& link_for_next();
  void send_due(uint64_t now);
  void fill_window(uint64_t now);
  void send(size_t stream, uint64_t intended_ns, uint64_t now);
  void wait(uint64_t until_ns);
  void take(Link& link, base::Bytes reply);
  void settle(Flying& flying, Outcome outcome, uint64_t now);
  void expire(uint64_t before_ns);
  [[nodiscard]] uint64_t next_due_ns() const;

  LoadOptions options_;
  std::vector<Stream> streams_;
  std::vector<std::unique_ptr<Link>> links_;  // by number; in the mode of unseen ports by descriptor
  size_t next_link_ = 0;
  int epoll_ = -1;
  uint64_t started_ns_ = 0;
  uint64_t measure_from_ns_ = 0;
  uint64_t measure_to_ns_ = 0;
  uint64_t outstanding_ = 0;
  RunFigures figures_;
};

}  // namespace bench
