"""The validating resolvers of the lab: Holdfast and Debian's Unbound, BIND and Knot Resolver, with one anchor."""
import os
from pathlib import Path

from lab.process import Process, find, private_copy

ADDRESSES = {"holdfast": ("127.0.0.1", 5300), "unbound": ("127.0.0.1", 5301), "bind": ("127.0.0.1", 5302),
             "knot": ("127.0.0.1", 5303)}
PEERS = ("unbound", "bind", "knot")

UNBOUND = """server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1@5301
  access-control: 127.0.0.0/8 allow
  module-config: "validator iterator"
  root-hints: "{hints}"
  trust-anchor-file: "{anchors}"
  val-log-level: 2
  ede: yes
  num-threads: 1
  so-rcvbuf: 0
remote-control:
  control-enable: no
"""

BIND = """options {{
  directory "{folder}";
  pid-file none;
  session-keyfile none;
  listen-on port 5302 {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  allow-query {{ any; }};
  dnssec-validation yes;
  empty-zones-enable no;
  notify no;
}};
controls {{ }};
trust-anchors {{ {anchors} }};
zone "." {{ type hint; file "{hints}"; }};
"""

KNOT = """net.listen('127.0.0.1', 5303, {{ kind = 'dns' }})
net.ipv6 = false
cache.open(50 * MB, 'lmdb://{folder}/knot-cache')
modules = {{ 'hints > iterate', 'extended_error' }}
hints.root_file('{hints}')
trust_anchors.remove('.')
trust_anchors.add_file('{anchors}', true)
"""

HOLDFAST = """[server]
listen = ["127.0.0.1:5300"]
workers = 1
client_deadline = "8s"
[log]
level = "info"
[resolver]
root_hints = "{hints}"
[cache]
memory = "64MiB"
[dnssec]
validate = true
trust_anchors = [{anchors}]
aggressive_nsec = {aggressive_nsec}
"""


class Resolvers:
    """`clock`: as faketime takes it, or nothing. `aggressive_nsec`: of Holdfast."""

    def __init__(self, folder, anchors, hints, clock=None, aggressive_nsec=True):
        self.folder = Path(folder)
        self.anchors = anchors
        self.hints = hints
        self.aggressive_nsec = aggressive_nsec
        self.anchor_file = self.folder / "anchors"
        self.anchor_file.write_text("\n".join(anchors) + "\n")
        self.environment = dict(os.environ)
        if clock:
            self.environment |= faketime_environment(clock)

    def start(self, which):
        process = getattr(self, "_" + which)()
        process.wait_until_answers(ADDRESSES[which])
        return process

    def _write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def _process(self, name, command):
        return Process(name, command, self.folder, env=self.environment)

    def _unbound(self):
        path = self._write("unbound.conf", UNBOUND.format(folder=self.folder, hints=self.hints, anchors=self.anchor_file))
        return self._process("unbound", [private_copy("unbound", self.folder), "-d", "-c", str(path)])

    def _bind(self):
        anchors = []
        for line in self.anchors:
            owner, _in, _ds, tag, algorithm, digest_type, *digest = line.split()
            anchors.append(f'{owner} static-ds {tag} {algorithm} {digest_type} "{"".join(digest)}";')
        path = self._write("named.conf", BIND.format(folder=self.folder, hints=self.hints, anchors=" ".join(anchors)))
        return self._process("named", [private_copy("named", self.folder), "-g", "-n", "1", "-c", str(path)])

    def _knot(self):
        path = self._write("kresd.conf", KNOT.format(folder=self.folder, hints=self.hints, anchors=self.anchor_file))
        return self._process("kresd", [find("kresd"), "-n", "-c", str(path), str(self.folder)])

    def _holdfast(self):
        anchors = ", ".join(f'"{line}"' for line in self.anchors)
        path = self._write("holdfast.toml", HOLDFAST.format(
            hints=self.hints, anchors=anchors, aggressive_nsec=str(self.aggressive_nsec).lower()))
        return self._process("holdfastd", [os.environ["HOLDFAST_DAEMON"], "--config", str(path), "--control",
                                           str(self.folder / "control.sock")])


def write_hints(folder, host, address):
    path = Path(folder) / "root.hints"
    path.write_text(f". 3600000 IN NS {host}\n{host} 3600000 IN A {address}\n")
    return path


def faketime_environment(clock):
    """The wall clock starts at `clock` and runs on; the clock of TTLs and timers stays as it is."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME": "@" + clock, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
