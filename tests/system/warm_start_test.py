"""A start with 1,000,000 learned names: how long until the daemon serves, and until every name is answered.

Not part of the tests, because it measures: run.py warm_start --daemon ... --ctl .... HOLDFAST_WARM_ENTRIES
sets the number; HOLDFAST_STORE_FILL names the program that makes the store (built with the tests).
"""
import os
import random
import re
import subprocess
import time
import unittest
from pathlib import Path

from lab import ask, lab, resolvers, wire

ENTRIES = int(os.environ.get("HOLDFAST_WARM_ENTRIES", "1000000"))
STARTS = 5
SAMPLE = 20000
MEMORY = os.environ.get("HOLDFAST_WARM_MEMORY", "512MiB")


def name(number):
    return f"n{number}.warm.example."


def ask_cached(number):
    """Without RD only the cache answers."""
    message = ask.ask_one(resolvers.HOLDFAST, name(number), "A", patience=1.0, flags=0)
    return message is not None and bool(message.answer)


class WarmStart(unittest.TestCase):
    def test_a_million_names(self):
        here = lab.Lab.empty()
        self.addCleanup(here.stop)
        folder = here.folder / "store"
        fill = os.environ.get("HOLDFAST_STORE_FILL") or Path(lab.CONTROL).parent / "tests" / "system" / "store_fill"
        hints = here.config()
        # The fingerprint of the routes is that of a default configuration: no hints of the lab.
        text = re.sub(r"\[(resolver|cache)\].*?(?=\[)", "", hints.read_text(), flags=re.S)
        hints.write_text(text + f'[cache]\nmemory = "{MEMORY}"\n[store]\npath = "{folder}"\n')
        started = time.monotonic()
        subprocess.run([str(fill), str(folder), str(ENTRIES)], check=True, timeout=600)
        print(f"\nfilled in {time.monotonic() - started:.1f} s, {sum(f.stat().st_size for f in folder.iterdir()) / 1e6:.0f} MB")
        rng = random.Random(1)
        for round_ in range(STARTS):
            started = time.monotonic()
            process = here.start_holdfast(config=hints)
            serving = time.monotonic() - started
            loaded = None
            while loaded is None and time.monotonic() - started < 60:
                found = re.findall(r"store: (\d+) entries loaded in (\d+) ms", process.log_text())
                if len(found) > round_:
                    loaded = found[-1]
                    through = time.monotonic() - started
                else:
                    time.sleep(0.005)
            self.assertIsNotNone(loaded, process.log_text())
            sample = rng.sample(range(ENTRIES), SAMPLE)
            replies = ask.ask_all(resolvers.HOLDFAST, [(name(number), "A") for number in sample], window=200, tries=1,
                                  patience=3.0)
            answered = sum(1 for reply in replies if reply.rcode == "NOERROR" and reply.records)
            stats = here.stats()
            print(f"start {round_}: serving after {serving * 1000:.0f} ms, loaded {loaded[0]} in {loaded[1]} ms, through "
                  f"{through * 1000:.0f} ms after exec; {answered} of {SAMPLE} answered; left out for room "
                  f"{stats['store.dropped.room']}; cache {int(stats['cache.bytes']) >> 20} MiB; load {os.getloadavg()[0]:.1f}")
            process.stop(9)
            self.assertGreaterEqual(answered, SAMPLE * 0.999)
            self.assertEqual(stats["store.put_aside"], "0")


if __name__ == "__main__":
    unittest.main()
