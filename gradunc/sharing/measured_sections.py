"""What was measured of a network, for its model card; what was not is said, with the command that measures it."""

from collections.abc import Sequence

from gradunc.metrics.functional import SPARSIFIED
from gradunc.results.columns import SHARED, bounds_of, columns_of
from gradunc.results.renderers.markdown import literal, table_text
from gradunc.results.result import Column, Row, Table
from gradunc.results.stored import NETWORK, StoredResult
from gradunc.sharing.calls import Options, arguments_of, settings_text
from gradunc.sharing.facts import Facts, command
from gradunc.sharing.learned_files import LearnedFile

AREAS = tuple(f"{area}_{error}" for error in SPARSIFIED for area in ("ause", "aurg"))
UNITS = ("nll", "ence", "interval_error", "coverage_95")
SCORE = "score"
"""The scale of an estimator whose numbers have no unit."""


def depth_section(facts: Facts) -> list[str]:
    """Errors of depth."""
    result = facts.result
    if result is None or NETWORK not in result.depth:
        return ["## Depth", _not_measured(facts, "evaluate")]
    rows = [{"name": name, **row} for name, row in result.depth.items()]
    columns = columns_of(rows)
    return ["## Depth", _head(result), _table(columns, rows)]


def uncertainty_section(facts: Facts) -> list[str]:
    """How well uncertainties rank the errors, and the settings."""
    result = facts.result
    said = [
        "## Uncertainty",
        "Every method gives a number per pixel, high = worse. AUSE measures how far it is from ranking the pixels by "
        "their true error (0 = as good as that), AURG how much better it is than a random order. Cost is in forward "
        "passes. The rows `trivial_...` know nothing of the network's errors: a method that is not better has shown "
        "nothing.",
    ]
    if result is None or not result.estimators:
        call = arguments_of({"gradient": facts.recommended}, facts.presets)
        said[1:] = [_not_measured(facts, "evaluate"), _settings("gradient", facts.recommended, call)]
        return said
    rows = [{"name": name, **row} for name, row in result.uncertainty.items()]
    said += [_head(result), _table(_uncertainty_columns(rows), rows)]
    said += [f"![figures of the uncertainties]({facts.figure})"] if facts.figure else []
    known = {name: result.options(name) for name in result.estimators}
    lines = [
        _settings(name, options, arguments_of({name: options}, facts.presets))
        for name, options in known.items()
        if options
    ]
    return said + (["\n".join(lines)] if lines else ["The settings of the methods are not in the result."])


def calibration_section(facts: Facts) -> list[str]:
    """What was fitted, and whether numbers with a unit are right."""
    result = facts.result
    rows = [] if result is None else [{"name": name, **result.uncertainty[name]} for name in result.estimators]
    said = ["## Calibration", *_fitted(facts)]
    if scores := [f"`{row['name']}`" for row in rows if row.get("scale") == SCORE]:
        said.append(
            f"{', '.join(scores)}: scores without a unit. They rank pixels and are no standard deviations, so that "
            "there is no calibration to measure."
        )
    measured = [row for row in rows if any(isinstance(row.get(name), float) for name in UNITS)]
    if result is not None and measured:
        columns = [SHARED["name"], *(end for name in UNITS for end in _with_bounds(name, measured))]
        said += [_head(result), _table([*columns, Column("scale", digits=None)], measured)]
        said.append("A calibrated method has ENCE 0, interval error 0 and coverage_95 0.95.")
    known = {str(row["name"]) for row in measured} | {str(row["name"]) for row in rows if row.get("scale") == SCORE}
    waiting = [str(row["name"]) for row in rows if row["name"] not in known]
    for one in facts.learned:
        if one.name not in known:
            said.append(_not_measured(facts, "benchmark", _call(facts, one), f" for `{one.name}`"))
    if waiting or not (rows or facts.learned):
        said.append(_not_measured(facts, "benchmark"))
    return said


def _fitted(facts: Facts) -> list[str]:
    """What methods have learned of these weights."""
    if not facts.learned:
        return ["Nothing was fitted: no file of a learning method or of a calibration comes with these weights."]
    lines = []
    for one in facts.learned:
        origin = "unknown data" if one.origin is None else literal(str(one.origin))
        told = f"method {one.method}, learned from {origin}, images at {one.size}"
        lines.append(f"* `{one.name}`: {told}: `{_call(facts, one)}`")
    return ["Files in `uncertainty/` hold what methods have learned of these weights:", "\n".join(lines)]


def _call(facts: Facts, learned: LearnedFile) -> str:
    """The arguments under which it is found again."""
    size = "" if learned.size == "native" else f" size={learned.size}"
    return arguments_of(learned.options, facts.presets, named=True) + size


def _settings(name: str, options: Options, call: str) -> str:
    return f"* `{name}`: `{call}`, which is `{settings_text(options)}`"


def _not_measured(facts: Facts, verb: str, call: str = "", what: str = "") -> str:
    typed = command(facts, verb, "data=NAME", *([call] if call else []))
    return f"Not measured{what}. `{typed}` measures it on images with true depth."


def _head(result: StoredResult) -> str:
    """On what, how, and over how many images."""
    data = f"`{literal(result.data)}`, test split" if result.data else "A data set that the result does not name"
    size = f", shown at {result.size}" if result.size else ""
    images = f"{result.images} image{'s' * (result.images != 1)}"
    units = f"; 95% bootstrap intervals over {result.units}" if _has_intervals(result) else "; no intervals"
    return f"{data}: {images}{size}; {literal(result.protocol)}{units}."


def _has_intervals(result: StoredResult) -> bool:
    return any(key.endswith("_low") for row in result.depth.values() for key in row)


def _uncertainty_columns(rows: Sequence[Row]) -> list[Column]:
    named = [SHARED["name"], *(column for name in AREAS for column in _with_bounds(name, rows)), SHARED["cost"]]
    return [*named, Column("scale", digits=None)]


def _with_bounds(name: str, rows: Sequence[Row]) -> list[Column]:
    """A column, and those of its interval if there are some; none where nothing was measured."""
    if not any(name in row for row in rows):
        return []
    ends = [end for end in bounds_of(SHARED[name]) if any(end.name in row for row in rows)]
    return [SHARED[name], *ends]


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    cut = tuple({column.name: row.get(column.name) for column in columns} for row in rows)
    return table_text(Table("card", "", tuple(columns), cut))
