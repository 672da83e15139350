"""The signed lab: a root, a TLD and a hosting server of 1,000 zones, all signed with ECDSA P-256 and NSEC. Its names are
there one by one, since what a wildcard answers needs a proof besides."""
import base64
import hashlib
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor

from lab import wire
from lab.process import find
from .world import TTL, ZONES, Servers

ROOT, TLD, HOSTING = "10.77.1.1", "10.77.1.2", "10.77.1.3"
DOMAIN = "signed"
NAMES_OF_A_ZONE = 30
SOA = f"@ {TTL} IN SOA ns hostmaster 1 7200 3600 1209600 300\n"


class Key:
    """One key for all zones: each has a DS of its own, and a resolver keeps keys by zone."""

    def __init__(self, folder):
        made = subprocess.run([find("ldns-keygen"), "-a", "ECDSAP256SHA256", "bench."], cwd=folder, check=True,
                              capture_output=True, text=True).stdout.strip()
        self.rdata_text = (folder / f"{made}.key").read_text().split("DNSKEY", 1)[1].split(";")[0].strip()
        self.private = (folder / f"{made}.private").read_text()
        self.tag = int(made.rsplit("+", 1)[1])

    def write(self, folder, zone):
        """As the files that ldns-signzone takes; their common name."""
        base = folder / f"K{zone}+013+{self.tag:05}"
        base.with_name(base.name + ".key").write_text(f"{zone} IN DNSKEY {self.rdata_text}\n")
        base.with_name(base.name + ".private").write_text(self.private)
        return base

    def ds(self, zone):
        """RFC 4034 §5.1.4, with SHA-256."""
        flags, protocol, algorithm, key = self.rdata_text.split(None, 3)
        rdata = struct.pack("!HBB", int(flags), int(protocol), int(algorithm)) + base64.b64decode("".join(key.split()))
        return f"{self.tag} {algorithm} 2 {hashlib.sha256(wire.name_to_wire(zone) + rdata).hexdigest()}"


def sign(folder, key, zone, text):
    source, out = folder / f"{zone}zone", folder / f"{zone}signed"
    source.write_text(f"$ORIGIN {zone}\n{text}")
    subprocess.run([find("ldns-signzone"), "-o", zone, "-f", str(out), str(source), str(key.write(folder, zone))],
                   check=True, capture_output=True)
    return out.read_text()


def site_zone(number):
    names = (number + ZONES * k for k in range(NAMES_OF_A_ZONE))
    return f"{SOA}@ {TTL} IN NS ns\nns {TTL} IN A {HOSTING}\n" + "".join(f"w{name} {TTL} IN A 192.0.2.1\n" for name in names)


class SignedWorld(Servers):
    def __init__(self, folder, core):
        home = folder / "signed"
        home.mkdir()
        key = Key(home)
        sites = [f"s{k}.{DOMAIN}." for k in range(ZONES)]
        tld = f"{SOA}@ {TTL} IN NS ns\nns {TTL} IN A {TLD}\n" + "".join(
            f"{site} {TTL} IN NS ns.{site}\nns.{site} {TTL} IN A {HOSTING}\n{site} {TTL} IN DS {key.ds(site)}\n"
            for site in sites)
        root = (f". {TTL} IN SOA a.root-servers.net. hostmaster.{DOMAIN}. 1 7200 3600 1209600 300\n"
                f". {TTL} IN NS a.root-servers.net.\na.root-servers.net. {TTL} IN A {ROOT}\n"
                f"{DOMAIN}. {TTL} IN NS ns.{DOMAIN}.\nns.{DOMAIN}. {TTL} IN A {TLD}\n"
                f"{DOMAIN}. {TTL} IN DS {key.ds(DOMAIN + '.')}\n")
        with ThreadPoolExecutor(2) as pool:
            signed = list(pool.map(lambda k: (sites[k], sign(home, key, sites[k], site_zone(k))), range(ZONES)))
        self.anchor_ds = key.ds(".")
        super().__init__(folder, core, [
            ("signed-root", ROOT, [(".", sign(home, key, ".", root))]),
            ("signed-tld", TLD, [(f"{DOMAIN}.", sign(home, key, f"{DOMAIN}.", tld))]),
            ("signed-hosting", HOSTING, signed),
        ])
