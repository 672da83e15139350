"""A running lab: NSD for the root and the TLDs, both providers in one process, and a firewall that cuts our uplink.

Only inside a network namespace of its own (lab.namespace). A lab serves one run, so that no run inherits from another.
"""
import signal
import subprocess
import time
from pathlib import Path

from lab import ask, nsd, process

import world as world_module

FIREWALL = """table ip outage {{
  set dark {{
    type ipv4_addr
    flags interval
  }}
  chain arriving {{
    type filter hook prerouting priority -300
    ip daddr @dark ip saddr != {forwarder} counter drop
  }}
  chain forwarder {{
    type filter hook prerouting priority -299
  }}
}}
"""

MOVE_AGREED_ROUNDS = 15  # in a row


def firewall(text):
    done = subprocess.run([process.find("nft"), "-f", "-"], input=text, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError("nft refused a rule of the lab; it needs a kernel with nf_tables: " + done.stderr[:500])


class Internet:
    def __init__(self, folder, programs):
        """`folder` is empty and the lab's own; `programs` holds outage_authority."""
        self.folder = Path(folder)
        self.world = world_module.World()
        self.hints = self.folder / "root.hints"
        self.hints.write_text(self.world.hints_text())
        self.names = self.folder / "names.txt"
        self.names.write_text("".join(name + "\n" for name, _ in self.world.questions()))
        self.counts_file = self.folder / "counts.txt"
        self.processes = []
        self.authority = None
        firewall("table ip outage\ndelete table ip outage\n" + FIREWALL.format(forwarder=world_module.FORWARDER))
        try:
            self._start(programs)
        except BaseException:
            self.stop()
            raise

    def _start(self, programs):
        root = [(".", self.world.root_zone_text())]
        tlds = [(tld, self.world.tld_zone_text(tld)) for tld in world_module.TLDS]
        self.processes.append(nsd.start(self.folder, "root", world_module.ROOTS, root))
        self.tlds = nsd.start(self.folder, "tld", world_module.TLD_SERVERS, tlds)
        self.processes.append(self.tlds)
        world_file = self.folder / "world.txt"
        world_file.write_text(self.world.authority_text())
        with open(self.folder / "authority.log", "wb") as log:
            self.authority = subprocess.Popen([programs / "outage_authority", world_file, self.counts_file], text=True,
                                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        if self.authority.stdout.readline().strip() != "ready":
            raise RuntimeError("outage_authority did not start: " + (self.folder / "authority.log").read_text())
        for server, addresses in zip(self.processes, (world_module.ROOTS, world_module.TLD_SERVERS)):
            server.wait_until_answers((addresses[0], 53))

    def provider_a(self, fault):
        """Sets the fault ("silent", "loss 90", ...; "ok" heals) and returns the moment, in monotonic seconds."""
        self.authority.stdin.write(fault + "\n")
        self.authority.stdin.flush()
        reply = self.authority.stdout.readline().split()
        if len(reply) != 2 or reply[0] != "done":
            raise RuntimeError(f"outage_authority does not know the fault {fault!r}")
        return int(reply[1]) / 1e9

    def cut_uplink(self):
        """From now on no query reaches an authority, in silence; those of the forwarder still do."""
        firewall(f"add element ip outage dark {{ {', '.join(world_module.DARK_RANGES)} }}\n")
        return time.monotonic()

    def mend_uplink(self):
        firewall("flush set ip outage dark\n")
        return time.monotonic()

    def cut_forwarder(self):
        firewall(f"add rule ip outage forwarder ip daddr {world_module.FORWARDER} th dport 53 counter drop\n")
        return time.monotonic()

    def mend_forwarder(self):
        firewall("flush chain ip outage forwarder\n")
        return time.monotonic()

    def move(self):
        """The parents delegate the domains of class A to provider B; returns when every TLD says so."""
        for number, tld in enumerate(world_module.TLDS):
            path = self.folder / "nsd-tld" / f"{number}.zone"
            path.write_text(self.world.tld_zone_text(tld, moved=True))
        self.tlds.popen.send_signal(signal.SIGHUP)
        # While NSD reloads, its old and its new processes answer side by side for a moment.
        deadline = time.monotonic() + 10
        agreed = 0
        while agreed < MOVE_AGREED_ROUNDS:
            agreed = agreed + 1 if all(self._serial(tld) == 2 for tld in world_module.TLDS) else 0
            if time.monotonic() > deadline:
                raise RuntimeError("NSD did not load the moved delegations: " + self.tlds.log_text()[-1000:])
            time.sleep(0.02)
        return time.monotonic()

    @staticmethod
    def _serial(tld):
        """A TLD's serial as its server tells it, or None."""
        try:
            reply = ask.ask_one((world_module.TLD_SERVERS[0], 53), tld + ".", "SOA", patience=0.5, flags=0)
        except OSError:
            return None
        if reply is None:
            return None
        for _owner, type_, _ttl, rdata in reply.answer:
            if type_ == 6:
                return int.from_bytes(rdata[-20:-16], "big")
        return None

    def stop(self):
        if self.authority is not None:
            self.authority.stdin.close()
            try:
                self.authority.wait(10)
            except subprocess.TimeoutExpired:
                self.authority.kill()
                self.authority.wait()
            self.authority.stdout.close()
        for server in reversed(self.processes):
            server.stop()

    def counts(self):
        """[(monotonic second, to A, to B)] by tenths of a second; whole only after stop()."""
        rows = []
        for line in self.counts_file.read_text().splitlines():
            tenth, a_udp, a_tcp, b_udp, b_tcp = map(int, line.split())
            rows.append((tenth / 10, a_udp + a_tcp, b_udp + b_tcp))
        return rows
