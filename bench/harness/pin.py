"""Processors: who runs where, and what a process has used."""
import os
from pathlib import Path


def processes_below(pid):
    """The process and all its children."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*"):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def pin(pid, core):
    """The process, its children and all their threads on one core."""
    for process in processes_below(pid):
        for task in Path(f"/proc/{process}/task").glob("*"):
            os.sched_setaffinity(int(task.name), {core})


def resident_bytes(pid):
    total = 0
    for process in processes_below(pid):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                total += int(line.split()[1]) * 1024
    return total
