"""Programs of the lab: started, waited for until they answer, and ended by their own process id."""
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import ask


def find(program):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return shutil.which(program, path=path)


def missing(*programs):
    return [program for program in programs if find(program) is None]


def private_copy(program, folder):
    """A copy of a system program: AppArmor ties Debian's profiles to the path, and they forbid our folders."""
    copy = Path(folder) / program
    shutil.copy(find(program), copy)
    return str(copy)


class Process:
    def __init__(self, name, command, folder, **more):
        self.name = name
        self.log = Path(folder) / f"{name}.log"
        self._proc = None
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **more)

    def wait_until_answers(self, address, name=".", type_="SOA", *, patience=20.0):
        """Until there is any answer at all: a program that has its sockets may still be loading."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.popen.returncode}: {self.log_text()[-2000:]}")
            try:
                if ask.ask_one(address, name, type_, patience=0.5, flags=0) is not None:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not answer: {self.log_text()[-2000:]}")

    def log_text(self):
        return self.log.read_text(errors="replace")

    def resident_bytes(self, field="VmRSS"):
        """Of the process now; VmHWM: the most so far."""
        status = (self._proc_folder() / "status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024

    def cpu_seconds(self):
        """User and system time that all its threads have taken so far."""
        fields = (self._proc_folder() / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _proc_folder(self):
        """/proc may be that of the namespace outside, with other numbers."""
        if self._proc is not None:
            return self._proc
        namespace = os.readlink("/proc/self/ns/pid")
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                inner = re.search(r"^NSpid:.*?(\d+)$", (folder / "status").read_text(), re.MULTILINE)
                if inner and int(inner[1]) == self.popen.pid and os.readlink(folder / "ns/pid") == namespace:
                    self._proc = folder
                    return folder
            except OSError:
                continue  # it has ended, or is not ours to look at
        raise RuntimeError(f"{self.name} is not in /proc")

    def stop(self, how=signal.SIGTERM, *, patience=10.0):
        """The exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            try:
                self.popen.wait(patience)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        return self.popen.wait()
