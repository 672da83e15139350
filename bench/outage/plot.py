"""A timeline of one fault as SVG: a strip for each resolver, without any library."""
from xml.sax.saxutils import escape
import math

import score
import world

COLOURS = {"fresh": "#3a9d5d", "stale": "#e2a93b", "nxdomain": "#7b6fc4", "failed": "#c8443c", "none": "#3b3b3b"}
MEANING = {"fresh": "fresh", "stale": "past its TTL", "nxdomain": "NXDOMAIN", "failed": "failed", "none": "no answer"}
LEFT, TOP, WIDTH, LANE, GAP = 150, 78, 860, 46, 8
LANES = [("a", "outcomes"), ("a", "latency"), ("ab", "outcomes"), ("ab", "latency"), ("b", "outcomes"), ("upstream", "upstream")]
LATENCY_MIN, LATENCY_MAX = 0.1, score.GIVE_UP_MS


class Canvas:
    def __init__(self, width, height):
        self.parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
                      f'<rect width="{width}" height="{height}" fill="white"/>']

    def rect(self, x, y, width, height, fill, **more):
        extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"{extra}/>')

    def text(self, x, y, text, **more):
        extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(text)}</text>')

    def line(self, points, colour, width=1.2, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
                          + (f' stroke-dasharray="{dash}"' if dash else "") + "/>")

    def done(self):
        return "\n".join([*self.parts, "</svg>"]) + "\n"


def height_of_latency(value):
    """0 (fast) to 1 (gave up), logarithmic."""
    bounded = min(max(value, LATENCY_MIN), LATENCY_MAX)
    return math.log(bounded / LATENCY_MIN) / math.log(LATENCY_MAX / LATENCY_MIN)


def draw_outcomes(canvas, seconds, klass, x_of, top):
    for entry in seconds:
        tally, x, y = entry[klass], x_of(entry["second"]), top + LANE
        for outcome in score.OUTCOMES:
            if tally["asked"] and tally[outcome]:
                height = LANE * tally[outcome] / tally["asked"]
                y -= height
                canvas.rect(x, y, x_of(entry["second"] + 1) - x + 0.3, height, COLOURS[outcome])


def draw_latency(canvas, seconds, klass, x_of, top):
    for limit in (1, 10, 100, 1000):
        y = top + LANE * (1 - height_of_latency(limit))
        canvas.line([(LEFT, y), (LEFT + WIDTH, y)], "#dddddd", 0.6)
        canvas.text(LEFT + WIDTH + 4, y + 3, f"{limit} ms", fill="#888888", font_size="8")
    for key, colour in (("p50_ms", "#2b6cb0"), ("p99_ms", "#c8443c")):
        points = [(x_of(entry["second"] + 0.5), top + LANE * (1 - height_of_latency(entry[klass][key])))
                  for entry in seconds if entry[klass][key] is not None]
        if points:
            canvas.line(points, colour)


def draw_upstream(canvas, seconds, x_of, top, normal):
    most = max([2 * normal, 1, *(max(entry["upstream_a"], entry["upstream_b"]) for entry in seconds)])
    for key, colour in (("upstream_a", "#c8443c"), ("upstream_b", "#3a9d5d")):
        canvas.line([(x_of(entry["second"] + 0.5), top + LANE * (1 - entry[key] / most)) for entry in seconds], colour)
    canvas.text(LEFT + WIDTH + 4, top + 8, f"{most:.0f}/s", fill="#888888", font_size="8")


def draw_strip(canvas, result, x_of, top):
    scored = result["score"]
    seconds = scored["per_second"]
    canvas.text(8, top - 6, result["title"], font_size="14", font_weight="bold")
    for klass, kind in LANES:
        title = {"outcomes": "answers", "latency": "latency p50, p99"}.get(kind, "")
        label = "queries to A, to B" if kind == "upstream" else f"{world.CLASS_TITLES[klass]}: {title}"
        canvas.text(LEFT - 8, top + LANE / 2 + 4, label, text_anchor="end", font_size="9")
        canvas.rect(LEFT, top, WIDTH, LANE, "#f6f6f6")
        if kind == "outcomes":
            draw_outcomes(canvas, seconds, klass, x_of, top)
        elif kind == "latency":
            draw_latency(canvas, seconds, klass, x_of, top)
        else:
            draw_upstream(canvas, seconds, x_of, top, scored["upstream"]["normal_a"])
        top += LANE + GAP
    return top


def timeline(fault, results):
    """The SVG's text for the results of one fault that have a score; "" without any."""
    results = [result for result in results if "score" in result]
    if not results:
        return ""
    seconds = [entry["second"] for result in results for entry in result["score"]["per_second"]]
    first, last = min(seconds), max(seconds) + 1

    def x_of(second):
        return LEFT + WIDTH * (second - first) / (last - first)

    strip = len(LANES) * (LANE + GAP) + 34
    height = TOP + strip * len(results) + 10
    canvas = Canvas(LEFT + WIDTH + 50, height)
    canvas.text(8, 22, f"{fault.name}: {fault.title}", font_size="17", font_weight="bold")
    x = LEFT
    for outcome in score.OUTCOMES:
        canvas.rect(x, 32, 11, 11, COLOURS[outcome])
        canvas.text(x + 15, 42, MEANING[outcome])
        x += 105
    canvas.text(x, 42, "each column one second; 0 = the fault begins", fill="#666666")
    top = TOP
    for result in results:
        bottom = draw_strip(canvas, result, x_of, top)
        marks = result["score"]["marks"]
        for name, moment in marks.items():
            if name in ("serving", "restart"):
                continue
            x = x_of(moment - marks["fault"])
            canvas.line([(x, top - 4), (x, bottom - GAP)], "#000000", 1, "4 3")
            canvas.text(x + 3, top - 6, {"heal": "healed"}.get(name, name), font_size="9")
        for second in range(math.ceil(first / 10) * 10, last, 10):
            canvas.text(x_of(second), bottom + 4, f"{second} s", font_size="8", fill="#666666")
        top = bottom + 34
    return canvas.done()
