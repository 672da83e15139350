"""One run: one resolver through one fault. Gives what score.py reads."""
import subprocess
import time
from pathlib import Path

from lab import ask, process

import internet
import resolvers
import world

ASK_EVERY_MS = 7500
LISTEN_MS = 10000  # how long an answer is waited for; who asked gives up after score.GIVE_UP_MS
SEED = 4


class DidNotStart(Exception):
    pass


class Run:
    def __init__(self, resolver, fault, phases, folder, programs, core, progress):
        """`progress(seconds done, seconds in all, phase)` is called several times a second."""
        self.resolver = resolver
        self.fault = fault
        self.phases = phases
        self.folder = Path(folder)
        self.programs = programs
        self.core = core
        self.progress = progress
        self.marks = {}  # what happened when, in seconds since the clients' start
        self.client = None
        self.running = None

    def execute(self):
        """(rows, counts, marks, configuration); counts and marks in seconds since the clients' start."""
        home = self.folder / "resolver"
        home.mkdir()
        self.home = home
        self.lab = internet.Internet(self.folder, self.programs)
        helper = None
        try:
            if self.fault.route is not None:
                helper = resolvers.forwarder(self.folder, self.lab.hints)
            self._start_resolver()
            self._drive()
            self.stats = self._stats()
        finally:
            if self.client is not None:
                self.client.kill()
                self.client.wait()
                self.client.stdout.close()
            for one in (self.running, helper):
                if one is not None:
                    one.stop()
            self.lab.stop()
        counts = [(second - self.start, a, b) for second, a, b in self.lab.counts()]
        return self._rows(), counts, self.marks

    def _start_resolver(self):
        started = time.monotonic()
        self.running, self.config, self.command = self.resolver.start(self.home, self.lab.hints, self.fault.route,
                                                                      self.core, self.programs)
        self._wait_until_answers(started)
        return started

    def _wait_until_answers(self, started, patience=20.0):
        while time.monotonic() - started < patience:
            if self.running.popen.poll() is not None:
                break
            try:
                # Any answer will do; id.server needs nobody upstream.
                if ask.ask_one(resolvers.ADDRESS, "id.server.", "TXT", patience=0.1, klass=3) is not None:
                    return
            except OSError:
                pass
            time.sleep(0.01)
        raise DidNotStart(f"{self.resolver.title} does not answer: {self.running.log_text()[-1500:].strip()}")

    def _drive(self):
        phases, fault = self.phases, self.fault
        total = phases.total(fault)
        rows = self.folder / "rows.txt"
        self.client = subprocess.Popen(
            [self.programs / "outage_client", *map(str, resolvers.ADDRESS), self.lab.names, str(ASK_EVERY_MS),
             str(int(total)), str(LISTEN_MS), str(SEED), rows], stdout=subprocess.PIPE, text=True)
        self.start = int(self.client.stdout.readline().split()[1]) / 1e9
        begin = phases.warm + phases.quiet
        end = begin + phases.fault_seconds(fault)
        steps = sorted([(begin + second, step) for second, step in fault.steps] + [(end, step) for step in fault.heal],
                       key=lambda one: one[0])
        for second, step in steps:
            self._wait_until(second, total)
            getattr(self, step[0])(*step[1:])
        self.marks.setdefault("fault", begin)
        self.marks.setdefault("heal", end)
        self._wait_until(total, total)
        while self.client.poll() is None:
            time.sleep(0.1)
            self.progress(total, total, "waiting for late answers")
        if self.client.returncode != 0:
            raise RuntimeError("outage_client failed; its reason is above")

    def _wait_until(self, second, total):
        while (left := self.start + second - time.monotonic()) > 0:
            done = time.monotonic() - self.start
            if self.running.popen.poll() is not None:
                raise DidNotStart(f"{self.resolver.title} ended by itself after {done:.0f} s with "
                                  f"{self.running.popen.returncode}: {self.running.log_text()[-1500:].strip()}")
            self.progress(done, total, self._phase(done))
            time.sleep(min(left, 0.2))

    def _phase(self, second):
        if "heal" in self.marks:
            return "healed"
        if "fault" in self.marks:
            return "fault"
        return "warming up" if second < self.phases.warm else "quiet"

    def _mark(self, name, moment):
        self.marks.setdefault(name, moment - self.start)

    # The steps of faults.py -------------------------------------------------------------------------------------

    def provider_a(self, state):
        self._mark("heal" if state == "ok" else "fault", self.lab.provider_a(state))

    def cut_uplink(self):
        self._mark("fault", self.lab.cut_uplink())

    def mend_uplink(self):
        self._mark("heal", self.lab.mend_uplink())

    def cut_forwarder(self):
        self._mark("fault", self.lab.cut_forwarder())

    def mend_forwarder(self):
        self._mark("heal", self.lab.mend_forwarder())

    def move(self):
        self._mark("move", self.lab.move())

    def kill_and_restart(self):
        self._mark("kill", time.monotonic())
        self.running.popen.kill()
        self.running.popen.wait()
        started = self._start_resolver()
        self._mark("restart", started)
        self._mark("serving", time.monotonic())

    # ------------------------------------------------------------------------------------------------------------

    def _stats(self):
        """Holdfast's own counters at the end: they explain a figure, they score nothing."""
        socket = self.home / "control.sock"
        if not socket.exists():
            return ""
        done = subprocess.run([self.programs / "holdfastctl", "--socket", socket, "stats"], capture_output=True, text=True,
                              timeout=10, check=False)
        return done.stdout

    def _rows(self):
        classes = [klass for _, klass in self.lab.world.questions()]
        return read_rows(self.folder / "rows.txt", classes)


def read_rows(path, classes):
    """The client's file as score.Row."""
    from score import Row
    rows = []
    for line in Path(path).read_text().splitlines():
        name, due, late, latency, rcode, age, provider, ttl, errors = line.split()
        rows.append(Row(int(name), classes[int(name)], int(due) / 1e6, int(late) / 1e3,
                        None if latency == "-1" else int(latency) / 1e3, int(rcode),
                        None if age == "-1" else int(age) / 10, int(provider), int(ttl),
                        () if errors == "-1" else tuple(map(int, errors.split(",")))))
    return rows
