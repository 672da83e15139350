"""Keys made by dnssec-keygen, and signatures of our own by them: only so can a signature be wrong in one field alone."""
import base64
import hashlib
import struct
import subprocess
import time
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from lab.process import find

ALGORITHMS = {5: "RSASHA1", 7: "NSEC3RSASHA1", 8: "RSASHA256", 10: "RSASHA512", 13: "ECDSAP256SHA256",
              14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448"}
ECDSAP256SHA256 = 13
ZONE, REVOKE, SEP = 0x100, 0x80, 0x1
DAY = 86400
BASE32HEX = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV")
IN = dns.rdataclass.IN


def run(command, folder=None):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout


def rdata(type_, text, origin=None):
    return dns.rdata.from_text(IN, type_, text, origin=origin, relativize=False)


class Key:
    """A DNSKEY and, for ECDSA P-256, its private half."""

    def __init__(self, zone, dnskey, private=None, base=None):
        self.zone = zone
        self.dnskey = dnskey
        self.private = private
        self.base = base  # the tools' files, without suffix

    @property
    def tag(self):
        return dns.dnssec.key_id(self.dnskey)

    @property
    def text(self):
        return f"{self.zone} 3600 IN DNSKEY {self.dnskey.to_text()}"

    def altered(self, *, flags=None, protocol=None, algorithm=None, key=None):
        """The same private key published in another way."""
        old = self.dnskey
        dnskey = DNSKEY(IN, dns.rdatatype.DNSKEY, old.flags if flags is None else flags,
                        old.protocol if protocol is None else protocol,
                        old.algorithm if algorithm is None else algorithm, old.key if key is None else key)
        return Key(self.zone, dnskey, self.private, self.base)

    def ds(self, digest="SHA256"):
        """RFC 4034 §5.1.4."""
        number, make = {"SHA1": (1, hashlib.sha1), "SHA256": (2, hashlib.sha256), "SHA384": (4, hashlib.sha384)}[digest]
        data = self.zone.to_digestable() + self.dnskey.to_digestable()
        return DS(IN, dns.rdatatype.DS, self.tag, self.dnskey.algorithm, number, make(data).digest())

    def rrsig(self, owner, rdataset, *, forge=None, **fields):
        """A signature of `rdataset`. `fields` replaces what is signed; `forge`, what is said after signing."""
        now = int(time.time())
        labels = len(owner) - 1 - (1 if owner.is_wild() else 0)
        said = {"type_covered": rdataset.rdtype, "algorithm": int(self.dnskey.algorithm), "labels": labels,
                "original_ttl": rdataset.ttl, "expiration": now + 20 * DAY, "inception": now - DAY,
                "key_tag": self.tag, "signer": self.zone, "signature": b""} | fields
        signed = RRSIG(IN, dns.rdatatype.RRSIG, *said.values())
        said["signature"] = self._sign(signed_data(owner, rdataset, signed))
        return RRSIG(IN, dns.rdatatype.RRSIG, *(said | (forge or {})).values())

    def _sign(self, data):
        r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed_data(owner, rdataset, rrsig):
    """RFC 4034 §3.1.8.1."""
    labels = len(owner) - 1
    if rrsig.labels < labels:
        owner = dns.name.Name((b"*",) + owner.labels[-(rrsig.labels + 1):])
    head = owner.to_digestable() + struct.pack("!HHI", rdataset.rdtype, IN, rrsig.original_ttl)
    fixed = struct.pack("!HBBIIIH", rrsig.type_covered, rrsig.algorithm, rrsig.labels, rrsig.original_ttl,
                        rrsig.expiration, rrsig.inception, rrsig.key_tag)
    items = sorted({rdata.to_digestable() for rdata in rdataset})
    return fixed + rrsig.signer.to_digestable() + b"".join(head + struct.pack("!H", len(i)) + i for i in items)


def load(base):
    """A key from the files of dnssec-keygen."""
    line = next(li for li in Path(f"{base}.key").read_text().splitlines() if li and not li.startswith(";"))
    zone, _klass, _type, text = line.split(None, 3)
    dnskey = rdata("DNSKEY", text)
    private = None
    if int(dnskey.algorithm) == ECDSAP256SHA256:
        fields = dict(li.split(": ", 1) for li in Path(f"{base}.private").read_text().splitlines() if ": " in li)
        number = int.from_bytes(base64.b64decode(fields["PrivateKey"]), "big")
        private = ec.derive_private_key(number, ec.SECP256R1())
    return Key(dns.name.from_text(zone), dnskey, private, str(base))


def generate(folder, zone, algorithm=ECDSAP256SHA256, *, ksk=False, bits=2048):
    command = [find("dnssec-keygen"), "-q", "-K", str(folder), "-a", ALGORITHMS[algorithm]]
    command += ["-f", "KSK"] if ksk else []
    command += ["-b", str(bits)] if algorithm <= 10 else []
    return load(Path(folder) / run([*command, zone]).strip())


def colliding(zone, flags=ZONE):
    """Two P-256 keys of our own with one key tag: among some 320 there are two."""
    seen = {}
    while True:
        private = ec.generate_private_key(ec.SECP256R1())
        point = private.public_key().public_numbers()
        data = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
        key = Key(zone, DNSKEY(IN, dns.rdatatype.DNSKEY, flags, 3, ECDSAP256SHA256, data), private)
        if key.tag in seen:
            return seen[key.tag], key
        seen[key.tag] = key


def base32hex(data):
    """RFC 4648 7, lower case, without padding."""
    return base64.b32encode(data).translate(BASE32HEX).decode().lower()
