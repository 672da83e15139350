#!/usr/bin/env python3
"""The benches. scripts/bench builds what they need and starts this; see docs/performance.md."""
import argparse
import importlib
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/system")]

from lab import namespace, process  # noqa: E402
from harness import context as contexts, peers, report, world  # noqa: E402

PARTS = ("instructions", "workers", "echo", "hit", "cold", "dnssec", "mixed", "memory", "eviction", "flood", "threads")
WITHOUT_LAB = {"instructions", "eviction", "threads"}


def read_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures Holdfast beside its peers.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="of: " + " ".join(PARTS) + "; without one, all")
    parser.add_argument("--rounds", type=int, default=5, help="each figure is the median of so many (5)")
    parser.add_argument("--seconds", type=float, default=5, help="length of one run (5)")
    parser.add_argument("--scale", type=float, default=1, help="rates and numbers of names times this (1); below 1: a trial")
    parser.add_argument("--late-percent", type=float, default=1,
                        help="of a run's questions so many may leave late (1); more for a trial on a busy machine")
    parser.add_argument("--peers", default=",".join(peers.PEERS), help="which peers, with commas; empty: none")
    parser.add_argument("--build", default=str(ROOT / "build/bench"), help=argparse.SUPPRESS)
    parser.add_argument("--results", default=str(ROOT / "bench/results"), help="folder for the results (bench/results)")
    arguments = parser.parse_args()
    wrong = [part for part in arguments.parts if part not in PARTS]
    if wrong:
        parser.error(f"there is no part {wrong[0]}: take some of " + " ".join(PARTS))
    arguments.parts = arguments.parts or list(PARTS)
    arguments.peers = [name for name in arguments.peers.split(",") if name]
    unknown = [name for name in arguments.peers if name not in peers.PEERS]
    if unknown:
        parser.error(f"there is no peer {unknown[0]}: take some of " + " ".join(peers.PEERS))
    return arguments


def refuse(sentence):
    print(f"bench: {sentence}", file=sys.stderr)
    sys.exit(1)


def main():
    arguments = read_arguments()
    needs_lab = set(arguments.parts) - WITHOUT_LAB
    if needs_lab:
        absent = process.missing("nsd", "ip", *(peers.PROGRAMS[name] for name in arguments.peers))
        if absent:
            refuse("run scripts/setup bench first; missing: " + " ".join(absent))
        namespace.enter([str(Path(__file__).resolve()), *sys.argv[1:]], refused=refuse, own_proc=True)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        context = contexts.Context(folder, arguments)
        modules = {part: importlib.import_module(f"harness.parts.{part}") for part in arguments.parts}
        context.progress = contexts.Progress(sum(module.steps(context) for module in modules.values()))
        if needs_lab:
            context.world = world.World(context.folder, context.load_core)
        try:
            kept = [measure(context, part, module) for part, module in modules.items()]
        finally:
            if context.world:
                context.world.stop()
        for name, text in context.configs.items():
            print(f"\n# {name}\n{text}")
    sys.exit(1 if None in kept else 0 if all(kept) else 4)


def measure(context, part, module):
    """Whether all bars are kept; None: the part could not be measured, the others go on."""
    context.runs = {"kept": 0, "thrown away": 0}
    try:
        result = module.run(context)
    except RuntimeError as error:
        print(f"bench: {part}: {error}", file=sys.stderr, flush=True)
        return None
    finally:  # a part that ended early has left them
        while context.started:
            context.started.pop().stop()
    print("\n" + report.write(result, context.environment(), context.results), flush=True)
    return all(bar.kept for bar in result.bars)


if __name__ == "__main__":
    main()
