"""The result of the evaluation of a pose network: errors of its paths."""

from collections.abc import Sequence
from dataclasses import replace

from gradunc.results.renderers.cells import cell_text
from gradunc.results.result import Column, Result, Row, Table

MEAN = Column("ate_snippet", "m", "low")
SPREAD = Column("ate_snippet_std", "m")
"""Of the snippets, around their mean."""
COLUMNS = (
    Column("sequence", digits=None),
    Column("frames", digits=0),
    Column("length_m", "m", digits=1, title="way [m]"),
    MEAN,
    SPREAD,
    Column("ate", "m", "low", title="ATE [m]"),
    Column("rpe_m", "m", "low", title="RPE [m]"),
    Column("rpe_deg", "deg", "low", title="RPE [deg]"),
    Column("drift_percent", "%", "low", title="drift [%]"),
    Column("drift_deg_per_100m", "deg/100 m", "low", title="drift [deg/100 m]"),
)


def motion_result(rows: Sequence[Row], *, checkpoint: str, alignment: str, snippet: int) -> Result:
    """Files: `metrics.json`, `metrics.md` and `motion.csv`.

    Args:
        rows: of the sequences; columns are `COLUMNS`.
        checkpoint: whose motion it is.
        alignment: what is taken out of each predicted path.
        snippet: frames of a snippet.
    """
    title = f"Motion (alignment {alignment}; snippets as published, with a scale each)"
    return Result(
        name="metrics",
        title="Motion of a pose network",
        protocol=f"alignment {alignment}; snippets of {snippet} frames with a scale each",
        tables=(
            Table("motion", title, COLUMNS, tuple(rows), json_key="sequences", short=_short(title, rows, snippet)),
        ),
        facts={"checkpoint": checkpoint, "alignment": alignment, "snippet": snippet},
    )


def _short(title: str, rows: Sequence[Row], snippet: int) -> Table:
    """The spread of the snippets stands in the cell of their mean."""
    mean = replace(MEAN, title=f"ATE {snippet} frames [m]")
    columns = tuple(mean if column is MEAN else column for column in COLUMNS if column is not SPREAD)
    cells = [" ± ".join(cell_text(column, row[column.name]) for column in (MEAN, SPREAD)) for row in rows]
    joined = ({**row, MEAN.name: cell} for row, cell in zip(rows, cells, strict=True))
    return Table("motion", title, columns, tuple({one.name: row[one.name] for one in columns} for row in joined))
