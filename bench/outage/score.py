"""What the clients saw, counted: pure functions on recorded rows.

A row is one question. Its outcome:
  fresh     NOERROR with an address that a provider made at most TTL + 1 s ago
  stale     NOERROR with an older one: past its TTL
  nxdomain  NXDOMAIN
  failed    any other RCODE, or no address
  none      no answer within GIVE_UP_MS; the client has gone
fresh, stale and nxdomain are answers; the others are not. Latencies are those of all questions: who got no answer
waited GIVE_UP_MS. A question belongs to the second in which it was due.
"""
import math
from collections import namedtuple

import world

GIVE_UP_MS = 2000.0
PAST_TTL = world.ANSWER_TTL + 1.0  # resolvers count TTLs in whole seconds
FIRST_SECONDS = 2.0  # the bars allow an outage to be noticed in this time
RECOVERY_SECONDS = 3.0
IN_FLIGHT_SECONDS = 0.1  # who asks so shortly before a fault meets it on the way: neither before nor after
RESTART_SECONDS = 1.0
CLIENT_DEADLINE_MS = 4000.0  # Holdfast's default; nobody waits longer for anything
DEADLINE_GRACE_MS = 50.0  # the way to the client and back, and the machine's other work
MOVE_PATIENCE = 5.0
BACK_OFF_MAX = 60.0
OUTCOMES = ["fresh", "stale", "nxdomain", "failed", "none"]
LATE_SEND_MS = 20.0  # a question sent later than this says that the generator had no processor

# due: seconds since the start; latency_ms: None without any answer; age: seconds, None without an address;
# provider: 0 for A, 1 for B, -1 for none.
Row = namedtuple("Row", "name klass due late_ms latency_ms rcode age provider ttl errors")


def outcome(row):
    if row.latency_ms is None or row.latency_ms > GIVE_UP_MS:
        return "none"
    if row.rcode == 3:
        return "nxdomain"
    if row.rcode != 0 or row.age is None:
        return "failed"
    return "stale" if row.age > PAST_TTL else "fresh"


def waited_ms(row):
    return GIVE_UP_MS if row.latency_ms is None else min(row.latency_ms, GIVE_UP_MS)


def quantile(values, share):
    """The smallest value that at least this share of the values does not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def tally(rows):
    """Counts, shares in per cent, and latencies of some rows."""
    counts = dict.fromkeys(OUTCOMES, 0)
    errors = {}
    for row in rows:
        counts[outcome(row)] += 1
        for code in set(row.errors):
            errors[code] = errors.get(code, 0) + 1
    asked = len(rows)
    waits = [waited_ms(row) for row in rows]
    answered = counts["fresh"] + counts["stale"] + counts["nxdomain"]

    def share(part):
        return 100.0 * part / asked if asked else None

    return {"asked": asked, **counts, "answered_share": share(answered), "fresh_share": share(counts["fresh"]),
            "stale_share": share(counts["stale"]), "p50_ms": quantile(waits, 0.5), "p99_ms": quantile(waits, 0.99),
            "errors": errors}


def between(rows, start, end):
    return [row for row in rows if start <= row.due < end]


def of_class(rows, klass):
    return rows if klass == "all" else [row for row in rows if row.klass == klass]


def without_restart(rows, marks):
    """The questions that the restart itself may cost: the bars leave out one second."""
    if "kill" not in marks:
        return rows
    return [row for row in rows if not marks["kill"] - 0.1 <= row.due < marks["kill"] + RESTART_SECONDS]


def windows(marks, warm, end):
    fault, heal = marks["fault"], marks["heal"]
    return {"quiet": (warm, fault - IN_FLIGHT_SECONDS), "first": (fault, min(fault + FIRST_SECONDS, heal)),
            "after": (min(fault + FIRST_SECONDS, heal), heal), "outage": (fault, heal), "healed": (heal, end),
            "recovered": (min(heal + RECOVERY_SECONDS, end), end)}


def per_second(rows, counts, fault, end):
    """[{second, a, b, ab: tally; upstream_a, upstream_b}]: `second` counts from the begin of the fault."""
    seconds = {}
    for row in rows:
        seconds.setdefault(math.floor(row.due - fault), []).append(row)
    upstream = {}
    for at, to_a, to_b in counts:
        sums = upstream.setdefault(math.floor(at - fault + 1e-6), [0, 0])
        sums[0] += to_a
        sums[1] += to_b
    table = []
    for second in range(math.floor(-fault), math.ceil(end - fault)):
        here = seconds.get(second, [])
        entry = {"second": second, **{klass: tally(of_class(here, klass)) for klass in world.CLASSES}}
        entry["upstream_a"], entry["upstream_b"] = upstream.get(second, (0, 0))
        table.append(entry)
    return table


def rate(counts, start, end, side):
    """Queries a second to a provider (1: A, 2: B) in a window."""
    return sum(count[side] for count in counts if start <= count[0] < end) / (end - start) if end > start else 0.0


def upstream(counts, bounds):
    """Rates to A and to all, normally, in the outage, after its first seconds, and the highest second after it."""
    quiet = bounds["quiet"]
    normal_a = rate(counts, *quiet, 1)
    normal_all = normal_a + rate(counts, *quiet, 2)
    peak_a, peak_all = 0.0, 0.0
    second = bounds["healed"][0]
    while second + 1 <= bounds["healed"][1]:
        to_a = rate(counts, second, second + 1, 1)
        peak_a = max(peak_a, to_a)
        peak_all = max(peak_all, to_a + rate(counts, second, second + 1, 2))
        second += 0.5

    def share(part, whole):
        return 100.0 * part / whole if whole else None

    return {"normal_a": normal_a, "normal_all": normal_all,
            "outage_a_share": share(rate(counts, *bounds["outage"], 1), normal_a),
            "after_a_share": share(rate(counts, *bounds["after"], 1), normal_a),
            "peak_a_share": share(peak_a, normal_a), "peak_all_share": share(peak_all, normal_all)}


def seconds_until_fresh(rows, heal, share=0.99):
    """After the healing: the first second from which on all seconds are fresh to this share; None: never."""
    seconds = {}
    for row in rows:
        if row.due >= heal:
            seconds.setdefault(math.floor(row.due - heal), []).append(outcome(row) == "fresh")
    found = None
    for second in sorted(seconds, reverse=True):
        if sum(seconds[second]) < share * len(seconds[second]):
            break
        found = second
    return found


def moved_late(rows, move, end, patience):
    """Of class A only: (asked, not fresh from B) among the questions due over `patience` s after each name's first
    question after the move."""
    firsts, asked, missed = {}, 0, 0
    for row in sorted(of_class(rows, "a"), key=lambda one: one.due):
        if row.due < move or row.due >= end:
            continue
        first = firsts.setdefault(row.name, row.due)
        if row.due > first + patience:
            asked += 1
            missed += not (outcome(row) == "fresh" and row.provider == 1)
    return asked, missed


def late_sends(rows):
    """Share of questions that the generator itself sent late, in per cent."""
    return 100.0 * sum(row.late_ms > LATE_SEND_MS for row in rows) / len(rows) if rows else 0.0


def score(rows, counts, marks, warm, end):
    """All figures of one run, as they go into its JSON."""
    bounds = windows(marks, warm, end)
    judged = without_restart(rows, marks)
    classes = [*world.CLASSES, "all"]
    latest = CLIENT_DEADLINE_MS + DEADLINE_GRACE_MS
    result = {
        "marks": marks, "end": end, "windows": bounds,
        "classes": {klass: {name: tally(of_class(between(judged, *span), klass)) for name, span in bounds.items()}
                    for klass in classes},
        "upstream": upstream(counts, bounds),
        "seconds_until_fresh": {klass: seconds_until_fresh(of_class(rows, klass), marks["heal"]) for klass in classes},
        "late_sends_share": late_sends(rows),
        "later_than_deadline": sum(row.latency_ms is None or row.latency_ms > latest
                                   for row in between(judged, marks["fault"], end)),
        "per_second": per_second(rows, counts, marks["fault"], end),
    }
    if "move" in marks:
        soon = moved_late(rows, marks["move"], end, MOVE_PATIENCE)
        back_off = moved_late(rows, marks["move"], end, BACK_OFF_MAX)
        result["moved"] = {"asked": soon[0], "missed": soon[1]}
        result["moved_back_off"] = {"asked": back_off[0], "missed": back_off[1]}
    if "serving" in marks:
        result["restart_seconds"] = marks["serving"] - marks["restart"]
    believed = between(of_class(rows, "a"), marks["fault"] + PAST_TTL, marks["heal"])
    result["masked_nxdomain"] = sum(outcome(row) in ("fresh", "stale") for row in believed)
    result["believed_nxdomain"] = sum(outcome(row) == "nxdomain" for row in believed)
    after_ttl = between(judged, min(marks["heal"] + PAST_TTL, end), end)
    result["fresh_after_a_ttl_share"] = tally(after_ttl)["fresh_share"]
    return result
