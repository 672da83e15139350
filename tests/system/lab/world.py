"""The lab's Internet as data: root, TLDs, providers and the zones made from real names; who serves which, and where.

All of it follows from the list of names alone, so that a failure repeats.
"""
import random
from pathlib import Path

from . import content, delegation

NAMES = Path(__file__).resolve().parent.parent / "data" / "names.txt"
ROOTS = {  # the real ones, so that a resolver's built-in hints work in the lab
    "a": ("198.41.0.4", "2001:503:ba3e::2:30"), "b": ("170.247.170.2", "2801:1b8:10::b"),
    "c": ("192.33.4.12", "2001:500:2::c"), "d": ("199.7.91.13", "2001:500:2d::d"),
    "e": ("192.203.230.10", "2001:500:a8::e"), "f": ("192.5.5.241", "2001:500:2f::f"),
    "g": ("192.112.36.4", "2001:500:12::d0d"), "h": ("198.97.190.53", "2001:500:1::53"),
    "i": ("192.36.148.17", "2001:7fe::53"), "j": ("192.58.128.30", "2001:503:c27::2:30"),
    "k": ("193.0.14.129", "2001:7fd::1"), "l": ("199.7.83.42", "2001:500:9f::42"),
    "m": ("202.12.27.33", "2001:dc3::35"),
}
GENERIC = ("com", "net", "org", "info", "biz", "gov", "edu")
REVERSE = ("9.9.9.in-addr.arpa.", "0.6.2.ip6.arpa.")
POOL = 24  # addresses of the hosting server that in-zone name servers share


class Zone:
    """One zone: its records, its name servers as the parent and as it itself tells them, and who serves it."""

    def __init__(self, name):
        self.name = name
        self.instances = set()
        self.parent_ns = []
        self.child_ns = []
        self.glue = []  # (host, address) that the parent holds
        self.ds = ""  # what the parent says of it
        self.records = []
        self.style = ""

    def add(self, owner, type_, rdata, ttl=3600):
        self.records.append((owner, ttl, type_, rdata))

    def add_host(self, host, addresses, ttl=3600):
        for address in addresses:
            self.add(host, "AAAA" if ":" in address else "A", address, ttl)

    def delegate(self, child):
        for host in child.parent_ns:
            self.add(child.name, "NS", host, 86400)
        if child.ds:
            self.add(child.name, "DS", child.ds, 86400)
        for host, address in child.glue:
            record = (host, 86400, "AAAA" if ":" in address else "A", address)
            if record not in self.records[-64:]:
                self.records.append(record)

    def text(self):
        mail = "hostmaster." + self.name.lstrip(".")
        lines = [f"{self.name} 3600 IN SOA {self.child_ns[0]} {mail} 2026010101 1800 900 604800 900"]
        lines += [f"{self.name} 86400 IN NS {host}" for host in self.child_ns]
        lines += [f"{owner} {ttl} IN {type_} {rdata}" for owner, ttl, type_, rdata in dict.fromkeys(self.records)]
        return "\n".join(lines) + "\n"


class World:
    def __init__(self, count=0):
        self.zones = []
        self.addresses = {}  # NSD instance -> its addresses
        self.silent = ["10.53.66.1", "10.53.66.2", "fd53:66::1"]  # bound, never read: packets vanish
        self.dead = ["10.53.67.1", "10.53.67.2", "fd53:67::1"]  # nobody listens: ICMP port unreachable
        self.questions = []
        self.failing = []  # zones that nobody can resolve
        self.providers = {}
        self.hubs = {}  # TLD -> host names of a zone in it whose servers others use
        self.ttls = {}
        names = [line.strip() for line in NAMES.read_text().splitlines() if line and not line.startswith("#")]
        names = [name + "." for name in (names[:count] if count else names)]
        self.tlds = {}
        self._make_infrastructure(sorted({name.split(".")[-2] for name in names} | {"com", "net", "org", "info"}))
        self._make_sites(names)
        for zone in self.zones:
            for owner, ttl, type_, _ in zone.records:
                self.ttls[(owner.lower(), type_)] = ttl

    def zone(self, name, *instances):
        zone = Zone(name)
        zone.instances.update(instances)
        self.zones.append(zone)
        return zone

    def all_addresses(self):
        served = [address for addresses in self.addresses.values() for address in addresses]
        return list(dict.fromkeys(served + self.silent + self.dead))

    def must_fail(self, name):
        return any(name == zone or name.endswith("." + zone) for zone in self.failing)

    def _make_infrastructure(self, tlds):
        root = self.root = self.zone(".", "root")
        self.addresses["root"] = [address for pair in ROOTS.values() for address in pair]
        self.addresses["gtld"] = [f for k in range(1, 9) for f in (f"10.53.1.{k}", f"fd53:1::{k}")]
        self.addresses["cctld"] = [f for k in range(1, 9) for f in (f"10.53.2.{k}", f"fd53:2::{k}")]
        self.addresses["hosting"] = [f for k in range(1, POOL + 1) for f in (f"10.53.20.{k}", f"fd53:20::{k}")]
        servers = self.zone("root-servers.net.", "root")
        for letter, pair in ROOTS.items():
            host = f"{letter}.root-servers.net."
            root.child_ns.append(host)
            root.add_host(host, pair)
            servers.child_ns.append(host)
            servers.add_host(host, pair)
        servers.parent_ns = servers.child_ns
        for tld in [*tlds, "arpa"]:
            self._make_tld(tld)
        registry = self.zone("gtld-servers.net.", "gtld")
        registry.child_ns = registry.parent_ns = self.tlds["com"].child_ns
        registry.glue = self.tlds["com"].glue
        for host, address in registry.glue:
            registry.add_host(host, [address])
        self.tlds["net"].delegate(registry)
        self.tlds["net"].delegate(servers)
        delegation.make_providers(self)

    def _make_tld(self, tld):
        instance = "gtld" if tld in GENERIC else "cctld"
        net = 1 if instance == "gtld" else 2
        zone = self.tlds[tld] = self.zone(tld + ".", instance)
        first = len(self.tlds) % 4 + 1
        shared = tld in ("com", "net")
        for letter, k in zip("abcd", range(1, 5) if shared else (first, first + 1, first + 3, first + 4)):
            host = f"{letter}.gtld-servers.net." if shared else f"{letter}.nic.{tld}."
            zone.child_ns.append(host)
            for address in (f"10.53.{net}.{k}", f"fd53:{net}::{k}"):
                zone.glue.append((host, address))
                if not shared:
                    zone.add_host(host, [address])
        zone.parent_ns = zone.child_ns
        self.root.delegate(zone)
        self.questions += [(zone.name, "NS"), (zone.name, "SOA"), (zone.name, "A"), (f"no-such-name.{zone.name}", "A")]

    def _make_sites(self, names):
        sites = []
        for name in [*names, *REVERSE]:
            zone = self.zone(name)
            delegation.choose(self, zone, self.tlds[name.split(".")[-2]])
            sites.append(zone)
        good = [zone.name for zone in sites if not zone.name.endswith("arpa.")]
        for zone in sites:
            rng = random.Random("content " + zone.name)
            if zone.name in REVERSE:
                content.fill_reverse(self, zone)
            else:
                content.fill(self, zone, rng, good)
        delegation.make_failing(self)
