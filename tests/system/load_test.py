"""dnsperf against the daemon: nothing lost, no SERVFAIL, first with an empty cache and then with a full one."""
import random
import unittest

from lab import dnsperf, lab, resolvers, wire

SECONDS_CACHED = 8


class Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab()
        cls.addClassCleanup(cls.lab.stop)
        world = cls.lab.world
        questions = [q for q in dict.fromkeys(world.questions) if not world.must_fail(q[0]) and "\\" not in q[0]]
        random.Random("load").shuffle(questions)
        cls.questions = questions[:20000]
        cls.file = cls.lab.folder / "questions.txt"
        lines = []
        for name, type_ in cls.questions:
            known = type_ if type_ in wire.TYPES and type_ not in ("SVCB",) else type_.replace("SVCB", "TYPE64")
            lines.append(f"{name} {known}\n")
        cls.file.write_text("".join(lines))
        cls.lab.start_holdfast()

    def dnsperf(self, *arguments):
        done, report = dnsperf.run(resolvers.HOLDFAST, self.file, *arguments)
        print("\ndnsperf", *arguments, "->", report)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(report.sent, 0, done.stdout + done.stderr)
        return report

    def check(self, report):
        self.assertEqual(report.lost, 0, report.text)
        self.assertEqual(report.completed, report.sent)
        self.assertEqual(set(report.codes) - {"NOERROR", "NXDOMAIN"}, set(), report.text)

    def test_1_nothing_cached(self):
        self.check(self.dnsperf("-n", "1", "-q", "100", "-t", "10"))

    def test_2_everything_cached(self):
        self.check(self.dnsperf("-l", str(SECONDS_CACHED), "-q", "100", "-c", "4"))
        stats = self.lab.stats()
        self.assertGreater(int(stats["client.hits"]), int(stats["client.misses"]))

    def test_3_over_tcp(self):
        self.check(self.dnsperf("-m", "tcp", "-n", "1", "-q", "50", "-c", "4", "-t", "10"))


if __name__ == "__main__":
    unittest.main()
