"""Hit ratio of the cache's policy, which the simulator drives in cache::Cache itself, beside known policies."""
import csv
import gzip
import json
import subprocess

from harness import context as contexts, report

TITLE = "Eviction: hit ratio in per cent"
LOG = contexts.ROOT.parent / "shared/data/queries/wrccdc-2018-zeek-dns.log.gz"
POLICIES = ("holdfast", "s3fifo", "sieve", "lru", "best")
POINTS_BAR = 0.5


def steps(_context):
    return 1


def write_trace(path):
    """The log as lines "SECOND KEY"; each packet was captured twice, so equal transactions count once."""
    seen, lines, first = set(), [], None
    with gzip.open(LOG, "rt", errors="replace") as log:
        for row in csv.reader((line for line in log if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE):
            time, uid, ident, query, qtype = float(row[0]), row[1], row[7], row[9].lower(), row[12]
            if (uid, ident, query, qtype) in seen or query == "-":
                continue
            seen.add((uid, ident, query, qtype))
            first = time if first is None else first
            lines.append(f"{max(0, int(time - first))} {query.replace(' ', '_')}/{qtype}\n")
    path.write_text("".join(lines))


def run(context):
    command = [str(context.build / "bench/eviction/bench_eviction")]
    notes = []
    if LOG.exists():
        trace = context.folder / "trace.txt"
        write_trace(trace)
        command.append(str(trace))
    else:
        notes.append("The query log is not here: only the sequence with a fixed seed was run.")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"bench_eviction failed: {done.stderr[-1000:]}")
    context.progress.step("eviction")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    rows, bars, chart = [], [], []
    for trace in dict.fromkeys(one["trace"] for one in results):
        for capacity in dict.fromkeys(one["capacity"] for one in results):
            ratio = {one["policy"]: one["hit_percent"] for one in results
                     if one["trace"] == trace and one["capacity"] == capacity}
            rows.append([trace, capacity, *(ratio[policy] for policy in POLICIES)])
            bars.append(report.Bar(f"points below S3-FIFO, {trace}, {capacity}", ratio["s3fifo"] - ratio["holdfast"],
                                   POINTS_BAR))
            chart += [(f"{trace} {capacity} {policy}", ratio[policy]) for policy in POLICIES]
    return report.Report("eviction", TITLE, ["sequence", "entries", *POLICIES], rows, chart=chart, chart_unit="%",
                         bars=bars, notes=notes, raw={"results": results})
