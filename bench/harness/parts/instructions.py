"""Instructions of a hit, from the bytes of the query to the bytes of the answer: callgrind counts them, so that
neither the machine nor its load makes a difference."""
import re
import subprocess

from harness import report

TITLE = "Instructions of a hit (callgrind), parse to rendered answer"
HITS_BAR = 900
DO_RATIO_BAR = 1.2


def steps(_context):
    return 1


def run(context):
    out = context.folder / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", "--toggle-collect=resolver::answer_hits*", f"--callgrind-out-file={out}",
               str(context.build / "bench/micro/bench_hit_path"), "4"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-1000:]}")
    rows = []
    for number, line in enumerate(done.stdout.split("\n")[:-1], 1):
        variant, hits = line.split()
        total = re.search(r"^totals: (\d+)", out.with_name(f"{out.name}.{number}").read_text(), re.M)
        rows.append([variant, int(total.group(1)) / int(hits)])
    counts = dict(rows)
    context.progress.step("instructions")
    bars = [report.Bar(f"instructions, {name}", counts[name], HITS_BAR) for name in ("plain", "edns", "edns-do")]
    bars.append(report.Bar("edns-do-signed against edns", counts["edns-do-signed"] / counts["edns"], DO_RATIO_BAR))
    return report.Report("instructions", TITLE, ["query", "instructions"], rows, chart=rows, bars=bars,
                         raw={"command": " ".join(command).replace(str(context.folder), "FOLDER")
                                       .replace(str(context.build), "BUILD")})
