"""The callbacks of a benchmark: those of an evaluation, whose report compares the methods."""

from collections.abc import Mapping
from pathlib import Path

import lightning as L

from gradunc.assembly.callbacks import Callbacks
from gradunc.assembly.judged import judged
from gradunc.callbacks import AgreementCallback, BenchmarkReportCallback
from gradunc.config.sections import EvaluationSettings
from gradunc.data.settings import DataSettings
from gradunc.models import DepthModel
from gradunc.results import show
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.settings import EstimatorSettings


class BenchmarkCallbacks:
    """Uncertainty, trivial scores, evaluation and the report that compares them.

    Args:
        model: the depth network.
        uncertainty: name -> options of the estimators that it allows.
        evaluation: how depth is compared with the truth.
        folder: of the files.
        data: tells tables what the truth is.
        learned: where estimators that learn from data keep what they have learned.
        network: its name.
        left_out: lines about estimators that the network does not allow.
    """

    def __init__(
        self,
        model: DepthModel,
        uncertainty: Mapping[str, EstimatorSettings],
        evaluation: EvaluationSettings,
        folder: Path,
        *,
        data: DataSettings,
        learned: Learned,
        network: str,
        left_out: tuple[str, ...] = (),
    ) -> None:
        self.inner = Callbacks(model, uncertainty, evaluation, None, data=data, learned=learned, measured=True)
        needs = {name: ", ".join(settings.needs) or "nothing" for name, settings in uncertainty.items()}
        costs = [one for one in (self.inner.uncertainty, self.inner.trivial) if one is not None]
        self.agreement = AgreementCallback(
            self.inner.evaluation, lambda: {name: scale for one in costs for name, scale in one.scales.items()}
        )
        self.report = BenchmarkReportCallback(
            folder,
            self.inner.evaluation,
            self.agreement,
            costs,
            needs,
            network,
            left_out,
            lambda: judged(model, uncertainty, data, learned),
        )

    def all(self) -> list[L.Callback]:
        """In the order in which the trainer must call them."""
        return [*self.inner.all(), self.agreement, self.report]

    def show(self) -> None:
        """Print the tables and the paths of what was written."""
        if self.report.result is not None:
            show(self.report.result)
        for line in self.inner.decisions:
            print(f"  {line}")
        for path in self.report.written:
            print(f"  {path}")
