"""Names of signed zones that were never asked for: from an empty cache, where each is the first of its zone and brings the
keys and the DS of it, and then with all zones known, where each needs one exchange and one signature."""
from lab import ask

from harness import load, peers, report, servers, signed

TITLE = "Signed names, validated: CPU for each query"
RATE, RATE_EMPTY = 1_500, 250
PEER_BAR = 0.7
AD = 0x20


def steps(context):
    return context.rounds * (1 + len(context.peers)) + 1


def run(context):
    lab = signed.SignedWorld(context.folder, context.load_core)
    context.progress.step("signing")
    cold, empty = {}, {}
    try:
        for _ in range(context.rounds):
            for k, name in enumerate(["holdfast", *context.peers]):
                first, further = figures_of(context, lab, name, 5300 + k)
                empty.setdefault(name, []).append(first)
                cold.setdefault(name, []).append(further)
                context.progress.step(f"signed {name}")
    finally:
        lab.stop()
    rows = [[what, name, report.median(values), min(values), max(values)]
            for what, figures in (("one exchange", cold), ("first of its zone", empty)) for name, values in figures.items()]
    bars = servers.ratio_bar("signed miss against the best peer", cold, "holdfast", context.peers, PEER_BAR)
    bars += servers.ratio_bar("first of a signed zone against the best peer", empty, "holdfast", context.peers, PEER_BAR)
    return report.Report("dnssec", TITLE, ["what", "server", "CPU us", "least", "most"], rows,
                         chart=[(f"{row[1]} ({row[0]})", row[2]) for row in rows], chart_unit="us", bars=bars,
                         raw={"cpu_us": {"one exchange": cold, "first of its zone": empty}})


def figures_of(context, lab, name, port):
    def both(server):
        reply = ask.ask_one((peers.ADDRESS, port), f"ns.{signed.DOMAIN}.", "A", dnssec=True)
        if reply is None or not reply.flags & AD:
            raise RuntimeError(f"{name} did not validate: see its configuration")
        return measure(context, server, RATE_EMPTY, 0), measure(context, server, RATE, 1.0)
    return servers.of_a_new_server(both, name, context, memory=256 * servers.MIB, port=port, lab=lab)


def measure(context, server, per_second, warm):
    """The names in order. In the warm second come the first of each zone, which are known by then."""
    rate = context.rate(per_second)
    names = signed.ZONES * signed.NAMES_OF_A_ZONE if warm else signed.ZONES
    warm = max(warm, signed.ZONES / rate) if warm else 0
    seconds = min(context.seconds, names / rate - warm) if warm else names / rate
    figures = load.run(context, server, [f"each,count={names},zones={signed.ZONES},rate={rate}"], domain=signed.DOMAIN,
                       seconds=seconds, warm=warm, tries=1)
    if figures.lost_share() > 0.02:
        raise RuntimeError(f"{server.name} left {figures.lost_share():.0%} unanswered at {rate} a second: lower the rates "
                           "by --scale")
    return figures.cpu_us()
