#!/usr/bin/env python3
"""What scripts/outage runs: resolvers through faults, scored. docs/outage-bench.md explains it."""
import argparse
import json
import os
import platform
import signal
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "system"))

from lab import namespace, process  # noqa: E402 (the path comes first)

import bars  # noqa: E402
import faults  # noqa: E402
import plot  # noqa: E402
import progress  # noqa: E402
import report  # noqa: E402
import resolvers  # noqa: E402
import run  # noqa: E402
import score  # noqa: E402
import world  # noqa: E402

NEEDED = ["ip", "unshare", "nsd", "nft", "taskset"]
START_SECONDS = 5  # what a run takes beside its phases, for the estimate
LISTEN_SECONDS = run.LISTEN_MS / 1000
LATE_SENDS_MAX = 1.0  # per cent


def refuse(reason):
    print("outage:", reason, file=sys.stderr)
    sys.exit(2)


def chosen(parser, names, table, what):
    """The entries named in "a,b", in the table's order; all without a name."""
    wanted = [name for text in names or [] for name in text.split(",") if name]
    unknown = [name for name in wanted if name not in table]
    if unknown:
        parser.error(f"there is no {what} \"{unknown[0]}\"; there are {', '.join(table)}")
    return [entry for name, entry in table.items() if not wanted or name in wanted]


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/outage", description="Takes resolvers through outages of a DNS provider "
                                     "and scores what their clients see. Exit status 1: a bar of Holdfast fails.")
    parser.add_argument("--resolver", action="append", metavar="NAME", help="only these; more than one: a,b")
    parser.add_argument("--fault", action="append", metavar="NAME", help="only these; more than one: a,b")
    parser.add_argument("--quick", action="store_true", help="shorter phases: for a look, not for figures to quote")
    parser.add_argument("--list", action="store_true", help="say which resolvers and faults there are")
    parser.add_argument("--report", action="store_true", help="run nothing; write table and timelines from the results kept")
    parser.add_argument("--keep-rows", action="store_true", help="keep each question's row beside the results")
    parser.add_argument("--programs", default=str(ROOT / "build" / "bench"), help=argparse.SUPPRESS)
    parser.add_argument("--results", default=str(ROOT / "bench" / "results" / "outage"), metavar="FOLDER",
                        help="where results go (bench/results/outage)")
    options = parser.parse_args()
    options.resolvers = chosen(parser, options.resolver, resolvers.BY_NAME, "resolver")
    options.faults = chosen(parser, options.fault, faults.BY_NAME, "fault")
    options.phases = faults.QUICK if options.quick else faults.FULL
    # Figures of short phases never stand where those of whole ones are expected.
    options.results = Path(options.results) / ("quick" if options.quick else "")
    options.programs = Path(options.programs)
    return options


def show_list():
    print("Resolvers:")
    for resolver in resolvers.ALL:
        absent = process.missing(*resolver.programs)
        print(f"  {resolver.name:<12} {resolver.title}" + (f" (not installed: {', '.join(absent)})" if absent else ""))
    print("Faults:")
    for fault in faults.ALL:
        print(f"  {fault.name:<15} {fault.title}")


def runs_of(options):
    """What will run, fault by fault, so that each table is whole as early as can be."""
    return [(resolver, fault) for fault in options.faults for resolver in options.resolvers if resolver.can(fault.route)]


def gather_programs(options):
    """One folder with all that we start of our own."""
    found = {"holdfastd": options.programs / "holdfastd", "holdfastctl": options.programs / "holdfastctl",
             "outage_client": options.programs / "bench" / "outage" / "outage_client",
             "outage_authority": options.programs / "bench" / "outage" / "outage_authority"}
    folder = Path(tempfile.mkdtemp(prefix="holdfast-outage-bin-"))
    for name, path in found.items():
        if not path.exists():
            refuse(f"{path} is not built; run scripts/outage, which builds it")
        (folder / name).symlink_to(path.resolve())
    return folder


def cores():
    """The resolver's core and that of all else; (None, None) where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[-1]) if len(usable) > 1 else (None, None)


def raise_priority():
    """The lab, the clients and the resolvers alike come before the machine's other work, where we may say so.

    Real time, because Linux since 6.6 lets a running program finish its slice of 3 ms whatever the niceness of who
    waits; all of the bench together needs a few per cent of a core.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        pass


def machine():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")
    except OSError:
        model = "unknown processor"
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}"


def execute(resolver, fault, options, programs, core, bar):
    """One run as the dictionary that goes into its JSON."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-outage-"))
    result = {"resolver": resolver.name, "title": resolver.title, "fault": fault.name, "phases": asdict(options.phases),
              "version": resolvers.version(resolver, programs), "load_before": round(os.getloadavg()[0], 2), "bars": []}
    one = run.Run(resolver, fault, options.phases, folder, programs, core, bar.show)
    try:
        rows, counts, marks = one.execute()
        phases = options.phases
        result["score"] = score.score(rows, counts, marks, phases.warm, float(int(phases.total(fault))))
        result["stats"] = one.stats
        if options.keep_rows:
            shutil.copy(folder / "rows.txt", options.results / f"{fault.name}.{resolver.name}.rows.txt")
    except run.DidNotStart as reason:
        result["failure"] = str(reason)
    finally:
        result["configuration"] = getattr(one, "config", "").replace(str(folder), "FOLDER")
        result["command"] = getattr(one, "command", [])
        result["load_after"] = round(os.getloadavg()[0], 2)
        shutil.rmtree(folder, ignore_errors=True)
    return result


def save(result, folder):
    path = folder / f"{result['fault']}.{result['resolver']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


def load(options):
    """All results kept with these phases, by the order of faults and resolvers."""
    results = []
    for fault in faults.ALL:
        for resolver in resolvers.ALL:
            path = options.results / f"{fault.name}.{resolver.name}.json"
            if path.exists():
                result = json.loads(path.read_text())
                if result["phases"] == asdict(options.phases):
                    results.append(result)
    return results


def judge(results):
    """Sets the bars of Holdfast's results; the peers' newest figures are among `results`."""
    for result in results:
        if result["resolver"] != "holdfast":
            continue
        if "score" not in result:
            result["bars"] = [bars.Bar("it runs", "yes", result["failure"], False)]
            continue
        peers = {other["title"]: other["score"]["classes"]["a"]["outage"]["fresh_share"] for other in results
                 if other["fault"] == result["fault"] and other["resolver"] != "holdfast" and "score" in other}
        result["bars"] = bars.judge(result["fault"], result["score"], peers)


def write_report(results, options):
    """table.md, results.json and a timeline for each fault."""
    (options.results / "table.md").write_text(report.document(results, options.phases, machine()))
    slim = [{key: value for key, value in result.items() if key not in ("stats", "configuration")} for result in results]
    (options.results / "results.json").write_text(json.dumps(slim, indent=1) + "\n")
    for fault in faults.ALL:
        svg = plot.timeline(fault, [result for result in results if result["fault"] == fault.name])
        if svg:
            (options.results / f"{fault.name}.svg").write_text(svg)


def warn_of_noise(result):
    late = result.get("score", {}).get("late_sends_share", 0)
    if late > LATE_SENDS_MAX:
        print(f"outage: {late:.1f} % of the questions were sent late, because other programs had the processor: "
              "repeat this run on a quiet machine before you quote it", file=sys.stderr)


def measure(options):
    plan = runs_of(options)
    if not plan:
        refuse("none of these resolvers can be configured for this fault; --list says what there is")
    absent = process.missing(*NEEDED, *(p for resolver, _ in plan for p in resolver.programs),
                             *(p for _, fault in plan for p in fault.needs))
    if absent:
        refuse(f"{', '.join(dict.fromkeys(absent))} not installed; run scripts/setup bench")
    seconds = [options.phases.total(fault) + LISTEN_SECONDS + START_SECONDS for _, fault in plan]
    print(f"outage: {len(plan)} runs, about {sum(seconds) / 60:.0f} minutes. Ctrl-C ends it; what is done is kept.",
          file=sys.stderr)
    core, other = cores()
    if other is not None:
        os.sched_setaffinity(0, {other})
    raise_priority()
    namespace.add_addresses(world.World().addresses())
    options.results.mkdir(parents=True, exist_ok=True)
    programs = gather_programs(options)
    bar = progress.Progress(sum(seconds))
    try:
        for (resolver, fault), taken in zip(plan, seconds):
            bar.begin(f"{resolver.title}, {fault.name}")
            result = execute(resolver, fault, options, programs, core, bar)
            bar.end(taken)
            judge([result])
            save(result, options.results)
            print(report.fault_text(fault.name, [result]), flush=True)
            warn_of_noise(result)
    finally:
        shutil.rmtree(programs, ignore_errors=True)
    return [(resolver.name, fault.name) for resolver, fault in plan]


def main():
    options = arguments()
    if options.list:
        show_list()
        return 0
    ran = None
    if not options.report:
        absent = process.missing("ip", "unshare")
        if absent:
            refuse(f"{', '.join(absent)} not installed; run scripts/setup bench")
        namespace.enter(sys.argv, refused=refuse)

        def end(_signal, _frame):
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, end)
        try:
            ran = measure(options)
        except KeyboardInterrupt:
            print("\noutage: ended early; scripts/outage --report writes the table of what is done", file=sys.stderr)
            return 130
        except RuntimeError as reason:
            refuse(str(reason))
    results = load(options)
    judge(results)
    write_report(results, options)
    mine = [result for result in results if ran is None or (result["resolver"], result["fault"]) in ran]
    judged = [bar for result in mine for bar in result["bars"]]
    failed = sum(bar.passed is False for bar in judged)
    if judged:
        print(f"outage: bars of Holdfast: {sum(bar.passed is True for bar in judged)} passed, {failed} failed")
    print(f"outage: table, JSON and timelines are in {os.path.relpath(options.results)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
