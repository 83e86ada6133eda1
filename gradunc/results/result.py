"""What a command has found, as one value: every renderer reads it, none of them computes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc.brief import brief_repr
from gradunc.measures import Better

Value = float | int | str | None
"""A cell. NaN is a number that does not exist; None an empty cell."""

Row = Mapping[str, Value]
"""Column -> cell."""


@dataclass(frozen=True)
class Column:
    """What the cells of a column are."""

    name: str
    """Stable, for programs: heading of CSV and W&B tables, key in JSON."""
    unit: str = ""
    better: Better = "none"
    digits: int | None = 4
    """Decimals where people read; None is a column of text. Files for programs have all digits."""
    title: str | None = None
    """Heading of printed tables, with the unit if it is wanted there; the name by default."""
    bound_of: str = ""
    """The column whose interval ends here: people read it beside that value, programs as a column of its own."""


@dataclass(frozen=True)
class Table:
    """Rows of equal columns.

    Raises:
        ValueError: a row has other columns.
    """

    name: str
    """Of its CSV file, without ending."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    keys: int = 1
    """Leading columns that name a row: JSON nests by them; 0 makes a list of rows."""
    json_key: str = ""
    """Key in the JSON file; the name by default."""
    caption: str = ""
    line_before: int | None = None
    """Row in front of which a printed table has a line."""
    short: "Table | None" = None
    """What people read in place of a long table; files for programs have all rows."""

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        for row in self.rows:
            if row.keys() != names:
                raise ValueError(f"table '{self.name}' has the columns {sorted(names)}, a row {sorted(row)}")


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn figure."""

    name: str
    """Of its PNG file, without ending."""
    pixels: NDArray[np.uint8]
    """(H,W,3)."""

    __repr__ = brief_repr


@dataclass(frozen=True)
class Curves:
    """Lines over one axis that they share."""

    name: str
    """Of its CSV file, without ending."""
    axis: str
    """What x is."""
    x: Sequence[float]
    lines: Mapping[str, Sequence[float]]
    """Name -> y, as many as x."""


@dataclass(frozen=True)
class Result:
    """Tables, pictures, curves and facts of one run of a command."""

    name: str
    """Of its JSON and Markdown file, without ending."""
    title: str
    protocol: str
    """How the numbers were made, in one line."""
    tables: tuple[Table, ...] = ()
    """A table without rows is in the JSON file only."""
    pictures: tuple[Picture, ...] = ()
    curves: tuple[Curves, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the JSON file says besides the tables."""
    notes: tuple[str, ...] = ()
    """Lines below the tables."""
    details: tuple[Table, ...] = ()
    """CSV files that a picture shows to people."""
    per_image: Table | None = None
    """A row for every image: a CSV file, too long for anything else."""
