"""Benchmarks of several networks on one data set, in one table and one figure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gradunc.results.benchmark import cost_picture
from gradunc.results.result import Column, Result, Table

NETWORK = Column("network", digits=None)


def together(results: Mapping[str, Result]) -> Result:
    """Several networks in one table and one figure.

    Args:
        results: name of the network -> its benchmark, all of one data set and one protocol.
    """
    first = next(iter(results.values()))
    tables = []
    for place, table in enumerate(first.tables):
        parts = {name: result.tables[place] for name, result in results.items()}
        tables.append(_stacked(table, parts))
    rows = {name: [dict(row) for row in result.tables[0].rows] for name, result in results.items()}
    return Result(
        name="benchmark",
        title="Benchmark",
        protocol=first.protocol,
        tables=tuple(tables),
        pictures=(cost_picture(rows),),
        facts={"networks": {name: dict(result.facts) for name, result in results.items()}},
        notes=tuple(f"{name}: {note}" for name, result in results.items() for note in result.notes),
    )


def _stacked(table: Table, parts: Mapping[str, Table]) -> Table:
    """The rows of several networks below one another."""

    def stack(shape: Table, every: Mapping[str, Table]) -> Table:
        columns = [NETWORK, *shape.columns, *_missing(shape, every.values())]
        rows = [
            {column.name: {"network": name, **row}.get(column.name) for column in columns}
            for name, one in every.items()
            for row in one.rows
        ]
        return replace(shape, columns=tuple(columns), rows=tuple(rows), keys=2, short=None)

    whole = stack(table, parts)
    if table.short is None:
        return whole
    shorts = {name: one.short for name, one in parts.items() if one.short is not None}
    return replace(whole, short=stack(table.short, shorts))


def _missing(shape: Table, tables: Iterable[Table]) -> list[Column]:
    """Columns that only others have: intervals need enough images."""
    known = {column.name for column in shape.columns}
    return [
        column for column in {c.name: c for one in tables for c in one.columns}.values() if column.name not in known
    ]
