"""Well signed zones, and somebody on the path who replays, strips and mixes what they say."""
import dns.dnssec
import dns.rcode
import dns.rdatatype
import dns.rrset

from . import keys, zone as z
from .case import STOCK, Book, bogus, insecure, secure
from .forger import DENIALS, RRSIG, signed
from .zone import Signing, Zone

BOOK = Book("forged")
NOERROR, NXDOMAIN = dns.rcode.NOERROR, dns.rcode.NXDOMAIN
GOOD = secure("www", "TXT")
NSEC3 = Signing(denial="nsec3")
LONGER = STOCK + "".join(f"host{k} A 192.0.2.{100 + k}\n" for k in range(24))


def forged(label, rule, forge, *questions, records=STOCK, signing=Signing(), **more):
    """`forge` for the names of the bogus questions, but not for the secure ones; the rest passes."""
    wrong = {q.name for q in questions if q.verdict == "bogus"}
    passed = [(q.name, q.type) for q in questions if q.verdict == "secure"]

    def only(ex):
        forgeable = not any(ex.is_for(name, type_) for name, type_ in passed)
        return forge(ex) if forgeable and any(ex.is_for(name) for name in wrong) else None

    BOOK.add(label, rule, Zone(f"{label}.forged.", records, signing, forge=only, **more), *questions)


def stripped():
    nx = bogus("nx", ede=(10, 12), cd="NXDOMAIN")
    forged("strip-answer-rrsig", "RFC 4035 5", lambda ex: ex.strip_signatures("A"), bogus("www", ede=10), GOOD)
    forged("strip-denial-rrsig", "RFC 4035 5", lambda ex: ex.strip_signatures(), bogus("www", "AAAA", ede=(10, 12)), nx, GOOD)
    forged("strip-nsec", "RFC 4035 5.4", lambda ex: ex.strip("authority", "NSEC"),
           bogus("www", "AAAA", ede=12), bogus("nx", ede=12, cd="NXDOMAIN"), GOOD)
    forged("strip-authority", "RFC 4035 5.4", lambda ex: setattr(ex.reply, "authority", []),
           bogus("www", "AAAA", ede=(10, 12)), nx, GOOD)
    forged("strip-wildcard-proof", "RFC 4035 5.3.4", lambda ex: ex.strip("authority", "NSEC"), bogus("x.wild", ede=12), GOOD)
    forged("strip-wildcard-proof-nsec3", "RFC 5155 8.8", lambda ex: ex.strip("authority", "NSEC3"),
           bogus("x.wild", ede=12), GOOD, signing=NSEC3)
    forged("strip-everything", "RFC 4035 5: an empty answer", lambda ex: (setattr(ex.reply, "answer", []), setattr(
        ex.reply, "authority", [])), bogus("www", ede=(10, 12)), GOOD)
    forged("dnskey-refused", "RFC 4035 5: no key can be had", refuse, bogus("@", "DNSKEY", ede=(9, 22, 23), cd="SERVFAIL"),
        bogus("www", ede=(9, 22, 23)))
    forged("dnskey-denied", "RFC 4035 5.2", lambda ex: ex.deny(NOERROR, *ex.denials_of("www", "AAAA"))
           if ex.type == dns.rdatatype.DNSKEY else None, bogus("@", "DNSKEY", ede=(6, 9, 12)), bogus("www", ede=9))


def refuse(ex):
    if ex.type == dns.rdatatype.DNSKEY:
        ex.reply.answer, ex.reply.authority, ex.reply.additional = [], [], []
        ex.reply.set_rcode(dns.rcode.REFUSED)


def parents():
    """What a parent says of the child."""
    def of_parent(label, rule, forge, *questions, signing=Signing(), tld="forged"):
        def applied(ex):
            """ex.zone is the parent; `child` the zone that this is about."""
            child = dns.name.from_text(label, ex.zone.origin)
            return forge(ex, child) if ex.name.is_subdomain(child) else None
        BOOK.add(label, rule, Zone(f"{label}.{tld}.", STOCK, signing, forge_parent=applied), *questions)

    def strip_ds(ex, _child):
        for section in ("answer", "authority"):
            ex.strip(section, "DS")

    def denied_by(rrsets):
        """DS taken out of referrals and answers, and these proofs in its place."""
        def forge(ex, child):
            had = ex.find("answer", "DS") + ex.find("authority", "DS")
            strip_ds(ex, child)
            if had:
                if ex.type == dns.rdatatype.DS:
                    ex.deny(NOERROR, *rrsets(ex, child))
                else:
                    ex.put("authority", rrsets(ex, child))
        return forge

    def child_apex_nsec(ex, child):
        zone = next(c for c in ex.zone.children if c.origin == child)
        nsec = zone.signed.find_rdataset(child, "NSEC")
        sigs = zone.signed.find_rdataset(child, RRSIG, dns.rdatatype.NSEC)
        return [dns.rrset.from_rdata_list(child, 300, list(nsec)), dns.rrset.from_rdata_list(child, 300, list(sigs))]

    def child_key_nsec(ex, child):
        zone = next(c for c in ex.zone.children if c.origin == child)
        return signed(zone, child, "NSEC", f"\\000.{child} NS RRSIG NSEC", ttl=300)

    def no_data_nsec(ex, child):
        return ex.denial_at(child.to_text())

    def covering(ex, child):
        return ex.denials_of(child.labels[0].decode()[:-1] + "!", "A")[:2]

    of_parent("ds-stripped", "RFC 4035 5.2", strip_ds, bogus("www", ede=(10, 12)))
    of_parent("ds-denied-by-own-nsec", "RFC 4035 5.2: the bitmap has DS", denied_by(no_data_nsec), bogus("www", ede=(6, 12)))
    of_parent("ds-denied-by-child-apex", "RFC 6840 4.4, RFC 4035 5.2: SOA in the bitmap", denied_by(child_apex_nsec),
              bogus("www", ede=(6, 12)))
    of_parent("ds-denied-by-child-key", "RFC 4035 5.2: made by the child", denied_by(child_key_nsec), bogus("www", ede=(6, 9, 12)))
    of_parent("ds-denied-by-cover", "RFC 4035 5.2: a span is no proof about a cut", denied_by(covering), bogus("www", ede=(6, 12)))
    of_parent("ds-rrsig-stripped", "RFC 4035 5", lambda ex, child: ex.strip_signatures("DS"), bogus("www", ede=10))


def replayed():
    """RFC 4035 5.4 and RFC 6840 4: proofs of something else."""
    def nsec_of(ex, label, rcode=NOERROR):
        ex.deny(rcode, *ex.denial_at(label))

    forged("nodata-of-another-name", "RFC 4035 5.4", lambda ex: nsec_of(ex, "mail"), bogus("www", ede=(6, 12)), GOOD)
    forged("nodata-for-what-is-there", "RFC 4035 5.4: the bitmap has the type", lambda ex: nsec_of(ex, "www"),
           bogus("www", ede=(6, 12)), GOOD)
    forged("nxdomain-for-what-is-there", "RFC 4035 5.4: the NSEC matches the name",
           lambda ex: ex.deny(NXDOMAIN, *ex.denial_at("www"), *ex.denials_of("nx", "A")),
           bogus("www", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    forged("nxdomain-of-another-name", "RFC 4035 5.4", lambda ex: ex.deny(NXDOMAIN, *ex.denials_of("nx", "A")),
           bogus("zz", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    forged("nxdomain-for-an-ent", "RFC 4035 5.4, RFC 8020: a name with names below it is there",
           lambda ex: ex.reply.set_rcode(NXDOMAIN), bogus("ent", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    forged("nxdomain-beside-a-wildcard", "RFC 4035 5.4: the wildcard is not denied",
           lambda ex: ex.deny(NXDOMAIN, *ex.denials_of("x.wild", "A")), bogus("x.wild", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    forged("nxdomain-without-wildcard-proof", "RFC 4035 5.4",
           lambda ex: ex.deny(NXDOMAIN, *[r for r in ex.denials_of("nx", "A") if r.name != ex.zone.origin]),
           bogus("nx", ede=12, cd="NXDOMAIN"), GOOD)
    forged("wildcard-nodata-without-wildcard", "RFC 4035 5.4",
           lambda ex: ex.deny(NOERROR, *[r for r in ex.ask("x.wild", "AAAA").authority
                                         if r.rdtype in DENIALS + (RRSIG,) and not r.name.is_wild()
                                         and r.covers != dns.rdatatype.SOA]),
           bogus("x.wild", "AAAA", ede=12), GOOD, records=STOCK + "b.wild A 192.0.2.8\n")
    forged("wildcard-over-a-name", "RFC 4035 5.3.4: the name itself is there", wildcard_for("there.wild", "x.wild"),
           bogus("there.wild", ede=(6, 12)), secure("there.wild", "TXT"), records=STOCK + 'there.wild A 192.0.2.9\nthere.wild TXT "x"\n')
    forged("wildcard-from-above", "RFC 4035 5.3.4, RFC 4592 2.2.1: a closer encloser is there",
           wildcard_for("x.ent.wild", "x.wild"), bogus("x.ent.wild", ede=(6, 12), cd="NOERROR"), secure("a.ent.wild"),
           records=STOCK + "a.ent.wild A 192.0.2.9\n")
    forged("wildcard-of-another-depth", "RFC 4035 5.3.2", wildcard_for("x", "x.wild"), bogus("x", ede=(6, 12)), GOOD)
    forged("expanded-nsec", "RFC 6840 4, RFC 4035 5.4: an NSEC that a wildcard made denies nothing", expanded_nsec,
           bogus("b.wild", ede=(6, 12)), GOOD, records=STOCK + "b.wild A 192.0.2.8\n")
    BOOK.add("nsec-of-the-cut-for-below", "RFC 6840 4.1: an ancestor delegation's NSEC", Zone(
        "nsec-of-the-cut-for-below.forged.", STOCK + "cut NS ns.cut\nns.cut A 192.0.2.77\n",
        forge=lambda ex: (nsec_of(ex, "cut") if ex.is_for("cut") else ex.deny(
            NXDOMAIN, *ex.denial_at("cut"), *ex.denials_of("nx", "A"))) if ex.below("cut") else None),
        bogus("www.cut", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    forged("nsec-of-a-dname-for-below", "RFC 6840 4.1: nothing below a DNAME is denied",
           lambda ex: ex.deny(NXDOMAIN, *ex.denial_at("dn"), *ex.denials_of("nx", "A")),
           bogus("www.dn", ede=(6, 12), cd="NXDOMAIN"), GOOD)
    forged("denial-of-a-sibling", "RFC 4035 5.4: another zone's proof", sibling_denial, bogus("www", "AAAA", ede=(6, 12)), GOOD)


def wildcard_for(label, real):
    """The answer for another name, as if a wildcard had made it for this one."""
    def forge(ex):
        other = ex.ask(real, ex.type)
        ex.replace(other)
        ex.reply.answer = [dns.rrset.from_rdata_list(ex.zone.absolute(label), r.ttl, list(r)) for r in other.answer]
    return forge


def expanded_nsec(ex):
    """The wildcard's own NSEC, as if it were at b.wild, where its signature's labels let it be."""
    rrsets = ex.denial_at("*.wild")
    ex.deny(NOERROR, *[dns.rrset.from_rdata_list(ex.name, r.ttl, [
        rdata if r.rdtype == RRSIG else rdata.replace(next=rdata.next) for rdata in r]) for r in rrsets])
    for r in ex.reply.authority:
        if r.rdtype == RRSIG and r.covers == dns.rdatatype.NSEC:
            r.name = ex.name


def sibling_denial(ex):
    sibling = next(c for c in ex.zone.parent.children if c.name == "strip-nsec.forged.")
    rrsets = signed(sibling, "www", "NSEC", "zz A TXT RRSIG NSEC", ttl=300)
    ex.deny(NOERROR, *rrsets)


def forged_data():
    def spoof(ex):
        ex.reply.answer = [dns.rrset.from_text(ex.name, 3600, "IN", "A", "192.0.2.66")]
        ex.reply.authority = []

    def own_key(ex):
        """The attacker's key beside the real ones, and his answer signed by it."""
        key = attackers.setdefault(ex.zone.name, keys.colliding(ex.zone.origin)[0])
        if ex.type == dns.rdatatype.DNSKEY:
            for rrset in ex.reply.answer:
                if rrset.rdtype == dns.rdatatype.DNSKEY:
                    rrset.add(key.dnskey)
        else:
            ex.reply.answer = signed(ex.zone, ex.name, "A", "192.0.2.66", key=key)

    def only_own_key(ex):
        key = attackers.setdefault(ex.zone.name, keys.colliding(ex.zone.origin)[0])
        if ex.type == dns.rdatatype.DNSKEY:
            ex.reply.answer = signed(ex.zone, "@", "DNSKEY", key.dnskey, key=key)
        else:
            ex.reply.answer = signed(ex.zone, ex.name, "A", "192.0.2.66", key=key)

    def cname(ex):
        ex.reply.answer = [dns.rrset.from_text(ex.name, 3600, "IN", "CNAME", "www.signed-below-good.good.")]
        ex.reply.authority = []

    def cname_of_dname(ex):
        """The DNAME as signed, and a CNAME that does not follow from it."""
        for k, rrset in enumerate(ex.reply.answer):
            if rrset.rdtype == dns.rdatatype.CNAME:
                ex.reply.answer[k] = dns.rrset.from_text(rrset.name, rrset.ttl, "IN", "CNAME", "www.signed-below-good.good.")
        ex.reply.answer = ex.reply.answer[:ex.reply.answer.index(next(
            r for r in ex.reply.answer if r.rdtype == dns.rdatatype.CNAME)) + 1]

    attackers = {}
    forged("spoofed-unsigned", "RFC 4035 5", spoof, bogus("www", ede=(10, 12)), GOOD)
    forged("spoofed-with-own-key-added", "RFC 4035 5.2", own_key, bogus("www", ede=(6, 9)), bogus("@", "DNSKEY", ede=6))
    forged("spoofed-with-own-key-alone", "RFC 4035 5.2", only_own_key, bogus("www", ede=9), bogus("@", "DNSKEY", ede=9))
    forged("spoofed-cname", "RFC 4035 5", cname, bogus("www", ede=10), secure("zz"))
    forged("unsigned-dname", "RFC 6672 5.3", lambda ex: ex.strip_signatures("DNAME"), bogus("www.dn", ede=10), GOOD)
    BOOK.add("dname-with-another-cname", "RFC 6672 5.3.1: the CNAME is not signed; who makes it anew from the DNAME is safe", Zone(
        "dname-with-another-cname.forged.", STOCK, forge=lambda ex: cname_of_dname(ex) if ex.is_for("www.dn") else None),
        secure("www.dn"), GOOD)
    BOOK.add("aliases-to-bogus", "RFC 4035 5: one bogus link spoils the answer", Zone("aliases-to-bogus.forged.", """
        data CNAME www.data-changed.bad.
        dn DNAME expired.bad.
        nx CNAME nx.strip-nsec.forged.
        """), bogus("data", ede=6), bogus("www.dn", ede=7), bogus("nx", ede=12, cd="NXDOMAIN"), secure("data", "CNAME"))
    BOOK.add("alias-from-insecure-to-bogus", "RFC 4035 5", Zone(
        "alias-from-insecure-to-bogus.forged.", "data CNAME www.answer-expired.bad.", None), bogus("data", ede=7))


def nsec3_parts():
    """RFC 5155 8.4: each part of the proof is needed. The names are such that each part is another record."""
    def parts(ex, *kept):
        found = nsec3_roles(ex.zone, ex.reply.authority, ex.name)
        if len({r.name for r in found.values()}) != len(found):
            raise RuntimeError(f"{ex.name}: one NSEC3 has two parts: {found}")
        names = [found[part].name for part in kept]
        ex.reply.authority = [r for r in ex.reply.authority if r.rdtype != dns.rdatatype.NSEC3 and
                              r.covers != dns.rdatatype.NSEC3 or r.name in names]

    name = NSEC3_NAME
    for label, kept in (("closest-encloser", ("next", "wildcard")), ("next-closer", ("encloser", "wildcard")),
                        ("wildcard", ("encloser", "next"))):
        forged(f"nsec3-no-{label}", "RFC 5155 8.4", lambda ex, kept=kept: parts(ex, *kept),
               bogus(name, ede=(6, 12), cd="NXDOMAIN"), GOOD, records=LONGER, signing=NSEC3)
    forged("nsec3-nodata-by-cover", "RFC 5155 8.5: a covering NSEC3 is no proof of no data",
           lambda ex: ex.deny(NOERROR, *ex.denials_of(name, "A")), bogus("www", ede=(6, 12)), GOOD, records=LONGER, signing=NSEC3)
    forged("nsec3-bitmap-has-type", "RFC 5155 8.5", lambda ex: ex.deny(NOERROR, *ex.denials_of("www", "AAAA")),
           bogus("www", ede=(6, 12)), GOOD, signing=NSEC3)


def nsec3_roles(zone, rrsets, name):
    """Part -> the NSEC3 RRset that plays it, for a name right below the apex."""
    found = {}
    records = [r for r in rrsets if r.rdtype == dns.rdatatype.NSEC3]
    for part, wanted, match in (("encloser", name.parent(), True), ("next", name, False),
                                ("wildcard", dns.name.from_text("*", name.parent()), False)):
        digest = dns.dnssec.nsec3_hash(wanted, records[0][0].salt.hex() or None, records[0][0].iterations, "SHA1").lower()
        for rrset in records:
            owner = rrset.name.labels[0].decode().lower()
            following = keys.base32hex(rrset[0].next)
            inside = owner < digest < following or following <= owner and (digest > owner or digest < following)
            if owner == digest if match else inside:
                found[part] = rrset
    return found


def nsec3_fields():
    def changed(*, one=False, **fields):
        def forge(ex):
            out = []
            done = False
            for rrset in ex.reply.authority:
                if rrset.rdtype == dns.rdatatype.NSEC3 and not (one and done):
                    out += signed(ex.zone, rrset.name, "NSEC3", *[r.replace(**fields) for r in rrset], ttl=rrset.ttl)
                    done = rrset.name
                elif rrset.covers != dns.rdatatype.NSEC3 or one and rrset.name != done:
                    out.append(rrset)
            ex.reply.authority = out
        return forge

    def elsewhere(ex):
        """The records two labels below the apex: of no zone."""
        out = [r for r in ex.reply.authority if dns.rdatatype.NSEC3 not in (r.rdtype, r.covers)]
        for rrset in ex.find("authority", "NSEC3"):
            if rrset.rdtype == dns.rdatatype.NSEC3:
                owner = dns.name.Name((rrset.name.labels[0], b"ent") + ex.zone.origin.labels)
                out += signed(ex.zone, owner, "NSEC3", *rrset, ttl=rrset.ttl)
        ex.reply.authority = out

    nx = bogus("nx", ede=(6, 12), cd="NXDOMAIN")
    nodata = bogus("www", "AAAA", ede=(6, 12))
    for label, rule, forge in (
            ("nsec3-unknown-hash", "RFC 5155 8.1", changed(algorithm=2)),
            ("nsec3-unknown-flag", "RFC 5155 8.2", changed(flags=2)),
            ("nsec3-wrong-salt", "RFC 5155 8.3: the hash is another", changed(salt=b"\1\2")),
            ("nsec3-next-too-short", "RFC 5155 3.1.7: as long as the hash", changed(next=b"\1" * 19)),
            ("nsec3-not-below-apex", "RFC 5155 8.2, 3: one label below the apex", elsewhere)):
        questions = (nx,) if label == "nsec3-next-too-short" else (nx, nodata)
        forged(label, rule, forge, *questions, GOOD, records=LONGER, signing=NSEC3)
    forged("nsec3-mixed-parameters", "RFC 5155 8.2: one set of parameters for a proof", changed(one=True, iterations=3),
           nx, GOOD, records=LONGER, signing=NSEC3)


def optout():
    """RFC 5155 6, 9.2: what an opt-out span may say, and what not."""
    def nodata_by_span(ex):
        ex.deny(NOERROR, *ex.denials_of("nx", "A"))

    forged("optout-nodata-for-what-is-there", "RFC 5155 8.5, 8.6: only DS may be denied so", nodata_by_span,
           bogus("www", ede=(6, 12)), GOOD, records=LONGER, signing=Signing(denial="optout"))
    BOOK.add("optout-hides-signed", "RFC 5155 8.6, 8.9: a DS can not be hidden by the zone's own matching NSEC3", Zone(
        "optout-hides-signed.optout.", STOCK, edit_parent=lambda above, zone: (
            z.remove(above, zone.name, "DS"), z.remove(above, zone.name, RRSIG, dns.rdatatype.DS))),
        bogus("www", ede=(6, 12)))
    BOOK.add("optout-unsigned-beside", "RFC 5155 8.9", Zone("optout-unsigned-beside.optout.", "www A 192.0.2.1", None),
             insecure("www"))


NSEC3_NAME = "nx1"
for write in (stripped, parents, replayed, forged_data, nsec3_parts, nsec3_fields, optout):
    write()
