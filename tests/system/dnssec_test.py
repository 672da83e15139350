"""A signed Internet, most of it broken on purpose: RCODE, AD and EDE of Holdfast beside Unbound, BIND and Knot Resolver.

Every case says what the RFCs ask for. Holdfast must do that; a peer that does something else must be explained.
"""
import collections
import os
import unittest
from concurrent.futures import ThreadPoolExecutor

from dnssec import case as cases, resolvers, world
from dnssec.explained import Explained
from lab import ask, lab, nsd
from lab import wire

AD, CD, RD = 0x20, 0x10, 0x100
BROKEN_LEAST = 60
WHO = [*([] if os.environ.get("PEERS_ONLY") else ["holdfast"]), *resolvers.PEERS]
Seen = collections.namedtuple("Seen", "rcode ad ede texts records")
SILENT = Seen("NO REPLY", False, (), (), frozenset())


def look(address, question, *, patience, tries, flags=RD, dnssec=True):
    for _ in range(tries):
        how = {"flags": flags, "dnssec": dnssec, "patience": patience}
        reply = ask.ask_one(address, question.name, question.type, **how)
        if reply is not None and reply.truncated:
            reply = ask.ask_one(address, question.name, question.type, tcp=True, **how)
        if reply is not None:
            errors = reply.extended_errors()
            return Seen(wire.rcode_text(reply.rcode), bool(reply.flags & AD), tuple(code for code, _ in errors),
                        tuple(text for _, text in errors), wire.rrsets(reply.answer))
    return SILENT


def look_at_all(address, all_cases, **more):
    """In each case one question after the other: a case's zones are its own."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda case: [look(address, question, **more) for question in case.questions], all_cases))


def verdict(seen):
    return f"{seen.rcode}{' AD' if seen.ad else ''}"


def expected(question):
    return f"{question.rcode}{' AD' if question.verdict == cases.SECURE else ''}"


def shown(seen):
    return verdict(seen) + (f" [{','.join(map(str, seen.ede))}]" if seen.ede else "")


def data(seen):
    """Without signatures: of several a resolver may keep those that it needs."""
    return {record for record in seen.records if record[1] != wire.TYPES["RRSIG"]}


class Dnssec(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab.empty()
        cls.addClassCleanup(cls.lab.stop)
        cls.world = world.World()
        cls.world.sign(cls.lab.folder)
        cls.nsds, cls.forger = cls.world.start(cls.lab.folder)
        cls.lab.processes += cls.nsds
        cls.addClassCleanup(cls.forger.stop)
        hints = resolvers.write_hints(cls.lab.folder, world.ROOT_HOST, world.ROOT_ADDRESS)
        # A case is what its servers say. A parent whose own proofs deny the case's delegation would answer in their place.
        started = resolvers.Resolvers(cls.lab.folder, cls.world.anchors(), hints, aggressive_nsec=False)
        cls.seen = {}
        for who in WHO:
            cls.lab.processes.append(started.start(who))
        with ThreadPoolExecutor(len(WHO)) as pool:
            found = pool.map(cls.look_with, WHO)
        cls.seen = dict(zip(WHO, found))
        cls.with_cd = cls.look_with("holdfast", flags=RD | CD)
        cls.plain = cls.look_with("holdfast", dnssec=False)
        cls.plain_ad = cls.look_with("holdfast", dnssec=False, flags=RD | AD)
        cls.explained = Explained()
        cls.print_table()

    @classmethod
    def look_with(cls, who, **more):
        """Unbound 1.17 now and then never answers a question, so peers are asked again. Holdfast is not."""
        patience = {"patience": 15, "tries": 1} if who == "holdfast" else {"patience": 4, "tries": 4}
        return look_at_all(resolvers.ADDRESSES[who], cls.world.cases, **patience, **more)

    @classmethod
    def rows(cls):
        """(case, question, who -> what was seen)."""
        for number, case in enumerate(cls.world.cases):
            for k, question in enumerate(case.questions):
                yield case, question, {who: cls.seen[who][number][k] for who in WHO}

    @classmethod
    def print_table(cls):
        print(f"\n{'case':34} {'question':58} {'expected':20}" + "".join(f"{who:22}" for who in WHO))
        for case, question, seen in cls.rows():
            wanted = expected(question) + (f" [{'|'.join(map(str, question.ede))}]" if question.ede else "")
            asked = f"{question.name} {question.type}"
            print(f"{case.name:34} {asked:58} {wanted:20}" + "".join(f"{shown(seen[who]):22}" for who in WHO))

        rows = list(cls.rows())
        broken = sum(any(q.verdict == cases.BOGUS for q in case.questions) for case in cls.world.cases)
        right = {who: sum(verdict(seen[who]) == expected(question) for _, question, seen in rows) for who in WHO}
        print(f"{len(cls.world.cases)} cases, {broken} of them broken, {len(rows)} questions; RCODE and AD as expected:",
              ", ".join(f"{who} {count}" for who, count in right.items()))

    def fail_with(self, lines):
        if lines:
            self.fail(f"{len(lines)}:\n" + "\n".join(lines))

    def test_the_lab_is_as_written(self):
        self.assertEqual(self.forger.failures, [])
        self.assertEqual(nsd.complaints(self.nsds), [])
        broken = [case.name for case in self.world.cases if any(q.verdict == cases.BOGUS for q in case.questions)]
        self.assertGreaterEqual(len(broken), BROKEN_LEAST)

    def test_holdfast_does_what_the_rfcs_say(self):
        wrong = []
        for case, question, seen in self.rows():
            ours = seen["holdfast"]
            if verdict(ours) != expected(question):
                wrong.append(f"{case.name}: {question.name} {question.type}: {shown(ours)} {ours.texts}, not "
                             f"{expected(question)}: {case.rule}")
        self.fail_with(wrong)

    def test_holdfast_says_why(self):
        """RFC 8914: the code, and the zone that it is about in the text."""
        wrong = []
        for case, question, seen in self.rows():
            ours = seen["holdfast"]
            if question.ede:
                # Insecure data from the cache has the code alone.
                needs_no_text = question.verdict == cases.INSECURE and ours.texts == ("",)
                names_zone = needs_no_text or any(zone.name.rstrip(".") in text for text in ours.texts[:1]
                                                  for zone in self.world.zones[1:])
                good = ours.ede and ours.ede[0] in question.ede and names_zone
            else:
                good = not ours.ede
            if not good:
                wrong.append(f"{case.name}: {question.name} {question.type}: EDE {ours.ede} {ours.texts}, not {question.ede}")
        self.fail_with(wrong)

    def test_bogus_data_is_given_to_those_who_ask_for_it_alone(self):
        """RFC 4035 3.2.2 and 5.5: nothing but SERVFAIL without CD, the data as it came with CD, and never AD."""
        wrong = []
        for number, (case, question, seen) in enumerate(self.rows()):
            if question.verdict != cases.BOGUS:
                continue
            with_cd = self.flat(self.with_cd)[number]
            if seen["holdfast"].records or with_cd.rcode != question.cd or with_cd.ad:
                wrong.append(f"{case.name}: {question.name} {question.type}: {shown(seen['holdfast'])}, with CD "
                             f"{shown(with_cd)} {with_cd.texts}, not {question.cd}")
        self.fail_with(wrong)

    def test_the_same_verdict_without_do(self):
        """RFC 6840 5.7, 5.8: AD for those who ask for it by AD; RFC 4035 3.2.1: no DNSSEC records without DO."""
        wrong = []
        for number, (case, question, seen) in enumerate(self.rows()):
            plain, plain_ad = self.flat(self.plain)[number], self.flat(self.plain_ad)[number]
            extra = [type_ for _, type_, _ in plain.records if type_ in (46, 47, 50) and
                     type_ != wire.type_number(question.type)]
            if plain.ad or extra or plain.rcode != seen["holdfast"].rcode or verdict(plain_ad) != verdict(seen["holdfast"]):
                wrong.append(f"{case.name}: {question.name} {question.type}: {shown(seen['holdfast'])}, without DO "
                             f"{shown(plain)} {extra}, with AD {shown(plain_ad)}")
        self.fail_with(wrong)

    @staticmethod
    def flat(found):
        return [seen for case in found for seen in case]

    def test_peers_agree_or_are_explained(self):
        wrong = []
        counts = collections.Counter()
        for case, question, seen in self.rows():
            for peer in resolvers.PEERS:
                theirs, what = seen[peer], None
                counts["compared"] += 1
                if verdict(theirs) != expected(question):
                    what = "verdict"
                elif question.verdict != cases.BOGUS and verdict(seen["holdfast"]) == verdict(theirs) and data(seen["holdfast"]) != data(theirs):
                    what = "data"
                elif question.ede and theirs.ede and not set(theirs.ede) & {0, *question.ede}:
                    what = "ede"
                if what is None:
                    continue
                counts[f"{what} differs"] += 1
                if self.explained.reason(peer, case.name, f"{question.name}/{question.type}", what) is None:
                    wrong.append(f"{peer} {case.name} {question.name}/{question.type} {what}: {shown(theirs)} "
                                 f"{theirs.texts}, not {expected(question)} {question.ede}")
        print("\npeers:", ", ".join(f"{name} {count}" for name, count in counts.items()), f"unexplained {len(wrong)}")
        for rule in self.explained.unused():
            print("explains nothing in this run:", *rule[:4])
        self.fail_with(wrong)


if __name__ == "__main__":
    unittest.main()
