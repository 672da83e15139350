"""The servers that are measured, each configured as its own manual advises for load: one thread, the same cache
bytes, logging off, quotas raised, minimal responses; DNSSEC only with an anchor. scripts/bench prints every
configuration it uses."""
import shutil
from pathlib import Path

from lab.process import Process, private_copy
from . import pin

ADDRESS = "127.0.0.1"

HOLDFAST = """[server]
listen = ["{address}:{port}"]
workers = {workers}
[log]
level = "error"
[resolver]
root_hints = "{hints}"
ipv6 = false
[cache]
memory = "{memory}B"
[dnssec]
{validation}
"""

UNBOUND = """server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  verbosity: 0
  interface: {address}@{port}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
{validation}  root-hints: "{hints}"
  num-threads: 1
  msg-cache-size: {third}
  rrset-cache-size: {two_thirds}
  msg-cache-slabs: 1
  rrset-cache-slabs: 1
  infra-cache-slabs: 1
  key-cache-slabs: 1
  outgoing-range: 8192
  num-queries-per-thread: 4096
  incoming-num-tcp: 200
  so-rcvbuf: 4m
  so-sndbuf: 4m
  minimal-responses: yes
  qname-minimisation: yes
remote-control:
  control-enable: no
"""

BIND = """options {{
  directory "{folder}";
  pid-file none;
  session-keyfile none;
  listen-on port {port} {{ {address}; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  allow-query {{ any; }};
{validation}  empty-zones-enable no;
  max-cache-size {memory};
  recursive-clients 100000;
  tcp-clients 1000;
  clients-per-query 0;
  max-clients-per-query 0;
  fetches-per-zone 0;
  fetches-per-server 0;
  minimal-responses yes;
  prefetch 0;
  notify no;
}};
controls {{ }};
logging {{ category default {{ null; }}; }};
zone "." {{ type hint; file "{hints}"; }};
"""

POWERDNS = """local-address={address}
local-port={port}
socket-dir={folder}
hint-file={hints}
threads=1
pdns-distributes-queries=no
max-cache-entries={entries}
max-packetcache-entries={entries}
max-mthreads=8192
max-tcp-clients=200
{validation}quiet=yes
loglevel=3
disable-syslog=yes
dont-query=
allow-from=127.0.0.0/8
security-poll-suffix=
query-local-address=0.0.0.0
daemon=no
write-pid=no
"""

KNOT = """net.listen('{address}', {port}, {{ kind = 'dns' }})
net.ipv6 = false
trust_anchors.remove('.')
{validation}modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
modules.unload('detect_time_skew')
modules.unload('detect_time_jump')
modules.load('hints')
hints.root_file('{hints}')
cache.size = {memory}
log_level('crit')
"""


# By whether the root's DS is given: {ds} is its RDATA, {digest} the last field of it, {file} a file with the record.
VALIDATION = {
    "holdfast": ("validate = false", 'trust_anchors = [". IN DS {ds}"]'),
    "unbound": ('  module-config: "iterator"\n', '  module-config: "validator iterator"\n  trust-anchor: ". DS {ds}"\n'),
    "bind": ("  dnssec-validation no;\n", "  dnssec-validation yes;\n"),
    "powerdns": ("dnssec=off\n", "dnssec=validate\nlua-config-file={file}\n"),
    "knot": ("", "trust_anchors.add_file('{file}', true)\n"),
}
BIND_ANCHOR = 'trust-anchors {{ . static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n'
ANCHOR_FILES = {"powerdns": 'addTA(".", "{ds}")\n', "knot": ". IN DS {ds}\n"}


class Server:
    """One running server. `memory`: bytes of cache. `under`: what it runs under, as valgrind. `lab`: whose root it asks
    (the unsigned one); one with `anchor_ds` has everything validated."""

    def __init__(self, name, context, *, memory, port, workers=1, under=(), lab=None):
        self.name, self.port = name, port
        self.folder = Path(context.folder) / f"{name}-{port}"
        shutil.rmtree(self.folder, ignore_errors=True)  # Knot Resolver keeps its cache there
        self.folder.mkdir()
        values = dict(address=ADDRESS, port=port, folder=self.folder, hints=(lab or context.world).hints, memory=int(memory),
                      third=int(memory) // 3, two_thirds=int(memory) * 2 // 3, entries=int(memory) // 850,
                      workers=workers, validation=self._validation(name, getattr(lab, "anchor_ds", None)))
        self.config, command = getattr(self, "_" + name)(context, values)
        context.note_config(name, self.config)
        self.process = Process(name, [*under, *command], self.folder, cwd=self.folder)
        context.started.append(self)
        self.process.wait_until_answers((ADDRESS, port), patience=60)
        self.pid = self.process.popen.pid
        if workers == 1:
            pin.pin(self.pid, context.server_core)

    def _validation(self, name, anchor_ds):
        off, on = VALIDATION[name]
        self.anchor = ""
        if not anchor_ds:
            return off
        tag, algorithm, digest_type, digest = anchor_ds.split()
        if name == "bind":
            self.anchor = BIND_ANCHOR.format(tag=tag, algorithm=algorithm, digest_type=digest_type, digest=digest)
        file = self._write("anchor", ANCHOR_FILES[name].format(ds=anchor_ds)) if name in ANCHOR_FILES else None
        return on.format(ds=anchor_ds, file=file)

    def _write(self, file_name, text):
        path = self.folder / file_name
        path.write_text(text)
        return str(path)

    def _holdfast(self, context, values):
        text = HOLDFAST.format(**values)
        return text, [str(context.build / "holdfastd"), "--config", self._write("holdfast.toml", text)]

    def _unbound(self, context, values):
        text = UNBOUND.format(**values)
        return text, [private_copy("unbound", self.folder), "-d", "-c", self._write("unbound.conf", text)]

    def _bind(self, context, values):
        text = BIND.format(**values) + self.anchor
        return text, [private_copy("named", self.folder), "-f", "-n", "1", "-c", self._write("named.conf", text)]

    def _powerdns(self, context, values):
        text = POWERDNS.format(**values)
        self._write("recursor.conf", text)
        return text, [private_copy("pdns_recursor", self.folder), f"--config-dir={self.folder}"]

    def _knot(self, context, values):
        text = KNOT.format(**values)
        return text, [private_copy("kresd", self.folder), "-n", "-c", self._write("kresd.conf", text), str(self.folder)]

    def resident_bytes(self):
        return pin.resident_bytes(self.pid)

    def stop(self):
        """What it runs under may have to write its findings first."""
        self.process.stop(patience=60)


class Echo(Server):
    """One of the servers that only turn datagrams around, or relay them."""

    def __init__(self, name, context, *, command, port):
        self.name, self.port = name, port
        self.process = Process(name, [str(part) for part in command], context.folder)
        context.started.append(self)
        self.process.wait_until_answers((ADDRESS, port), patience=20)
        self.pid = self.process.popen.pid
        pin.pin(self.pid, context.server_core)


PEERS = ("unbound", "bind", "powerdns", "knot")
PROGRAMS = {"unbound": "unbound", "bind": "named", "powerdns": "pdns_recursor", "knot": "kresd"}
