"""The real root zone in a real name server: priming, and every TLD's delegation followed to the servers it names."""
import gzip
import unittest
from pathlib import Path

from lab import ask, lab, namespace, nsd, resolvers, tld_servers, wire, world

ROOT_ZONE = Path(__file__).resolve().parents[3] / "shared/data/dns-root/root.zone.2026082201.no-rrsig.gz"


def read_zone(path):
    with gzip.open(path, "rt") as file:
        return file.read()


@unittest.skipUnless(ROOT_ZONE.exists(), "../shared/data/dns-root is not there")
class RootZone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = read_zone(ROOT_ZONE)
        cls.tlds = tld_servers.parse(text)
        cls.lab = lab.Lab.empty()
        cls.addClassCleanup(cls.lab.stop)
        roots = [address for pair in world.ROOTS.values() for address in pair]
        namespace.add_addresses(dict.fromkeys(roots + cls.tlds.addresses()))
        served = [(".", text), ("arpa.", cls.tlds.zone_text("arpa.")),
                  ("root-servers.net.", cls.tlds.root_servers_text(world.ROOTS))]
        process = nsd.start(cls.lab.folder, "root", roots, served, servers=2)
        cls.lab.processes.append(process)
        process.wait_until_answers((roots[0], 53))
        cls.responder = tld_servers.Responder(cls.tlds, set(roots))
        cls.responder.start()
        cls.addClassCleanup(cls.responder.stop)
        cls.lab.start_holdfast()

    def ask_all(self, questions):
        return ask.ask_all(resolvers.HOLDFAST, questions, window=100, tries=1)

    def test_priming_gives_all_root_servers(self):
        answer = ask.ask_one(resolvers.HOLDFAST, ".", "NS")
        self.assertEqual(len(answer.answer), 13)
        self.assertGreaterEqual(int(self.lab.stats()["resolver.primings"]), 1)

    def test_every_tld_is_reached(self):
        questions = [(f"probe.{name}", "TXT") for name in self.tlds.names]
        self.assertGreater(len(questions), 1400)
        wrong = []
        for (name, _), tld, reply in zip(questions, self.tlds.names, self.ask_all(questions)):
            texts = [rdata[1:].decode() for _, type_, rdata in reply.records if type_ == 16]
            if texts != [f"this is {tld}"]:
                wrong.append(f"{name}: {reply.rcode} {texts}")
        self.assertEqual(wrong[:20], [], f"{len(wrong)} of {len(questions)}")
        self.assertEqual(self.responder.misdirected()[:20], [], "asked servers that no delegation names")

    def test_delegations_of_every_tld(self):
        """DS is answered by the root, NS by the TLD itself."""
        for type_, expected in (("DS", self.tlds.ds), ("NS", self.tlds.ns)):
            questions = [(name, type_) for name in self.tlds.names]
            wrong = []
            for (name, _), reply in zip(questions, self.ask_all(questions)):
                count = sum(1 for _, number, _ in reply.records if number == wire.TYPES[type_])
                if reply.rcode != "NOERROR" or count != len(expected.get(name, ())):
                    wrong.append(f"{name} {type_}: {reply.rcode}, {count} records, not {len(expected.get(name, ()))}")
            self.assertEqual(wrong[:20], [], f"{len(wrong)} of {len(questions)}")

    def test_tlds_that_do_not_exist(self):
        questions = [(f"www.no-such-tld-{k}.", "A") for k in range(50)]
        self.assertEqual({reply.rcode for reply in self.ask_all(questions)}, {"NXDOMAIN"})


if __name__ == "__main__":
    unittest.main()
