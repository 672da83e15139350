"""A flood of questions that nobody asks twice: a process that sends at a steady rate, from one address or from many."""
import multiprocessing
import socket
import time

from . import wire

BATCHES_PER_SECOND = 100


class Flood:
    """`name_of(number)` gives the name of each question; `sources` are the addresses they come from, by turns."""

    def __init__(self, target, name_of, sources, per_second):
        self.sent = multiprocessing.Value("q", 0)
        self._stop = multiprocessing.Event()
        self._process = multiprocessing.Process(target=self._run, args=(target, name_of, sources, per_second), daemon=True)

    def __enter__(self):
        self._process.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._process.join()

    def _run(self, target, name_of, sources, per_second):
        socks = [open_socket(source, target) for source in sources]
        batch = max(1, per_second // BATCHES_PER_SECOND)
        number = 0
        due = time.monotonic()
        while not self._stop.is_set():
            for _ in range(batch):
                packet = wire.query(number & 0xFFFF, name_of(number), "A")
                try:
                    socks[number % len(socks)].send(packet)
                except OSError:
                    pass  # the kernel's queue is full: a flood does not care
                number += 1
            self.sent.value = number
            due += 1 / BATCHES_PER_SECOND
            time.sleep(max(0.0, due - time.monotonic()))


def open_socket(source, target):
    """Its answers pile up unread and are dropped by the kernel."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.bind((source, 0))
    sock.connect(target)
    return sock
