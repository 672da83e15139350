"""The daemon as its users meet it: dig, TCP, start, restart, end, and what it says when it cannot."""
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from lab import ask, lab, resolvers, wire

SITES = 120  # enough of a world here; the comparison has all of it
LAB = None


def setUpModule():
    global LAB
    LAB = lab.Lab(SITES)
    unittest.addModuleCleanup(LAB.stop)


def dig(*arguments):
    done = subprocess.run(["dig", "-p", "5300", "+tries=1", "+time=8", *arguments], capture_output=True, text=True,
                          timeout=30)
    return done.stdout


def run_daemon(*arguments):
    """A start that must fail, or a check: the finished process."""
    return subprocess.run([lab.DAEMON, *arguments], capture_output=True, text=True, timeout=20)


class ServiceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = LAB
        cls.good = [q for q in dict.fromkeys(cls.lab.world.questions) if not cls.lab.world.must_fail(q[0])]
        cls.site = next(zone for zone in cls.lab.world.zones if zone.style == "in_zone")


class Answers(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.lab.start_holdfast().stop)

    def test_dig_over_udp_and_tcp_and_both_families(self):
        for server in ("@127.0.0.1", "@::1"):
            for transport in ("+notcp", "+tcp"):
                with self.subTest(server=server, transport=transport):
                    answer = dig(server, transport, f"hop3.{self.site.name}", "A")
                    self.assertIn("status: NOERROR", answer)
                    self.assertRegex(answer, r"flags: qr rd ra;")
                    self.assertGreaterEqual(len(re.findall(r"\tCNAME\t", answer)), 3, answer)
                    self.assertRegex(answer, r"\tA\t")

    def test_without_edns_and_with_unknown_options(self):
        self.assertIn("status: NOERROR", dig("@127.0.0.1", "+noedns", self.site.name, "A"))
        answer = dig("@127.0.0.1", "+ednsopt=65001:cafe", self.site.name, "A")
        self.assertIn("status: NOERROR", answer)
        self.assertIn("EDNS: version: 0", answer)
        self.assertIn("status: BADVERS", dig("@127.0.0.1", "+edns=7", "+noednsnegotiation", self.site.name, "A"))

    def test_large_text_is_truncated_over_udp_and_whole_over_tcp(self):
        name = next(name for name, type_ in self.good if name.startswith("large.") and type_ == "TXT")
        udp = ask.ask_one(resolvers.HOLDFAST, name, "TXT")
        self.assertTrue(udp.truncated)
        self.assertLessEqual(udp.size, 1232)
        small = ask.ask_one(resolvers.HOLDFAST, name, "TXT", edns=0)
        self.assertTrue(small.truncated)
        self.assertLessEqual(small.size, 512)
        tcp = ask.ask_one(resolvers.HOLDFAST, name, "TXT", tcp=True)
        self.assertFalse(tcp.truncated)
        self.assertGreater(tcp.size, 1232)

    def test_chaos(self):
        self.assertIn('"lab version"', dig("@127.0.0.1", "CH", "TXT", "version.bind"))
        self.assertIn('"lab"', dig("@127.0.0.1", "CH", "TXT", "id.server"))
        self.assertIn("status: REFUSED", dig("@127.0.0.1", "CH", "TXT", "other.example"))

    def test_letter_case_of_the_question_survives(self):
        odd = "wWw." + self.site.name.swapcase()
        for _ in range(2):
            self.assertIn(f";{odd}\t", dig("@127.0.0.1", odd, "A"))

    def test_nonexistent_names_carry_the_soa(self):
        answer = ask.ask_one(resolvers.HOLDFAST, f"no-such-name.{self.site.name}", "A")
        self.assertEqual(wire.rcode_text(answer.rcode), "NXDOMAIN")
        self.assertEqual([record[1] for record in answer.authority], [6])

    def test_zones_that_nobody_serves_get_servfail_in_time(self):
        for zone in self.lab.world.failing:
            with self.subTest(zone=zone):
                started = time.monotonic()
                answer = ask.ask_one(resolvers.HOLDFAST, f"www.{zone}", "A")
                self.assertIsNotNone(answer)
                self.assertEqual(wire.rcode_text(answer.rcode), "SERVFAIL")
                self.assertLess(time.monotonic() - started, 6.0)

    def test_a_hundred_queries_pipelined_on_one_connection(self):
        questions = self.good[:100]
        replies = ask.ask_tcp(resolvers.HOLDFAST, questions, list(range(100)))
        self.assertEqual([i for i, reply in replies.items() if reply.rcode not in ("NOERROR", "NXDOMAIN")], [])

    def test_a_slow_answer_does_not_hold_up_a_quick_one(self):
        with socket.create_connection(resolvers.HOLDFAST, timeout=10) as sock:
            slow = wire.query(1, f"slow{time.monotonic_ns()}.all-silent.com.", "A")
            sock.sendall(ask.frame(slow) + ask.frame(wire.query(2, self.site.name, "A")))
            order = [wire.Message(data).id for data in ask.read_frames(sock, 2)]
        self.assertEqual(order, [2, 1])

    def test_many_tcp_clients(self):
        socks = [socket.create_connection(resolvers.HOLDFAST, timeout=10) for _ in range(60)]
        for i, sock in enumerate(socks):
            sock.sendall(ask.frame(wire.query(i, *self.good[i])))
        answered = sum(1 for sock in socks for _ in ask.read_frames(sock, 1))
        for sock in socks:
            sock.close()
        self.assertEqual(answered, 60)

    def test_garbage_does_no_harm(self):
        with ask.open_udp(resolvers.HOLDFAST) as sock:
            for data in (b"", b"\0", b"\xff" * 11, b"\xff" * 12, b"\0" * 600, bytes(range(256)) * 4):
                sock.send(data)
        with socket.create_connection(resolvers.HOLDFAST, timeout=5) as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        self.assertIn("status: NOERROR", dig("@127.0.0.1", self.site.name, "A"))

    def test_stats_count(self):
        before = int(self.lab.stats()["client.queries.udp"])
        dig("@127.0.0.1", self.site.name, "A")
        self.assertGreater(int(self.lab.stats()["client.queries.udp"]), before)


class Upstreams(ServiceTest):
    def test_each_is_counted_by_itself(self):
        glue = next(address for _host, address in self.site.glue if ":" not in address)
        config = self.lab.folder / "upstreams.toml"
        config.write_text(self.lab.config().read_text() + f"""
[[upstream]]
name = "site"
servers = ["{glue}"]
authoritative = true
[[upstream]]
name = "idle"
servers = ["10.53.99.99"]
[[route]]
zone = "{self.site.name.rstrip('.')}"
via = ["site"]
[[route]]
zone = "idle.example"
via = ["idle"]
""")
        process = self.lab.start_holdfast(config=config)
        try:
            self.assertIn("status: NOERROR", dig("@127.0.0.1", self.site.name, "A"))
            stats = self.lab.stats()
            for counter in ("sent", "responses", "answers"):
                self.assertGreaterEqual(int(stats[f"upstreams.site.{counter}"]), 1, counter)
                self.assertEqual(stats[f"upstreams.idle.{counter}"], "0", counter)
        finally:
            process.stop()


class OtherPump(ServiceTest):
    """The same answers over both backends, named outright: none may quietly fall back to the other."""

    def check_backend(self, backend):
        process = self.lab.start_holdfast(backend=backend)
        try:
            questions = self.good[:1500]
            replies = ask.ask_all(resolvers.HOLDFAST, questions, window=100, tries=1)
            failed = [(q, r.rcode, r.error) for q, r in zip(questions, replies) if r.rcode not in ("NOERROR", "NXDOMAIN")]
            self.assertEqual(failed[:10], [])
            self.assertEqual(self.lab.stats()["server.backend"], backend)
        finally:
            self.assertEqual(process.stop(), 0, process.log_text()[-1000:])

    def test_io_uring(self):
        self.check_backend("uring")

    def test_recvmmsg(self):
        self.check_backend("mmsg")


class StartAndEnd(ServiceTest):
    def test_sigterm_with_queries_in_flight(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            process = self.lab.start_holdfast()
            stop = threading.Event()
            flood = threading.Thread(target=self.keep_asking, args=(stop,))
            flood.start()
            time.sleep(0.5)
            started = time.monotonic()
            code = process.stop(how, patience=8)
            stop.set()
            flood.join()
            self.assertEqual(code, 0, process.log_text()[-1000:])
            self.assertLess(time.monotonic() - started, 7.0)

    def keep_asking(self, stop):
        with ask.open_udp(resolvers.HOLDFAST) as sock:
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    sock.send(wire.query(number & 0xFFFF, f"n{number}.all-silent.com.", "A"))
                    sock.send(wire.query(number & 0xFFFF, f"n{number}.{self.site.name}", "A"))
                except OSError:
                    pass
                time.sleep(0.002)

    def test_restarts_on_the_same_port_at_once(self):
        for _ in range(3):
            process = self.lab.start_holdfast()
            with socket.create_connection(resolvers.HOLDFAST, timeout=5) as sock:
                sock.sendall(ask.frame(wire.query(1, self.site.name, "A")))
                self.assertEqual(len(list(ask.read_frames(sock, 1))), 1)
                self.assertEqual(process.stop(), 0)
        process = self.lab.start_holdfast()
        process.stop(signal.SIGKILL)
        self.assertEqual(self.lab.start_holdfast().stop(), 0)

    def test_waits_for_a_port_that_is_let_go_a_moment_later(self):
        """As the kernel does with the sockets in the ring of a daemon that was killed."""
        holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        holder.bind(resolvers.HOLDFAST)
        timer = threading.Timer(0.5, holder.close)
        timer.start()
        self.assertEqual(self.lab.start_holdfast().stop(), 0)
        timer.join()

    def test_port_in_use_is_one_sentence(self):
        process = self.lab.start_holdfast()
        second = run_daemon("--config", str(self.lab.config()), "--control", str(self.lab.folder / "second.sock"))
        process.stop()
        self.assertEqual(second.returncode, 1)
        sentences = [line for line in second.stderr.splitlines() if line.startswith("holdfastd: ")]
        self.assertEqual(len(sentences), 1, second.stderr)
        self.assertIn("5300", sentences[0])

    def test_configuration_errors_name_the_line(self):
        cases = {
            "[server]\nlisten = 7\n": ":2",
            "[server]\n\nno_such_key = 1\n": ":3",
            "[cache]\nmemory = \"lots\"\n": ":2",
            "[resolver\n": ":1",
        }
        for text, place in cases.items():
            with self.subTest(text=text):
                path = self.lab.folder / "bad.toml"
                path.write_text(text)
                for arguments in (["--check-config"], []):
                    done = run_daemon("--config", str(path), *arguments)
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(f"bad.toml{place}", done.stderr)

    def test_check_config_of_a_good_file(self):
        done = run_daemon("--check-config", "--config", str(self.lab.config()))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(run_daemon("--check-config").returncode, 0)

    def test_missing_file_and_unknown_argument(self):
        done = run_daemon("--config", "/does/not/exist.toml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/does/not/exist.toml", done.stderr)
        self.assertEqual(run_daemon("--no-such-option").returncode, 1)
        self.assertEqual(run_daemon("--version").returncode, 0)

    def test_ctl_without_a_daemon_is_one_sentence(self):
        done = subprocess.run([lab.CONTROL, "--socket", str(self.lab.folder / "nobody.sock"), "stats"],
                              capture_output=True, text=True, timeout=10)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1)

    def test_built_in_hints_find_the_lab(self):
        path = self.lab.folder / "builtin.toml"
        path.write_text('[server]\nlisten = ["127.0.0.1:5300"]\n[dnssec]\nvalidate = false\n')
        process = self.lab.start_holdfast(config=path)
        answer = dig("@127.0.0.1", self.site.name, "NS")
        self.assertEqual(process.stop(), 0)
        self.assertIn("status: NOERROR", answer)


if __name__ == "__main__":
    unittest.main()
