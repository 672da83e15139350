"""Nine cached names for each new one, at fixed rates: latencies at a quarter, a half and three quarters of each server's
own peak, and of every server at half of Holdfast's."""
from harness import load, report, servers

TITLE = "Mixed: latency with nine hits for each miss"
SHARES = (0.25, 0.5, 0.75)
NAMES = 10_000
HIT_SHARE = 0.9


def steps(context):
    return (1 + len(context.peers)) * (1 + context.rounds * (len(SHARES) + 1))


def streams(rate, fresh=True):
    found = [f"zipf,count={NAMES},zones=1000,rate={max(1, rate * HIT_SHARE):.0f}"]
    return found + ([f"fresh,zones=100,rate={max(1, rate * (1 - HIT_SHARE)):.0f}"] if fresh else [])


def find_peak(context, server):
    """The most at which 99.9 % are answered, between the rates that are tried by halving."""
    low, high = 0, context.rate(200_000)
    while high - low > max(1000, low / 20):
        middle = (low + high) / 2
        figures = load.run(context, server, streams(middle), seconds=1, warm=0.5, late_percent=100, timeout=1, seed=int(middle))
        if figures.lost_share() < 0.001:
            low = middle
        else:
            high = middle
    return max(low, 1000)


def run(context):
    started = servers.start_all(context, 256 * servers.MIB)
    peaks, chart, rows, raw = {}, {}, [], {}
    for server in started:
        servers.warm_up(context, server, NAMES)
        load.run(context, server, ["fresh,zones=100,rate=500"], seconds=2, warm=0, seed=98)
        peaks[server.name] = find_peak(context, server)
        context.progress.step(f"peak of {server.name}")
    seeds = iter(range(1000, 1 << 20))
    for share in (*SHARES, None):
        def measure(server):
            rate = peaks[server.name] * share if share else peaks["holdfast"] / 2
            late = 100 if share == 0.75 else max(5, context.late_percent)  # there the generator shares the server's trouble
            return load.run(context, server, streams(rate), seeds=seeds, late_percent=late)
        label = f"{share:.0%} of its peak" if share else "half of Holdfast's peak"
        found = servers.in_rounds(context, started, label, measure)
        raw[label] = found
        for name, runs in found.items():
            values = [report.median([worst(one, key) for one in runs]) for key in ("p50_us", "p99_us", "p999_us")]
            lost = report.median([one.lost_share() * 100 for one in runs])
            rows.append([label, name, peaks[name] * share if share else peaks["holdfast"] / 2, *values, lost])
            if share:
                chart.setdefault(name, []).append((share * 100, values[2]))
    servers.stop(started)
    tail = {row[1]: row[5] for row in rows if not row[0].endswith("its peak")}
    best = min((value for name, value in tail.items() if name != "holdfast"), default=None)
    bars = [report.Bar("p99.9 against the best peer at half of our peak", tail["holdfast"] / best, 1)] if best else []
    return report.Report("mixed", TITLE, ["rate", "server", "queries/s", "p50 us", "p99 us", "p99.9 us", "lost %"], rows,
                         chart=chart, chart_unit="us", bars=bars, raw=raw)


def worst(figures, key):
    return max(stream[key] for stream in figures["streams"])
