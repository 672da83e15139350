"""One line that says what runs and how long all of it still takes: redrawn on a terminal, rare lines elsewhere."""
import sys
import time

WIDTH = 24
QUIET_SECONDS = 30


class Progress:
    def __init__(self, total_seconds, out=sys.stderr):
        self.total = max(total_seconds, 1)
        self.before = 0  # seconds of the runs that are over
        self.title = ""
        self.out = out
        self.is_terminal = out.isatty()
        self.last = 0.0

    def begin(self, title):
        self.title = title
        self.last = 0.0

    def show(self, done, total, phase):
        now = time.monotonic()
        if now - self.last < (0.2 if self.is_terminal else QUIET_SECONDS):
            return
        self.last = now
        share = min((self.before + done) / self.total, 1)
        left = max(0, round(self.total - self.before - done))
        bar = ("#" * round(share * WIDTH)).ljust(WIDTH, ".")
        line = f"[{bar}] {share:4.0%} {left // 60}:{left % 60:02d} left  {self.title}: {phase} {done:.0f}/{total:.0f} s"
        self.out.write(f"\r{line:<110.110}" if self.is_terminal else line + "\n")
        self.out.flush()

    def end(self, seconds):
        self.before += seconds
        self.clear()

    def clear(self):
        if self.is_terminal:
            self.out.write("\r" + " " * 110 + "\r")
            self.out.flush()
