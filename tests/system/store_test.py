"""What the daemon learned outlives it: killed, ended, with its authorities gone, its routes changed, its folder taken."""
import os
import shutil
import signal
import subprocess
import time
import unittest

from lab import ask, lab, resolvers

SITES = 120
TTL_LEAST = 300  # must still run at the end of the test


class Store(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab(SITES)
        self.addCleanup(self.lab.stop)
        self.folder = self.lab.folder / "store"
        self.good = [q for q in dict.fromkeys(self.lab.world.questions) if not self.lab.world.must_fail(q[0])][:1500]

    def config(self, more=""):
        path = self.lab.config()
        path.write_text(path.read_text() + f'[store]\npath = "{self.folder}"\n' + more)
        return path

    def start(self, more=""):
        return self.lab.start_holdfast(config=self.config(more))

    def learn(self):
        """Question -> records, of those that are still fresh by the end of the test."""
        replies = ask.ask_all(resolvers.HOLDFAST, self.good, window=100)
        learned = {question: reply for question, reply in zip(self.good, replies)
                   if reply.rcode == "NOERROR" and reply.records and min(ttl for _, _, ttl in reply.ttls) >= TTL_LEAST}
        self.assertGreater(len(learned), 200)
        return learned

    def stop_authorities(self):
        for process in self.lab.nsds:
            process.stop(signal.SIGKILL)

    def wait_until_loaded(self, patience=20.0):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            stats = self.lab.stats()
            if int(stats["store.loaded"]) + int(stats["store.dropped.route"]) > 0:
                return stats
            time.sleep(0.1)
        self.fail("nothing was loaded")

    def expect_answers(self, learned):
        questions = list(learned)
        replies = ask.ask_all(resolvers.HOLDFAST, questions, window=100, tries=1, patience=6.0)
        wrong = [(question, reply.rcode) for question, reply in zip(questions, replies)
                 if reply.records != learned[question].records]
        self.assertEqual(wrong[:10], [], f"{len(wrong)} of {len(questions)}")

    def test_kill_9_with_the_authorities_gone(self):
        process = self.start()
        learned = self.learn()
        time.sleep(5)  # what was learned five seconds before survives
        process.stop(signal.SIGKILL)
        self.stop_authorities()
        started = time.monotonic()
        process = self.start()
        stats = self.wait_until_loaded()
        self.assertLess(time.monotonic() - started, 5.0)
        self.assertGreaterEqual(int(stats["store.loaded"]), len(learned))
        self.assertEqual((stats["store.dropped.damaged"], stats["store.put_aside"], stats["store.writing"]), ("0", "0", "1"))
        self.expect_answers(learned)
        self.assertEqual(process.stop(), 0)
        self.assertIn("entries loaded in", process.log_text())

    def test_an_ordered_end_keeps_what_was_learned_just_then(self):
        process = self.start()
        learned = self.learn()
        self.assertEqual(process.stop(), 0)
        self.stop_authorities()
        self.start()
        self.wait_until_loaded()
        self.expect_answers(learned)

    def test_another_route_is_not_believed(self):
        process = self.start()
        self.learn()
        self.assertEqual(process.stop(), 0)
        self.start('[[upstream]]\nname = "other"\nservers = ["192.0.2.1"]\n[[route]]\nzone = "."\nvia = ["other"]\n')
        stats = self.wait_until_loaded()
        self.assertEqual(stats["store.loaded"], "0")

    def test_a_second_daemon_gets_one_sentence(self):
        self.start()
        done = subprocess.run([lab.DAEMON, "--config", str(self.config()), "--listen", "127.0.0.1:5399", "--control",
                               str(self.lab.folder / "second.sock")], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        sentences = [line for line in done.stderr.splitlines() if line.startswith("holdfastd: ")]
        self.assertEqual(len(sentences), 1, done.stderr)
        self.assertIn("[store] path", sentences[0])

    def test_a_damaged_store_is_put_aside(self):
        process = self.start()
        self.learn()
        self.assertEqual(process.stop(), 0)
        file = self.folder / "learned.db"
        data = bytearray(file.read_bytes())
        for at in range(20000, len(data), 40000):
            data[at] ^= 0x40
        file.write_bytes(data)
        process = self.start()
        self.expect_answers(self.learn())
        self.assertEqual(self.lab.stats()["store.put_aside"], "1")
        self.assertEqual(len([name for name in os.listdir(self.folder) if "aside" in name and not name.endswith("-wal")]), 1)
        self.assertEqual(process.log_text().count("cannot be used"), 1)

    def test_a_folder_that_cannot_be_written_costs_a_warning_and_no_answers(self):
        self.folder = self.lab.folder / "holdfast.toml" / "store"  # a file is in the way
        process = self.start()
        self.expect_answers(self.learn())
        self.assertEqual(self.lab.stats()["store.writing"], "0")
        self.assertEqual(process.log_text().count("warning: store:"), 1, process.log_text())

    def test_a_full_disk_costs_a_warning_and_no_answers(self):
        disk = self.lab.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)])
        self.folder = disk / "store"
        process = self.start()
        learned = self.learn()
        time.sleep(3)
        self.assertEqual(self.lab.stats()["store.writing"], "0")
        self.expect_answers(learned)
        self.assertEqual(process.log_text().count("warning: store:"), 1, process.log_text())
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        deadline = time.monotonic() + 30
        while self.lab.stats()["store.writing"] != "1" and time.monotonic() < deadline:
            time.sleep(0.5)
        self.assertEqual(self.lab.stats()["store.writing"], "1")
        time.sleep(8)  # the walk over the cache
        process.stop(signal.SIGKILL)
        self.stop_authorities()
        self.start()
        self.wait_until_loaded()
        self.expect_answers(learned)


if __name__ == "__main__":
    unittest.main()
