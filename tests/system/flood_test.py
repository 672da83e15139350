"""Floods of questions that cannot be answered, from one client and from many: popular names lose nothing, memory is
bounded, and afterwards the engine is empty. How long hits take is printed, not judged: docs/security.md has figures."""
import time
import unittest

from lab import ask, dnsperf, flood, lab, namespace, nsd, resolvers, world

PER_SECOND = 4000       # of each flood
POPULAR_PER_SECOND = 1000
SECONDS = 5             # each flood
DEAD_ZONES = 500
SILENT = 50             # addresses that take packets and say nothing
POPULAR = [f"popular{k}.live." for k in range(200)]
WORKERS = 2
MIB = 1 << 20
CACHE_BYTES = 64 * MIB
ENGINE_BYTES = 64 * MIB  # resolver::Bounds::bytes_max, of each worker
OVERHEAD_BYTES = 64 * MIB  # sockets, buffers, timers, the allocator's slack
ONE_CLIENT = ["127.0.0.66"]
MANY_CLIENTS = [f"127.{64 + k % 100}.{k // 100}.{k}" for k in range(200)]  # each in a /24 of its own


def soa(zone):
    return f"{zone} 3600 IN SOA ns.{zone} hostmaster.{zone} 1 1800 900 604800 900\n"


def silent_address(number):
    return f"10.66.0.{1 + number % SILENT}"


def zones():
    """The root, a zone of popular names, and one that delegates to servers that never answer."""
    address = world.ROOTS["a"][0]
    root = soa(".").replace(" ns..", " ns.live.").replace("hostmaster..", "hostmaster.live.") + ". 3600 IN NS ns.live.\n"
    texts = {}
    for zone in ("live.", "evil."):
        root += f"{zone} 86400 IN NS ns.live.\n"
        texts[zone] = soa(zone) + f"{zone} 3600 IN NS ns.live.\n"
    root += f"ns.live. 86400 IN A {address}\n"
    texts["live."] += f"ns.live. 3600 IN A {address}\n" + "".join(f"{name} 3600 IN A 192.0.2.1\n" for name in POPULAR)
    for k in range(DEAD_ZONES):
        texts["evil."] += f"z{k}.evil. 86400 IN NS ns.z{k}.evil.\nns.z{k}.evil. 86400 IN A {silent_address(k)}\n"
    return [(".", root), *texts.items()]


def in_one_dead_zone(number):
    return f"r{number}.z0.evil."


def in_many_dead_zones(number):
    return f"r{number}.z{number % DEAD_ZONES}.evil."


def in_a_live_zone(number):
    return f"r{number}.live."


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))] if values else 0.0


class Floods(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab.empty()
        cls.addClassCleanup(cls.lab.stop)
        roots = [address for pair in world.ROOTS.values() for address in pair]
        silent = [silent_address(k) for k in range(SILENT)]
        namespace.add_addresses(roots + silent)
        cls.lab.silence(silent)
        process = nsd.start(cls.lab.folder, "all", roots, zones())
        cls.lab.processes.append(process)
        process.wait_until_answers((roots[0], 53))
        cls.file = cls.lab.folder / "popular.txt"
        cls.file.write_text("".join(f"{name} A\n" for name in POPULAR))
        config = cls.lab.config(workers=WORKERS, memory=f"{CACHE_BYTES // MIB}MiB")
        cls.daemon = cls.lab.start_holdfast(config=config)
        for _ in range(3):  # popular, not only known
            cls.ask_popular("-n", "1", "-q", "50")
        cls.resident_before = cls.daemon.resident_bytes()

    @classmethod
    def ask_popular(cls, *arguments):
        done, report = dnsperf.run(resolvers.HOLDFAST, cls.file, *arguments)
        if done.returncode != 0 or report.sent == 0:
            raise RuntimeError("dnsperf: " + done.stderr + done.stdout[-500:])
        return report

    def popular_lose_nothing(self, label):
        """Asked at a steady rate, all of them are answered, out of the cache."""
        before = self.lab.stats()
        report = self.ask_popular("-v", "-l", str(SECONDS), "-Q", str(POPULAR_PER_SECOND), "-c", "4", "-q", "1000")
        after = self.lab.stats()
        times = report.seconds()
        print(f"\n{label}: {report}, p50 {percentile(times, 0.5) * 1e6:.0f} us, p99 {percentile(times, 0.99) * 1e6:.0f} us, "
              f"resident {self.daemon.resident_bytes() / MIB:.0f} MiB")
        self.assertEqual(report.lost, 0, label)
        self.assertEqual(report.completed, report.sent)
        self.assertEqual(set(report.codes), {"NOERROR"}, report.codes)
        self.assertEqual(len(times), report.sent, "dnsperf -v reports every answer")
        self.assertGreaterEqual(int(after["client.hits"]) - int(before["client.hits"]), report.sent)
        return before, after

    def flooded(self, label, name_of, sources):
        """The counters before and after, and how many questions of the flood were sent."""
        with flood.Flood(resolvers.HOLDFAST, name_of, sources, PER_SECOND) as running:
            before, after = self.popular_lose_nothing(label)
        misses = int(after["client.misses"]) - int(before["client.misses"])
        self.assertGreater(misses, running.sent.value // 4, "the flood did not reach the engine")

    def test_0_no_flood(self):
        self.popular_lose_nothing("no flood")

    def test_1_one_dead_zone_one_client(self):
        self.flooded("one dead zone, one client", in_one_dead_zone, ONE_CLIENT)

    def test_2_one_dead_zone_many_clients(self):
        self.flooded("one dead zone, many clients", in_one_dead_zone, MANY_CLIENTS)

    def test_3_many_dead_zones_one_client(self):
        self.flooded(f"{DEAD_ZONES} dead zones, one client", in_many_dead_zones, ONE_CLIENT)

    def test_4_many_dead_zones_many_clients(self):
        self.flooded(f"{DEAD_ZONES} dead zones, many clients", in_many_dead_zones, MANY_CLIENTS)

    def test_5_denials_many_clients(self):
        self.flooded("denials of a live zone, many clients", in_a_live_zone, MANY_CLIENTS)

    def test_6_afterwards(self):
        """The engine is empty, the popular names are still there, and memory kept to its bounds."""
        held = {}
        for _ in range(300):  # every question ends by its budget of time
            held = {name: value for name, value in self.lab.stats().items() if name.startswith("now.") and value != "0"}
            if not held:
                break
            time.sleep(0.1)
        self.assertEqual(held, {})
        cached = [name for name in POPULAR
                  if ask.ask_one(resolvers.HOLDFAST, name, "A", flags=0).rcode == 0]  # without RD only the cache answers
        self.assertEqual(len(cached), len(POPULAR))
        peak = self.daemon.resident_bytes("VmHWM")
        print(f"\nresident before {self.resident_before / MIB:.0f} MiB, peak {peak / MIB:.0f} MiB")
        self.assertLess(peak, self.resident_before + CACHE_BYTES + WORKERS * ENGINE_BYTES + OVERHEAD_BYTES)


if __name__ == "__main__":
    unittest.main()
