"""The callbacks of a run, in the order in which they read one another's results."""

from collections.abc import Mapping
from pathlib import Path

import lightning as L

from gradunc.assembly.estimators import decisions, estimator_factories
from gradunc.assembly.judged import judged
from gradunc.assembly.protocol import build_protocol
from gradunc.callbacks import (
    BaselineCallback,
    EvaluationCallback,
    MirroredCallback,
    PictureCallback,
    ReportCallback,
    TrivialCallback,
    UncertaintyCallback,
    ValidationScores,
)
from gradunc.config.sections import EvaluationSettings
from gradunc.data.settings import DataSettings
from gradunc.models import DepthModel
from gradunc.results import show
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.settings import EstimatorSettings


class Callbacks:
    """Uncertainty, evaluation, baselines, pictures and report, wired to one another.

    Args:
        model: the depth network; layers and names of the estimators are checked against it at once.
        uncertainty: name -> estimator settings.
        evaluation: protocol and what is drawn.
        folder: of the files; None writes nothing (dry run).
        picture_every: validations between two panels.
        data: tells tables what the truth is.
        val_uncertainty: images whose uncertainty is scored in every validation of a training; 0 = none.
        learned: where estimators that learn from data keep what they have learned; None keeps nothing.
        measured: measure time and memory of every estimate on the first image of a test.

    Raises:
        InputError: an unknown layer, reference, alignment, ...
    """

    def __init__(
        self,
        model: DepthModel,
        uncertainty: Mapping[str, EstimatorSettings],
        evaluation: EvaluationSettings,
        folder: Path | None,
        picture_every: int = 1,
        *,
        data: DataSettings | None = None,
        val_uncertainty: int = 0,
        learned: Learned | None = None,
        measured: bool = False,
    ) -> None:
        protocol = build_protocol(evaluation, model.output_space, data)
        factories = estimator_factories(uncertainty)
        self._estimators = {name: make(model) for name, make in factories.items()}
        self.uncertainty = (
            UncertaintyCallback(dict(factories), learned=learned, measured=measured) if factories else None
        )
        self.mirrored = MirroredCallback(protocol.mirrored) if protocol.mirrored != "none" else None
        # Behind the pictures, which leave the trivial scores out.
        trivial = bool(factories) if evaluation.trivial is None else evaluation.trivial
        self.trivial = TrivialCallback(measured=measured) if trivial else None
        self.evaluation = EvaluationCallback(protocol, (*factories, *(self.trivial.names if self.trivial else ())))
        self.baselines = BaselineCallback(protocol) if evaluation.baselines else None
        self.scores = None
        if self.uncertainty is not None and val_uncertainty:
            self.scores = ValidationScores(protocol, self.uncertainty, val_uncertainty)
        self.pictures = self.report = None
        if folder is not None:
            self.pictures = PictureCallback(
                folder / "pictures",
                protocol,
                evaluation.pictures,
                picture_every,
                self.uncertainty,
                reject=evaluation.reject,
            )
            estimators = [callback for callback in (self.uncertainty, self.trivial) if callback is not None]
            self.report = ReportCallback(
                folder,
                self.evaluation,
                self.baselines,
                estimators=estimators,
                judged=lambda: judged(model, uncertainty, data, learned),
            )

    @property
    def decisions(self) -> list[str]:
        """What the estimators have decided by themselves so far."""
        return decisions(self._estimators)

    def all(self) -> list[L.Callback]:
        """In the order in which the trainer must call them."""
        every = (
            self.uncertainty,
            self.mirrored,
            self.pictures,
            self.trivial,
            self.evaluation,
            self.scores,
            self.baselines,
            self.report,
        )
        return [callback for callback in every if callback is not None]

    def show(self) -> None:
        """Print the result tables and the paths of what was written."""
        if self.report is not None and self.report.result is not None:
            show(self.report.result)
        for line in self.decisions:
            print(f"  {line}")
        for callback in (self.report, self.pictures):
            for path in callback.written if callback is not None else []:
                print(f"  {path}")
