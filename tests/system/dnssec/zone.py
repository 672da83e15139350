"""One zone: what is in it, which tool signs it and how, and what is done to it afterwards."""
import dataclasses
import typing
from pathlib import Path

import dns.name
import dns.rdataset
import dns.rdatatype
import dns.zone

from lab.process import find

from . import keys
from .keys import run

RRSIG = dns.rdatatype.RRSIG
NSEC3_FLAGS = {"nsec": None, "nsec3": False, "optout": True}


@dataclasses.dataclass(frozen=True)
class Signing:
    tool: str = "bind"  # bind, ldns, knot: dnssec-signzone, ldns-signzone, kzonesign
    algorithms: tuple = (keys.ECDSAP256SHA256,)
    denial: str = "nsec"  # nsec, nsec3, optout
    iterations: int = 0
    salt: str = ""
    start: str = "now-86400"  # as dnssec-signzone takes them
    end: str = "now+1728000"
    bits: int = 2048
    ksks: int = 1  # of each algorithm
    zsks: int = 1  # 0: the KSK signs everything
    silent_ksks: int = 0  # published, but sign nothing
    silent_zsks: int = 0


@dataclasses.dataclass
class Zone:
    name: str
    records: str = ""
    signing: typing.Optional[Signing] = Signing()  # None: not signed
    ds: typing.Optional[typing.Callable] = None  # (zone) -> the DS records at the parent; default: of each KSK
    edit: typing.Optional[typing.Callable] = None  # (signed zone): surgery after signing
    edit_parent: typing.Optional[typing.Callable] = None  # (the parent's signed zone, this zone)
    forge: typing.Optional[typing.Callable] = None  # see forger.py: its answers on their way
    forge_parent: typing.Optional[typing.Callable] = None  # its parent's answers about it
    hidden: bool = False  # the delegation is added to the parent after that was signed
    second_server: bool = False  # beside a forged address there is an honest one

    def __post_init__(self):
        self.origin = dns.name.from_text(self.name)
        self.depth = len(self.origin) - 1
        self.parent = None
        self.children = []
        self.ksks, self.zsks, self.signed = [], [], None
        self.addresses = []  # where resolvers are sent
        self.own_address = ""  # NSD's

    def absolute(self, label):
        return dns.name.from_text(label, self.origin) if label not in ("", "@") else self.origin

    def unsigned_text(self):
        head = [f"$ORIGIN {self.name}", "$TTL 3600",
                "@ IN SOA ns hostmaster 2026010101 1800 900 604800 300"]
        for k, address in enumerate(self.addresses):
            host = "ns" if k == 0 else f"ns{k}"
            head += [f"@ IN NS {host}", f"{host} IN A {address}"]
        body = [line.strip() for line in self.records.strip().splitlines() if line.strip()]
        for child in self.children:
            if not child.hidden:
                body += child.delegation()
        return "\n".join(head + body) + "\n"

    def delegation(self):
        lines = []
        for k, address in enumerate(self.addresses):
            host = f"{'ns' if k == 0 else f'ns{k}'}.{self.name}"
            lines += [f"{self.name} IN NS {host}", f"{host} IN A {address}"]
        return lines + [f"{self.name} IN DS {ds.to_text()}" for ds in self.ds_records()]

    def ds_records(self):
        if self.signing is None and self.ds is None:
            return []
        return self.ds(self) if self.ds else [key.ds() for key in self.ksks if not key.dnskey.flags & keys.REVOKE]

    def build(self, folder):
        """Signs it; its children are there already."""
        home = Path(folder) / f"zone-{self.name.strip('.') or 'root'}"
        home.mkdir()
        self.home = home
        if self.signing is None:
            text = self.unsigned_text()
        else:
            text = {"bind": sign_bind, "ldns": sign_ldns, "knot": sign_knot}[self.signing.tool](self, home)
        self.signed = dns.zone.from_text(text, origin=self.origin, relativize=False, check_origin=False)
        for child in self.children:
            if child.hidden:
                for line in child.delegation():
                    owner, _in, type_, data = line.split(None, 3)
                    add(self, owner, keys.rdata(type_, data), 3600)

    def text(self):
        return self.signed.to_text(relativize=False)


def make_keys(zone, home):
    """(KSKs that sign, ZSKs that sign, all that are published)."""
    how, signing_ksks, signing_zsks = zone.signing, [], []
    for algorithm in how.algorithms:
        ksks = [keys.generate(home, zone.name, algorithm, ksk=True, bits=how.bits)
                for _ in range(how.ksks + how.silent_ksks)]
        zsks = [keys.generate(home, zone.name, algorithm, bits=how.bits) for _ in range(how.zsks + how.silent_zsks)]
        zone.ksks += ksks
        zone.zsks += zsks
        signing_ksks += ksks[:how.ksks]
        signing_zsks += zsks[:how.zsks]
    return signing_ksks, signing_zsks


def sign_bind(zone, home):
    how = zone.signing
    ksks, zsks = make_keys(zone, home)
    published = "".join(key.text + "\n" for key in zone.ksks + zone.zsks)
    (home / "zone").write_text(zone.unsigned_text() + published)
    command = [find("dnssec-signzone"), "-P", "-o", zone.name, "-K", home, "-d", home, "-f", home / "signed",
               "-N", "keep", "-O", "full", "-s", how.start, "-e", how.end, "-n", "1"]
    command += ["-x"] if zsks else ["-z"]
    if how.denial != "nsec":
        command += ["-3", how.salt or "-", "-H", str(how.iterations)] + ["-A"] * (how.denial == "optout")
    for key in ksks:
        command += ["-k", f"{key.base}.key"]
    run([*command, home / "zone", *(f"{key.base}.key" for key in zsks)], home)
    return (home / "signed").read_text()


def sign_ldns(zone, home):
    how = zone.signing
    ksks, zsks = make_keys(zone, home)
    (home / "zone").write_text(zone.unsigned_text())
    command = [find("ldns-signzone"), "-o", zone.name, "-f", home / "signed"]
    if how.denial != "nsec":
        command += ["-n", "-t", str(how.iterations)] + ["-s", how.salt] * bool(how.salt)
        command += ["-p"] * (how.denial == "optout")
    run([*command, home / "zone", *(key.base for key in ksks + zsks)], home)
    return (home / "signed").read_text()


KNOT = """database:
  storage: "{home}/db"
policy:
  - id: lab
    algorithm: {algorithm}
    ksk-size: {bits}
    zsk-size: {bits}
    single-type-signing: {single}
    nsec3: {nsec3}
    nsec3-iterations: {iterations}
    nsec3-salt-length: {salt}
    nsec3-opt-out: {optout}
    rrsig-lifetime: 20d
    rrsig-refresh: 5d
zone:
  - domain: "{name}"
    storage: "{home}"
    file: zone
    dnssec-signing: on
    dnssec-policy: lab
"""


def sign_knot(zone, home):
    """Knot makes the keys itself."""
    how = zone.signing
    (home / "db").mkdir()
    (home / "out").mkdir()
    on = {True: "on", False: "off"}
    algorithm = keys.ALGORITHMS[how.algorithms[0]].lower()
    sizes = {13: 256, 14: 384, 15: 256, 16: 456}
    text = KNOT.format(home=home, name=zone.name, algorithm=algorithm, single=on[how.zsks == 0],
                       bits=sizes.get(how.algorithms[0], how.bits), nsec3=on[how.denial != "nsec"],
                       iterations=how.iterations, salt=len(how.salt) // 2, optout=on[how.denial == "optout"])
    (home / "knot.conf").write_text(text)
    (home / "zone").write_text(zone.unsigned_text())
    run([find("kzonesign"), "-c", home / "knot.conf", "-o", home / "out", zone.name], home)
    text = next((home / "out").iterdir()).read_text()
    signed = dns.zone.from_text(text, origin=zone.origin, relativize=False, check_origin=False)
    for dnskey in signed.find_rdataset(zone.origin, "DNSKEY"):
        (zone.ksks if dnskey.flags & keys.SEP else zone.zsks).append(keys.Key(zone.origin, dnskey))
    return text


# Surgery. Names are labels below the zone's, "@" is the apex.

def add(zone, label, data, ttl=None):
    covers = data.type_covered if data.rdtype == RRSIG else dns.rdatatype.NONE
    dataset = zone.signed.find_rdataset(zone.absolute(label), data.rdtype, covers, create=True)
    dataset.add(data, 3600 if ttl is None and not len(dataset) else dataset.ttl if ttl is None else ttl)


def remove(zone, label, type_, covers=dns.rdatatype.NONE):
    zone.signed.delete_rdataset(zone.absolute(label), type_, covers)


def get(zone, label, type_):
    return zone.signed.find_rdataset(zone.absolute(label), type_)


def signatures(zone, label, type_):
    return zone.signed.get_rdataset(zone.absolute(label), RRSIG, type_)


def replace_signatures(zone, label, type_, rrsigs):
    ttl = get(zone, label, type_).ttl
    remove(zone, label, RRSIG, type_)
    for rrsig in rrsigs:
        add(zone, label, rrsig, ttl)


def resign(zone, label, type_, key=None, **fields):
    """One new signature in place of those there: by the ZSK, or `key`; DNSKEY by the KSK."""
    type_ = dns.rdatatype.from_text(type_) if isinstance(type_, str) else type_
    if key is None:
        key = zone.ksks[0] if type_ == dns.rdatatype.DNSKEY or not zone.zsks else zone.zsks[0]
    rrsig = key.rrsig(zone.absolute(label), get(zone, label, type_), **fields)
    replace_signatures(zone, label, type_, [rrsig])


def tamper(zone, label, type_, **fields):
    """Changes fields of the signatures that are there."""
    rrsigs = [rrsig.replace(**fields) for rrsig in signatures(zone, label, type_)]
    replace_signatures(zone, label, type_, rrsigs)


def set_rdata(zone, label, type_, *texts):
    """Other data under the old signatures."""
    dataset = get(zone, label, type_)
    ttl = dataset.ttl
    dataset.clear()
    for text in texts:
        dataset.add(keys.rdata(type_, text, zone.origin) if isinstance(text, str) else text, ttl)


def publish(zone, *published, key=None):
    """Exactly these keys, signed by the first, or `key`."""
    set_rdata(zone, "@", "DNSKEY", *(k.dnskey for k in published))
    resign(zone, "@", "DNSKEY", key or published[0])


def resign_all(zone, key, **fields):
    """Everything but DNSKEY."""
    for name, dataset in list(zone.signed.iterate_rdatasets()):
        if dataset.rdtype == RRSIG and dataset.covers != dns.rdatatype.DNSKEY:
            resign(zone, name.to_text(), dataset.covers, key, **fields)
