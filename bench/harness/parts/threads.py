"""The cache alone, read by one and by two threads, beside a map in parts with a mutex each and TBB's."""
import json
import subprocess

from harness import report

TITLE = "The cache alone: million look-ups a second"
TABLES = ("holdfast", "sharded", "tbb")


def steps(_context):
    return 1


def run(context):
    command = [str(context.build / "bench/micro/bench_threads"), "--benchmark_format=json",
               f"--benchmark_repetitions={context.rounds}", "--benchmark_report_aggregates_only=true"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"bench_threads failed: {done.stderr[-1000:]}")
    context.progress.step("threads")
    found = {}
    for one in json.loads(done.stdout)["benchmarks"]:
        if one.get("aggregate_name", "median") == "median":  # one repetition makes no aggregates
            keys, table = one["run_name"].split("/")[:2]
            found[keys, one["threads"], table] = one["items_per_second"] / 1e6
    rows, bars, chart = [], [], []
    for keys in ("hot", "many"):
        for threads in (1, 2):
            rates = [found[keys, threads, table] for table in TABLES]
            rows.append([keys, threads, *rates])
            bars.append(report.Bar(f"best other against ours, {keys}, {threads} threads", max(rates[1:]) / rates[0], 1))
            chart += [(f"{keys} {threads} {table}", rate) for table, rate in zip(TABLES, rates)]
    return report.Report("threads", TITLE, ["keys", "threads", *TABLES], rows, chart=chart, chart_unit="M/s", bars=bars)
