// Interleaver: runs small programs as fibers through every order of their yield points.
//
// Depth-first over the choices "who runs next": each schedule is replayed from the start with a
// fresh world, so nothing has to be undone. A yield point stands before each access to what is shared. Between two
// yield points a program runs alone, which
// makes the orders of sequentially consistent memory; what weaker orders allow is ThreadSanitizer's
// part (tests/stress).
//
//   run_every_schedule([] { World* world = ...; return std::vector<Program>{...}; }, [](bool stuck) {...});
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/check.h"

#if defined(__SANITIZE_THREAD__)
#define INTERLEAVING_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define INTERLEAVING_TSAN 1
#endif
#endif
#ifdef INTERLEAVING_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace interleaving {

using Program = std::function<void()>;

class Interleaver {
 public:
  // Called by programs. Outside of a run it does nothing.
  static void yield() {
    if (current_ != nullptr) current_->leave([] { return true; });
  }
  // Not run again before `ready` holds.
  static void wait_until(std::function<bool()> ready) { current_->leave(std::move(ready)); }

  // `prepare` makes a fresh world and its programs; `verify(stuck)` looks at the end of each
  // schedule, `stuck` when programs waited for ever; it returns false to stop. Returns the number of schedules.
  template <class Prepare, class Verify>
  static size_t run_every_schedule(Prepare&& prepare, Verify&& verify) {
    std::vector<size_t> choices;
    std::vector<size_t> options;
    for (size_t schedules = 1;; ++schedules) {
      Interleaver run(prepare());
      const bool stuck = run.follow(choices, options);
      if (!verify(stuck)) return schedules;
      while (!choices.empty() && choices.back() + 1 == options.back()) {
        choices.pop_back();
        options.pop_back();
      }
      if (choices.empty()) return schedules;
      ++choices.back();
    }
  }

 private:
  static constexpr size_t kStackBytes = 128 << 10;
  struct Fiber {
    Program program;
    std::function<bool()> ready = [] { return true; };
    bool finished = false;
    ucontext_t context{};
    void* tsan = nullptr;
  };

  explicit Interleaver(std::vector<Program> programs) : fibers_(programs.size()) {
    if (stacks_.size() < programs.size()) stacks_.resize(programs.size());
    for (size_t i = 0; i < programs.size(); ++i) {
      fibers_[i].program = std::move(programs[i]);
      if (stacks_[i] == nullptr) stacks_[i] = std::make_unique<uint8_t[]>(kStackBytes);
      make_context(&fibers_[i].context, stacks_[i].get());
#ifdef INTERLEAVING_TSAN
      fibers_[i].tsan = __tsan_create_fiber(0);
      tsan_main_ = __tsan_get_current_fiber();
#endif
    }
  }
  ~Interleaver() {
#ifdef INTERLEAVING_TSAN
    for (Fiber& fiber : fibers_) __tsan_destroy_fiber(fiber.tsan);
#endif
  }

  // By itself: getcontext may return twice, so the caller's variables are better out of its reach.
  [[gnu::noinline]] static void make_context(ucontext_t* context, uint8_t* stack) {
    getcontext(context);
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = kStackBytes;
    context->uc_link = nullptr;
    makecontext(context, &Interleaver::enter, 0);
  }

  static void enter() {
    Interleaver* run = current_;
    Fiber& fiber = run->fibers_[run->running_];
    fiber.program();
    fiber.finished = true;
    run->leave([] { return true; });
    UNREACHABLE();
  }

  void leave(std::function<bool()> ready) {
    Fiber& fiber = fibers_[running_];
    fiber.ready = std::move(ready);
#ifdef INTERLEAVING_TSAN
    __tsan_switch_to_fiber(tsan_main_, 0);
#endif
    swapcontext(&fiber.context, &main_);
  }

  // True when some program never finished.
  bool follow(std::vector<size_t>& choices, std::vector<size_t>& options) {
    current_ = this;
    // Up to its first yield point a program has touched nothing shared: no order to choose there.
    for (running_ = 0; running_ < fibers_.size(); ++running_) resume();
    bool stuck = false;
    for (size_t depth = 0;; ++depth) {
      std::vector<size_t> runnable;
      stuck = false;
      for (size_t i = 0; i < fibers_.size(); ++i) {
        if (fibers_[i].finished) continue;
        stuck = true;
        if (fibers_[i].ready()) runnable.push_back(i);
      }
      if (runnable.empty()) break;
      if (depth == choices.size()) {
        choices.push_back(0);
        options.push_back(runnable.size());
      }
      CHECK(options[depth] == runnable.size());  // replays are exact
      running_ = runnable[choices[depth]];
      resume();
    }
    current_ = nullptr;
    return stuck;
  }

  void resume() {
#ifdef INTERLEAVING_TSAN
    __tsan_switch_to_fiber(fibers_[running_].tsan, 0);
#endif
    swapcontext(&main_, &fibers_[running_].context);
  }

  static inline Interleaver* current_ = nullptr;
  static inline std::vector<std::unique_ptr<uint8_t[]>> stacks_;
  std::vector<Fiber> fibers_;
  size_t running_ = 0;
  ucontext_t main_{};
  void* tsan_main_ = nullptr;
};

struct YieldHook {
  static void yield_point() { Interleaver::yield(); }
};

}  // namespace interleaving
