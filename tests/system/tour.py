#!/usr/bin/env python3
"""What scripts/lab runs: the lab and the daemon, until Ctrl-C."""
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lab import namespace, process  # noqa: E402 (the path comes first)


def refuse(reason):
    print("lab:", reason, file=sys.stderr)
    Path(os.environ["HOLDFAST_LAB_PID_FILE"]).unlink(missing_ok=True)
    sys.exit(1)


def find(world, prefix, type_):
    """Some question of the world that shows a thing."""
    return next((f"{name} {kind}" for name, kind in world.questions if name.startswith(prefix) and kind == type_), "")


def held(world, type_):
    """A name with a record of this type, in a zone of ordinary servers."""
    return next((f"{owner} {type_}" for zone in world.zones if zone.style == "in_zone" for owner, _, kind, _ in zone.records
                 if kind == type_), "")


def style(world, name):
    return next((f"www.{zone.name} A" for zone in world.zones if zone.style == name), "")


def show_tour(world, control):
    zones = len(world.zones)
    print(f"\n{zones} zones on {len(world.addresses)} name servers, and Holdfast on 127.0.0.1:5300 in front of them.")
    print("In another terminal:\n")
    lines = [
        ("an address", find(world, "www.", "A")),
        ("aliases through several zones", find(world, "hop4.", "A")),
        ("a wildcard", find(world, "any.pages.", "A")),
        ("a subtree that moved (DNAME)", find(world, "hop0.moved.", "A")),
        ("a text too large for UDP", find(world, "large.", "TXT")),
        ("a type of the future", held(world, "TYPE65280")),
        ("servers with IPv6 only", style(world, "ipv6_only_provider")),
        ("servers whose own names must be resolved first", style(world, "glueless_twice")),
        ("one server does not know the zone", style(world, "one_lame")),
        ("one server is dead", style(world, "one_dead")),
        ("a name that does not exist", find(world, "no-such-name.", "A")),
        ("a zone that nobody serves: SERVFAIL", "www.all-dead.com. A"),
        ("who is it?", "CH TXT version.bind"),
    ]
    for what, question in lines:
        print(f"  {'scripts/lab dig ' + question:<58} # {what}")
    print(f"  scripts/lab exec build/release/holdfastctl --socket {control} stats")
    print("\nCtrl-C ends it, or from another terminal: scripts/lab stop", flush=True)


def main():
    absent = process.missing("ip", "unshare", "nsd")
    if absent:
        refuse(", ".join(absent) + " not installed; run scripts/setup test")
    namespace.enter(sys.argv, refused=refuse)
    from lab import lab  # reads the environment that scripts/lab sets

    def end(_signal, _frame):
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):  # a shell may have ignored the latter for us
        signal.signal(number, end)
    running = None
    try:
        running = lab.Lab()
        daemon = running.start_holdfast(*sys.argv[1:])
        show_tour(running.world, running.control_socket)
        code = daemon.popen.wait()
        print(f"lab: holdfastd ended with {code}:\n{daemon.log_text()[-2000:]}", file=sys.stderr)
    except RuntimeError as reason:
        print("lab:", reason, file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("\nlab: ending")
        code = 0
    finally:
        if running is not None:
            running.stop()
        Path(os.environ["HOLDFAST_LAB_PID_FILE"]).unlink(missing_ok=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
