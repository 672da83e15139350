"""Tables, JSON and plots of one part, with what is needed to repeat it."""
import dataclasses
import json
import statistics
from pathlib import Path

from . import plot


def median(values):
    return statistics.median(values) if values else float("nan")


@dataclasses.dataclass
class Bar:
    """One of the project's bars: a measured value, the limit, and whether it is kept."""
    what: str
    value: float
    limit: float

    @property
    def kept(self):
        return self.value <= self.limit


@dataclasses.dataclass
class Report:
    part: str
    title: str
    columns: list
    rows: list
    chart: list = dataclasses.field(default_factory=list)  # (label, value) for bars, or {series: [(x, y), ...]}
    chart_unit: str = ""
    bars: list = dataclasses.field(default_factory=list)
    raw: dict = dataclasses.field(default_factory=dict)
    notes: list = dataclasses.field(default_factory=list)


def cell(value):
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 0.1 else f"{value:.2f}"
    return str(value)


def table(columns, rows):
    cells = [list(map(cell, columns))] + [list(map(cell, row)) for row in rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(columns))]

    def line(row):
        return "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |"

    return "\n".join([line(cells[0]), "| " + " | ".join("-" * width for width in widths) + " |", *map(line, cells[1:])])


def text_of(report, environment):
    lines = [f"# {report.title}", "", table(report.columns, report.rows), ""]
    if report.bars:
        lines += [table(["bar", "measured", "at most", "kept"],
                        [[bar.what, bar.value, bar.limit, "yes" if bar.kept else "NO"] for bar in report.bars]), ""]
    lines += report.notes
    lines += ["", *(f"{key}: {value}" for key, value in environment.items() if key != "configurations")]
    return "\n".join(lines) + "\n"


def write(report, environment, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = text_of(report, environment)
    (folder / f"{report.part}.md").write_text(text)
    content = {"environment": environment, "columns": report.columns, "rows": report.rows, "raw": report.raw,
               "bars": [dict(dataclasses.asdict(bar), kept=bar.kept) for bar in report.bars], "notes": report.notes}
    (folder / f"{report.part}.json").write_text(json.dumps(content, indent=1) + "\n")
    if report.chart:
        (folder / f"{report.part}.svg").write_text(plot.svg(report.title, report.chart, report.chart_unit))
    return text
