"""Zones that are broken where they lie, each in one way. What is not broken in them still validates."""
import time

import dns.name
import dns.rdatatype

from . import keys, zone as z
from .case import STOCK, Book, bogus, secure
from .keys import DAY
from .zone import Signing, Zone

BOOK = Book("bad")
RRSIG = dns.rdatatype.RRSIG
GOOD = secure("www", "TXT")


def broken(label, rule, edit, *questions, records=STOCK, **more):
    BOOK.add(label, rule, Zone(f"{label}.bad.", records, edit=edit, **more), *questions)


def times():
    now = int(time.time())
    for label, start, end, ede in (("expired", "now-2592000", "now-864000", 7),
                                   ("not-yet-valid", "now+864000", "now+2592000", 8)):
        BOOK.add(label, "RFC 4035 5.3.1", Zone(f"{label}.bad.", STOCK, Signing(start=start, end=end)),
                 bogus("www", ede=ede), bogus("nx", ede=ede, cd="NXDOMAIN"))
    past, future = {"inception": now - 30 * DAY, "expiration": now - DAY}, {"inception": now + DAY,
                                                                            "expiration": now + 9 * DAY}
    for label, owner, type_, fields, ede, question in (
            ("answer-expired", "www", "A", past, 7, bogus("www", ede=7)),
            ("answer-not-yet-valid", "www", "A", future, 8, bogus("www", ede=8)),
            ("nsec-expired", "www", "NSEC", past, 7, bogus("www", "AAAA", ede=7)),
            ("soa-expired", "@", "SOA", past, 7, bogus("www", "AAAA", ede=7)),
            ("dnskey-expired", "@", "DNSKEY", past, 7, bogus("www", ede=7)),
            ("dnskey-not-yet-valid", "@", "DNSKEY", future, 8, bogus("www", ede=8)),
            ("wildcard-expired", "*.wild", "A", past, 7, bogus("x.wild", ede=7)),
            ("dname-expired", "dn", "DNAME", past, 7, bogus("www.dn", ede=7))):
        broken(label, "RFC 4035 5.3.1", lambda zone, a=(owner, type_), f=fields: z.resign(zone, *a, **f), question,
               *([GOOD] if type_ != "DNSKEY" else []))
    broken("expires-before-valid", "RFC 8914 4.26", lambda zone: z.resign(
        zone, "www", "A", inception=now + DAY, expiration=now - DAY), bogus("www", ede=25), GOOD)
    broken("times-a-serial-apart", "RFC 4034 3.1.5: the times are serials, this one expired", lambda zone: z.resign(
        zone, "www", "A", inception=(now - 2**31 + 9 * DAY) % 2**32, expiration=now - DAY), bogus("www", ede=7), GOOD)


def fields():
    """RFC 4035 5.3.1: what must hold of the RRSIG record itself."""
    sibling = dns.name.from_text("sibling.bad.")
    rule = "RFC 4035 5.3.1"

    def add_signature(zone, owner, type_, rrsig):
        z.replace_signatures(zone, owner, type_, [rrsig])

    def cross(zone):
        other = next(iter(z.signatures(zone, "www", "TXT")))
        add_signature(zone, "www", "A", other.replace(type_covered=dns.rdatatype.A))

    def moved(zone):
        add_signature(zone, "www", "A", next(iter(z.signatures(zone, "zz", "A"))))

    broken("signer-sibling", rule, lambda zone: z.resign(zone, "www", "A", signer=sibling), bogus("www", ede=(6, 9)), GOOD)
    broken("signer-parent", rule, lambda zone: z.resign(zone, "www", "A", zone.parent.zsks[0], signer=zone.parent.origin),
           bogus("www", ede=6), GOOD)
    broken("signer-below", rule, lambda zone: z.resign(zone, "www", "A", signer=zone.absolute("www")),
           bogus("www", ede=(6, 9)), GOOD)
    broken("signer-root", rule, lambda zone: z.resign(zone, "www", "A", signer=dns.name.root), bogus("www", ede=(6, 9)), GOOD)
    broken("labels-more-than-owner", rule, lambda zone: z.resign(zone, "www", "A", labels=5), bogus("www", ede=6), GOOD)
    broken("labels-fewer-than-signer", rule, lambda zone: z.resign(zone, "www", "A", labels=1), bogus("www", ede=6), GOOD)
    broken("labels-of-a-wildcard", "RFC 4035 5.3.4: an expansion needs its proof", lambda zone: z.resign(
        zone, "www", "A", labels=2), bogus("www", ede=(6, 12)), GOOD)
    broken("covers-another-type", rule, cross, bogus("www", ede=6), GOOD)
    broken("signature-of-another-name", "RFC 4035 5.3.2: the owner is signed too", moved, bogus("www", ede=6), GOOD)
    broken("original-ttl-changed", "RFC 4035 5.3.2", lambda zone: z.tamper(zone, "www", "A", original_ttl=7200),
           bogus("www", ede=6), GOOD)
    broken("inception-changed", "RFC 4035 5.3.2", lambda zone: z.tamper(zone, "www", "A", inception=now_less(3)),
           bogus("www", ede=6), GOOD)
    broken("key-tag-of-nobody", rule, lambda zone: z.resign(zone, "www", "A", forge={"key_tag": no_tag(zone)}),
           bogus("www", ede=9), GOOD)
    broken("rrsig-algorithm-of-no-key", rule, lambda zone: z.resign(zone, "www", "A", algorithm=15), bogus("www", ede=9), GOOD)
    broken("rrsig-algorithm-unknown", "RFC 4035 5.3.1, RFC 6840 5.2: support is asked of the DS alone",
           lambda zone: z.resign(zone, "www", "A", algorithm=100), bogus("www", ede=(9, 10)), GOOD)
    broken("signature-zero", "RFC 4035 5.3.3", lambda zone: z.tamper(zone, "www", "A", signature=bytes(64)),
           bogus("www", ede=6), GOOD)
    broken("signature-short", "RFC 6605 4: 64 octets", lambda zone: z.tamper(zone, "www", "A", signature=bytes(range(63))),
           bogus("www", ede=6), GOOD)
    broken("data-changed", "RFC 4035 5.3.2", lambda zone: z.set_rdata(zone, "www", "A", "192.0.2.66"), bogus("www", ede=6), GOOD)
    broken("data-added", "RFC 4035 5.3.2", lambda zone: z.add(zone, "www", keys.rdata("A", "192.0.2.66")),
           bogus("www", ede=6), GOOD)
    broken("cname-changed", "RFC 4035 5.3.2", lambda zone: z.set_rdata(zone, "alias", "CNAME", "zz"), bogus("alias", ede=6), GOOD)
    broken("many-bad-signatures", "RFC 4035 5.5, RFC 9520: the work on one RRset is bounded", many_bad, bogus("www", ede=(5, 6)), GOOD)


def now_less(days):
    return int(time.time()) - days * DAY


def no_tag(zone):
    return (max(key.tag for key in zone.ksks + zone.zsks) + 1) % 65536


def many_bad(zone):
    first, second = keys.colliding(zone.origin)
    z.publish(zone, zone.ksks[0], zone.zsks[0], first, second)
    good = first.rrsig(zone.absolute("www"), z.get(zone, "www", "A"))
    z.replace_signatures(zone, "www", "A", [good.replace(signature=bytes([k]) * 64) for k in range(1, 13)])


def missing():
    """RFC 4035 5: where a signature must be, and is not."""
    for label, owner, type_, question in (
            ("answer", "www", "A", bogus("www", ede=10)), ("cname", "alias", "CNAME", bogus("alias", ede=10)),
            ("wildcard", "*.wild", "A", bogus("x.wild", ede=10)), ("dname", "dn", "DNAME", bogus("www.dn", ede=10)),
            ("nsec", "www", "NSEC", bogus("www", "AAAA", ede=(10, 12))), ("soa", "@", "SOA", bogus("www", "AAAA", ede=10)),
            ("dnskey", "@", "DNSKEY", bogus("www", ede=(9, 10)))):
        broken(f"no-rrsig-{label}", "RFC 4035 5", lambda zone, a=(owner, type_): z.remove(
            zone, a[0], RRSIG, dns.rdatatype.from_text(a[1])), question, *([GOOD] if label != "dnskey" else []))
    broken("no-signatures-at-all", "RFC 4035 5.2: the DS says that it is signed", unsign, bogus("www", ede=(9, 10)),
           bogus("nx", ede=(9, 10, 12), cd="NXDOMAIN"))
    broken("no-dnskey", "RFC 4035 5.2", lambda zone: (z.remove(zone, "@", "DNSKEY"), z.remove(
        zone, "@", RRSIG, dns.rdatatype.DNSKEY)), bogus("www", ede=9))


def unsign(zone):
    for name, dataset in list(zone.signed.iterate_rdatasets()):
        if dataset.rdtype in (RRSIG, dns.rdatatype.NSEC, dns.rdatatype.DNSKEY):
            zone.signed.delete_rdataset(name, dataset.rdtype, dataset.covers)


def wrong_ds():
    def changed(**fields):
        return lambda zone: [zone.ksks[0].ds().replace(**fields)]

    def stranger(zone):
        return [keys.generate(zone.home, zone.name, ksk=True).ds()]

    rule = "RFC 4035 5.2"
    for label, ds in (("digest", changed(digest=bytes(32))), ("algorithm", changed(algorithm=8)),
                      ("of-another-key", stranger)):
        broken(f"ds-wrong-{label}", rule, None, bogus("www", ede=9), ds=ds)
    broken("ds-wrong-tag", rule, None, bogus("www", ede=9), ds=lambda zone: [zone.ksks[0].ds().replace(key_tag=no_tag(zone))])
    broken("ds-sha1-right-sha256-wrong", "RFC 4509 3", None, bogus("www", ede=9), ds=lambda zone: [
        zone.ksks[0].ds("SHA1"), zone.ksks[0].ds().replace(digest=bytes(32))])

    def parent(change):
        return {"edit_parent": lambda above, zone: change(above, zone)}

    past = {"inception": now_less(30), "expiration": now_less(1)}
    broken("ds-expired", rule, None, bogus("www", ede=7), **parent(lambda above, zone: z.resign(above, zone.name, "DS", **past)))
    broken("ds-no-rrsig", rule, None, bogus("www", ede=10), **parent(
        lambda above, zone: z.remove(above, zone.name, RRSIG, dns.rdatatype.DS)))
    broken("ds-signature-zero", rule, None, bogus("www", ede=6), **parent(
        lambda above, zone: z.tamper(above, zone.name, "DS", signature=bytes(64))))
    broken("ds-signed-by-child", "RFC 4035 5.3.1: the parent signs", None, bogus("www", ede=(6, 9)), **parent(
        lambda above, zone: z.resign(above, zone.name, "DS", zone.ksks[0])))
    broken("ds-removed-nsec-says-ds", "RFC 4035 5.2: the bitmap has DS", None, bogus("www", ede=(6, 12)), **parent(
        lambda above, zone: (z.remove(above, zone.name, "DS"), z.remove(above, zone.name, RRSIG, dns.rdatatype.DS))))


def wrong_keys():
    """RFC 4034 2.1, RFC 5011 2.1: keys that sign, but must not."""
    def ksk(**fields):
        """The only KSK in another form, in the DS too."""
        return {"ds": lambda zone: [zone.ksks[0].altered(**fields).ds()],
                "edit": lambda zone: z.publish(zone, zone.ksks[0].altered(**fields), zone.zsks[0])}

    def zsk(**fields):
        def edit(zone):
            key = zone.zsks[0].altered(**fields)
            z.publish(zone, zone.ksks[0], key, key=zone.ksks[0])
            z.resign_all(zone, key)
        return edit

    def by_zsk_alone(zone):
        z.resign(zone, "@", "DNSKEY", zone.zsks[0])

    def short(zone):
        key = zone.zsks[0].altered(key=zone.zsks[0].dnskey.key[:63])
        z.publish(zone, zone.ksks[0], key, key=zone.ksks[0])
        z.resign_all(zone, key)

    def downgrade(algorithm):
        def edit(zone):
            key = zone.zsks[0].altered(algorithm=algorithm)
            z.publish(zone, zone.ksks[0], key, key=zone.ksks[0])
            z.resign_all(zone, key)
        return edit

    for label, rule, more, ede in (
            ("ksk-no-zone-flag", "RFC 4034 2.1.1", ksk(flags=keys.SEP), 11),
            ("ksk-protocol-2", "RFC 4034 2.1.2", ksk(protocol=2), 9),
            ("ksk-revoked", "RFC 5011 2.1", ksk(flags=keys.ZONE | keys.REVOKE | keys.SEP), 9)):
        BOOK.add(label, rule, Zone(f"{label}.bad.", STOCK, **more), bogus("www", ede=ede))
    broken("zsk-no-zone-flag", "RFC 4034 2.1.1", zsk(flags=0), bogus("www", ede=(9, 11)))
    broken("zsk-protocol-2", "RFC 4034 2.1.2", zsk(protocol=2), bogus("www", ede=9))
    broken("zsk-revoked", "RFC 5011 2.1", zsk(flags=keys.ZONE | keys.REVOKE), bogus("www", ede=9))
    broken("zsk-too-short", "RFC 6605 4: a P-256 key has 64 octets", short, bogus("www", ede=(6, 9)))
    broken("zsk-of-unknown-algorithm", "RFC 4035 2.2, RFC 6840 5.2: signed by less than the DS promises", downgrade(100),
           bogus("www", ede=(9, 10)), bogus("nx", ede=(9, 10, 12), cd="NXDOMAIN"))
    broken("zsk-unpublished", "RFC 4035 5.2", lambda zone: z.publish(zone, zone.ksks[0]), bogus("www", ede=9))
    broken("dnskey-by-zsk-alone", "RFC 4035 5.2: signed by a key that the DS names", by_zsk_alone, bogus("www", ede=(9, 10)))
    broken("dnskey-set-changed", "RFC 4035 5.2", lambda zone: z.add(zone, "@", keys.colliding(zone.origin)[0].dnskey),
           bogus("www", ede=6))


def wrong_denials():
    """RFC 4035 5.4, RFC 6840 4: chains that say what they must not."""
    def nsec(owner, text, zone):
        z.set_rdata(zone, owner, "NSEC", text)
        z.resign(zone, owner, "NSEC")

    broken("nsec-next-outside-zone", "RFC 4034 4.1.1, RFC 6840 4: a next name of another zone",
           lambda zone: nsec("ns", "zzzz.invalid. A RRSIG NSEC", zone), bogus("nx", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    broken("nsec-next-before-owner", "RFC 4034 4.1.1: only the last may wrap, and to the apex",
           lambda zone: nsec("ns", "alias A RRSIG NSEC", zone), bogus("nx", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    broken("nsec-gap", "RFC 4035 5.4", lambda zone: nsec("ns", "nt A RRSIG NSEC", zone),
           bogus("nx", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    broken("nsec-bitmap-has-type", "RFC 4035 5.4", lambda zone: nsec("mail", "ns A MX RRSIG NSEC", zone),
           bogus("mail", "A", ede=(6, 12)), GOOD)
    broken("nsec-bitmap-has-cname", "RFC 6840 4.3", lambda zone: nsec("mail", "ns CNAME RRSIG NSEC", zone),
           bogus("mail", "A", ede=(6, 12)), GOOD)
    broken("nsec-of-another-name", "RFC 4035 5.4: a covering NSEC is no proof of no data",
           lambda zone: (z.remove(zone, "zz", "NSEC"), z.remove(zone, "zz", RRSIG, dns.rdatatype.NSEC)),
           bogus("zz", "AAAA", ede=(6, 12)), GOOD)
    for label, tld, ede in (("nsec", "bad", (6, 10, 12)), ("nsec3", "three", (6, 10, 12))):
        BOOK.add(f"delegation-not-in-{label}-chain", "RFC 4035 5.2, RFC 5155 8.9: nothing shows that there is no DS", Zone(
            f"delegation-not-in-{label}-chain.{tld}.", "www A 192.0.2.1", None, hidden=True), bogus("www", ede=ede))
    BOOK.add("delegation-nsec-without-ns", "RFC 6840 4.4: the bitmap must have NS; without a cut it is the data of a signed zone", Zone(
        "delegation-nsec-without-ns.bad.", "www A 192.0.2.1", None, edit_parent=without_ns), bogus("www", ede=(6, 10, 12)))


def without_ns(above, zone):
    old = next(iter(z.get(above, zone.name, "NSEC")))
    z.set_rdata(above, zone.name, "NSEC", f"{old.next} TXT RRSIG NSEC")
    z.resign(above, zone.name, "NSEC")


for write in (times, fields, missing, wrong_ds, wrong_keys, wrong_denials):
    write()
