"""The faults: what happens to the lab, and when.

A fault is a list of (second after its begin, step); each step is a verb of run.Run. All begin at 0 and end at `seconds`
with the steps of `heal`.
"""
from dataclasses import dataclass, field

import resolvers


@dataclass(frozen=True)
class Fault:
    name: str
    title: str
    steps: list
    heal: list
    route: str | None = None  # what the resolver must be configured for
    seconds: float | None = None  # None: the phase's own length
    needs: list = field(default_factory=list)


def provider_a(name, title, state, **more):
    return Fault(name, title, [(0, ("provider_a", state))], [("provider_a", "ok")], **more)


MOVE_AFTER = 10
LATE_MOVE_AFTER = 40
LATE_MOVE_SECONDS = 110  # the move, one back-off of at most 60 s, and some questions after it
KILL_AFTER = 10

ALL = [
    Fault("none", "nothing wrong", [], []),
    provider_a("silent", "A is silent", "silent"),
    provider_a("servfail", "A says SERVFAIL", "servfail"),
    provider_a("refused", "A says REFUSED", "refused"),
    provider_a("loss", "A loses 90 %", "loss 90"),
    provider_a("delay", "A answers after 5 s", "delay 5000"),
    provider_a("half", "half of A's servers are silent", "half"),
    provider_a("nxdomain", "A says NXDOMAIN", "nxdomain"),
    Fault("moved", "A is silent; its domains move to B after 10 s",
          [(0, ("provider_a", "silent")), (MOVE_AFTER, ("move",))], [("provider_a", "ok")]),
    Fault("moved_late", "A is silent; its domains move to B after 40 s",
          [(0, ("provider_a", "silent")), (LATE_MOVE_AFTER, ("move",))], [("provider_a", "ok")],
          seconds=LATE_MOVE_SECONDS),
    Fault("kill", "A is silent; the resolver is killed and started again after 10 s",
          [(0, ("provider_a", "silent")), (KILL_AFTER, ("kill_and_restart",))], [("provider_a", "ok")]),
    Fault("uplink", "our own uplink is lost", [(0, ("cut_uplink",))], [("mend_uplink",)]),
    Fault("iteration_lost", "roots and all else unreachable, forwarder up",
          [(0, ("cut_uplink",))], [("mend_uplink",)], route=resolvers.ITERATE_FIRST, needs=["unbound"]),
    Fault("forwarder_lost", "forwarder silent, iteration works",
          [(0, ("cut_forwarder",))], [("mend_forwarder",)], route=resolvers.FORWARDER_FIRST, needs=["unbound"]),
]
BY_NAME = {fault.name: fault for fault in ALL}


@dataclass(frozen=True)
class Phases:
    """Seconds. `warm` must ask every name at least once, `quiet` too."""
    warm: float
    quiet: float
    fault: float
    healed: float

    def fault_seconds(self, fault):
        return fault.seconds if fault.seconds is not None else self.fault

    def total(self, fault):
        return self.warm + self.quiet + self.fault_seconds(fault) + self.healed


FULL = Phases(warm=20, quiet=10, fault=30, healed=20)
QUICK = Phases(warm=9, quiet=8, fault=16, healed=10)
