"""Cached names, Zipf 1.08 over 10,000 and over 1,000,000 of them: CPU for each query at a fixed rate, and peaks; also
with a new client port for each query, and over TCP."""
from harness import load, report, servers

TITLE = "Hits: CPU for each query"
SIZES = (10_000, 1_000_000)
MEMORY = 1024 * servers.MIB
ECHO_BAR, PEER_BAR, SIZE_BAR = 1.25, 0.40, 1.3
WAYS = {"udp": {}, "unseen ports": {"unseen_ports": True}, "tcp": {"tcp": True, "links": 16}}
RATES = {"udp": 30_000, "unseen ports": 8_000, "tcp": 20_000}


def steps(context):
    servers_count = 1 + len(context.peers)
    once = 2 * context.rounds * servers_count + context.rounds * len(servers.ECHOES)
    return len(SIZES) * (servers_count + 2 * context.rounds * servers_count) + once


def run(context):
    rows, bars, cpu, peaks = [], [], {}, {}
    for size in SIZES:
        measure_size(context, context.count(size), size, cpu, peaks)
    names = ["holdfast", *context.peers]
    for label, figures in cpu.items():
        for name, values in figures.items():
            rate = report.median(peaks[label][name]) if label in peaks and name in peaks[label] else ""
            rows.append([label, name, report.median(values), min(values), max(values), rate])
    echo, small, large = (cpu[label] for label in ("echo", f"udp {SIZES[0]}", f"udp {SIZES[1]}"))
    both = {"holdfast": small["holdfast"], **echo}
    bars += servers.ratio_bar("hit against the faster echo", both, "holdfast", ("echo-mmsg", "echo-uring"), ECHO_BAR)
    bars += servers.ratio_bar("hit against the best peer", small, "holdfast", names[1:], PEER_BAR)
    against = [b / a for a, b in zip(small["holdfast"], large["holdfast"])]
    bars.append(report.Bar("1,000,000 names against 10,000", report.median(against), SIZE_BAR))
    return report.Report("hit", TITLE, ["what", "server", "CPU us", "least", "most", "peak/s"], rows,
                         chart=[(f"{row[1]} ({row[0]})", row[2]) for row in rows], chart_unit="us", bars=bars,
                         raw={"cpu_us": cpu, "peak": peaks})


def measure_size(context, count, label, cpu, peaks):
    stream = f"zipf,count={count},zones=1000,rate={{}}"
    started = servers.start_all(context, MEMORY)
    for server in started:
        servers.warm_up(context, server, count)
        context.progress.step(f"warming {server.name}")
    first = label == SIZES[0]
    echoes = servers.start_echoes(context) if first else []

    def at_rate(way):
        text = stream.format(context.rate(RATES[way]))
        return lambda server: (servers.echo_cpu_us if server in echoes else load.Figures.cpu_us)(
            load.run(context, server, [text], **WAYS[way]))

    figures = servers.in_rounds(context, started + echoes, "hit", at_rate("udp"))
    if first:
        cpu["echo"] = {echo.name: figures.pop(echo.name) for echo in echoes}
    cpu[f"udp {label}"] = figures
    peaks[f"udp {label}"] = servers.in_rounds(context, started, "peak",
                                              lambda server: load.peak(context, server, [stream.format(1)]))
    if first:
        for way in ("unseen ports", "tcp"):
            cpu[f"{way} {label}"] = servers.in_rounds(context, started, way, at_rate(way))
    servers.stop(started + echoes)
