"""What hostile signed zones cost: CPU, signature checks and hashes for each question, how long hits wait, and what the
authority hears of it. Counts are judged; times and the peers' figures are printed beside. docs/dnssec.md has a table."""
import collections
import os
import time
import unittest

from dnssec import hostile, resolvers
from lab import ask, lab, nsd
from lab.prober import Prober
from lab.traffic import Traffic

PROBES_PER_SECOND = 200
WINDOW = int(os.environ.get("HOLDFAST_LAB_WINDOW", "20"))  # questions in flight
FORGED_WINDOW = 4    # the forger is one thread
SIGNATURES_MAX = 64  # resolver/dnssec/budget.h, for one question
HASHES_MAX = 192
ALONE = 4            # questions asked one by one: their counts are single questions' counts
IDLE = ("now.streams", "now.timers")
PEER_QUESTIONS = int(os.environ.get("HOLDFAST_LAB_PEER_QUESTIONS", "20"))
PEER_PATIENCE = 3.0
PEERS = [peer for peer in resolvers.PEERS if PEER_QUESTIONS]
Cost = collections.namedtuple("Cost", "questions cpu_us pause_ms asked rcodes signatures hashes probes")


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab.empty()
        cls.addClassCleanup(cls.lab.stop)
        cls.world = hostile.HostileWorld()
        cls.world.sign(cls.lab.folder)
        cls.nsds, cls.forger = cls.world.start(cls.lab.folder)
        cls.lab.processes += cls.nsds
        cls.addClassCleanup(cls.forger.stop)
        cls.traffic = Traffic(cls.world.authorities())
        cls.traffic.start()
        cls.addClassCleanup(cls.traffic.stop)
        hints = resolvers.write_hints(cls.lab.folder, hostile.ROOT_HOST, hostile.ROOT_ADDRESS)
        started = resolvers.Resolvers(cls.lab.folder, cls.world.anchors(), hints)
        cls.replies, cls.alone, cls.costs = {}, {}, collections.defaultdict(dict)
        for who in ("holdfast", *PEERS):
            begin = time.monotonic()
            process = started.start(who)
            cls.lab.processes.append(process)
            ask.ask_one(resolvers.ADDRESSES[who], hostile.PROBED, "A")
            for attack in cls.world.attacks:
                for name in attack.primed:
                    ask.ask_one(resolvers.ADDRESSES[who], name, "A", dnssec=True)
                if who == "holdfast":
                    cls.costs[attack.name][who] = cls.attack_holdfast(process, attack)
                else:
                    cls.costs[attack.name][who], _ = cls.attack(who, process, attack, cls.share(attack), PEER_PATIENCE)
            print(f"{who}: {time.monotonic() - begin:.1f} s")
        cls.print_table()

    @staticmethod
    def share(attack):
        """Fewer of the questions for peers, who need longer."""
        return attack.count if attack.authority_share else min(attack.count, PEER_QUESTIONS)

    @classmethod
    def attack_holdfast(cls, process, attack):
        cls.alone[attack.name] = [cls.one_alone(attack, number) for number in range(ALONE)]
        before = cls.lab.stats()
        cost, cls.replies[attack.name] = cls.attack("holdfast", process, attack, attack.count, 15.0, first=ALONE)
        after = cls.when_empty()
        spent = [difference(before, after, name) for name in ("validation.signatures", "validation.nsec3_hashes")]
        return cost._replace(signatures=spent[0], hashes=spent[1])

    @classmethod
    def one_alone(cls, attack, number):
        """(signature checks, hashes) of one question."""
        before = cls.lab.stats()
        ask.ask_one(resolvers.ADDRESSES["holdfast"], attack.question(number), "A", dnssec=True)
        after = cls.when_empty()
        return tuple(difference(before, after, name) for name in ("validation.signatures", "validation.nsec3_hashes"))

    @classmethod
    def when_empty(cls):
        """The counters when the engine works at nothing any more. Idle streams, and their timers, live on for seconds."""
        for _ in range(300):
            stats = cls.lab.stats()
            if not any(int(value) for name, value in stats.items() if name.startswith("now.") and name not in IDLE):
                return stats
            time.sleep(0.02)
        raise RuntimeError(f"the engine is not empty: {stats}")

    @classmethod
    def attack(cls, who, process, attack, count, patience, first=0):
        questions = [(attack.question(number), "A") for number in range(first, count)]
        address = resolvers.ADDRESSES[who]
        window = FORGED_WINDOW if attack.zone.forge else WINDOW
        with Prober(address, hostile.PROBED, PROBES_PER_SECOND) as prober:
            asked, cpu = cls.traffic.counts()[attack.name], process.cpu_seconds()
            replies = ask.ask_all(address, questions, window=window, patience=patience, tries=1, dnssec=True)
            cpu, asked = process.cpu_seconds() - cpu, cls.traffic.counts()[attack.name] - asked
        pause = max(prober.report.seconds, default=float("inf"))
        cost = Cost(len(questions), cpu / len(questions) * 1e6, pause * 1000, asked,
                    collections.Counter(reply.rcode + " AD" * reply.ad for reply in replies), 0, 0, prober.report)
        return cost, replies

    @classmethod
    def print_table(cls):
        """CPU in microseconds, checks, hashes and queries to the authority for each question; the longest pause in ms."""
        print(f"\n{'attack':12} {'questions':>9} {'CPU us':>7} {'checks':>7} {'hashes':>7} {'asked':>6} {'pause':>6}  {'RCODE':30}"
              + "".join(f"{peer + ' CPU':>12} {'asked':>6} {'pause':>6}" for peer in PEERS))
        for attack in cls.world.attacks:
            cost = cls.costs[attack.name]["holdfast"]
            row = (f"{attack.name:12} {cost.questions:9} {cost.cpu_us:7.0f} {cost.signatures / cost.questions:7.2f} "
                   f"{cost.hashes / cost.questions:7.2f} {cost.asked / cost.questions:6.2f} {cost.pause_ms:6.0f}  {codes(cost):30}")
            for peer in PEERS:
                theirs = cls.costs[attack.name][peer]
                row += f"{theirs.cpu_us:12.0f} {theirs.asked / theirs.questions:6.2f} {theirs.pause_ms:6.0f}"
            print(row)
        for attack in cls.world.attacks:
            print(f"{attack.name:12} {attack.what}; asked alone (checks, hashes): {cls.alone[attack.name]};",
                  "; ".join(f"{peer} {codes(cls.costs[attack.name][peer])}" for peer in PEERS))

    def judge(self, judge, wanted=lambda attack: True):
        for attack in filter(wanted, self.world.attacks):
            with self.subTest(attack.name):
                judge(attack, self.costs[attack.name]["holdfast"])

    def within_budget(self, attack, cost):
        """Each question that was asked alone, and all together."""
        mean = (cost.signatures / cost.questions, cost.hashes / cost.questions)
        for signatures, hashes in [*self.alone[attack.name], mean]:
            self.assertLessEqual(signatures, SIGNATURES_MAX)
            self.assertLessEqual(hashes, HASHES_MAX)

    def test_the_lab_is_as_written(self):
        self.assertEqual(self.forger.failures, [])
        self.assertEqual(nsd.complaints(self.nsds), [])

    def test_answers_are_as_they_must_be(self):
        def judge(attack, cost):
            self.assertLessEqual(set(cost.rcodes), {rcode + " AD" * attack.secure for rcode in attack.rcodes})
        self.judge(judge)

    def test_a_question_has_its_budget_and_no_more(self):
        self.judge(self.within_budget)

    def test_attacks_reach_the_validator(self):
        """Otherwise the figures would say nothing. Among many a forged answer may come too late; alone it does not."""
        def judge(attack, cost):
            self.assertTrue(all(signatures > 0 for signatures, _ in self.alone[attack.name]), self.alone[attack.name])
            self.assertGreater(cost.signatures, 0)
            self.assertGreater(cost.asked, 0)
        self.judge(judge, lambda attack: attack.checked)

    def test_hits_are_answered(self):
        def judge(_, cost):
            self.assertGreater(cost.probes.sent, 0)
            self.assertEqual((cost.probes.lost, cost.probes.bad), (0, 0))
        self.judge(judge)

    def test_floods_stay_away_from_the_authority(self):
        """RFC 8198: once the spans of a zone are known, nobody is asked."""
        def judge(attack, cost):
            self.assertLess(cost.asked, attack.authority_share * cost.questions)
        self.judge(judge, lambda attack: attack.authority_share)


def difference(before, after, name):
    return int(after[name]) - int(before[name])


def codes(cost):
    return ", ".join(f"{count} {rcode}" for rcode, count in sorted(cost.rcodes.items()))


if __name__ == "__main__":
    unittest.main()
