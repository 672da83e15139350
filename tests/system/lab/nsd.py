"""The lab's authoritative servers: NSD processes, each with its own addresses and zones."""
import socket
from pathlib import Path

from .process import Process, find

SERVER = """server:
  zonesdir: "{folder}"
  database: ""
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  pidfile: ""
  username: ""
  server-count: {servers}
  reuseport: yes
  tcp-count: 200
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  hide-version: yes
  verbosity: 1
{addresses}remote-control:
  control-enable: no
"""


def write(folder, instance, addresses, zones, servers=1):
    """`zones` is [(name, text)]. Returns the configuration's path."""
    home = Path(folder) / f"nsd-{instance}"
    home.mkdir(parents=True, exist_ok=True)
    lines = [SERVER.format(folder=home, servers=servers, addresses="".join(f"  ip-address: {a}\n" for a in addresses))]
    for number, (name, text) in enumerate(zones):
        (home / f"{number}.zone").write_text(text)
        lines.append(f'zone:\n  name: "{name}"\n  zonefile: "{number}.zone"\n')
    path = home / "nsd.conf"
    path.write_text("".join(lines))
    return path


def start(folder, instance, addresses, zones, *, servers=1):
    """With two servers or more, NSD's sockets also bear a socket of another program that is bound to any address."""
    path = write(folder, instance, addresses, zones, servers)
    return Process(f"nsd-{instance}", [find("nsd"), "-d", "-c", str(path)], folder)


def start_world(folder, world):
    """All NSD processes of a world, answering. Also the sockets of its silent addresses: keep them."""
    started = []
    for instance, addresses in world.addresses.items():
        zones = [(zone.name, zone.text()) for zone in world.zones if instance in zone.instances]
        started.append(start(folder, instance, addresses, zones))
    for process, addresses in zip(started, world.addresses.values()):
        process.wait_until_answers((addresses[0], 53))
    return started, [silent_socket(address) for address in world.silent]


def silent_socket(address):
    """Takes packets and never reads them."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.bind((address, 53))
    return sock


def complaints(processes):
    """Log lines that say that a zone was not loaded as written."""
    return [line for process in processes for line in process.log_text().splitlines()
            if "error" in line.lower() or "warning" in line.lower()]
