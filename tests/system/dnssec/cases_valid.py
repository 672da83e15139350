"""What must validate, or be insecure for a reason, and never be bogus."""
import dns.rdatatype

from . import keys, zone as z
from .case import STOCK, Book, insecure, secure
from .forger import RRSIG
from .zone import Signing, Zone

BOOK = Book("good")

EACH = (secure("www"), secure("nx", rcode="NXDOMAIN"), secure("www", "AAAA"), secure("x.wild"))
UNSIGNED = (insecure("www", ede=1), insecure("nx", rcode="NXDOMAIN", ede=1), insecure("www", "AAAA", ede=1))


def algorithms():
    for number, tool, denial in ((8, "ldns", "nsec"), (8, "knot", "nsec3"), (10, "bind", "nsec3"), (10, "knot", "nsec"),
                                 (13, "knot", "nsec"), (13, "ldns", "nsec3"), (14, "ldns", "nsec"),
                                 (14, "bind", "nsec3"), (15, "knot", "nsec3"), (15, "ldns", "nsec"),
                                 (16, "bind", "nsec"), (16, "knot", "nsec3")):
        label = f"alg{number}-{tool}-{denial}"
        BOOK.add(label, "RFC 8624 3.1", Zone(f"{label}.good.", STOCK, Signing(tool, (number,), denial)), *EACH)
    for number in (5, 7):
        label = f"alg{number}"
        signing = Signing("bind", (number,), "nsec" if number == 5 else "nsec3")
        BOOK.add(label, "RFC 9905 2: SHA-1 algorithms are treated as unsupported",
                 Zone(f"{label}.good.", STOCK, signing), *UNSIGNED)
    BOOK.add("alg-unknown", "RFC 4035 5.2: no supported algorithm in the DS RRset",
             Zone("alg-unknown.good.", STOCK, edit=unknown_algorithm, ds=lambda zone: [
                 zone.ksks[0].altered(algorithm=100).ds()]), *UNSIGNED)
    for bits in (1024, 4096):
        BOOK.add(f"rsa{bits}", "RFC 5702 2", Zone(f"rsa{bits}.good.", STOCK, Signing(algorithms=(8,), bits=bits)),
                 secure("www"))


def unknown_algorithm(zone):
    published = [key.altered(algorithm=100) for key in zone.ksks + zone.zsks]
    z.set_rdata(zone, "@", "DNSKEY", *(key.dnskey for key in published))
    z.resign(zone, "@", "DNSKEY", published[0])
    z.resign_all(zone, published[1])


def digests():
    for label, names in (("sha384", ["SHA384"]), ("sha256-and-384", ["SHA256", "SHA384"])):
        BOOK.add(f"ds-{label}", "RFC 6605 2", Zone(f"ds-{label}.good.", STOCK, ds=lambda zone, names=names: [
            zone.ksks[0].ds(name) for name in names]), secure("www"))
    BOOK.add("ds-unknown-digest", "RFC 4035 5.2, RFC 6840 5.2: as if there were no DS",
             Zone("ds-unknown-digest.good.", STOCK, ds=lambda zone: [zone.ksks[0].ds().replace(digest_type=100)]),
             insecure("www", ede=2), insecure("nx", rcode="NXDOMAIN", ede=2))
    BOOK.add("ds-unknown-and-known-digest", "RFC 4035 5.2", Zone(
        "ds-unknown-and-known-digest.good.", STOCK,
        ds=lambda zone: [zone.ksks[0].ds().replace(digest_type=100), zone.ksks[0].ds()]), secure("www"))
    BOOK.add("ds-sha1-alone", "RFC 9905 2: as unsupported", Zone(
        "ds-sha1-alone.good.", STOCK, ds=lambda zone: [zone.ksks[0].ds("SHA1")]), insecure("www", ede=2))
    BOOK.add("ds-sha1-wrong-beside-sha256", "RFC 4509 3: SHA-1 is ignored beside SHA-256", Zone(
        "ds-sha1-wrong-beside-sha256.good.", STOCK,
        ds=lambda zone: [zone.ksks[0].ds(), zone.ksks[0].ds("SHA1").replace(digest=bytes(20))]), secure("www"))
    BOOK.add("ds-of-a-zsk", "RFC 4034 2.1.1: the SEP flag is a hint", Zone(
        "ds-of-a-zsk.good.", STOCK, ds=lambda zone: [zone.zsks[0].ds()],
        edit=lambda zone: z.resign(zone, "@", "DNSKEY", zone.zsks[0])), secure("www"))


def several_algorithms():
    def drop_eight(zone):
        for name, dataset in list(zone.signed.iterate_rdatasets()):
            if dataset.rdtype == RRSIG and dataset.covers != dns.rdatatype.DNSKEY:
                kept = [rrsig for rrsig in dataset if int(rrsig.algorithm) == 13]
                z.replace_signatures(zone, name.to_text(), dataset.covers, kept)

    BOOK.add("two-algorithms", "RFC 6840 5.11",
             Zone("two-algorithms.good.", STOCK, Signing(algorithms=(8, 13))), *EACH)
    BOOK.add("one-of-two-algorithms-signs", "RFC 6840 5.11: validators accept any valid path",
             Zone("one-of-two-algorithms-signs.good.", STOCK, Signing(algorithms=(8, 13)), edit=drop_eight), *EACH)
    BOOK.add("known-and-unknown-algorithm-ds", "RFC 4035 5.2", Zone(
        "known-and-unknown-algorithm-ds.good.", STOCK,
        ds=lambda zone: [zone.ksks[0].ds(), zone.ksks[0].ds().replace(algorithm=100)]), secure("www"))
    BOOK.add("algorithm-roll-both-ds", "RFC 6781 4.1.4",
             Zone("algorithm-roll-both-ds.good.", STOCK, Signing("ldns", (10, 15))), *EACH)
    BOOK.add("algorithm-roll-old-ds", "RFC 6781 4.1.4", Zone(
        "algorithm-roll-old-ds.good.", STOCK, Signing(algorithms=(8, 13)), ds=lambda zone: [zone.ksks[0].ds()]), *EACH)


def denials():
    for label, signing in (("nsec-ldns", Signing("ldns")), ("nsec3-plain", Signing("bind", denial="nsec3")),
                           ("nsec3-salt", Signing("ldns", denial="nsec3", iterations=10, salt="ABCD1234")),
                           ("nsec3-50", Signing("bind", denial="nsec3", iterations=50)),
                           ("nsec3-knot", Signing("knot", denial="nsec3", salt="00112233"))):
        BOOK.add(label, "RFC 4035 5.4, RFC 5155 8", Zone(f"{label}.good.", STOCK, signing), *EACH,
                 secure("ent", "A"), secure("x.y.ent", "A", "NXDOMAIN"), secure("x.wild", "TXT"),
                 secure("x.y.wild", "AAAA"), secure("a.b.www", "A", "NXDOMAIN"), secure("@", "MX"),
                 secure("*.wild", "A"), secure("wild", "A"))
    BOOK.add("optout", "RFC 5155 9.2: no AD where a span is opt-out", Zone(
        "optout-zone.good.", STOCK + "sub NS ns.elsewhere.invalid.\n", Signing(denial="optout")),
        secure("www"), insecure("nx", rcode="NXDOMAIN"), secure("www", "AAAA"), insecure("x.wild"),
        secure("@", "MX"), insecure("sub", "DS"))
    for limit, ede in ((100, 27), (500, 27)):
        label = f"nsec3-{limit}"
        BOOK.add(label, "RFC 9276 3.2: insecure above the validator's limit", Zone(
            f"{label}.good.", STOCK, Signing("ldns", denial="nsec3", iterations=limit)),
            secure("www"), insecure("nx", rcode="NXDOMAIN", ede=ede), insecure("www", "AAAA", ede=ede))


def delegations():
    unsigned = "www A 192.0.2.9\n*.wild A 192.0.2.10\n"
    for tld in ("good", "three", "optout"):
        BOOK.add(f"signed-below-{tld}", "RFC 4035 5.2", Zone(f"signed-below-{tld}.{tld}.", STOCK), *EACH,
                 secure("@", "DS"), secure("@", "DNSKEY"), secure("@", "SOA"), secure("@", "NS"))
        proof = insecure if tld == "optout" else secure
        BOOK.add(f"unsigned-below-{tld}", "RFC 4035 5.2, RFC 5155 8.9", Zone(f"unsigned-below-{tld}.{tld}.", unsigned, None),
                 insecure("www"), insecure("nx", rcode="NXDOMAIN"), insecure("x.wild"), proof("@", "DS"))
        BOOK.add(f"no-such-zone-{tld}", "RFC 5155 8.4", Zone(f"beside-{tld}.{tld}.", unsigned, None),
                 proof(f"no-such-zone.{tld}.", "A", "NXDOMAIN"), proof(f"no-such-zone.{tld}.", "DS", "NXDOMAIN"))
    BOOK.add("island", "RFC 4035 5.2: signed, but below an unsigned zone", Zone("island.plain.", STOCK),
             insecure("www"), insecure("nx", rcode="NXDOMAIN"), insecure("@", "DNSKEY"), secure("plain.", "DS"))
    BOOK.add("no-ds", "RFC 4035 5.2: signed, but the parent has no DS", Zone("no-ds.good.", STOCK, ds=lambda zone: []),
             insecure("www"), insecure("nx", rcode="NXDOMAIN"), secure("@", "DS"))
    BOOK.add("broken-but-no-ds", "RFC 4035 5.2: nothing is checked where nothing needs be", Zone(
        "broken-but-no-ds.good.", STOCK, ds=lambda zone: [],
        edit=lambda zone: z.tamper(zone, "www", "A", signature=bytes(64))), insecure("www"))
    BOOK.add("ent-above-cut", "RFC 4035 5.2: a cut two labels down", [
        Zone("ent-above-cut.good.", STOCK), Zone("deep.under.ent-above-cut.good.", STOCK),
        Zone("leaf.deep.under.ent-above-cut.good.", STOCK, Signing(denial="nsec3")),
        Zone("plain.deep.under.ent-above-cut.good.", unsigned, None)],
        secure("under"), secure("www.deep.under"), secure("www.leaf.deep.under"), secure("nx.leaf.deep.under", "A", "NXDOMAIN"),
        insecure("www.plain.deep.under"), secure("plain.deep.under", "DS"), secure("leaf.deep.under", "DS"))
    BOOK.add("ds-below-insecure", "RFC 4035 4.3: a DS below an insecure zone gives no chain", [
        Zone("ds-below-insecure.plain.", "x A 192.0.2.1", None), Zone("signed.ds-below-insecure.plain.", STOCK)],
        insecure("www.signed"), insecure("signed", "DS"))


def aliases():
    BOOK.add("aliases", "RFC 4035 3.2.3: AD only where every RRset is secure", [Zone("aliases.good.", """
        to-secure CNAME www.signed-below-good.good.
        to-three CNAME www.signed-below-three.three.
        to-insecure CNAME www.unsigned-below-good.good.
        to-plain CNAME www.island.plain.
        to-unknown CNAME www.alg-unknown.good.
        to-nx CNAME nx.signed-below-three.three.
        to-nodata CNAME www.signed-below-three.three.
        to-wild CNAME x.wild.signed-below-good.good.
        to-optout-nx CNAME nx.optout-zone.good.
        *.wild CNAME www.signed-below-good.good.
        dn DNAME signed-below-three.three.
        dn-insecure DNAME unsigned-below-good.good.
        *.wild-insecure CNAME www.unsigned-below-good.good.
        chain CNAME to-secure
        """)],
        secure("to-secure"), secure("to-three"), insecure("to-insecure"), insecure("to-plain"), insecure("to-unknown", ede=1),
        secure("to-nx", "A", "NXDOMAIN"), secure("to-nodata", "AAAA"), secure("to-wild"),
        insecure("to-optout-nx", "A", "NXDOMAIN"), secure("x.wild"), secure("www.dn"), secure("nx.dn", "A", "NXDOMAIN"),
        insecure("www.dn-insecure"), insecure("y.wild-insecure"), secure("chain"), secure("dn", "DNAME"),
        secure("to-secure", "CNAME"))
    BOOK.add("insecure-aliases", "RFC 4035 3.2.3", [Zone("insecure-aliases.good.", """
        to-secure CNAME www.signed-below-good.good.
        dn DNAME signed-below-good.good.
        """, None)], insecure("to-secure"), insecure("www.dn"))


def contents():
    """RFC 4034 6.2, RFC 6840 5.1: the canonical form of each type."""
    BOOK.add("types", "RFC 4034 6.2, RFC 6840 5.1", Zone("types.good.", r"""
        mx MX 10 MAIL.Example.COM.
        MixedCase A 192.0.2.1
        srv SRV 1 2 3 Host.Example.COM.
        naptr NAPTR 10 20 "u" "E2U+sip" "!^.*$!sip:a@b!" Some.Where.Example.
        ptr PTR Other.EXAMPLE.
        rp RP Mail.Box.Example. Text.Example.
        afsdb AFSDB 1 Cell.Example.
        kx KX 1 Kx.Example.
        px PX 10 Map822.Example. MapX400.Example.
        txt TXT "a" "B" "" "\255\000"
        many A 192.0.2.200
        many A 192.0.2.3
        many A 10.0.0.1
        caa CAA 0 issue "ca.example"
        tlsa TLSA 3 1 1 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        sshfp SSHFP 4 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        loc LOC 52 0 0 N 5 0 0 E 0m 1m 10000m 10m
        hinfo HINFO "CPU" "os"
        https HTTPS 1 svc.example. alpn=h2
        unknown TYPE65400 \# 4 0A0B0C0D
        """), *(secure(label, type_) for label, type_ in (
            ("mx", "MX"), ("mixedcase", "A"), ("MIXEDcase", "A"), ("srv", "SRV"), ("naptr", "NAPTR"), ("ptr", "PTR"),
            ("rp", "TYPE17"), ("afsdb", "TYPE18"), ("kx", "TYPE36"), ("px", "TYPE26"), ("txt", "TXT"), ("many", "A"),
            ("caa", "CAA"), ("tlsa", "TYPE52"), ("sshfp", "TYPE44"), ("loc", "TYPE29"), ("hinfo", "TYPE13"),
            ("https", "HTTPS"), ("unknown", "TYPE65400"), ("@", "TYPE47"), ("@", "TYPE48"))))


def rollovers():
    def future_ds(zone):
        future = keys.generate(zone.home, zone.name, ksk=True)
        return [zone.ksks[0].ds(), future.ds()]

    def revoked_beside(zone):
        revoked = zone.ksks[1].altered(flags=keys.ZONE | keys.REVOKE | keys.SEP)
        z.publish(zone, zone.ksks[0], zone.zsks[0], revoked)
        z.add(zone, "@", revoked.rrsig(zone.origin, z.get(zone, "@", "DNSKEY")))

    cases = (
        ("zsk-prepublish", "RFC 6781 4.1.1.1", Signing(silent_zsks=1), None, None),
        ("zsk-double-signature", "RFC 6781 4.1.1.2", Signing(zsks=2), None, None),
        ("ksk-double-signature", "RFC 6781 4.1.2", Signing(ksks=2), lambda zone: [zone.ksks[0].ds()], None),
        ("ksk-double-signature-new-ds", "RFC 6781 4.1.2", Signing(ksks=2), lambda zone: [zone.ksks[1].ds()], None),
        ("ksk-double-ds", "RFC 6781 4.1.2", Signing(), future_ds, None),
        ("ksk-standby", "RFC 6781 4.2.4", Signing(silent_ksks=1), None, None),
        ("ksk-revoked-beside", "RFC 5011 2.1", Signing(ksks=2), lambda zone: [zone.ksks[0].ds()], revoked_beside),
        ("csk", "RFC 6781 3.1", Signing(zsks=0), None, None),
    )
    for label, rule, signing, ds, edit in cases:
        BOOK.add(label, rule, Zone(f"{label}.good.", STOCK, signing, ds=ds, edit=edit), *EACH)


def extra_signatures():
    def beside(**fields):
        def edit(zone):
            good = next(iter(z.signatures(zone, "www", "A")))
            other = zone.zsks[0].rrsig(zone.absolute("www"), z.get(zone, "www", "A"), **fields)
            z.replace_signatures(zone, "www", "A", [other, good])
        return edit

    def two_keys_one_tag(zone):
        first, second = keys.colliding(zone.origin)
        z.publish(zone, zone.ksks[0], zone.zsks[0], first, second)
        z.resign(zone, "www", "A", second)
        z.resign(zone, "www", "TXT", first)

    BOOK.add("expired-beside-valid", "RFC 4035 5.3.3: any valid signature", Zone(
        "expired-beside-valid.good.", STOCK, edit=beside(inception=1_500_000_000, expiration=1_500_100_000)), secure("www"))
    BOOK.add("unknown-key-beside-valid", "RFC 4035 5.3.3", Zone(
        "unknown-key-beside-valid.good.", STOCK, edit=beside(key_tag=1)), secure("www"))
    BOOK.add("unknown-algorithm-beside-valid", "RFC 6840 5.11", Zone(
        "unknown-algorithm-beside-valid.good.", STOCK, edit=beside(algorithm=100)), secure("www"))
    BOOK.add("two-keys-one-tag", "RFC 4034 appendix B: tags are not unique", Zone(
        "two-keys-one-tag.good.", STOCK, edit=two_keys_one_tag), secure("www"), secure("www", "TXT"))
    BOOK.add("one-bad-server-of-two", "RFC 4035 5.5, RFC 9520: another server is asked before an answer is bogus", Zone(
        "one-bad-server-of-two.good.", STOCK, second_server=True,
        forge=lambda ex: ex.strip_signatures("A", "NSEC", sections=("answer", "authority"))),
        secure("www"), secure("nx", rcode="NXDOMAIN"))


for write in (algorithms, digests, several_algorithms, denials, delegations, aliases, contents, rollovers,
              extra_signatures):
    write()
