"""The resolvers that are measured: how each is configured, started, and what it can do.

Alike for all: one thread on a core of its own, serving on 127.0.0.1:5300, logging off, no DNSSEC validation (the lab
is unsigned), IPv4 only, the lab's root hints, serve-stale on, and limits on outstanding work well above what the bench
needs. All else is the default. The configurations are printed into the results.
"""
import re
import subprocess
from pathlib import Path

from lab import process

import world

ADDRESS = ("127.0.0.1", 5300)

HOLDFAST = """[server]
listen = ["127.0.0.1:5300"]
workers = 1
[log]
level = "error"
[resolver]
root_hints = "{hints}"
ipv6 = false
[store]
path = "{folder}/store"
[dnssec]
validate = false
"""
HOLDFAST_ROUTE = """[[upstream]]
name = "forwarder"
servers = ["{forwarder}"]
[[route]]
zone = "."
via = [{via}]
"""

UNBOUND = """server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  verbosity: 0
  num-threads: 1
  interface: 127.0.0.1@5300
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  module-config: "iterator"
  root-hints: "{hints}"
  outgoing-range: 4096
  num-queries-per-thread: 4096
  so-rcvbuf: 0
  ede: yes
  ede-serve-expired: yes
  serve-expired: yes
  serve-expired-ttl: 86400
  serve-expired-reply-ttl: 30
  serve-expired-client-timeout: {timer}
remote-control:
  control-enable: no
"""
UNBOUND_FORWARD = """forward-zone:
  name: "."
  forward-addr: {forwarder}
  forward-first: yes
"""

BIND = """options {{
  directory "{folder}";
  pid-file none;
  session-keyfile none;
  listen-on port 5300 {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  allow-query {{ any; }};
  dnssec-validation no;
  empty-zones-enable no;
  recursive-clients 20000;
  stale-cache-enable yes;
  stale-answer-enable yes;
  stale-answer-ttl 30;
  stale-refresh-time 30;
  max-stale-ttl 86400;
  stale-answer-client-timeout {timer};
{forwarders}}};
controls {{ }};
logging {{ category default {{ null; }}; }};
zone "." {{ type hint; file "{hints}"; }};
"""

POWERDNS = """local-address=127.0.0.1
local-port=5300
allow-from=127.0.0.0/8
threads=1
pdns-distributes-queries=no
hint-file={hints}
dont-query=
dnssec=off
query-local-address=0.0.0.0
socket-dir={folder}
quiet=yes
loglevel=0
disable-syslog=yes
max-mthreads=16384
extended-resolution-errors=yes
serve-stale-extensions=1440
"""

KNOT = """log_level('crit')
log_target('stderr')
net.ipv6 = false
net.listen('127.0.0.1', 5300, {{ kind = 'dns' }})
cache.open(100 * MB, 'lmdb://{folder}/kresd-cache')
trust_anchors.remove('.')
modules = {{ 'hints > iterate', 'serve_stale < cache', 'extended_error' }}
hints.root_file('{hints}')
"""

# What the fault iteration_lost or forwarder_lost is for: the order of the steps.
ITERATE_FIRST = "iterate_first"
FORWARDER_FIRST = "forwarder_first"


class Resolver:
    """One entrant. `make(folder, hints, route)` writes the configuration and gives (text, command)."""

    def __init__(self, name, title, programs, make, routes=()):
        self.name = name
        self.title = title
        self.programs = programs
        self.make = make
        self.routes = set(routes)

    def can(self, route):
        return route is None or route in self.routes

    def start(self, folder, hints, route, core, programs):
        """A Running, answering. The folder may hold what an earlier start left in it, as after a crash."""
        text, command = self.make(Path(folder), hints, route, programs)
        pinned = command if core is None else [process.find("taskset"), "-c", str(core), *command]
        running = process.Process(self.name, [str(part) for part in pinned], folder)
        return running, text, [Path(str(part)).name if "/" in str(part) else str(part) for part in command]


def _holdfast(folder, hints, route, programs):
    text = HOLDFAST.format(folder=folder, hints=hints)
    if route is not None:
        steps = ["iterate", "forwarder"] if route == ITERATE_FIRST else ["forwarder", "iterate"]
        text += HOLDFAST_ROUTE.format(forwarder=world.FORWARDER, via=", ".join(f'"{step}"' for step in steps))
    (folder / "store").mkdir(exist_ok=True)
    path = folder / "holdfast.toml"
    path.write_text(text)
    return text, [programs / "holdfastd", "--config", path, "--control", folder / "control.sock"]


def _unbound(timer):
    def make(folder, hints, route, _programs):
        text = UNBOUND.format(folder=folder, hints=hints, timer=timer)
        if route == FORWARDER_FIRST:
            text += UNBOUND_FORWARD.format(forwarder=world.FORWARDER)
        path = folder / "unbound.conf"
        path.write_text(text)
        return text, [copy_of("unbound", folder), "-d", "-c", path]
    return make


def _bind(timer):
    def make(folder, hints, route, _programs):
        forwarders = f"  forwarders {{ {world.FORWARDER}; }};\n  forward first;\n" if route == FORWARDER_FIRST else ""
        text = BIND.format(folder=folder, hints=hints, timer=timer, forwarders=forwarders)
        path = folder / "named.conf"
        path.write_text(text)
        return text, [copy_of("named", folder), "-f", "-4", "-n", "1", "-c", path]
    return make


def _powerdns(folder, hints, _route, _programs):
    text = POWERDNS.format(folder=folder, hints=hints)
    (folder / "recursor.conf").write_text(text)
    return text, [process.find("pdns_recursor"), f"--config-dir={folder}", "--daemon=no", "--write-pid=no"]


def _knot(folder, hints, _route, _programs):
    text = KNOT.format(folder=folder, hints=hints)
    path = folder / "kresd.conf"
    path.write_text(text)
    return text, [process.find("kresd"), "-n", "-c", path, folder]


def copy_of(program, folder):
    """AppArmor ties Debian's profiles to the path; a second start may find the copy there already."""
    copy = Path(folder) / program
    return str(copy) if copy.exists() else process.private_copy(program, folder)


ALL = [
    Resolver("holdfast", "Holdfast", [], _holdfast, routes=[ITERATE_FIRST, FORWARDER_FIRST]),
    Resolver("unbound", "Unbound, timer 1800 ms", ["unbound"], _unbound(1800), routes=[FORWARDER_FIRST]),
    Resolver("unbound-0", "Unbound, timer 0", ["unbound"], _unbound(0), routes=[FORWARDER_FIRST]),
    Resolver("bind", "BIND, timer off", ["named"], _bind("off"), routes=[FORWARDER_FIRST]),
    Resolver("bind-0", "BIND, timer 0", ["named"], _bind("0"), routes=[FORWARDER_FIRST]),
    Resolver("powerdns", "PowerDNS", ["pdns_recursor"], _powerdns),
    Resolver("knot", "Knot", ["kresd"], _knot),
]
BY_NAME = {resolver.name: resolver for resolver in ALL}


def forwarder(folder, hints):
    """A plain Unbound that resolves for others, from an address that the cut of the uplink spares."""
    folder = Path(folder) / "forwarder"
    folder.mkdir()
    text = UNBOUND.format(folder=folder, hints=hints, timer=0).replace("serve-expired: yes", "serve-expired: no")
    text = text.replace("interface: 127.0.0.1@5300", f"interface: {world.FORWARDER}@53")
    text = text.replace("access-control: 127.0.0.0/8 allow", "access-control: 0.0.0.0/0 allow")
    text = text.replace("  do-ip6: no\n", f"  do-ip6: no\n  outgoing-interface: {world.FORWARDER}\n")
    path = folder / "unbound.conf"
    path.write_text(text)
    running = process.Process("forwarder", [copy_of("unbound", folder), "-d", "-c", str(path)], folder)
    running.wait_until_answers((world.FORWARDER, 53))
    return running


def version(resolver, programs):
    """What the program says of itself, in one line."""
    command = {"holdfast": [programs / "holdfastd", "--version"], "powerdns": ["pdns_recursor", "--version"],
               "knot": ["kresd", "--version"], "unbound": ["unbound", "-V"], "bind": ["named", "-v"]}
    found = command[resolver.name.removesuffix("-0")]
    found = [process.find(str(found[0])) or found[0], *found[1:]]
    done = subprocess.run([str(part) for part in found], capture_output=True, text=True, timeout=20, check=False)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    line = next((line for line in lines if any(c.isdigit() for c in line)), "unknown")
    return re.sub(r"^\w{3} \d+ [\d:]+ ", "", line)  # PowerDNS logs it, with the time
