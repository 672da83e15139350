"""The bars that Holdfast must clear: pure functions on what score.score() gave.

Each is (what, limit, figure, passed); `passed` is None where there is nothing to judge by.
"""
from collections import namedtuple

Bar = namedtuple("Bar", "what limit figure passed")

DARK = ("silent", "servfail", "refused")  # A gives nothing at all
LIMPING = ("loss", "half", "delay")
ROUTED = ("iteration_lost", "forwarder_lost")
OTHER_PROVIDER_UNTOUCHED = (*DARK, *LIMPING, "none", "nxdomain", "moved", "moved_late", "kill")
NOISE_SHARE = 1.0  # two runs of the same resolver through random loss differ by as much


def milliseconds(value):
    return "-" if value is None else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def percent(value, digits=1):
    return "-" if value is None else f"{value:.{digits}f} %"


def at_most(what, value, limit, show=milliseconds):
    return Bar(what, "at most " + show(limit), show(value), value is not None and value <= limit)


def at_least(what, value, limit, show=percent):
    return Bar(what, "at least " + show(limit), show(value), value is not None and value >= limit)


def none_past_ttl(what, tally):
    return Bar(what, "0 past TTL", f"{tally['stale']} of {tally['asked']}", tally["asked"] > 0 and tally["stale"] == 0)


def judge(fault, scored, peers):
    """The bars of one fault. `peers`: name -> fresh share of A only in the outage, of those measured alike."""
    classes, upstream = scored["classes"], scored["upstream"]
    a, b, ab, everything = (classes[klass] for klass in ("a", "b", "ab", "all"))
    bars = always(scored)
    if fault in DARK:
        bars.append(at_most("A only, first 2 s: p99", a["first"]["p99_ms"], 900))
        bars.append(at_most("A only, after that: p99", a["after"]["p99_ms"], 10))
        bars.append(at_most("queries to A in the outage, of the normal rate", upstream["outage_a_share"], 5, percent))
    if fault in LIMPING:
        bars.append(at_most("A only, after 2 s: p99", a["after"]["p99_ms"], 500))
        bars.append(as_fresh_as_peers(a["outage"]["fresh_share"], peers))
    if fault in OTHER_PROVIDER_UNTOUCHED:
        bars += untouched(fault, ab, b)
    if fault in ROUTED:
        bars.append(at_most("all, first 2 s: p99", everything["first"]["p99_ms"], 1000))
        bars.append(at_most("all, after that: p99", everything["after"]["p99_ms"], 50))
        bars.append(none_past_ttl("all, after 2 s", everything["after"]))
    if fault == "nxdomain":
        bars.append(Bar("A only, a TTL after the fault: not masked by an address", "0",
                        f"{scored['masked_nxdomain']} masked, {scored['believed_nxdomain']} believed",
                        scored["masked_nxdomain"] == 0 and scored["believed_nxdomain"] > 0))
    if fault == "moved":
        bars.append(moved("A only: fresh from B 5 s after the first question", scored["moved"]))
    if fault == "moved_late":
        bars.append(moved("A only: fresh from B one back-off (60 s) after the first question", scored["moved_back_off"]))
    if fault == "kill":
        bars.append(at_most("start until it serves", scored.get("restart_seconds"), 1.0, lambda v: f"{v or 0:.2f} s"))
    if fault == "none":
        bars.append(none_past_ttl("nothing wrong at all", everything["outage"]))
        bars.append(none_past_ttl("nothing wrong at all, to the end", everything["healed"]))
    else:
        bars += recovery(fault, scored, everything, upstream)
    return bars


def always(scored):
    everything = scored["classes"]["all"]
    missing = sum(everything[window][kind] for window in ("outage", "healed") for kind in ("failed", "none"))
    asked = everything["outage"]["asked"] + everything["healed"]["asked"]
    return [
        Bar("all names answered, from the fault on", "100 %", f"{percent(100 - 100 * missing / max(asked, 1), 2)}: "
            f"{missing} of {asked} not", missing == 0 and asked > 0),
        Bar("nobody waits longer than client_deadline (4 s)", "0", str(scored["later_than_deadline"]),
            scored["later_than_deadline"] == 0),
        none_past_ttl("nothing wrong yet", everything["quiet"]),
    ]


def untouched(fault, ab, b):
    bars = [none_past_ttl("A and B", ab["outage"])]
    if fault != "none":
        bars.append(at_most("A and B, after 2 s: p99", ab["after"]["p99_ms"], 50))
    bars.append(none_past_ttl("B only", b["outage"]))
    before = b["quiet"]["p99_ms"]
    bars.append(at_most("B only: p99", b["outage"]["p99_ms"], max(5.0, 1.5 * (before or 0))))
    return bars


def as_fresh_as_peers(share, peers):
    what = "A only: fresh, against the best peer"
    if not peers:
        return Bar(what, "no peer measured", percent(share), None)
    best = max(peers, key=peers.get)
    return Bar(what, f"at least {percent(peers[best])} ({best}), less {NOISE_SHARE:.0f} for chance", percent(share),
               share is not None and share >= peers[best] - NOISE_SHARE)


def moved(what, counted):
    return Bar(what, "100 %", f"{counted['asked'] - counted['missed']} of {counted['asked']}",
               counted["asked"] > 0 and counted["missed"] == 0)


def recovery(fault, scored, everything, upstream):
    if fault == "nxdomain":  # a denial was right to be believed, and lives as long as its TTL
        fresh = at_least("a TTL after the healing: fresh", scored["fresh_after_a_ttl_share"], 99)
    else:
        fresh = at_least("3 s after the healing: fresh", everything["recovered"]["fresh_share"], 99)
    shares = [upstream["peak_a_share"], upstream["peak_all_share"]]
    worst = None if None in shares else max(shares)
    return [fresh, at_most("upstream rate after the healing, highest second, of the normal", worst, 200, percent)]
