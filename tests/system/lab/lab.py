"""A running lab: addresses, name servers, a folder for configurations and logs, and the resolvers started on it."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import namespace, nsd, resolvers, world

DAEMON = os.environ.get("HOLDFAST_DAEMON", "")
CONTROL = os.environ.get("HOLDFAST_CTL", "")
BACKEND = os.environ.get("HOLDFAST_BACKEND", "auto")
KEEP = os.environ.get("HOLDFAST_LAB_KEEP") == "1"


class Lab:
    def __init__(self, count=0):
        """A world of `count` sites, 0: all of them, with its NSD processes answering."""
        self.prepare()
        self.world = world.World(count)
        namespace.add_addresses(self.world.all_addresses())
        self.nsds, self._silent = nsd.start_world(self.folder, self.world)
        self.processes += self.nsds

    @classmethod
    def empty(cls):
        """A lab without name servers: the caller starts its own."""
        lab = cls.__new__(cls)
        lab.prepare()
        return lab

    def prepare(self):
        self.folder = Path(tempfile.mkdtemp(prefix="holdfast-lab-"))
        self.processes = []
        self._silent = []
        self.hints = resolvers.write_hints(self.folder, world.ROOTS)
        self.control_socket = self.folder / "control.sock"

    def silence(self, addresses):
        """Nobody answers at these addresses, which are there."""
        self._silent += [nsd.silent_socket(address) for address in addresses]

    def start_peers(self):
        self.processes += [resolvers.start_unbound(self.folder, self.hints),
                           resolvers.start_bind(self.folder, self.hints)]

    def config(self, **more):
        return resolvers.holdfast_config(self.folder, self.hints, **more)

    def start_holdfast(self, *arguments, config=None, backend=BACKEND):
        if backend != "auto":
            arguments = ("--backend", backend, *arguments)
        process = resolvers.start_holdfast(DAEMON, self.folder, config or self.config(), "--control",
                                           str(self.control_socket), *arguments)
        self.processes.append(process)
        return process

    def control(self, verb):
        """The lines that holdfastctl prints."""
        done = subprocess.run([CONTROL, "--socket", str(self.control_socket), verb], capture_output=True, text=True,
                              timeout=10)
        if done.returncode != 0:
            raise RuntimeError(f"holdfastctl ended with {done.returncode}: {done.stderr}")
        return done.stdout.splitlines()

    def stats(self):
        """Counter name -> text, from holdfastctl."""
        return dict(line.split(None, 1) for line in self.control("stats") if " " in line)

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
        for sock in self._silent:
            sock.close()
        if KEEP:
            print("kept", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
