"""The result of a benchmark: every uncertainty method of one network on one data set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gradunc.metrics.functional import SPARSIFIED
from gradunc.results.columns import SHARED, bounds_of
from gradunc.results.evaluation import notes_of
from gradunc.results.per_image import PerImage
from gradunc.results.result import Column, Picture, Result, Row, Table
from gradunc.visualization import render
from gradunc.visualization.cost_figure import Point, cost_figure

AREAS = tuple(f"{area}_{error}" for error in SPARSIFIED for area in ("ause", "aurg"))
BEHIND = tuple(f"behind_{error}" for error in SPARSIFIED)
COSTS = ("cost", "milliseconds", "peak_memory")
TEXTS = ("needs", "scale")
DIGITS = {"cost": 2, "milliseconds": 1, "peak_memory": 1}
RANKING = tuple(name for error in SPARSIFIED for name in (f"ause_{error}", f"behind_{error}"))
"""What people read of how methods rank."""

CAPTION = (
    "AUSE: low = good. behind: AUSE minus that of the best method on the same images, with the interval of this "
    "difference; where it excludes 0 the methods differ. The best was chosen by these figures"
)

UNITS_CAPTION = "scores have no unit, and so no calibration; nll compares only methods of the same quantity"


def benchmark_result(
    protocol: str,
    counts: Mapping[str, int],
    rows: Mapping[str, Row],
    *,
    network: str,
    measured: Sequence[str] = (),
    depth: Row,
    per_image: PerImage,
    notes: Sequence[str] = (),
) -> Result:
    """Files: `benchmark.json`, `benchmark.csv`, `benchmark.md`, `benchmark.png`, and `benchmark_per_image.csv`.

    Args:
        protocol: range, crop and alignment in one line.
        counts: `images`, how many were compared, and what else was counted.
        rows: method -> `AREAS`, `BEHIND`, `COSTS`, `TEXTS` and `measured`, and ends of intervals of some.
        network: its name, for the figure.
        measured: what else was measured: a table of its own.
        depth: errors of the depth.
        per_image: what the means are made of.
        notes: lines, for example about methods that were left out.
    """
    ordered = sorted(({"name": name, **row} for name, row in rows.items()), key=_area)
    head = f"{protocol}; {counts['images']} images; {per_image.resampling.describe()}"
    return Result(
        name="benchmark",
        title="Benchmark",
        protocol=protocol,
        tables=_tables(ordered, head, measured),
        pictures=(cost_picture({network: ordered}, per_image.resampling.units),),
        facts={**counts, "network": network, "intervals": per_image.resampling.facts(), "depth": dict(depth)},
        notes=(*notes_of(counts, rows, per_image), *notes),
        per_image=replace(per_image.table(), name="benchmark_per_image"),
    )


def _area(row: Row) -> float:
    value = row["ause_abs_rel"]
    return value if isinstance(value, float) and value == value else float("inf")


def _tables(rows: Sequence[Row], head: str, measured: Sequence[str]) -> tuple[Table, ...]:
    """All columns for programs, of which people read the ranking; what it costs; and what else was measured."""
    every = (*AREAS, *BEHIND, *COSTS, *measured, *TEXTS)
    columns = [_column(name) for name in ("name", *every)]
    columns += [
        end for name in (*AREAS, *BEHIND, *measured) for end in bounds_of(_column(name)) if _is_known(rows, end)
    ]
    tables = [
        _view("benchmark", f"Benchmark ({head})", rows, columns, RANKING, caption=CAPTION),
        _view("benchmark_cost", "What an estimate of one image costs and needs", rows, columns, (*COSTS, "needs")),
    ]
    if measured:
        more = (*measured, "scale")
        title = "Correlation with the error, and calibration"
        tables.append(_view("benchmark_units", title, rows, columns, more, caption=UNITS_CAPTION))
    return tuple(tables)


def _view(
    name: str, title: str, rows: Sequence[Row], columns: Sequence[Column], shown: Sequence[str], caption: str = ""
) -> Table:
    """A table of which people read some columns; only the first one goes to programs with all of them."""
    by_name = {column.name: column for column in columns}
    kept = [by_name[one] for one in ("name", *shown)] + [column for column in columns if column.bound_of in shown]
    short = Table(name, title, tuple(kept), tuple(_cut(row, kept) for row in rows), caption=caption)
    if name != "benchmark":
        return short
    return Table(name, title, tuple(columns), tuple(_cut(row, columns) for row in rows), caption=caption, short=short)


def cost_picture(networks: Mapping[str, Sequence[Row]], units: str = "") -> Picture:
    """`benchmark.png`: network -> rows of its methods, and over how many scenes."""
    points = {
        network: {str(row["name"]): _point(row) for row in rows if _drawn(row)} for network, rows in networks.items()
    }
    return Picture("benchmark", render(cost_figure(points, f"Cost and ranking{f', {units}' if units else ''}")))


def _drawn(row: Row) -> bool:
    return all(isinstance(value := row[name], float) and value == value for name in ("cost", "ause_abs_rel"))


def _point(row: Row) -> Point:
    cost, area, low, high = (
        row.get(name) for name in ("cost", "ause_abs_rel", "ause_abs_rel_low", "ause_abs_rel_high")
    )
    assert isinstance(cost, float)
    assert isinstance(area, float)
    return Point(cost, area, low if isinstance(low, float) else None, high if isinstance(high, float) else None)


def _column(name: str) -> Column:
    if name in TEXTS:
        return Column(name, digits=None)
    return replace(SHARED[name], digits=DIGITS.get(name, SHARED[name].digits))


def _cut(row: Row, columns: Sequence[Column]) -> Row:
    return {column.name: row.get(column.name) for column in columns}


def _is_known(rows: Sequence[Row], column: Column) -> bool:
    return any(column.name in row for row in rows)
