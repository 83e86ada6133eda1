"""The callbacks of a run, in the order in which they read one another's results."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import lightning as L
from torch import nn

from gradunc.assembly.protocol import build_protocol
from gradunc.callbacks import (
    BaselineCallback,
    EvaluationCallback,
    PictureCallback,
    ReportCallback,
    TrivialCallback,
    UncertaintyCallback,
)
from gradunc.callbacks.uncertainty import EstimatorFactory
from gradunc.config.sections import EvaluationSettings
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.layers import AUTO, COARSE
from gradunc.uncertainty.gradient.settings import GradientSettings


class Callbacks:
    """Uncertainty, evaluation, baselines, pictures and report, wired to one another.

    Args:
        model: the depth network; layers and names of the estimators are checked against it at once.
        uncertainty: name -> estimator settings.
        evaluation: protocol and what is drawn.
        folder: of the files; None writes nothing (dry run).
        picture_every: validations between two panels.
        data: tells tables what the truth is.

    Raises:
        InputError: an unknown layer, reference, alignment, ...
    """

    def __init__(
        self,
        model: DepthModel,
        uncertainty: Mapping[str, GradientSettings],
        evaluation: EvaluationSettings,
        folder: Path | None,
        picture_every: int = 1,
        *,
        data: DataSettings | None = None,
    ) -> None:
        protocol = build_protocol(evaluation, model.output_space, data)
        factories = estimator_factories(uncertainty)
        self.choices = layer_choices(uncertainty, {name: make(model) for name, make in factories.items()})
        self.uncertainty = UncertaintyCallback(dict(factories)) if factories else None
        # Behind the pictures, which leave the trivial scores out.
        trivial = bool(factories) if evaluation.trivial is None else evaluation.trivial
        self.trivial = TrivialCallback() if trivial else None
        self.evaluation = EvaluationCallback(protocol, (*factories, *(self.trivial.names if self.trivial else ())))
        self.baselines = BaselineCallback(protocol) if evaluation.baselines else None
        self.pictures = self.report = None
        if folder is not None:
            self.pictures = PictureCallback(
                folder / "pictures", protocol, evaluation.pictures, picture_every, self.uncertainty
            )
            estimators = [callback for callback in (self.uncertainty, self.trivial) if callback is not None]
            self.report = ReportCallback(folder, self.evaluation, self.baselines, estimators=estimators)

    def all(self) -> list[L.Callback]:
        """In the order in which the trainer must call them."""
        every = (self.uncertainty, self.pictures, self.trivial, self.evaluation, self.baselines, self.report)
        return [callback for callback in every if callback is not None]

    def show(self) -> None:
        """Print the result tables and the paths of what was written."""
        if self.report is not None:
            self.report.show()
        for line in self.choices:
            print(f"  {line}")
        for callback in (self.report, self.pictures):
            for path in callback.written if callback is not None else []:
                print(f"  {path}")


def layer_choices(
    uncertainty: Mapping[str, GradientSettings], estimators: Mapping[str, UncertaintyEstimator]
) -> list[str]:
    """One line for every estimator with layers=auto or coarse: what it has chosen."""
    lines = []
    for name, settings in uncertainty.items():
        choice = settings.layers[0] if isinstance(settings.layers, list) and settings.layers else settings.layers
        if choice in (AUTO, COARSE):
            estimator = estimators[name]
            assert isinstance(estimator, GradientUncertainty), "all configured estimators are"
            lines.append(f"uncertainty.{name}.layers={choice} chose {_short(estimator.layers)}")
    return lines


def _short(names: Sequence[str]) -> str:
    """Names in one line.

    >>> _short(["blocks.0", "blocks.1", "blocks.2"])
    'blocks.0 to blocks.2 (3 layers)'
    """
    return ", ".join(names) if len(names) < 3 else f"{names[0]} to {names[-1]} ({len(names)} layers)"


class _GradientFactory:
    """Makes one configured estimator for a model."""

    def __init__(self, name: str, settings: GradientSettings) -> None:
        self.name, self.settings = name, settings

    def __call__(self, model: nn.Module) -> GradientUncertainty:
        try:
            if self.settings.variance_weight and isinstance(model, DepthModel) and not model.settings.uncertainty_head:
                raise InputError("variance_weight needs a network with an uncertainty head; set variance_weight=0")
            return GradientUncertainty(model, **asdict(self.settings))
        except InputError as error:
            raise InputError(f"uncertainty.{self.name}: {error}") from error


def estimator_factories(uncertainty: Mapping[str, GradientSettings]) -> Mapping[str, EstimatorFactory]:
    """Name -> what makes the estimator for a model."""
    return {name: _GradientFactory(name, settings) for name, settings in uncertainty.items()}
