"""Cost against AUSE of all methods on several data sets: the figure and the table of docs/compared.md.

    python benchmarks/cost_curve.py NAME=FOLDER [NAME=FOLDER ...] [--error abs_rel] [--picture FILE.png]

FOLDER is the `output` of `infer.py benchmark`. AUSE is divided by that of `trivial_constant`, which ranks nothing: 1 is
as bad as that, 0 as good as the error itself. The picture has one panel a data set, and in each the lower envelope: the
smallest AUSE that a cost allows.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator, StrMethodFormatter

from gradunc.visualization.cost_figure import Point, front
from gradunc.visualization.style import BLACK, BLUE, DPI, GRAY, GREEN, ORANGE, PINK, SKY, SMALL, VERMILLION

COLUMNS, PLOT, HIGH, LEGEND, BELOW, ABOVE, LEFT = 3, 2.6, 2.3, 2.3, 0.55, 0.3, 0.6
"""Panels in a row; the width and height of one, of what surrounds it, and of the legend [inch]."""
FIXED = {"gradient": VERMILLION, "trivial": GRAY}
COLORS = (GREEN, ORANGE, BLUE, PINK, SKY)
"""Of families of methods: named ones, and the others in turn."""
MARKERS = "os^Dv<>P"
NOTHING = "trivial_constant"
LINE = 0.21
"""Height of a line of the legend [inch]."""
COSTS, RATIOS = (1, 1.5, 2, 3, 5, 8), (0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.5, 2)
"""What is written at the axes, both of which are logarithmic."""


def main() -> None:
    """Draw the picture, and print the table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--error", default="abs_rel", choices=("abs_rel", "rmse", "a1"))
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    pairs = [entry.partition("=") for entry in arguments.folders]
    if not all(folder for _, _, folder in pairs):
        parser.error("say NAME=FOLDER for every run")
    results = {name: json.loads((Path(folder) / "benchmark.json").read_text()) for name, _, folder in pairs}
    points = {name: relative(result["benchmark"], arguments.error) for name, result in results.items()}
    print(*table(points), sep="\n")
    if arguments.picture is not None:
        figure(points, {name: units(result) for name, result in results.items()}, arguments.error).savefig(
            arguments.picture, dpi=DPI
        )


def relative(methods: Mapping[str, Mapping[str, Any]], error: str) -> dict[str, Point]:
    """Method -> its cost, and its AUSE as a share of that of no ranking at all."""
    whole = methods[NOTHING][f"ause_{error}"]
    return {
        name: Point(row["cost"], row[f"ause_{error}"] / whole)
        for name, row in methods.items()
        if row[f"ause_{error}"] is not None
    }


def units(result: Mapping[str, Any]) -> str:
    """How many images and scenes."""
    known = result["intervals"]
    plural = "s" if known["units"] > 1 else ""
    return f"{result['images']} images, {known['units']} {known['unit']}{plural}"


def table(points: Mapping[str, Mapping[str, Point]]) -> list[str]:
    """One row a method, cheapest first; in bold what lies on the lower envelope of a data set."""
    costs = {name: point.cost for methods in reversed(list(points.values())) for name, point in methods.items()}
    best = {of: front(methods) for of, methods in points.items()}
    lines = [f"| method | cost | {' | '.join(points)} |", f"|---|---:|{'---:|' * len(points)}"]
    for method in sorted(costs, key=lambda name: (costs[name], name)):
        cells = []
        for of, methods in points.items():
            text = f"{methods[method].ause:.2f}" if method in methods else "-"
            cells.append(f"**{text}**" if method in best[of] else text)
        lines.append(f"| {method} | {_span(points, method)} | {' | '.join(cells)} |")
    return lines


def _span(points: Mapping[str, Mapping[str, Point]], method: str) -> str:
    """Its cost, or from the cheapest to the dearest network."""
    found = sorted({f"{methods[method].cost:.2f}" for methods in points.values() if method in methods}, key=float)
    return found[0] if len(found) == 1 else f"{found[0]} - {found[-1]}"


def figure(points: Mapping[str, Mapping[str, Point]], told: Mapping[str, str], error: str) -> Figure:
    """One panel a data set, and one legend for all."""
    rows = -(-len(points) // COLUMNS)
    looks, heights = _looks(points), [point.ause for methods in points.values() for point in methods.values()]
    width = COLUMNS * (LEFT + PLOT) + LEGEND
    height = max(rows * (BELOW + HIGH + ABOVE), (len(looks) + 2) * LINE)
    drawn = Figure(figsize=(width, height))
    for place, (name, methods) in enumerate(points.items()):
        row, column = divmod(place, COLUMNS)
        left, bottom = column * (LEFT + PLOT) + LEFT, height - (row + 1) * (BELOW + HIGH + ABOVE) + BELOW
        axis = drawn.add_axes((left / width, bottom / height, PLOT / width, HIGH / height))
        _draw(axis, methods, looks)
        axis.set(yscale="log", ylim=(min(heights) / 1.1, max(heights) * 1.1))
        _write_ticks(axis.yaxis, RATIOS)
        axis.set_title(f"{name}: {told[name]}", fontsize=SMALL, loc="left")
        axis.set_xlabel("cost [forward passes]", fontsize=SMALL)
        if column == 0:
            axis.set_ylabel(f"AUSE of {error} / constant", fontsize=SMALL)
    handles = [Line2D([], [], linestyle="", markersize=5, label=name, **look) for name, look in looks.items()]
    handles.append(Line2D([], [], color=BLACK, linewidth=1, label="lower envelope"))
    drawn.legend(handles=handles, loc="upper right", fontsize=SMALL, frameon=False)
    return drawn


def _looks(points: Mapping[str, Mapping[str, Point]]) -> dict[str, dict[str, Any]]:
    """Method -> colour of its family (the first word of its name) and a marker of its own there."""
    names = dict.fromkeys(name for methods in points.values() for name in methods)
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(name.split("_")[0], []).append(name)
    others = iter(COLORS)
    looks = {}
    for family in sorted(families, key=lambda one: (one not in FIXED, one)):
        color = FIXED[family] if family in FIXED else next(others)
        for name, marker in zip(sorted(families[family]), MARKERS, strict=False):
            looks[name] = {"color": color, "marker": marker}
    return looks


def _draw(axis: Axes, methods: Mapping[str, Point], looks: Mapping[str, dict[str, Any]]) -> None:
    best = front(methods)
    most = max(point.cost for point in methods.values())
    xs = [*(methods[name].cost for name in best), most]
    ys = [*(methods[name].ause for name in best), methods[best[-1]].ause]
    axis.plot(xs, ys, drawstyle="steps-post", color=BLACK, linewidth=0.8)
    for name, point in methods.items():
        axis.plot([point.cost], [point.ause], linestyle="", markersize=5, **looks[name])
    axis.set(xscale="log", xlim=(0.92, most * 1.12))
    _write_ticks(axis.xaxis, COSTS)
    axis.tick_params(labelsize=SMALL)
    axis.spines[["top", "right"]].set_visible(False)


def _write_ticks(axis: Axis, ticks: Sequence[float]) -> None:
    axis.set_major_locator(FixedLocator(list(ticks)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


if __name__ == "__main__":
    main()
