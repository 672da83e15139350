// Starting where the machine does not allow everything. Privileges and system-call filters belong
// to a thread, so each case has a thread of its own.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <thread>

#include "base/log.h"
#include "tests/unit/net/loop_fixture.h"

namespace net {
namespace {

// From here on this thread's io_uring_setup fails with `error`.
bool forbid_io_uring(uint32_t error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = 4, .filter = program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

class KeptLines : public base::LogSink {
 public:
  void line(base::LogLevel, std::string_view text) override { lines.emplace_back(text); }
  std::vector<std::string> lines;
};

struct Outcome {
  bool filtered = false;
  std::string backend, error;
};

Outcome make_without_io_uring(Backend backend, uint32_t error) {
  Outcome outcome;
  std::thread([&] {
    outcome.filtered = forbid_io_uring(error);
    base::Counters counters;
    auto made = Loop::make({.backend = backend}, counters);
    if (made) outcome.backend = (*made)->backend_name();
    else outcome.error = made.error().sentence;
  }).join();
  return outcome;
}

TEST(Start, falls_back_with_one_line_that_says_why) {
  struct Row {
    uint32_t error;
    const char* reason;
  };
  for (const Row& row : {Row{EPERM, "not allowed"}, Row{ENOSYS, "no io_uring"}, Row{EINVAL, "too old"},
                         Row{ENOMEM, "no memory"}}) {
    KeptLines log;
    base::set_log_sink(&log, base::LogLevel::kInfo);
    const Outcome outcome = make_without_io_uring(Backend::kAuto, row.error);
    base::set_log_sink(nullptr, base::LogLevel::kError);
    if (!outcome.filtered) GTEST_SKIP() << "skipped: no system-call filters here";
    EXPECT_EQ(outcome.backend, "mmsg");
    ASSERT_EQ(log.lines.size(), 1u);
    EXPECT_NE(log.lines[0].find(row.reason), std::string::npos) << log.lines[0];
  }
}

TEST(Start, io_uring_asked_for_and_not_there_is_an_error) {
  const Outcome outcome = make_without_io_uring(Backend::kUring, EPERM);
  if (!outcome.filtered) GTEST_SKIP() << "skipped: no system-call filters here";
  EXPECT_NE(outcome.error.find("choose the backend mmsg"), std::string::npos) << outcome.error;
}

TEST(Start, low_port_without_the_privilege_says_what_is_needed) {
  std::string error = "none";
  std::thread([&] {
    if (geteuid() == 0) syscall(SYS_setresuid, 65534, 65534, 65534);  // of this thread alone
    base::Counters counters;
    auto made = Loop::make({.backend = Backend::kMmsg}, counters);
    if (!made) return;
    const auto listening = (*made)->listen(endpoint("127.0.0.1", 853));
    if (!listening) error = listening.error().sentence;
  }).join();
  if (error == "none") GTEST_SKIP() << "skipped: any user may use ports below 1024 here";
  EXPECT_NE(error.find("need root"), std::string::npos) << error;
}

}  // namespace
}  // namespace net
