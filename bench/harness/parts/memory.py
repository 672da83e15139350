"""Resident bytes for each distinct cached A answer, and what a full cache takes after ten turnovers."""
from harness import load, peers, report, servers, world

TITLE = "Memory: resident bytes for each cached A answer"
COUNTS = (100_000, 1_000_000)
BYTES_PER_ANSWER = 200       # what `memory` is set to for each answer
PEER_BYTES_PER_ANSWER = 2000  # so that none of a peer's answers is dropped
ANSWER_BAR, PEER_BAR = 160, 0.5
MISSING_BAR = 0.02           # per cent: priming, and the odd question that got lost and came again
FULL_MEMORY = 64 * servers.MIB
TURNOVERS = 10


def steps(context):
    return len(COUNTS) * (1 + len(context.peers)) + 1


def run(context):
    rows, bars = [], []
    for number, size in enumerate(COUNTS):
        count = context.count(size)
        found = {}
        for k, name in enumerate(["holdfast", *context.peers]):
            found[name], missing = bytes_per_answer(context, name, count, port=5300 + 20 * number + k)
            if name == "holdfast":
                bars.append(report.Bar(f"per cent of {count} answers asked for anew", missing, MISSING_BAR))
            rows.append([f"{count} answers", name, found[name]])
            context.progress.step(f"memory {name}")
        bars.append(report.Bar(f"bytes for each of {count} answers", found["holdfast"], ANSWER_BAR))
        others = [value for name, value in found.items() if name != "holdfast"]
        if others:
            bars.append(report.Bar(f"against the best peer, {count} answers", found["holdfast"] / min(others), PEER_BAR))
    full = full_cache(context)
    rows.append([f"full, {TURNOVERS} turnovers, memory {FULL_MEMORY >> 20} MiB", "holdfast", full])
    bars.append(report.Bar("RSS of a full cache", full, 1.15 * FULL_MEMORY + 32 * servers.MIB))
    return report.Report("memory", TITLE, ["what", "server", "bytes"], rows,
                         chart=[(f"{row[1]} ({row[0]})", row[2]) for row in rows[:-1]], chart_unit="B", bars=bars)


def bytes_per_answer(context, name, count, *, port):
    idle_memory = servers.MIB if name == "holdfast" else count * PEER_BYTES_PER_ANSWER
    idle = peers.Server(name, context, memory=idle_memory, port=port)
    before = idle.resident_bytes()
    idle.stop()
    memory = max(servers.MIB, count * (BYTES_PER_ANSWER if name == "holdfast" else PEER_BYTES_PER_ANSWER))
    server = peers.Server(name, context, memory=memory, port=port + 100)
    load.fill(context, server, count)
    after = server.resident_bytes()
    missing = percent_missing(context, server, count)
    server.stop()
    return (after - before) / count, missing


def percent_missing(context, server, count):
    """The names must still be there. A hit makes two datagrams, a question and its answer; a miss two more. What the
    generator or the kernel lost makes the number smaller: it is not below zero for that."""
    before = world.datagrams_received()
    figures = load.run(context, server, [f"each,count={count},zones=1000"], seconds=2, warm=0, window=64, timeout=1)
    misses = (world.datagrams_received() - before) / 2 - figures.sent()
    if server.name != "holdfast" and misses > figures.sent() * 0.02:
        raise RuntimeError(f"{server.name} asked again for {misses:.0f} of {figures.sent()} names: its cache did not hold them")
    return max(0.0, 100 * misses / figures.sent())


def full_cache(context):
    server = peers.Server("holdfast", context, memory=FULL_MEMORY, port=5399)
    count = context.count(FULL_MEMORY // 100 * TURNOVERS)
    load.fill(context, server, count)
    resident = server.resident_bytes()
    server.stop()
    context.progress.step("memory, full")
    return resident
