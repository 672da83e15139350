"""Signed zones whose owner wants resolvers to work: many keys, signatures, DS and hashes for one question.

Zones are signed by the real tools, then their owner adds what costs: he may, the zones are his. All questions of an attack
differ, so that each has to be answered anew. In their names: KeyTrap, KeySigTrap, SigJam, LockCram and HashTrap are of
"The Harder You Try, The Harder You Fail" (CVE-2023-50387); the closest encloser of NSEC3 is CVE-2023-50868.
"""
import dataclasses
import functools
import os
import struct
import time
import typing
from concurrent.futures import ThreadPoolExecutor

import dns.dnssec
import dns.name
import dns.rcode
import dns.rdatatype
from cryptography.hazmat.primitives.asymmetric import ec
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from lab import namespace, nsd

from . import keys, zone as z
from .forger import Forger, signed
from .keys import IN
from .zone import Signing, Zone

ROOT_HOST = "ns.lab-root."
ROOT_ADDRESS = "10.54.0.1"
SERVERS = 4  # of each hostile zone: a resolver that asks another server after a bogus answer pays again
QUESTIONS = 150
ALIAS_QUESTIONS = 50
FLOOD_QUESTIONS = 4000
MANY_KEYS = 250  # no RRset of more than 256 records is taken (resolver/digest.h)
MANY_SIGNATURES = 300  # some 35 KB
ALIASES = 8
CHILDREN_KEYS = 128
CHILDREN_DS = 64
PADDING = 100
PROBED = "www.good."
TAG = 4711
ECDSAP384SHA384 = 14
CURVES = {  # curve, octets of a coordinate, its prime (FIPS 186-4 D.1.2)
    keys.ECDSAP256SHA256: (ec.SECP256R1(), 32, 2**256 - 2**224 + 2**192 + 2**96 - 1),
    ECDSAP384SHA384: (ec.SECP384R1(), 48, 2**384 - 2**128 - 2**96 + 2**32 - 1),
}
# Bits of the flags that have no meaning and are not looked at; the others would change what the key is for every peer.
FREE_FLAGS = 0x2C7F
SALT = "AB" * 255
HONEST = "".join(f"host{k} A 192.0.2.{k + 1}\n" for k in range(30))


@dataclasses.dataclass
class Attack:
    name: str
    what: str
    zone: Zone
    question: typing.Callable  # number -> name
    rcodes: tuple  # any one of these for each question
    secure: bool = False  # whether AD has to be set
    count: int = QUESTIONS
    beside: list = dataclasses.field(default_factory=list)  # more zones
    primed: list = dataclasses.field(default_factory=list)  # names that are asked before: denied, and their proofs known
    checked: bool = True  # each question costs a signature check at least
    authority_share: float = 0.0  # at most so many of the questions reach an authority; 0: not judged

    def zones(self):
        return [self.zone, *self.beside]


def points(algorithm):
    """Points of the curve, one after the other and as octets: P, P + G, P + 2G, ... and what is opposite to each."""
    curve, size, prime = CURVES[algorithm]
    base = ec.derive_private_key(1, curve).public_key().public_numbers()
    start = ec.generate_private_key(curve).public_key().public_numbers()
    x, y = start.x, start.y
    while True:
        for height in (y, prime - y):
            yield x.to_bytes(size, "big") + height.to_bytes(size, "big")
        slope = (y - base.y) * pow(x - base.x, -1, prime) % prime
        next_x = (slope * slope - x - base.x) % prime
        x, y = next_x, (slope * (x - next_x) - y) % prime


@functools.lru_cache(None)
def keys_of_one_tag(count, algorithm, flags):
    """DNSKEYs of real points, so that checks by them are real ones, and with such free flags that they have the tag."""
    found = []
    for data in points(algorithm):
        # RFC 4034 appendix B: the sum of all 16-bit words, and its carry on top.
        rest = sum(struct.unpack(f"!{len(data) // 2}H", data)) + (3 << 8) + algorithm
        for free in ((TAG - rest - flags - carry) & 0xFFFF for carry in range(64)):
            if free & (~FREE_FLAGS | flags) == 0:
                dnskey = DNSKEY(IN, dns.rdatatype.DNSKEY, flags | free, 3, algorithm, data)
                if dns.dnssec.key_id(dnskey) == TAG:
                    found.append(dnskey)
                    break
        if len(found) == count:
            return found


def noise(zone, type_, *, count, algorithm, tag=TAG, labels=None):
    """Signatures like the zone's own, but for the signature."""
    now = int(time.time())
    size = 2 * CURVES[algorithm][1]
    labels = len(zone) - 1 if labels is None else labels
    return [RRSIG(IN, dns.rdatatype.RRSIG, type_, algorithm, labels, 3600, now + 20 * keys.DAY, now - keys.DAY, tag, zone,
                  os.urandom(size)) for _ in range(count)]


def trap(*, key_count, signature_count, type_="A", label="*"):
    """Surgery: so many keys of one tag, and at the label so many signatures by that tag that never hold."""
    def edit(zone):
        for dnskey in keys_of_one_tag(key_count, ECDSAP384SHA384, keys.ZONE):
            z.add(zone, "@", dnskey)
        z.resign(zone, "@", "DNSKEY")
        covered = dns.rdatatype.from_text(type_)
        z.replace_signatures(zone, label, covered, noise(zone.origin, covered, count=signature_count,
                                                         algorithm=ECDSAP384SHA384))
    return edit


def hash_trap():
    """(the parent, its children): each child has many keys of one tag, and many DS with that tag that match none."""
    tld = Zone("hashtrap.")
    dnskeys = keys_of_one_tag(CHILDREN_KEYS, keys.ECDSAP256SHA256, keys.ZONE | keys.SEP)
    parents, children = [], []
    for k in range(QUESTIONS):
        parents.append(f"c{k} NS ns-children")
        parents += [f"c{k} DS {DS(IN, dns.rdatatype.DS, TAG, keys.ECDSAP256SHA256, 2, os.urandom(32)).to_text()}"
                    for _ in range(CHILDREN_DS)]
        origin = dns.name.from_text(f"c{k}.hashtrap.")
        lines = ["@ 3600 IN SOA ns-children.hashtrap. hostmaster 1 1800 900 604800 300",
                 "@ 3600 IN NS ns-children.hashtrap.", "www 3600 IN A 192.0.2.1"]
        lines += [f"@ 3600 IN DNSKEY {dnskey.to_text()}" for dnskey in dnskeys]
        for owner, type_, labels in (("@", dns.rdatatype.DNSKEY, 2), ("www", dns.rdatatype.A, 3)):
            lines += [f"{owner} 3600 IN RRSIG {rrsig.to_text()}" for rrsig in noise(
                origin, type_, count=1, algorithm=keys.ECDSAP256SHA256, labels=labels)]
        children.append((origin.to_text(), f"$ORIGIN {origin}\n" + "\n".join(lines) + "\n"))
    tld.records = "\n".join(parents)
    return tld, children


def padded(ex):
    """Before the honest denial as many other NSEC3 as fit, each with a signature that holds."""
    if not hasattr(ex.zone, "padding"):
        ex.zone.padding = []
        for _ in range(PADDING):
            low = bytearray(os.urandom(20))
            low[19] &= 0xFE
            owner = dns.name.from_text(keys.base32hex(bytes(low)), ex.zone.origin)
            low[19] |= 1
            ex.zone.padding += signed(ex.zone, owner, "NSEC3", f"1 0 0 - {keys.base32hex(bytes(low))} A RRSIG", ttl=300)
    if ex.reply.rcode() == dns.rcode.NXDOMAIN:
        ex.reply.authority = ex.zone.padding + ex.reply.authority


def labels_down(zone):
    """As many labels of one octet as fit between the zone and a label "q1234"."""
    return ".".join(["a"] * ((254 - len(zone) - len("q1234.")) // 2))


def below(zone, between=""):
    return lambda number: f"q{number}.{between}{zone}"


def long_names(zone):
    return lambda number: ".".join((f"q{number:x}".ljust(63, "x"), "y" * 63, "z" * 63, "w" * 40, zone))


def nsec3(iterations, salt="", tool="bind"):
    return Signing(tool, denial="nsec3", iterations=iterations, salt=salt)


def attacks():
    """(the attacks, the zones below hashtrap.)"""
    out = []

    def add(name, what, zone, *, question=None, rcodes=("SERVFAIL",), **more):
        out.append(Attack(name, what, zone, question or below(zone.name), rcodes, **more))

    def trapped(name, key_count, signature_count):
        add(name, f"{key_count} keys of one tag, {signature_count} signatures", Zone(
            f"{name}.", "* A 192.0.2.1", edit=trap(key_count=key_count, signature_count=signature_count)))

    trapped("keytrap", MANY_KEYS, MANY_SIGNATURES)
    trapped("sigjam", 1, MANY_SIGNATURES)
    trapped("lockcram", MANY_KEYS, 1)
    add("denialjam", f"{MANY_KEYS} keys, {MANY_SIGNATURES} signatures of the NSEC", Zone(
        "denialjam.", edit=trap(key_count=MANY_KEYS, signature_count=MANY_SIGNATURES, type_="NSEC", label="@")))
    tld, children = hash_trap()
    add("hashtrap", f"{CHILDREN_KEYS} keys of one tag, {CHILDREN_DS} DS, in {QUESTIONS} zones", tld,
        question=lambda number: f"www.c{number}.hashtrap.")
    add("padding", f"{PADDING} more NSEC3, signed, before the denial", Zone(
        "padding.", "", nsec3(0), forge=padded), rcodes=("SERVFAIL", "NXDOMAIN"))
    add("encloser0", "NSEC3, encloser 119 labels down", deep("encloser0.", nsec3(0)), question=below(
        "encloser0.", labels_down("encloser0.") + "."), rcodes=("NXDOMAIN",), secure=True)
    add("encloser50", "the same, 50 iterations, salt of 255", deep("encloser50.", nsec3(50, SALT)), question=below(
        "encloser50.", labels_down("encloser50.") + "."))
    add("primed0", "as encloser0, after some denials were kept", deep("primed0.", nsec3(0)), primed=["nx.primed0."],
        question=below("primed0.", labels_down("primed0.") + "."), rcodes=("NXDOMAIN",), secure=True)
    first, second = alias_zones("aliases-a.", "aliases-b.")
    add("aliases", f"{ALIASES} aliases between names 101 labels down in two NSEC3 zones", first, beside=[second],
        primed=["nx.aliases-a.", "nx.aliases-b."], question=lambda number: alias_name(first.name, number, 0),
        rcodes=("NOERROR",), secure=True, count=ALIAS_QUESTIONS)
    add("longname50", "NSEC3, 50 iterations, salt of 255, names of 248", Zone("longname50.", HONEST, nsec3(50, SALT)),
        question=long_names("longname50."), rcodes=("NXDOMAIN",), secure=True, checked=False)
    for iterations in (150, 2500):
        zone = f"nsec3-{iterations}."
        add(zone[:-1], f"NSEC3, {iterations} iterations", Zone(zone, HONEST, nsec3(iterations, tool="ldns")),
            question=long_names(zone), rcodes=("NXDOMAIN",))
    for name, how in (("flood-nsec", Signing()), ("flood-nsec3", nsec3(0))):
        add(name, "random names in an honest zone of 30", Zone(f"{name}.", HONEST, how), rcodes=("NXDOMAIN",), secure=True,
            count=FLOOD_QUESTIONS, checked=False, authority_share=0.05)
    return out, children


def deep(name, signing):
    """One host as deep as can be: all names above it are there, with nothing at them."""
    return Zone(name, f"h.{labels_down(name)} A 192.0.2.1", signing)


def alias_name(zone, number, hop):
    return f"q{number:x}-{hop}.{'a.' * 100}{zone}"


def alias_zones(*names):
    """Each question leads over aliases from one zone to the other and back. All of it is there, and signed."""
    lines = {name: [] for name in names}
    for number in range(ALIAS_QUESTIONS):
        for hop in range(ALIASES + 1):
            here, there = names[hop % 2], names[(hop + 1) % 2]
            data = f"CNAME {alias_name(there, number, hop + 1)}" if hop < ALIASES else "A 192.0.2.1"
            lines[here].append(f"{alias_name(here, number, hop)} {data}")
    return [Zone(name, "\n".join(lines[name]), nsec3(0)) for name in names]


class HostileWorld:
    """The root, the zones of the attacks, an honest one to be asked beside, and the servers."""

    def __init__(self):
        self.attacks, self.children = attacks()
        self.root = Zone(".", f"{ROOT_HOST} A {ROOT_ADDRESS}\n@ NS {ROOT_HOST}\n")
        self.root.addresses = [ROOT_ADDRESS]
        self.good = Zone("good.", "www A 192.0.2.1")
        self.zones = [self.good] + [zone for attack in self.attacks for zone in attack.zones()]
        self.children_addresses = [f"10.54.2.{k + 1}" for k in range(SERVERS)]
        for number, zone in enumerate(self.zones):
            zone.parent = self.root
            self.root.children.append(zone)
            own = [f"10.54.1.{number * SERVERS + k + 1}" for k in range(SERVERS)]
            zone.own_address = own[0]
            zone.addresses = [f"10.55.1.{number + 1}"] if zone.forge else own
            if zone.name == "hashtrap.":
                zone.records += "".join(f"\nns-children A {address}" for address in self.children_addresses)

    def sign(self, folder):
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda zone: zone.build(folder), self.zones))
        self.root.build(folder)
        for zone in self.zones:
            if zone.edit:
                zone.edit(zone)

    def anchors(self):
        return [f". IN DS {key.ds().to_text()}" for key in self.root.ksks]

    def authorities(self):
        """Attack -> the addresses that its questions come to, but for the root's."""
        return {attack.name: [address for zone in attack.zones() for address in zone.addresses] +
                self.children_addresses * (attack.zone.name == "hashtrap.") for attack in self.attacks}

    def start(self, folder):
        """(NSD processes, the forger), all answering."""
        honest = [a for zone in self.zones for a in ([zone.own_address] if zone.forge else zone.addresses)]
        instances = [([ROOT_ADDRESS], [(".", self.root.text())]),
                     (honest, [(zone.name, zone.text()) for zone in self.zones]),
                     (self.children_addresses, self.children)]
        forged = [zone for zone in self.zones if zone.forge]
        namespace.add_addresses([a for addresses, _ in instances for a in addresses] + [
            zone.addresses[0] for zone in forged])
        processes = [nsd.start(folder, f"level{k}", *instance) for k, instance in enumerate(instances)]
        for process, (addresses, _) in zip(processes, instances):
            process.wait_until_answers((addresses[0], 53))
        forger = Forger()
        for zone in forged:
            forger.listen(zone.addresses[0], zone.own_address, lambda _name, zone=zone: (zone, zone.forge))
        forger.start()
        return processes, forger
