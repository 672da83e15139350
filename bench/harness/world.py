"""The lab of the benches: a root, a TLD and a hosting server, all NSD, on addresses of the loopback interface.

Every name of every zone exists: a wildcard answers. So names need not be loaded, a question that was never asked
costs one exchange once the zone is known, and three from an empty cache.
"""
from pathlib import Path

from lab import namespace, nsd
from . import pin

ROOT, TLD, HOSTING = "10.77.0.1", "10.77.0.2", "10.77.0.3"
DOMAIN = "bench"
ZONES = 1000
TTL = 86400

def root_zone():
    return (f". {TTL} IN SOA a.root-servers.net. hostmaster.{DOMAIN}. 1 7200 3600 1209600 300\n"
            f". {TTL} IN NS a.root-servers.net.\na.root-servers.net. {TTL} IN A {ROOT}\n"
            f"{DOMAIN}. {TTL} IN NS ns.{DOMAIN}.\nns.{DOMAIN}. {TTL} IN A {TLD}\n")


def tld_zone():
    lines = [f"@ {TTL} IN SOA ns hostmaster 1 7200 3600 1209600 300", f"@ {TTL} IN NS ns", f"ns {TTL} IN A {TLD}"]
    for k in range(ZONES):
        lines += [f"s{k} {TTL} IN NS ns.s{k}", f"ns.s{k} {TTL} IN A {HOSTING}"]
    return "\n".join(lines) + "\n"


def site_zone():
    return (f"@ {TTL} IN SOA ns hostmaster 1 7200 3600 1209600 300\n@ {TTL} IN NS ns\nns {TTL} IN A {HOSTING}\n"
            f"* {TTL} IN A 192.0.2.1\n")


class Servers:
    """NSD processes on one core, all answering. `levels`: (name, address, [(zone, its text)]), the root's first."""

    def __init__(self, folder, core, levels):
        namespace.add_addresses([address for _, address, _ in levels])
        self.processes = [nsd.start(folder, name, [address], zones) for name, address, zones in levels]
        root_name, root_address, _ = levels[0]
        self.hints = folder / f"{root_name}.hints"
        self.hints.write_text(f". 3600000 IN NS a.root-servers.net.\na.root-servers.net. 3600000 IN A {root_address}\n")
        for process, (_, address, _) in zip(self.processes, levels):
            process.wait_until_answers((address, 53), patience=60)
            pin.pin(process.popen.pid, core)

    def stop(self):
        for process in self.processes:
            process.stop()


class World(Servers):
    def __init__(self, folder, core):
        site = site_zone()
        super().__init__(folder, core, [
            ("root", ROOT, [(".", root_zone())]),
            ("tld", TLD, [(f"{DOMAIN}.", tld_zone())]),
            ("hosting", HOSTING, [(f"s{k}.{DOMAIN}.", site) for k in range(ZONES)]),
        ])


def datagrams_received():
    """By all sockets of this network namespace so far."""
    names, values = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Udp:")]
    return int(values[names.index("InDatagrams")])
