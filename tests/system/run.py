#!/usr/bin/env python3
"""Runs one kind of system test in a network namespace of its own.

    tests/system/run.py service --daemon build/release/holdfastd --ctl build/release/holdfastctl

Exit code 77 says "skipped", with the reason in one sentence. HOLDFAST_LAB_KEEP=1 keeps the folder with the logs.
"""
import argparse
import importlib.util
import os
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from lab import namespace, process  # noqa: E402 (the path comes first)

SKIPPED = 77
NEEDED = {
    "service": ["nsd", "dig"],
    "dnssec": ["nsd", "unbound", "named", "kresd", "dnssec-keygen", "dnssec-signzone", "ldns-signzone", "kzonesign"],
    "dnssec_attacks": ["nsd", "unbound", "named", "kresd", "dnssec-keygen", "dnssec-signzone", "ldns-signzone"],
    "dnssec_root": ["nsd", "unbound", "faketime"],
    "comparison": ["nsd", "unbound", "named"],
    "root_zone": ["nsd"],
    "load": ["nsd", "dnsperf"],
    "flood": ["nsd", "dnsperf"],
    "store": ["nsd"],
    "warm_start": ["nsd"],
}


# Debian's packages, which only Debian's Python finds.
PYTHON_NEEDED = dict.fromkeys(("dnssec", "dnssec_attacks", "dnssec_root"), ["dns", "cryptography"])
DEBIAN_PYTHON = "/usr/bin/python3"


def skip(reason):
    print("skipped:", reason)
    sys.exit(SKIPPED)


def with_packages(kind):
    """Goes on under Debian's Python where this one lacks a package that the kind needs."""
    lacking = [name for name in PYTHON_NEEDED.get(kind, ()) if importlib.util.find_spec(name) is None]
    if not lacking:
        return
    if os.path.realpath(sys.executable) == os.path.realpath(DEBIAN_PYTHON) or not Path(DEBIAN_PYTHON).exists():
        skip("Python lacks " + ", ".join(lacking) + "; scripts/setup test installs it")
    os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])


def main():
    parser = argparse.ArgumentParser(description="Runs one kind of system test.")
    parser.add_argument("kind", choices=sorted(NEEDED))
    parser.add_argument("--daemon", required=True, help="path of holdfastd")
    parser.add_argument("--ctl", required=True, help="path of holdfastctl")
    parser.add_argument("--backend", default="auto", choices=("auto", "uring", "mmsg"))
    parser.add_argument("--only", default="", help="run only tests whose name contains this")
    arguments = parser.parse_args()
    with_packages(arguments.kind)
    absent = process.missing("ip", "unshare", *NEEDED[arguments.kind])
    if absent:
        skip(", ".join(absent) + " not installed; scripts/setup installs them")
    if not Path(arguments.daemon).exists():
        skip(f"{arguments.daemon} is not built")
    namespace.enter(sys.argv, refused=skip)
    os.environ["HOLDFAST_DAEMON"] = os.path.abspath(arguments.daemon)
    os.environ["HOLDFAST_CTL"] = os.path.abspath(arguments.ctl)
    os.environ["HOLDFAST_BACKEND"] = arguments.backend
    loader = unittest.TestLoader()
    if arguments.only:
        loader.testNamePatterns = [f"*{arguments.only}*"]
    result = unittest.TextTestRunner(verbosity=2).run(loader.loadTestsFromName(arguments.kind + "_test"))
    if result.wasSuccessful() and result.testsRun == len(result.skipped) and result.skipped:
        skip(result.skipped[0][1])
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


if __name__ == "__main__":
    main()
