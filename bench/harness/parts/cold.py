"""Names that were never asked for: each needs one exchange with a server that is known; and from an empty cache, with
exchanges with the root, the TLD and the hosting server. Also how the queries spread over ports."""
import collections
import socket
import struct
import threading

from harness import load, report, servers, world

TITLE = "Misses: CPU for each query"
RATE = 4_000
ECHO_BAR, PEER_BAR = 1.5, 0.6
ETH_P_IP = 0x0800


def steps(context):
    return context.rounds * (2 + len(context.peers)) + 1 + len(context.peers) + 1


def run(context):
    known = f"fresh,zones=100,rate={context.rate(RATE)}"
    started = servers.start_all(context, 256 * servers.MIB)
    relay = servers.start_cold_echo(context)
    for server in started:  # the zones' servers are known then
        load.run(context, server, ["fresh,zones=100,rate=500"], seconds=2, warm=0, seed=99)
    seeds = iter(range(1, 1 << 20))
    cpu = servers.in_rounds(context, started + [relay], "cold",
                            lambda server: load.run(context, server, [known], seeds=seeds).cpu_us())
    ports = PortWatch(world.HOSTING)
    figures = load.run(context, started[0], [known], seeds=seeds, seconds=2, warm=0)
    spread = ports.stop()
    context.progress.step("ports")
    servers.stop(started + [relay])

    empty = {}
    first = f"fresh,zones={world.ZONES},rate={context.rate(500)}"
    for k, name in enumerate(["holdfast", *context.peers]):
        empty[name] = servers.of_a_new_server(
            lambda server: load.run(context, server, [first], warm=0, seconds=4, tries=1).cpu_us(),
            name, context, memory=256 * servers.MIB, port=5300 + k)
        context.progress.step(f"empty cache {name}")

    rows = [["one exchange", name, report.median(values), min(values), max(values)] for name, values in cpu.items()]
    rows += [["empty cache", name, value, value, value] for name, value in empty.items()]
    bars = servers.ratio_bar("miss against the cold echo", cpu, "holdfast", ["cold-echo"], ECHO_BAR)
    bars += servers.ratio_bar("miss against the best peer", cpu, "holdfast", context.peers, PEER_BAR)
    once = sum(1 for count in spread.values() if count == 1)
    # Drawn at random from 64,000 ports, some come up again; one socket kept for many queries would show as a tower.
    notes = [f"{sum(spread.values())} queries of Holdfast left from {len(spread)} ports, {once} of them used once, "
             f"the most used one {max(spread.values(), default=0)} times; {figures.answered()} questions were answered."]
    return report.Report("cold", TITLE, ["what", "server", "CPU us", "least", "most"], rows,
                         chart=[(f"{row[1]} ({row[0]})", row[2]) for row in rows], chart_unit="us", bars=bars, notes=notes,
                         raw={"cpu_us": cpu, "ports": dict(collections.Counter(spread.values()))})


class PortWatch:
    """Source ports of the UDP datagrams to one address, port 53, seen on the loopback interface."""

    def __init__(self, address):
        self.wanted = socket.inet_aton(address)
        self.ports = collections.Counter()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.socket.bind(("lo", ETH_P_IP))
        self.socket.settimeout(0.2)
        self.running = True
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self):
        while self.running:
            try:
                packet, source = self.socket.recvfrom(128)
            except TimeoutError:
                continue
            # A packet on loopback leaves and arrives: its arrival is counted.
            if source[2] == socket.PACKET_OUTGOING or packet[9] != socket.IPPROTO_UDP or packet[16:20] != self.wanted:
                continue
            header = (packet[0] & 15) * 4
            port, to = struct.unpack_from("!HH", packet, header)
            if to == 53:
                self.ports[port] += 1

    def stop(self):
        self.running = False
        self.thread.join()
        self.socket.close()
        return self.ports
