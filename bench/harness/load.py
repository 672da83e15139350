"""bench_load, started on its own core: what came back, and what it cost the server."""
import json
import os
import subprocess


class LateGenerator(RuntimeError):
    """More questions left late than allowed, time after time: the machine is too busy to measure anything."""


def run(context, server, streams, *, seconds=None, warm=1.0, tries=5, seeds=None, **options):
    """`streams`: texts as bench_load takes them. Options: window=256, tcp=True ... A run that sent late is thrown away. It
    has filled the cache all the same: with `seeds`, an iterator, each try draws names of its own."""
    command = [str(context.build / "bench/load/bench_load"), "--port", str(server.port), "--pid", str(server.pid),
               "--seconds", str(seconds or context.seconds), "--warm", str(warm)]
    options = {"late_percent": context.late_percent, **options}
    for stream in streams:
        command += ["--stream", stream]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        command += [flag] if value is True else [flag, str(value)]
    for _ in range(tries):
        seed = ["--seed", str(next(seeds))] if seeds is not None else []
        done = subprocess.run([*command, *seed], stdout=subprocess.PIPE, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {context.load_core}))
        context.count_run(done.returncode == 0)
        if done.returncode == 0:
            return Figures(json.loads(done.stdout))
        if done.returncode != 3:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}")
    raise LateGenerator(f"{tries} runs against {server.name} sent too many questions late: free the machine, "
                        "or lower the rates with --scale")


class Figures(dict):
    """What bench_load printed, and what follows from it."""

    def sent(self, stream=None):
        return self._sum("sent", stream)

    def answered(self, stream=None):
        return self._sum("answer", stream)

    def _sum(self, key, stream):
        streams = self["streams"] if stream is None else [self["streams"][stream]]
        return sum(one[key] for one in streams)

    def lost_share(self, stream=None):
        return 1 - self.answered(stream) / max(1, self.sent(stream))

    def rate(self, stream=None):
        return self.answered(stream) / self["seconds"]

    def cpu_us(self):
        """Server CPU (user and system) for each question answered."""
        return self["cpu_ns"] / 1000 / max(1, self.answered())


def fill(context, server, count, *, zones=1000):
    """Asks for each of `count` names once, as fast as they come back; what got lost, again."""
    rate_seen = run(context, server, [f"each,count={count},zones={zones}"], seconds=1, warm=0, window=64, timeout=1)
    seconds = count / max(1000, rate_seen.rate()) * 1.5 + 1
    return run(context, server, [f"each,count={count},zones={zones}"], seconds=seconds, warm=0, window=64, timeout=1)


def peak(context, server, streams, *, window=256, **options):
    """Answers a second when so many questions are out at any time."""
    return run(context, server, streams, window=window, timeout=0.5, late_percent=100, **options).rate()
