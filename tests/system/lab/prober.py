"""One who asks for a name that is cached, at a steady rate, while others attack: how long the worker leaves him waiting."""
import dataclasses
import multiprocessing
import select
import time

from . import wire
from .ask import drain, open_udp

STRAGGLERS = 5.0  # seconds after the last question


@dataclasses.dataclass
class Report:
    sent: int = 0
    bad: int = 0  # another RCODE than NOERROR, or no data
    seconds: list = dataclasses.field(default_factory=list)

    @property
    def lost(self):
        return self.sent - len(self.seconds)


class Prober:
    def __init__(self, address, name, per_second):
        self.report = None
        self._stop = multiprocessing.Event()
        self._started = multiprocessing.Event()
        self._pipe, there = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=self._run, args=(address, name, per_second, there), daemon=True)

    def __enter__(self):
        self._process.start()
        self._started.wait(10)
        return self

    def __exit__(self, *_):
        self._stop.set()
        self.report = self._pipe.recv()
        self._process.join()

    def _run(self, address, name, per_second, pipe):
        sock = open_udp(address)
        sock.setblocking(False)
        flying, report = {}, Report()
        due = time.monotonic()
        self._started.set()
        while not self._stop.is_set():
            if time.monotonic() >= due:
                flying[report.sent & 0xFFFF] = time.monotonic()
                sock.send(wire.query(report.sent & 0xFFFF, name, "A"))
                report.sent += 1
                due += 1 / per_second
            self._take(sock, flying, report, due - time.monotonic())
        end = time.monotonic() + STRAGGLERS
        while flying and time.monotonic() < end:
            self._take(sock, flying, report, end - time.monotonic())
        pipe.send(report)

    @staticmethod
    def _take(sock, flying, report, patience):
        select.select([sock], [], [], max(0.0, patience))
        for message in drain(sock):
            sent = flying.pop(message.id, None)
            if sent is not None:
                report.seconds.append(time.monotonic() - sent)
                report.bad += message.rcode != 0 or not message.answer
