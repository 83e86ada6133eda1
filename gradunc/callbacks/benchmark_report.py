"""The end of a benchmark: what the callbacks have found of every method, compared."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import lightning as L

from gradunc.callbacks.agreement import AGREEMENT, AgreementCallback
from gradunc.callbacks.evaluation import EvaluationCallback
from gradunc.callbacks.result import ResultCallback, described, unreadable
from gradunc.callbacks.trivial import TrivialCallback
from gradunc.callbacks.uncertainty import UncertaintyCallback
from gradunc.results import Result, Row
from gradunc.results.benchmark import benchmark_result
from gradunc.results.bounds import with_bounds
from gradunc.results.paired import Behind, behind_best
from gradunc.results.per_image import PerImage
from gradunc.results.polarity import backwards
from gradunc.results.renderers.latex import latex_rows

NOTHING = "nothing"
MEBI = 2**20


class BenchmarkReportCallback(ResultCallback):
    """Write and log the comparison of all methods. Stands behind the evaluation in the list.

    Args:
        folder: gets the files of `benchmark_result`, and `benchmark.tex`.
        evaluation: where the numbers are.
        agreement: where the others are.
        costs: know what estimates cost.
        needs: method -> what it needs besides the trained network, for those that are no trivial scores.
        network: its name.
        notes: lines that stand below the tables.
        judged: see `ResultCallback`.
    """

    TABLES: ClassVar = {"benchmark": "test/benchmark"}
    PICTURES: ClassVar = {"benchmark": "test/benchmark_cost"}

    def __init__(
        self,
        folder: Path,
        evaluation: EvaluationCallback,
        agreement: AgreementCallback,
        costs: Sequence[UncertaintyCallback | TrivialCallback],
        needs: Mapping[str, str],
        network: str,
        notes: Sequence[str] = (),
        judged: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(folder, judged)
        self.evaluation, self.agreement = evaluation, agreement
        self.costs, self.needs = tuple(costs), dict(needs)
        self.network, self.notes = network, tuple(notes)

    def make(self, trainer: L.Trainer) -> Result | None:
        """The result of the test that ends, on the main process only; None if nothing was compared with the truth."""
        per_image, found = self.evaluation.per_image, self.evaluation.uncertainty
        if not found or per_image is None:
            return None
        areas = {name: per_image.areas[name] for name in found}
        behind = behind_best(per_image, areas)
        intervals = dict(zip(areas, per_image.intervals(list(areas.values())), strict=True))
        rows = {
            name: _with_behind(with_bounds({**row, **self._facts(name)}, intervals[name]), behind[name])
            for name, row in found.items()
        }
        rows = {name: {**row, **self._agreement(name, per_image)} for name, row in rows.items()}
        unread = unreadable(trainer)
        return benchmark_result(
            described(self.evaluation.protocol, trainer),
            {**self.evaluation.counts, "images_unreadable": len(unread)},
            rows,
            network=self.network,
            measured=AGREEMENT,
            depth=with_bounds(self.evaluation.errors, per_image.intervals([per_image.depth])[0]),
            per_image=per_image.with_records(unread),
            notes=(*self.notes, *backwards({name: row for name, row in rows.items() if self._is_of_depth(name)})),
        )

    def beside(self, result: Result) -> Mapping[str, bytes]:
        """The tables as rows for LaTeX."""
        return latex_files(result)

    def _is_of_depth(self, name: str) -> bool:
        """Whether an estimator should be high where depth is wrong; trivial scores promise nothing."""
        scales = (callback.scales[name] for callback in self.costs if name in callback.scales)
        return name in self.needs and all(scale.quantity != "disparity" for scale in scales)

    def _agreement(self, name: str, per_image: PerImage) -> Row:
        """Correlation and calibration with their intervals; empty where a score has no unit."""
        row: Row = {**dict.fromkeys(AGREEMENT), **self.agreement.found.get(name, {})}
        for found in per_image.intervals(self.agreement.per_image.get(name, ())):
            row = with_bounds(row, found)
        return row

    def _facts(self, name: str) -> Row:
        """What a method costs, needs, and gives."""
        row: dict[str, float | str | None] = {"needs": self.needs.get(name, NOTHING)}
        for callback in self.costs:
            if name in callback.scales:
                measured = callback.measured.get(name)
                row["scale"] = str(callback.scales[name])
                row["cost"] = callback.costs.get(name)
                row["milliseconds"] = None if measured is None else measured.milliseconds
                row["peak_memory"] = None if measured is None else measured.peak_bytes / MEBI
        return row


def latex_files(result: Result) -> dict[str, bytes]:
    """`NAME.tex` for each table that people read."""
    return {f"{table.name}.tex": latex_rows(table).encode() for table in result.tables if table.rows}


def _with_behind(row: Row, behind: Mapping[str, Behind]) -> Row:
    means = {f"behind_{error}": one.mean for error, one in behind.items()}
    intervals = {f"behind_{error}": one.interval for error, one in behind.items() if one.interval is not None}
    return with_bounds({**row, **means}, intervals)
