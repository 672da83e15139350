"""The ceilings: what the kernel's own UDP work costs on this machine, for hits and for misses."""
from harness import load, peers, report, servers

TITLE = "Echo: CPU for each datagram turned around"
STREAM = "zipf,count=10000,rate={}"
PLAIN_RATIO_BAR = 1.15


def steps(context):
    return context.rounds * len(servers.ECHOES)


def run(context):
    started = servers.start_echoes(context)
    cpu, rates = {}, {}
    for _ in range(context.rounds):
        for server in started:
            figures = load.run(context, server, [STREAM.format(context.rate(30_000))])
            cpu.setdefault(server.name, []).append(servers.echo_cpu_us(figures))
            rates.setdefault(server.name, []).append(
                servers.echo_rate(load.run(context, server, [STREAM.format(1)], window=256, timeout=0.5,
                                           late_percent=100, seconds=min(context.seconds, 2))))
            context.progress.step(f"echo {server.name}")
    servers.stop(started)
    rows = [[name, report.median(cpu[name]), report.median(rates[name])] for name in cpu]
    ratios = [min(uring, mmsg) / plain for uring, mmsg, plain in
              zip(cpu["echo-uring"], cpu["echo-mmsg"], cpu["echo-plain"])]
    return report.Report("echo", TITLE, ["server", "CPU us", "peak/s"], rows, chart=[row[:2] for row in rows],
                         chart_unit="us", raw={"cpu_us": cpu, "peak": rates},
                         bars=[report.Bar("faster backend against the plain loop", report.median(ratios), PLAIN_RATIO_BAR)])
