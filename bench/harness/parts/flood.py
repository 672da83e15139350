"""Popular names at a steady rate while random names of one zone arrive, at half of the server's own cold peak and at
twice that: what the popular names lose, beside what the kernel dropped of all datagrams."""
from harness import load, report, servers

TITLE = "Flood of random names of one zone: what popular names lose"
POPULAR = "zipf,count=1000,zones=1000,rate={}"
LEVELS = (0, 0.5, 2.0)
LATENCY_BAR, PEER_BAR = 2, 0.5


def steps(context):
    return (1 + len(context.peers)) * (1 + context.rounds * len(LEVELS))


def run(context):
    started = servers.start_all(context, 256 * servers.MIB)
    popular = POPULAR.format(context.rate(5000))
    peaks, rows, raw, seeds = {}, [], {}, iter(range(1, 1 << 20))
    for server in started:
        servers.warm_up(context, server, 1000)
        peaks[server.name] = max(500, load.peak(context, server, ["fresh,zones=1,rate=1"], window=512, seeds=seeds))
        context.progress.step(f"cold peak of {server.name}")
    for level in LEVELS:
        def measure(server):
            flood = [f"fresh,zones=1,rate={peaks[server.name] * level:.0f}"] if level else []
            return load.run(context, server, [popular, *flood], seeds=seeds, late_percent=max(5, context.late_percent) if level < 1 else 100)
        raw[level] = servers.in_rounds(context, started, f"flood {level:.0%}", measure)
        for name, runs in raw[level].items():
            rows.append([f"{level:.0%}", name, peaks[name] * level,
                         report.median([one.lost_share(0) * 100 for one in runs]),
                         report.median([one["streams"][0]["p99_us"] for one in runs]),
                         report.median([one["buffer_errors"] / max(1, one.sent()) * 100 for one in runs])])
    servers.stop(started)
    by = {(row[0], row[1]): row for row in rows}
    quiet, half, twice = (by[f"{level:.0%}", "holdfast"] for level in LEVELS)
    bars = [report.Bar("lost at 50 %, per cent", half[3], 0),
            report.Bar("p99 at 50 % against quiet", half[4] / quiet[4], LATENCY_BAR),
            report.Bar("lost at 200 % beyond what the kernel dropped, per cent", twice[3] - twice[5], 0)]
    others = [by[f"{LEVELS[2]:.0%}", name][3] for name in context.peers]
    if others:
        bars.append(report.Bar("lost at 200 % against half of the best peer's loss, per cent", twice[3],
                               PEER_BAR * min(others)))
    return report.Report("flood", TITLE, ["flood", "server", "flood/s", "popular lost %", "popular p99 us", "kernel dropped %"],
                         rows, chart=[(f"{row[1]} {row[0]}", row[3]) for row in rows], chart_unit="%", bars=bars,
                         raw={str(level): found for level, found in raw.items()})
