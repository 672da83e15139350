#!/usr/bin/env python3
"""Writes the scenarios of tests/scenario whose servers give signed data: python3 tests/data/dnssec/scenarios.py

The records are those of ED25519.nsec.zone and ED25519.nsec3.zone (made by make.sh) with their own signatures, so
this is run again after that. The anchor is the zone's key. A rollover needs keys that sign here: theirs are
made from a seed, and openssl signs."""

import base64
import calendar
import pathlib
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "scenario"
WILD = "*.w.example."


class Zone:
    def __init__(self, file):
        self.sets = {}
        for line in (HERE / file).read_text().splitlines():
            words = line.split()
            if len(words) < 5 or words[2] != "IN":
                continue
            covered = words[4] if words[3] == "RRSIG" else words[3]
            self.sets.setdefault((words[0].lower(), covered), ([], []))[words[3] == "RRSIG"].append(line)

    def key(self):
        keys = self.sets[("example.", "DNSKEY")][0]
        return next(key for key in keys if " 257 3 " in key)

    def signed(self, owner, kind):
        records, signatures = self.sets[(owner, kind)]
        return records + signatures

    def unsigned(self, owner, kind):
        return self.sets[(owner, kind)][0]

    def expanded(self, owner, kind):
        """The wildcard's set as a server gives it for a name below it."""
        return [line.replace(WILD, owner, 1) for line in self.signed(WILD, kind)]


NSEC = Zone("ED25519.nsec.zone")
SOA = NSEC.signed("example.", "SOA")


def entry(question, records, authority=(), rcode="NOERROR", match="opcode qname qtype", flags="QR AA",
          adjust="copy_id"):
    lines = ["ENTRY_BEGIN", "MATCH " + match, "ADJUST " + adjust, f"REPLY {flags} {rcode}", "SECTION QUESTION", question]
    if records:
        lines += ["SECTION ANSWER", *records]
    if authority:
        lines += ["SECTION AUTHORITY", *authority]
    return "\n".join(lines + ["ENTRY_END", ""])


def server(address, entries, steps="0 100000"):
    return f"RANGE_BEGIN {steps}\nADDRESS {address}\n" + "".join(entries) + "RANGE_END\n\n"


def ask(step, question, flags="RD", ):
    return f"STEP {step} QUERY\nENTRY_BEGIN\nREPLY {flags}\nSECTION QUESTION\n{question}\nENTRY_END\n\n"


def check(step, question, match, flags, rcode="NOERROR", records=(), authority=()):
    lines = [f"STEP {step} CHECK_ANSWER", "ENTRY_BEGIN", "MATCH " + match, f"REPLY {flags} {rcode}",
             "SECTION QUESTION", question]
    if records:
        lines += ["SECTION ANSWER", *records]
    if authority:
        lines += ["SECTION AUTHORITY", *authority]
    return "\n".join(lines + ["ENTRY_END", "", ""])


def parent(servers=("192.0.2.1", "192.0.2.2")):
    ns = [f"example. 3600 IN NS ns{at + 1}.example." for at in range(len(servers))]
    glue = "\n".join(f"ns{at + 1}.example. 3600 IN A {address}" for at, address in enumerate(servers))
    prime = entry(". IN NS", [". 518400 IN NS k.root-servers.net."])
    prime = prime.replace("ENTRY_END", "SECTION ADDITIONAL\nk.root-servers.net. 518400 IN A 198.51.100.1\nENTRY_END")
    referral = entry("example. IN NS", [], ns, match="opcode subdomain", flags="QR", adjust="copy_id copy_query")
    return server("198.51.100.1", [prime, referral.replace("ENTRY_END", f"SECTION ADDITIONAL\n{glue}\nENTRY_END")])


def keys(zone=NSEC):
    return entry("example. IN DNSKEY", zone.signed("example.", "DNSKEY"))


def both(entries):
    return server("192.0.2.1", entries) + server("192.0.2.2", entries)


def write(name, comment, steps, date="20260715000000", options="", anchor=NSEC.key()):
    text = f"; {comment}\nserver:\n    trust-anchor: \"{anchor}\"\n    val-override-date: \"{date}\"\n"
    text += f"    do-ip6: no\n    query-minimization: no\n{options}stub-zone:\n    name: \".\"\n    stub-addr: 198.51.100.1\nCONFIG_END\n\n"
    text += f"SCENARIO_BEGIN {name.replace('_', ' ')}\n\n{steps}SCENARIO_END\n"
    (TARGET / f"{name}.rpl").write_text(text)


def swapped(lines):
    """The signature with its last letters exchanged: the form is right, the content is not."""
    out = []
    for line in lines:
        if " RRSIG " in line:
            body = line.rstrip("=")
            cut = len(body) - 8
            line = body[:cut] + ("AAAA" if body[cut:cut + 4] != "AAAA" else "BBBB") + body[cut + 4:] + line[len(body):]
        out.append(line)
    return out


AI = NSEC.signed("ai.example.", "A")
AI_A = NSEC.unsigned("ai.example.", "A")
Q = "ai.example. IN A"


def main():
    good = entry(Q, AI)
    write("secure_answer_has_ad",
          "AD for who sets DO or AD, signatures for DO alone, from the servers and from the cache (RFC 4035 section 3.2, "
          "RFC 6840 section 5.7).",
          parent() + both([keys(), good])
          + ask(10, Q, "RD DO") + check(20, Q, "all", "QR RD RA AD DO", records=AI)
          + "STEP 25 RESET\n\n"
          + ask(30, Q, "RD AD") + check(40, Q, "all", "QR RD RA AD", records=AI_A)
          + ask(50, Q, "RD") + check(60, Q, "all", "QR RD RA", records=AI_A)
          + ask(70, Q, "RD DO") + check(80, Q, "all", "QR RD RA AD DO", records=AI)
          + "STEP 90 EXPECT sent == 0\n")
    write("signature_that_does_not_match_is_bogus",
          "Neither server has a signature that holds: SERVFAIL, and why (RFC 4035 section 5.5, RFC 8914).",
          parent() + both([keys(), entry(Q, swapped(AI))])
          + ask(10, Q, "RD DO") + check(20, Q, "rcode flags ede=6", "QR RD RA DO", "SERVFAIL")
          + "STEP 25 RESET\n\n"
          + ask(30, Q, "RD DO") + check(40, Q, "rcode flags ede=6", "QR RD RA DO", "SERVFAIL")
          + "STEP 50 EXPECT sent == 0\n")
    write("bogus_answer_is_asked_elsewhere",
          "A server with a bad copy does no harm: the other is asked before the answer counts as bogus.",
          parent() + server("192.0.2.1", [keys(), entry(Q, swapped(AI))]) + server("192.0.2.2", [keys(), good])
          + ask(10, Q, "RD DO") + check(20, Q, "all", "QR RD RA AD DO", records=AI))
    write("missing_signature_is_bogus", "A signed zone's data without its signature (RFC 4035 section 5.5).",
          parent() + both([keys(), entry(Q, AI_A), entry("ai.example. IN DS", [], SOA + NSEC.signed("ai.example.", "NSEC"))])
          + ask(10, Q) + check(20, Q, "rcode flags ede=10", "QR RD RA", "SERVFAIL"))
    write("expired_signature_is_bogus", "After its expiration a signature is worth nothing (RFC 4035 section 5.3.1).",
          parent() + both([keys(), good])
          + ask(10, Q) + check(20, Q, "rcode flags ede=7", "QR RD RA", "SERVFAIL"), date="20370101000000")
    write("signature_not_yet_valid_is_bogus", "Before its inception a signature is worth nothing.",
          parent() + both([keys(), good])
          + ask(10, Q) + check(20, Q, "rcode flags ede=8", "QR RD RA", "SERVFAIL"), date="20251201000000")
    other = NSEC.key().split()
    key = other[-1][:8] + ("AAAA" if other[-1][8:12] != "AAAA" else "BBBB") + other[-1][12:]
    write("dnskey_that_is_not_the_anchors_is_bogus", "No DNSKEY of the zone is the one that the anchor names.",
          parent() + both([entry("example. IN DNSKEY", [" ".join(other[:-1] + [key])]), good])
          + ask(10, Q) + check(20, Q, "rcode flags ede=9", "QR RD RA", "SERVFAIL"))
    write("cd_gets_what_is_bogus",
          "CD: the client judges for itself (RFC 4035 section 3.2.2); others still get SERVFAIL, and nothing is kept.",
          parent() + both([keys(), entry(Q, swapped(AI))])
          + ask(10, Q, "RD DO CD") + check(20, Q, "all", "QR RD RA CD DO", records=swapped(AI))
          + ask(30, Q, "RD DO") + check(40, Q, "rcode flags ede=6", "QR RD RA DO", "SERVFAIL"))
    no = "no.example. IN A"
    proof = cover("no.example.") + cover("*.example.")
    proof = list(dict.fromkeys(proof))
    write("denial_has_ad_and_its_proof_for_do",
          "NXDOMAIN that NSEC proves: AD, and the proof for DO, from the cache too (RFC 4035 section 3.1.3.2).",
          parent() + both([keys(), entry(no, [], SOA + proof, "NXDOMAIN")])
          + ask(10, no, "RD DO") + check(20, no, "all", "QR RD RA AD DO", "NXDOMAIN", authority=SOA + proof)
          + "STEP 25 RESET\n\n"
          + ask(30, no, "RD AD")
          + check(40, no, "all", "QR RD RA AD", "NXDOMAIN", authority=NSEC.unsigned("example.", "SOA"))
          + ask(50, no, "RD DO") + check(60, no, "all", "QR RD RA AD DO", "NXDOMAIN", authority=SOA + proof)
          + "STEP 70 EXPECT sent == 0\n")
    write("denial_without_proof_is_bogus", "NXDOMAIN of a signed zone without NSEC (RFC 4035 section 5.4).",
          parent() + both([keys(), entry(no, [], SOA, "NXDOMAIN")])
          + ask(10, no) + check(20, no, "rcode flags ede=12", "QR RD RA", "SERVFAIL"))
    write("denial_of_what_exists_is_bogus", "The NSEC in hand says that the name exists.",
          parent() + both([keys(), entry(Q, [], SOA + NSEC.signed("ai.example.", "NSEC"), "NXDOMAIN")])
          + ask(10, Q) + check(20, Q, "rcode flags ede=6", "QR RD RA", "SERVFAIL"))
    wild = "a.z.w.example. IN MX"
    made = NSEC.expanded("a.z.w.example.", "MX")
    proof = cover("a.z.w.example.")
    write("wildcard_answer_has_its_proof",
          "A wildcard's answer is secure with the proof that the name itself does not exist (RFC 4035 section 5.3.4).",
          parent() + both([keys(), entry(wild, made, proof)])
          + ask(10, wild, "RD DO") + check(20, wild, "all", "QR RD RA AD DO", records=made, authority=proof)
          + ask(30, wild, "RD DO") + check(40, wild, "all", "QR RD RA AD DO", records=made, authority=proof))
    write("wildcard_answer_without_proof_is_bogus", "A wildcard may be replayed for a name that exists.",
          parent() + both([keys(), entry(wild, made)])
          + ask(10, wild) + check(20, wild, "rcode flags ede=12", "QR RD RA", "SERVFAIL"))
    below = "www.c.example. IN A"
    cut = ["c.example. 3600 IN NS ns1.c.example."]
    glue = "SECTION ADDITIONAL\nns1.c.example. 3600 IN A 192.0.2.7\nENTRY_END"
    referral = entry("c.example. IN NS", [], cut + NSEC.signed("c.example.", "NSEC"), match="opcode subdomain",
                     flags="QR", adjust="copy_id copy_query").replace("ENTRY_END", glue)
    child = server("192.0.2.7", [entry(below, ["www.c.example. 300 IN A 192.0.2.99"])])
    write("below_an_unsigned_delegation_is_insecure",
          "NSEC with NS and without DS: the child is not signed, so its data is given without AD (RFC 4035 section 5.2).",
          parent() + both([keys(), referral]) + child
          + ask(10, below, "RD DO") + check(20, below, "all noede", "QR RD RA DO", records=["www.c.example. 300 IN A 192.0.2.99"]))
    bare = entry("c.example. IN NS", [], cut, match="opcode subdomain", flags="QR",
                 adjust="copy_id copy_query").replace("ENTRY_END", glue)
    write("delegation_without_proof_is_bogus",
          "Without DS and without proof that there is none, a delegation may be forged (RFC 4035 section 5.2).",
          parent() + both([keys(), bare]) + child
          + ask(10, below) + check(20, below, "rcode flags ede=12", "QR RD RA", "SERVFAIL"))
    alias = "alias.example. IN A"
    write("secure_alias_to_a_denial_without_soa_has_no_ad",
          "AD is for all of an answer: behind a secure alias comes an empty answer that nobody signed, and that leaves no "
          "record to tell of it (RFC 4035 section 3.2.3).",
          parent() + both([keys(), entry(alias, NSEC.signed("alias.example.", "CNAME")), entry(Q, [])])
          + ask(10, alias, "RD AD")
          + check(20, alias, "all", "QR RD RA", records=NSEC.unsigned("alias.example.", "CNAME")),
          options="    domain-insecure: \"ai.example.\"\n")
    write("negative_anchor_ends_when_it_expires",
          "A negative anchor makes its zone insecure until its time is over by the wall clock (RFC 7646 section 2).",
          parent() + both([keys(), good])
          + ask(10, Q, "RD AD") + check(20, Q, "all", "QR RD RA", records=AI_A)
          + "STEP 30 TIME_PASSES ELAPSE 3700\n\n"
          + ask(40, Q, "RD AD") + check(50, Q, "all", "QR RD RA AD", records=AI_A),
          options="holdfast:\n    negative-anchor: example. 20260715003000\n")
    write("stale_data_outlives_a_bogus_refresh",
          "A refresh that is bogus is a failed refresh: what was secure is given stale, without AD, and says why.",
          parent()
          + server("192.0.2.1", [keys(), good], "0 35") + server("192.0.2.2", [keys(), good], "0 35")
          + server("192.0.2.1", [keys(), entry(Q, swapped(AI))], "36 100")
          + server("192.0.2.2", [keys(), entry(Q, swapped(AI))], "36 100")
          + ask(10, Q, "RD DO") + check(20, Q, "all", "QR RD RA AD DO", records=AI)
          + "STEP 30 TIME_PASSES ELAPSE 3700\n"
          + ask(40, Q, "RD AD") + check(50, Q, "rcode flags answer ede=3", "QR RD RA", records=AI_A))


    aggressive = "    aggressive-nsec: yes\n"
    near, naptr = "ns.example. IN A", "naptr.example. IN A"
    proof = list(dict.fromkeys(cover("no.example.") + cover("*.example.")))
    denials = [keys(), entry(no, [], SOA + proof, "NXDOMAIN")]
    write("known_proofs_deny_their_neighbours",
          "One denial proves others: names in the span of its NSEC, and types at its owner, cost no query (RFC 8198); "
          "not once it has expired.",
          parent() + server("192.0.2.1", denials, "0 55") + server("192.0.2.2", denials, "0 55")
          + server("192.0.2.1", [keys(), entry(near, [], SOA + proof, "NXDOMAIN")], "56 100")
          + server("192.0.2.2", [keys(), entry(near, [], SOA + proof, "NXDOMAIN")], "56 100")
          + ask(10, no, "RD DO") + check(20, no, "all", "QR RD RA AD DO", "NXDOMAIN", authority=SOA + proof)
          + "STEP 25 RESET\n\n"
          + ask(30, near, "RD DO") + check(40, near, "all", "QR RD RA AD DO", "NXDOMAIN", authority=SOA + proof)
          + ask(41, naptr, "RD DO")
          + check(42, naptr, "all", "QR RD RA AD DO", authority=SOA + NSEC.signed("naptr.example.", "NSEC"))
          + "STEP 50 EXPECT sent == 0\n\n"
          + "STEP 55 TIME_PASSES ELAPSE 3700\n\n"
          + ask(60, near, "RD DO") + check(70, near, "all", "QR RD RA AD DO", "NXDOMAIN", authority=SOA + proof)
          + "STEP 80 EXPECT sent >= 1\n", options=aggressive)
    write("anchors_zone_is_told_which_keys_are_trusted",
          "With the query for the keys of an anchor goes one that names the tags of the trusted ones, 14083 (RFC 8145 "
          "section 5); while the keys are in the cache none does.",
          parent() + both([keys(), good, entry("_ta-3703.example. IN NULL", [], SOA, "NXDOMAIN")])
          + ask(10, Q, "RD DO") + check(20, Q, "all", "QR RD RA AD DO", records=AI)
          + "STEP 30 TIME_PASSES ELAPSE 1\n\n"
          + "STEP 40 EXPECT sent name=_ta-3703.example. type=NULL == 1\n\n"
          + "STEP 45 RESET\n\n"
          + ask(50, no, "RD DO") + "STEP 60 TIME_PASSES ELAPSE 1\n\n"
          + "STEP 70 EXPECT sent name=_ta-3703.example. == 0\n")
    write("key_tags_are_not_told_again_while_the_keys_fail",
          "While it is remembered that the keys are bogus nothing is asked for them, and nothing told (RFC 8145 section 5).",
          parent() + both([entry("example. IN DNSKEY", [" ".join(other[:-1] + [key])]), good,
                           entry("naptr.example. IN NAPTR", NSEC.signed("naptr.example.", "NAPTR")),
                           entry("_ta-3703.example. IN NULL", [], SOA, "NXDOMAIN")])
          + ask(10, Q) + check(20, Q, "rcode", "QR RD RA", "SERVFAIL")
          + "STEP 25 TIME_PASSES ELAPSE 1\n\n"
          + ask(30, "naptr.example. IN NAPTR") + check(40, "naptr.example. IN NAPTR", "rcode", "QR RD RA", "SERVFAIL")
          + "STEP 50 EXPECT counter validation.key_tags_told == 1\n")
    private = 'stub-zone:\n    name: "ns.example."\n    stub-addr: 192.0.2.53\n'
    inside = "www.ns.example. IN A"
    data = ["www.ns.example. 300 IN A 192.0.2.77"]
    write("private_zone_is_not_denied_by_the_public_tree",
          "A zone with servers of its own, under a name that the public zone proves not to exist, is asked all the same.",
          parent() + both(denials) + server("192.0.2.53", [entry(inside, data)])
          + ask(10, no, "RD DO") + check(20, no, "all", "QR RD RA AD DO", "NXDOMAIN", authority=SOA + proof)
          + ask(30, inside) + check(40, inside, "rcode flags answer", "QR RD RA", records=data),
          options=aggressive + '    domain-insecure: "ns.example."\n' + private)
    rollover()


class Key:
    """An Ed25519 key of example. that signs."""

    def __init__(self, seed, flags):
        self.flags = flags
        self.private = b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(
            bytes.fromhex("302e020100300506032b657004220420") + bytes([seed] * 32)) + b"\n-----END PRIVATE KEY-----\n"
        public = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=self.private,
                                capture_output=True, check=True).stdout
        self.public = public[-32:]

    def rdata(self):
        return self.flags.to_bytes(2, "big") + bytes([3, 15]) + self.public

    def tag(self):
        rdata = self.rdata() + b"\0" * (len(self.rdata()) % 2)
        total = sum(int.from_bytes(rdata[at:at + 2], "big") for at in range(0, len(rdata), 2))
        return (total + (total >> 16)) & 0xFFFF

    def record(self, ttl):
        return f"example. {ttl} IN DNSKEY {self.flags} 3 15 {base64.b64encode(self.public).decode()}"

    def sign(self, owner, number, ttl, rdatas):
        begin, end = "20260101000000", "20360101000000"
        wire = b"".join(bytes([len(label)]) + label.encode() for label in owner.rstrip(".").split(".")) + b"\0"
        labels = owner.rstrip(".").count(".") + 1
        seconds = [calendar.timegm(time.strptime(text, "%Y%m%d%H%M%S")) for text in (end, begin)]
        head = (number.to_bytes(2, "big") + bytes([15, labels]) + ttl.to_bytes(4, "big")
                + b"".join(at.to_bytes(4, "big") for at in seconds) + self.tag().to_bytes(2, "big") + b"\7example\0")
        fixed = number.to_bytes(2, "big") + b"\0\1" + ttl.to_bytes(4, "big")
        data = head + b"".join(wire + fixed + len(rdata).to_bytes(2, "big") + rdata for rdata in sorted(rdatas))
        with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as message:
            key.write(self.private)
            key.flush()
            message.write(data)
            message.flush()
            signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key.name, "-in", message.name],
                                       capture_output=True, check=True).stdout
        kind = {1: "A", 48: "DNSKEY"}[number]
        return (f"{owner} {ttl} IN RRSIG {kind} 15 {labels} {ttl} {end} {begin} {self.tag()} example. "
                + base64.b64encode(signature).decode())


def rollover():
    """A new key comes, its 30 days pass, the old one is revoked, and then a thief signs with the old one."""
    ttl = 4 * 86400  # the keys are looked at every second day
    old, gone, new = Key(11, 257), Key(11, 257 | 128), Key(12, 257)
    zone_key, thief = Key(13, 256), Key(14, 256)

    def published(keys, signers, address_key, host):
        rdatas = [key.rdata() for key in keys]
        records = [key.record(ttl) for key in keys] + [key.sign("example.", 48, ttl, rdatas) for key in signers]
        address = [f"{host} 3600 IN A 192.0.2.80", address_key.sign(host, 1, 3600, [bytes([192, 0, 2, 80])])]
        tags = entry("_ta.example. IN NULL", [], match="opcode qtype", adjust="copy_id copy_query", rcode="NXDOMAIN")
        return [entry("example. IN DNSKEY", records), entry(f"{host} IN A", address), tags], address

    phases = [("0 15", [zone_key, old], [old], zone_key, "one.example."),
              ("16 35", [zone_key, old, new], [old], zone_key, "two.example."),
              ("36 55", [zone_key, gone, new], [gone, new], zone_key, "three.example."),
              ("56 75", [thief, old], [old], thief, "four.example."),
              ("76 100", [zone_key, new], [new], zone_key, "five.example.")]
    steps, answers = parent(), []
    for span, keys, signers, address_key, host in phases:
        entries, address = published(keys, signers, address_key, host)
        steps += server("192.0.2.1", entries, span) + server("192.0.2.2", entries, span)
        answers.append(address)

    def asked(step, phase):
        question = f"{phases[phase][4]} IN A"
        return ask(step, question, "RD DO") + check(step + 1, question, "all", "QR RD RA AD DO", records=answers[phase])

    day = 86400
    steps += asked(10, 0)
    steps += f"STEP 20 TIME_PASSES ELAPSE {34 * day}\n\n" + asked(30, 1)
    steps += f"STEP 40 TIME_PASSES ELAPSE {3 * day}\n\n" + asked(50, 2)
    steps += f"STEP 60 TIME_PASSES ELAPSE {3 * day}\n\n"
    steps += ask(65, "four.example. IN A") + check(66, "four.example. IN A", "rcode flags ede=9", "QR RD RA", "SERVFAIL")
    steps += "STEP 70 EXPECT counter validation.anchor_looks_failed >= 1\n\n"
    steps += f"STEP 80 TIME_PASSES ELAPSE {3 * day}\n\n" + asked(90, 4)
    write("anchor_follows_the_rollover_of_its_zone",
          "A new key is trusted after 30 days, and a key that its owner has revoked is not believed any more "
          "(RFC 5011 sections 2.1 and 2.4).", steps, options="holdfast:\n    rfc5011: yes\n", anchor=old.record(ttl))


def cover(name):
    """The NSEC that covers the name, with its signature."""
    def canonical(text):
        return [label for label in reversed(text.rstrip(".").split("."))]
    owners = sorted((owner for owner, kind in NSEC.sets if kind == "NSEC"), key=canonical)
    before = [owner for owner in owners if canonical(owner) < canonical(name)]
    return NSEC.signed(before[-1], "NSEC")


if __name__ == "__main__":
    main()
