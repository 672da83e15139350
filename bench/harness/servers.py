"""Starting what a part measures, and comparing it round by round."""
from harness import load, peers, report, world

MIB = 1 << 20
NEW_SERVERS_MAX = 5
ECHOES = ("echo-plain", "echo-mmsg", "echo-uring")


def start_echoes(context):
    folder = context.build / "bench/echo"
    commands = {"echo-plain": [folder / "bench_echo_plain", 5400], "echo-mmsg": [folder / "bench_echo", "mmsg", 5401],
                "echo-uring": [folder / "bench_echo", "uring", 5402]}
    return [peers.Echo(name, context, command=commands[name], port=commands[name][-1]) for name in ECHOES]


def start_cold_echo(context):
    command = [context.build / "bench/echo/bench_cold_echo", 5410, world.HOSTING]
    return peers.Echo("cold-echo", context, command=command, port=5410)


def start_all(context, memory):
    names = ["holdfast", *context.peers]
    return [peers.Server(name, context, memory=memory, port=5300 + k) for k, name in enumerate(names)]


def of_a_new_server(measure, *server, **options):
    """measure() of a server (peers.Server) that has been asked nothing yet. A run that counts for nothing has filled its
    cache: another server, then."""
    for _ in range(NEW_SERVERS_MAX):
        started = peers.Server(*server, **options)
        try:
            return measure(started)
        except load.LateGenerator as error:
            late = error
        finally:
            started.stop()
    raise late


def stop(started):
    for server in started:
        server.stop()


# An echo has no answers in it: what comes back is a question with QR set, and counts as NODATA.
def echo_answered(figures):
    return sum(stream["nodata"] for stream in figures["streams"])


def echo_cpu_us(figures):
    return figures["cpu_ns"] / 1000 / max(1, echo_answered(figures))


def echo_rate(figures):
    return echo_answered(figures) / figures["seconds"]


def ratios(figures, ours, others):
    """Round by round: ours over the least of the others."""
    return [mine / min(figures[other][k] for other in others) for k, mine in enumerate(figures[ours])]


def ratio_bar(what, figures, ours, others, limit):
    others = [other for other in others if other in figures]
    return [report.Bar(what, report.median(ratios(figures, ours, others)), limit)] if others else []


def in_rounds(context, started, what, measure):
    """measure(server) for each server in each round. {server's name: [figure of each round]}"""
    found = {}
    for _ in range(context.rounds):
        for server in started:
            found.setdefault(server.name, []).append(measure(server))
            context.progress.step(f"{what} {server.name}")
    return found


def warm_up(context, server, count):
    """All names cached, and asked for again: few of them may be missing."""
    load.fill(context, server, count)
