"""What all parts of one run share: folders, processors, times, the lab, progress."""
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Context:
    def __init__(self, folder, arguments):
        self.folder = Path(folder)
        self.build = Path(arguments.build).resolve()
        self.results = Path(arguments.results).resolve()
        self.rounds = arguments.rounds
        self.seconds = arguments.seconds
        self.scale = arguments.scale
        self.peers = arguments.peers
        self.late_percent = arguments.late_percent
        cores = sorted(os.sched_getaffinity(0))
        self.server_core = cores[0]
        self.load_core = cores[-1]
        self.world = None
        self.configs = {}
        self.started = []  # servers of the part that is running
        self.runs = {"kept": 0, "thrown away": 0}
        self.progress = None

    def rate(self, per_second):
        """An offered rate, scaled for the machine."""
        return max(1, round(per_second * self.scale))

    def count(self, names):
        """A number of names, scaled too when the run is a short one."""
        return max(1000, round(names * min(1.0, self.scale)))

    def note_config(self, name, text):
        self.configs.setdefault(name, text.replace(str(self.folder), "FOLDER"))

    def count_run(self, kept):
        self.runs["kept" if kept else "thrown away"] += 1

    def environment(self):
        model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                      if line.startswith("model name")), platform.machine())
        commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"],
                                capture_output=True, text=True).stdout.strip()
        return {"command": "scripts/bench " + " ".join(sys.argv[1:]), "commit": commit or "unknown",
                "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "processor": model,
                "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
                "load average": "%.2f %.2f %.2f" % os.getloadavg(), "rounds": self.rounds,
                "seconds a run": self.seconds, "late at most": f"{self.late_percent} %", "runs": str(self.runs),
                "server core": self.server_core, "load core": self.load_core, "configurations": self.configs}


class Progress:
    """A bar on standard error; on a terminal it stays on one line."""

    def __init__(self, steps):
        self.steps, self.done, self.started = max(1, steps), 0, time.monotonic()
        self.terminal = sys.stderr.isatty()

    def step(self, what):
        self.done = min(self.done + 1, self.steps)
        share = self.done / self.steps
        spent = time.monotonic() - self.started
        left = spent / share - spent
        bar = "#" * round(30 * share)
        text = f"[{bar:<30}] {100 * share:3.0f} %  {left / 60:4.1f} min left  {what}"
        if self.terminal:
            print(f"\r{text[:118]:<118}", end="\n" if self.done == self.steps else "", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)
