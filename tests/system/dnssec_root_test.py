"""The real signed root zone of two days, served by a real name server, and resolvers whose clocks are set to that day.

The clock is libfaketime's: the wall clock alone, so that TTLs and timers run as ever.
"""
import gzip
import time
import unittest
from pathlib import Path

from dnssec import resolvers
from dnssec_test import AD, RD
from lab import ask, lab, namespace, nsd, wire, world

DATA = Path(__file__).resolve().parents[3] / "shared/data/dns-root"
WHO = ("holdfast", "unbound")  # Unbound shows that it is not the lab that is wrong
KINDS = ("A", "NS", "DS", "AAAA", "TXT", "MX")


def anchors_of(pattern):
    return [" ".join(path.read_text().split()) for path in sorted(DATA.glob(pattern))]


class Root:
    """What must hold of each of the zones; the zone, its day and its anchors are the subclass's."""

    zone = day = ""
    anchors = ()
    tlds_least = 1300

    @classmethod
    def setUpClass(cls):
        path = DATA / cls.zone
        if not path.exists():
            raise unittest.SkipTest(f"../shared/data/dns-root/{cls.zone} is not there")
        with gzip.open(path, "rt") as file:
            text = file.read()
        cls.owners = {}  # TLD -> types at it
        for line in text.splitlines():
            fields = line.split()
            if len(fields) > 4 and fields[0].count(".") == 1 and fields[0] != ".":
                cls.owners.setdefault(fields[0].lower(), set()).add(fields[3] if fields[2] == "IN" else fields[2])
        cls.tlds = sorted(name for name, types in cls.owners.items() if "NS" in types)
        cls.lab = lab.Lab.empty()
        cls.addClassCleanup(cls.lab.stop)
        roots = [address for pair in world.ROOTS.values() for address in pair]
        namespace.add_addresses(roots)
        server = nsd.start(cls.lab.folder, "root", roots, [(".", text)])
        cls.lab.processes.append(server)
        server.wait_until_answers((roots[0], 53))
        started = resolvers.Resolvers(cls.lab.folder, list(cls.anchors), cls.lab.hints, clock=cls.day)
        for who in WHO:
            cls.lab.processes.append(started.start(who))

    def check(self, questions, rcode):
        """All of them secure, at both resolvers."""
        for who in WHO:
            wrong = []
            for (name, type_), reply in zip(questions, ask.ask_all(
                    resolvers.ADDRESSES[who], questions, window=50, flags=RD | AD, dnssec=True)):
                if reply.rcode != rcode or not reply.ad:
                    wrong.append(f"{name} {type_}: {reply.rcode}{' AD' if reply.ad else ''} {reply.error}")
            self.assertEqual(wrong[:20], [], f"{who}: {len(wrong)} of {len(questions)}")

    def test_priming_and_keys(self):
        self.check([(".", "NS"), (".", "DNSKEY"), (".", "SOA")], "NOERROR")
        reply = ask.ask_one(resolvers.ADDRESSES["holdfast"], ".", "NS", dnssec=True)
        self.assertEqual(sum(type_ == wire.TYPES["NS"] for _, type_, _, _ in reply.answer), 13)

    def test_ds_of_every_tld(self):
        """A DS that is there, and the proof that there is none."""
        self.assertGreater(len(self.tlds), self.tlds_least)
        unsigned = [name for name in self.tlds if "DS" not in self.owners[name]]
        self.assertGreater(len(unsigned), 50)
        self.check([(name, "DS") for name in self.tlds], "NOERROR")

    def test_names_that_do_not_exist(self):
        """In the gap after each twentieth TLD, and at both ends of the zone."""
        absent = [f"{name[:-1]}--0." for name in self.tlds[::20]] + ["0.", "zzzzzz.", "xn--zzzzzzzz."]
        absent += [f"www.a.{name}" for name in absent[::4]]
        self.assertFalse(set(absent) & set(self.tlds))
        self.check([(name, KINDS[k % len(KINDS)]) for k, name in enumerate(absent)], "NXDOMAIN")


class Root2017(Root, unittest.TestCase):
    zone = "root.zone.2017082100.signed.gz"
    day = "2017-08-22 00:00:00"
    # KSK-2010, which signed on that day; IANA published this DS as its trust anchor.
    anchors = (". IN DS 19036 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5",)

    def test_the_next_key_waits_for_its_hold_down(self):
        """KSK-2017 was in the zone by then (RFC 5011); it is seen without anybody asking for it."""
        end = time.monotonic() + 20
        while any(" unseen " in line for line in self.lab.control("anchors")) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual([line.split(" since ")[0] for line in self.lab.control("anchors")],
                         [". 19036 8 valid", ". 20326 8 add-pending"])


class Root2021(Root, unittest.TestCase):
    zone = "root.zone.2021051901.resigned-test-keys.gz"
    day = "2021-05-21 00:00:00"
    anchors = anchors_of("test-K.+008+*.ds")


if __name__ == "__main__":
    unittest.main()
