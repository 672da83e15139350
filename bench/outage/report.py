"""The results as text: a table of all resolvers for each fault, and the bars of Holdfast."""
import bars
import faults
import score
import world

COLUMNS = ["resolver", "A only: answered", "past TTL", "p50 / p99, first 2 s", "p50 / p99 after", "A+B: answered",
           "past TTL", "p99 after", "B only: past TTL", "p99", "to A", "fresh again", "quiet: past TTL"]


def latency(value):
    if value is None:
        return "-"
    if value >= score.GIVE_UP_MS:
        return "gave up"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def row(title, scored):
    a, b, ab, everything = (scored["classes"][klass] for klass in ("a", "b", "ab", "all"))
    percent = bars.percent
    again = scored["seconds_until_fresh"]["all"]
    return [title, percent(a["outage"]["answered_share"]), percent(a["outage"]["stale_share"]),
            f"{latency(a['first']['p50_ms'])} / {latency(a['first']['p99_ms'])}",
            f"{latency(a['after']['p50_ms'])} / {latency(a['after']['p99_ms'])}",
            percent(ab["outage"]["answered_share"]), percent(ab["outage"]["stale_share"]), latency(ab["after"]["p99_ms"]),
            percent(b["outage"]["stale_share"]), latency(b["outage"]["p99_ms"]),
            percent(scored["upstream"]["outage_a_share"], 0), "never" if again is None else f"{again} s",
            percent(everything["quiet"]["stale_share"])]


def table(header, rows):
    widths = [max(len(str(line[i])) for line in [header, *rows]) for i in range(len(header))]
    lines = ["| " + " | ".join(str(cell).ljust(width) for cell, width in zip(line, widths)) + " |"
             for line in [header, ["-" * width for width in widths], *rows]]
    return "\n".join(lines)


def verdict(passed):
    return {True: "pass", False: "FAIL", None: "not judged"}[passed]


def bar_rows(judged):
    return [[bar.what, bar.limit, bar.figure, verdict(bar.passed)] for bar in judged]


def fault_text(fault_name, results):
    """`results`: those of one fault, in the order of the resolvers."""
    fault = faults.BY_NAME[fault_name]
    text = [f"## {fault.name}: {fault.title}", ""]
    good = [result for result in results if "score" in result]
    if good:
        text += [table(COLUMNS, [row(result["title"], result["score"]) for result in good]), ""]
    if fault_name == "nxdomain":  # either server's answer is right for a zone on both
        for result in good:
            both = result["score"]["classes"]["ab"]["outage"]
            text += [f"{result['title']}, A and B: {both['fresh']} fresh, {both['stale']} past TTL, "
                     f"{both['nxdomain']} NXDOMAIN.", ""]
    for result in results:
        if "score" not in result:
            text += [f"{result['title']} has no figures: {result['failure']}", ""]
    for result in results:
        if result["bars"]:
            judged = [bars.Bar(*bar) for bar in result["bars"]]
            text += [table([f"bar of {result['title']}", "limit", "figure", ""], bar_rows(judged)), ""]
    return "\n".join(text)


def document(results, phases, machine):
    """The whole table.md."""
    names = dict.fromkeys(result["fault"] for result in results)
    failed = sum(bar[3] is False for result in results for bar in result["bars"])
    passed = sum(bar[3] is True for result in results for bar in result["bars"])
    text = ["# Outage bench", "",
            f"{world.DOMAINS_PER_CLASS} domains on A only, {world.DOMAINS_PER_CLASS} on B only, "
            f"{world.DOMAINS_PER_CLASS} on both, TTL {world.ANSWER_TTL} s, each asked every 7.5 s; a client gives up after "
            f"{score.GIVE_UP_MS / 1000:.0f} s. Warm-up {phases.warm:.0f} s, quiet {phases.quiet:.0f} s, fault "
            f"{phases.fault:.0f} s, healed {phases.healed:.0f} s. How to read it: docs/outage-bench.md.", "",
            "Latencies are those of all questions; \"gave up\" means that so many got nothing in time. \"to A\" is the "
            "rate of queries to provider A in the outage, of the normal one; \"fresh again\" the second after the healing "
            "from which on 99 % are fresh.", "", f"Machine: {machine}.", ""]
    versions = {result["title"]: result["version"] for result in results}
    text += [table(["resolver", "version"], [[title, version] for title, version in versions.items()]), ""]
    for name in names:
        text.append(fault_text(name, [result for result in results if result["fault"] == name]))
    text += [f"Bars of Holdfast: {passed} passed, {failed} failed.", "", "## Configurations", ""]
    for result in {result["title"]: result for result in results}.values():
        text += [f"### {result['title']}", "", "```", " ".join(result.get("command", [])), "",
                 result.get("configuration", "").rstrip(), "```", ""]
    return "\n".join(text)
