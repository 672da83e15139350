"""One worker and two: instructions of the whole daemon (without the kernel) for each hit. callgrind counts them in two
runs, with and without the queries in question; the difference is theirs. Sockets are read by recvmmsg: valgrind holds up
all threads while one waits in a ring."""
import re

from harness import load, peers, report, servers

TITLE = "Workers: instructions of the daemon for each hit"
NAMES = 1000
RATIO_BAR = 1.05
SECONDS = 5
RATE = 4000  # far below what a daemon under callgrind can answer


def steps(_context):
    return 4


def run(context):
    found = {workers: instructions_per_hit(context, workers) for workers in (1, 2)}
    rows = [[workers, value] for workers, value in found.items()]
    return report.Report("workers", TITLE, ["workers", "instructions"], rows,
                         bars=[report.Bar("two workers against one", found[2] / found[1], RATIO_BAR)])


def instructions_per_hit(context, workers):
    stream = f"zipf,count={NAMES},zones=100,rate={RATE}"
    without, _ = counted(context, workers, f"without-{workers}", None)
    total, hits = counted(context, workers, f"with-{workers}", stream)
    return (total - without) / hits


def counted(context, workers, label, stream):
    """Instructions of one life of the daemon, and the hits in it that the other life does not have."""
    out = context.folder / f"callgrind-{label}"
    server = peers.Server("holdfast", context, memory=64 * servers.MIB, port=5350 + workers, workers=workers,
                          under=[str(context.build / "bench/echo/bench_without_uring"), "valgrind", "--tool=callgrind",
                                 f"--callgrind-out-file={out}"])
    load.run(context, server, [f"each,count={NAMES},zones=100,rate=500"], seconds=2 * NAMES / 500, warm=0, late_percent=100)
    hits = load.run(context, server, [stream], seconds=SECONDS, warm=0, late_percent=100).answered() if stream else 0
    server.stop()
    context.progress.step(f"workers {label}")
    return int(re.search(r"^totals: (\d+)", out.read_text(), re.M).group(1)), hits
