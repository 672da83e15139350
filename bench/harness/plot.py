"""Plots as SVG text: bars for (label, value) pairs, lines on a log scale for {series: [(x, y), ...]}."""
import math
from xml.sax.saxutils import escape

COLOURS = ("#1b6ca8", "#c8553d", "#588157", "#7d5ba6", "#d9a404", "#4a4e69", "#2a9d8f", "#e76f51")
FONT = 'font-family="sans-serif" font-size="12"'


def svg(title, chart, unit):
    return lines(title, chart, unit) if isinstance(chart, dict) else bars(title, chart, unit)


def bars(title, chart, unit):
    height = 60 + 26 * len(chart)
    most = max(value for _, value in chart) or 1
    out = [head(760, height, title)]
    for k, (label, value) in enumerate(chart):
        y = 44 + 26 * k
        width = 420 * value / most
        out.append(f'<text x="200" y="{y + 14}" text-anchor="end" {FONT}>{escape(label)}</text>')
        out.append(f'<rect x="208" y="{y}" width="{width:.1f}" height="18" fill="{COLOURS[0]}"/>')
        out.append(f'<text x="{214 + width:.1f}" y="{y + 14}" {FONT}>{value:.4g} {escape(unit)}</text>')
    return "\n".join(out) + "\n</svg>\n"


def lines(title, chart, unit):
    points = [point for series in chart.values() for point in series]
    x_most = max(x for x, _ in points) or 1
    low = math.floor(math.log10(max(1e-9, min(y for _, y in points))))
    high = max(low + 1, math.ceil(math.log10(max(1e-9, max(y for _, y in points)))))
    out = [head(760, 420, title)]

    def place(x, y):
        return 70 + 520 * x / x_most, 370 - 310 * (math.log10(max(y, 1e-9)) - low) / (high - low)

    for power in range(low, high + 1):
        y = place(0, 10 ** power)[1]
        out.append(f'<line x1="70" x2="590" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="64" y="{y + 4:.1f}" text-anchor="end" {FONT}>{10 ** power:g} {escape(unit)}</text>')
    for k, (label, series) in enumerate(chart.items()):
        colour = COLOURS[k % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in sorted(series)))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.append(f'<text x="600" y="{60 + 18 * k}" fill="{colour}" {FONT}>{escape(label)}</text>')
    for x in sorted({x for x, _ in points}):
        out.append(f'<text x="{place(x, 1)[0]:.1f}" y="390" text-anchor="middle" {FONT}>{x:g}</text>')
    return "\n".join(out) + "\n</svg>\n"


def head(width, height, title):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n'
            f'<text x="16" y="24" font-family="sans-serif" font-size="15" font-weight="bold">{escape(title)}</text>')
