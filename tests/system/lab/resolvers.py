"""The resolvers that are asked: Holdfast, and Debian's Unbound and BIND for comparison."""
from pathlib import Path

from .process import Process, private_copy

HOLDFAST = ("127.0.0.1", 5300)
UNBOUND = ("127.0.0.1", 5301)
BIND = ("127.0.0.1", 5302)

UNBOUND_CONF = """server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1@5301
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
  root-hints: "{hints}"
  num-threads: 1
  outgoing-range: 4096
  num-queries-per-thread: 4096
  outgoing-num-tcp: 100
  incoming-num-tcp: 100
  jostle-timeout: 20000
  so-rcvbuf: 0
  use-caps-for-id: no
  minimal-responses: yes
remote-control:
  control-enable: no
"""

BIND_CONF = """options {{
  directory "{folder}";
  pid-file none;
  session-keyfile none;
  listen-on port 5302 {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  allow-query {{ any; }};
  dnssec-validation no;
  empty-zones-enable no;
  recursive-clients 20000;
  tcp-clients 200;
  clients-per-query 0;
  max-clients-per-query 0;
  minimal-responses yes;
  prefetch 0;
  notify no;
}};
controls {{ }};
zone "." {{ type hint; file "{hints}"; }};
"""

HOLDFAST_TOML = """[server]
listen = ["127.0.0.1:5300", "[::1]:5300"]
workers = {workers}
client_deadline = "{deadline}"
identity = "lab"
version = "lab version"
[log]
level = "info"
[resolver]
root_hints = "{hints}"
[cache]
memory = "{memory}"
[dnssec]
validate = false
"""


def write_hints(folder, roots):
    """`roots`: letter -> (IPv4, IPv6)."""
    lines = []
    for letter, (four, six) in roots.items():
        host = f"{letter}.root-servers.net."
        lines += [f". 3600000 IN NS {host}", f"{host} 3600000 IN A {four}", f"{host} 3600000 IN AAAA {six}"]
    path = Path(folder) / "root.hints"
    path.write_text("\n".join(lines) + "\n")
    return path


def start_unbound(folder, hints):
    path = Path(folder) / "unbound.conf"
    path.write_text(UNBOUND_CONF.format(folder=folder, hints=hints))
    process = Process("unbound", [private_copy("unbound", folder), "-d", "-c", str(path)], folder)
    process.wait_until_answers(UNBOUND)
    return process


def start_bind(folder, hints):
    path = Path(folder) / "named.conf"
    path.write_text(BIND_CONF.format(folder=folder, hints=hints))
    process = Process("named", [private_copy("named", folder), "-g", "-n", "1", "-c", str(path)], folder)
    process.wait_until_answers(BIND)
    return process


def holdfast_config(folder, hints, *, workers=0, deadline="4s", memory="256MiB"):
    path = Path(folder) / "holdfast.toml"
    path.write_text(HOLDFAST_TOML.format(hints=hints, workers=workers, deadline=deadline, memory=memory))
    return path


def start_holdfast(daemon, folder, config, *arguments, address=HOLDFAST):
    process = Process("holdfastd", [str(daemon), "--config", str(config), *arguments], folder)
    process.wait_until_answers(address)
    return process
