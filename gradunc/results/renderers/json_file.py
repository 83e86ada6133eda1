"""A result as JSON: protocol, facts and all tables with all digits."""

import json
import math
from typing import Any

from gradunc.results.result import Result, Table, Value


def json_file(result: Result) -> dict[str, bytes]:
    """`NAME.json`."""
    content = {
        "protocol": result.protocol,
        **result.facts,
        **{table.json_key or table.name: nested(table) for table in result.tables},
    }
    text = json.dumps(without_nan(content), indent=2, allow_nan=False) + "\n"
    return {f"{result.name}.json": text.encode()}


def nested(table: Table) -> dict[str, Any] | list[dict[str, Value]]:
    """Rows by the columns that name them, one level each; a list if there are none.

    >>> from gradunc.results.result import Column
    >>> columns = (Column("method", digits=None), Column("rmse"))
    >>> nested(Table("depth", "Depth", columns, ({"method": "mine", "rmse": 3.5},)))
    {'mine': {'rmse': 3.5}}
    """
    if not table.keys:
        return [dict(row) for row in table.rows]
    names = [column.name for column in table.columns]
    content: dict[str, Any] = {}
    for row in table.rows:
        inner = content
        for name in names[: table.keys]:
            inner = inner.setdefault(str(row[name]), {})
        inner |= {name: row[name] for name in names[table.keys :]}
    return content


def without_nan(value: Any) -> Any:
    """JSON has no NaN: a figure that does not exist is null."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
