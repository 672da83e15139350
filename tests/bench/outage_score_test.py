#!/usr/bin/env python3
"""The scorer of the outage bench on rows written by hand: each figure, and each bar both passed and failed."""
import sys
import unittest
import xml.dom.minidom
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench" / "outage"))

import bars  # noqa: E402 (the path comes first)
import plot  # noqa: E402
import score  # noqa: E402
import world  # noqa: E402

WARM, FAULT, HEAL, END = 20.0, 30.0, 60.0, 80.0
MARKS = {"fault": FAULT, "heal": HEAL}
EVERY = 0.1  # one question each, of each class


def row(due, klass="a", *, name=0, latency=1.0, rcode=0, age=0.5, provider=0, errors=(), late=0.0):
    return score.Row(name, klass, due, late, latency, rcode, age, provider, 5, tuple(errors))


def timeline(change=lambda one: one, end=END):
    """All is well for all classes, but for what change(row) makes of it."""
    rows = []
    for step in range(round(end / EVERY)):
        for klass in world.CLASSES:
            rows.append(change(row(step * EVERY, klass, name=step % 75, provider=1 if klass == "b" else 0)))
    return rows


def in_outage(one, klass=None, after=0.0):
    return FAULT + after <= one.due < HEAL and (klass is None or one.klass == klass)


NORMAL = [(tenth / 10, 10, 10) for tenth in range(round(END * 10))]  # 100 a second to each provider
SPARED = [(at, 0 if FAULT <= at < HEAL else a, b) for at, a, b in NORMAL]


def scored(rows=None, counts=None, marks=None, end=END):
    return score.score(timeline() if rows is None else rows, SPARED if counts is None else counts, marks or MARKS, WARM, end)


def failed_bars(fault, result, peers=None):
    return [bar.what for bar in bars.judge(fault, result, peers or {}) if bar.passed is False]


class Outcome(unittest.TestCase):
    def test_table(self):
        for expected, one in [
            ("fresh", row(0, age=6.0)),
            ("stale", row(0, age=6.1)),
            ("nxdomain", row(0, rcode=3, age=None)),
            ("failed", row(0, rcode=2, age=None)),
            ("failed", row(0, rcode=5, age=None)),
            ("failed", row(0, rcode=0, age=None)),
            ("none", row(0, latency=None)),
            ("none", row(0, latency=2000.1)),
            ("fresh", row(0, latency=2000.0)),
        ]:
            self.assertEqual(score.outcome(one), expected, one)

    def test_who_gave_up_waited_until_then(self):
        self.assertEqual(score.waited_ms(row(0, latency=None)), 2000)
        self.assertEqual(score.waited_ms(row(0, latency=3500.0)), 2000)
        self.assertEqual(score.waited_ms(row(0, latency=12.0)), 12)


class Figures(unittest.TestCase):
    def test_quantile(self):
        values = list(range(1, 101))
        self.assertEqual(score.quantile(values, 0.5), 50)
        self.assertEqual(score.quantile(values, 0.99), 99)
        self.assertEqual(score.quantile([7], 0.99), 7)
        self.assertIsNone(score.quantile([], 0.5))

    def test_tally(self):
        rows = [row(0), row(0, age=9.0, errors=[3]), row(0, rcode=2, age=None, errors=[22, 22]), row(0, latency=None)]
        counted = score.tally(rows)
        self.assertEqual([counted[key] for key in ("asked", "fresh", "stale", "nxdomain", "failed", "none")], [4, 1, 1, 0, 1, 1])
        self.assertEqual((counted["answered_share"], counted["fresh_share"], counted["stale_share"]), (50, 25, 25))
        self.assertEqual(counted["errors"], {3: 1, 22: 1})

    def test_a_question_belongs_to_the_second_in_which_it_was_due(self):
        table = score.per_second([row(29.9), row(30.0), row(30.9), row(31.0, "b")], [(29.9, 1, 2), (30.0, 3, 4)], 30.0, 32.0)
        by_second = {entry["second"]: entry for entry in table}
        self.assertEqual([by_second[second]["a"]["asked"] for second in (-1, 0, 1)], [1, 2, 0])
        self.assertEqual(by_second[1]["b"]["asked"], 1)
        self.assertEqual((by_second[-1]["upstream_a"], by_second[0]["upstream_b"]), (1, 4))
        self.assertEqual((min(by_second), max(by_second)), (-30, 1))

    def test_upstream_shares(self):
        counts = [(at, 1 if FAULT <= at < HEAL else 30 if HEAL + 5 <= at < HEAL + 6 else a, b) for at, a, b in NORMAL]
        found = score.upstream(counts, score.windows(MARKS, WARM, END))
        self.assertAlmostEqual(found["normal_a"], 100)
        self.assertAlmostEqual(found["outage_a_share"], 10)
        self.assertAlmostEqual(found["peak_a_share"], 300)
        self.assertAlmostEqual(found["peak_all_share"], 200)

    def test_seconds_until_fresh(self):
        self.assertEqual(score.seconds_until_fresh(timeline(), HEAL), 0)
        late = timeline(lambda one: one._replace(age=20.0) if HEAL <= one.due < HEAL + 7.5 else one)
        self.assertEqual(score.seconds_until_fresh(late, HEAL), 8)
        never = timeline(lambda one: one._replace(age=20.0) if one.due >= HEAL else one)
        self.assertIsNone(score.seconds_until_fresh(never, HEAL))

    def test_moved_counts_from_each_names_first_question(self):
        rows = [row(40, name=1, age=20.0), row(41, name=2, age=20.0), row(45.5, name=1, provider=1),
                row(47, name=2, provider=0), row(48, "b", name=3), row(46, name=2, age=20.0)]
        self.assertEqual(score.moved_late(rows, 39.0, 60.0, 5.0), (2, 1))

    def test_late_sends(self):
        self.assertEqual(score.late_sends([row(0, late=21.0), row(0), row(0), row(0)]), 25)


class Bars(unittest.TestCase):
    def test_a_perfect_run_passes_every_bar(self):
        for fault in ("none", "silent", "servfail", "refused", "loss", "delay", "half", "uplink", "iteration_lost", "forwarder_lost"):
            self.assertEqual(failed_bars(fault, scored()), [], fault)

    def fails(self, fault, what, change, **more):
        """Exactly one bar sees the change."""
        found = failed_bars(fault, scored(timeline(change), **more))
        self.assertEqual(found, [what])

    def test_one_unanswered_question_is_seen(self):
        for changed in ({"latency_ms": 2100.0}, {"rcode": 2, "age": None}):
            self.fails("uplink", "all names answered, from the fault on",
                       lambda one, changed=changed: one._replace(**changed) if one.due == 45.0 and one.klass == "a" else one)

    def test_later_than_the_deadline_is_seen_apart(self):
        found = failed_bars("uplink", scored(timeline(lambda one: one._replace(latency_ms=None) if in_outage(one) else one)))
        self.assertIn("nobody waits longer than client_deadline (4 s)", found)

    def test_stale_when_nothing_is_wrong(self):
        stale = timeline(lambda one: one._replace(age=7.5) if one.due < FAULT else one)
        self.assertEqual(failed_bars("uplink", scored(stale)), ["nothing wrong yet"])
        self.fails("none", "nothing wrong at all", lambda one: one._replace(age=7.5) if in_outage(one, "a") else one)
        self.fails("none", "nothing wrong at all, to the end", lambda one: one._replace(age=7.5) if one.due >= HEAL else one)

    def test_a_question_in_flight_when_the_fault_begins_is_neither_before_nor_after(self):
        rows = [*timeline(), row(FAULT - 0.05, age=20.0), row(FAULT - 0.01, "b", latency=1900.0, age=20.0)]
        self.assertEqual(failed_bars("silent", scored(rows)), [])
        self.assertEqual(failed_bars("silent", scored([*timeline(), row(FAULT - 0.15, age=20.0)])), ["nothing wrong yet"])

    def test_a_only_in_the_dark(self):
        for fault in bars.DARK:
            self.fails(fault, "A only, first 2 s: p99",
                       lambda one: one._replace(latency_ms=1000.0) if in_outage(one, "a") and one.due < FAULT + 2 else one)
            self.fails(fault, "A only, after that: p99",
                       lambda one: one._replace(latency_ms=11.0, age=20.0) if in_outage(one, "a", 2) else one)

    def test_queries_to_a(self):
        for tenths, expected in ((10, []), (20, ["queries to A in the outage, of the normal rate"])):
            counts = [(at, 10 if in_outage(row(at)) and round(at * 10) % 200 < tenths else 0 if FAULT <= at < HEAL else a, b)
                      for at, a, b in NORMAL]
            self.assertEqual(failed_bars("silent", scored(counts=counts)), expected)

    def test_limping(self):
        for fault in bars.LIMPING:
            self.fails(fault, "A only, after 2 s: p99", lambda one: one._replace(latency_ms=501.0) if in_outage(one, "a", 2) else one)
            half = scored(timeline(lambda one: one._replace(age=20.0) if in_outage(one, "a") and round(one.due * 10) % 2 else one))
            self.assertEqual(failed_bars(fault, half, {"Peer": 50.5}), [])
            self.assertEqual(failed_bars(fault, half, {"Peer": 52.0, "Other": 10.0}), ["A only: fresh, against the best peer"])
            not_judged = [bar for bar in bars.judge(fault, half, {}) if bar.passed is None]
            self.assertEqual(len(not_judged), 1)

    def test_other_provider(self):
        self.fails("silent", "A and B", lambda one: one._replace(age=20.0) if in_outage(one, "ab") and one.due < FAULT + 1 else one)
        self.fails("silent", "A and B, after 2 s: p99", lambda one: one._replace(latency_ms=51.0) if in_outage(one, "ab", 2) else one)
        self.fails("silent", "B only", lambda one: one._replace(age=20.0) if in_outage(one, "b", 29) else one)
        self.fails("silent", "B only: p99", lambda one: one._replace(latency_ms=5.5) if in_outage(one, "b") else one)
        slow = timeline(lambda one: one._replace(latency_ms=5.5 if in_outage(one) else 4.0) if one.klass == "b" else one)
        self.assertEqual(failed_bars("silent", scored(slow)), [], "1.5 times what it was before is allowed")

    def test_recovery(self):
        self.fails("silent", "3 s after the healing: fresh", lambda one: one._replace(age=20.0) if one.due >= HEAL + 19 else one)
        storm = [(at, a * (3 if HEAL <= at < HEAL + 1 else 1), b) for at, a, b in SPARED]
        self.assertEqual(failed_bars("silent", scored(counts=storm)), ["upstream rate after the healing, highest second, of the normal"])

    def test_nxdomain_must_be_believed(self):
        def believe(one):
            return one._replace(rcode=3, age=None) if in_outage(one, "a", score.PAST_TTL) else one
        self.assertEqual(failed_bars("nxdomain", scored(timeline(believe))), [])
        masked = "A only, a TTL after the fault: not masked by an address"
        self.assertEqual(failed_bars("nxdomain", scored(timeline(
            lambda one: one._replace(age=20.0) if in_outage(one, "a") else one))), [masked])

    def test_nxdomain_may_live_on_for_a_ttl(self):
        def linger(seconds):
            return lambda one: (one._replace(rcode=3, age=None)
                                if one.klass == "a" and FAULT + score.PAST_TTL <= one.due < HEAL + seconds else one)
        self.assertEqual(failed_bars("nxdomain", scored(timeline(linger(5.5)))), [])
        self.assertEqual(failed_bars("nxdomain", scored(timeline(linger(9)))), ["a TTL after the healing: fresh"])

    def test_move(self):
        marks = {**MARKS, "move": 40.0}

        def move(late):
            return lambda one: one._replace(provider=1) if one.klass == "a" and one.due > 40 + late else one
        self.assertEqual(failed_bars("moved", scored(timeline(move(5)), marks=marks)), [])
        self.assertEqual(failed_bars("moved", scored(timeline(move(15)), marks=marks)),
                         ["A only: fresh from B 5 s after the first question"])
        never = scored(timeline(), marks=marks)
        self.assertEqual(failed_bars("moved", never), ["A only: fresh from B 5 s after the first question"])

    def test_restart_costs_one_second(self):
        marks = {**MARKS, "kill": 40.0, "restart": 40.01, "serving": 40.5}

        def gone(seconds):
            return lambda one: one._replace(latency_ms=None) if 40 <= one.due < 40 + seconds else one
        self.assertEqual(failed_bars("kill", scored(timeline(gone(0.9)), marks=marks)), [])
        self.assertIn("all names answered, from the fault on", failed_bars("kill", scored(timeline(gone(1.2)), marks=marks)))
        slow = {**marks, "serving": 41.2}
        self.assertEqual(failed_bars("kill", scored(timeline(gone(0.9)), marks=slow)), ["start until it serves"])

    def test_routes(self):
        self.fails("forwarder_lost", "all, first 2 s: p99",
                   lambda one: one._replace(latency_ms=1001.0) if in_outage(one) and one.due < FAULT + 2 else one)
        self.fails("forwarder_lost", "all, after that: p99", lambda one: one._replace(latency_ms=51.0) if in_outage(one, after=2) else one)
        self.fails("iteration_lost", "all, after 2 s", lambda one: one._replace(age=20.0) if in_outage(one, after=2) else one)

    def test_nothing_measured_passes_nothing(self):
        nothing = scored(rows=[], counts=[])
        for fault in ("silent", "loss", "nxdomain", "uplink"):
            self.assertNotIn(True, [bar.passed for bar in bars.judge(fault, nothing, {})
                                    if "deadline" not in bar.what], fault)


class World(unittest.TestCase):
    def setUp(self):
        self.world = world.World()

    def test_load_is_spread_evenly(self):
        servers = {}
        for klass, _zone, at_a, at_b in self.world.zones:
            self.assertEqual((len(at_a), len(at_b)), {"a": (2, 2), "b": (0, 2), "ab": (1, 1)}[klass])
            self.assertEqual(len(set(at_a + at_b)), len(at_a + at_b), "two servers are two")
            for host in at_a if klass != "b" else at_b:
                servers[host] = servers.get(host, 0) + 1
        self.assertEqual({servers[name] for name, _ in self.world.servers["A"]}, {15})
        self.assertEqual(len(self.world.zones), 1500)

    def test_addresses_are_distinct_and_in_several_networks(self):
        addresses = self.world.addresses()
        self.assertEqual(len(addresses), len(set(addresses)))
        for provider in "AB":
            self.assertEqual(len({address.rsplit(".", 1)[0] for _, address in self.world.servers[provider]}), 3)

    def test_a_move_changes_the_domains_of_a_alone(self):
        before = set(self.world.tld_zone_text("com").splitlines())
        after = set(self.world.tld_zone_text("com", moved=True).splitlines())
        gone = [line for line in before - after if " NS " in line]
        self.assertEqual(len(gone), 200)
        self.assertTrue(all(line.startswith("site-a0") or line.startswith("site-a") for line in gone))
        self.assertTrue(all("provider-a" in line for line in gone))
        self.assertTrue(all("provider-b" in line for line in after - before if " NS " in line))


class Timeline(unittest.TestCase):
    def test_it_is_well_formed(self):
        class Fault:
            name, title = "silent", "A is <silent> & more"
        results = [{"title": "Holdfast", "score": scored(marks={**MARKS, "kill": 40.0})}, {"title": "Dead", "failure": "no"}]
        document = xml.dom.minidom.parseString(plot.timeline(Fault, results))
        self.assertGreater(len(document.getElementsByTagName("rect")), 200)
        self.assertEqual(plot.timeline(Fault, results[1:]), "")


if __name__ == "__main__":
    unittest.main()
