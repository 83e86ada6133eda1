"""The callbacks of a layer study, from the one configured estimator."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
from torch import Tensor, nn

from gradunc.advice import advise
from gradunc.assembly.protocol import build_protocol
from gradunc.callbacks import EvaluationCallback, LayerStudyCallback, StudyReportCallback, TrivialCallback
from gradunc.config.sections import EvaluationSettings
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.results import show
from gradunc.uncertainty import GradientUncertainty, list_layers
from gradunc.uncertainty.gradient.layers import AUTO, COARSE, patterns
from gradunc.uncertainty.gradient.references import make_references
from gradunc.uncertainty.gradient.references.base import compares_outputs
from gradunc.uncertainty.gradient.settings import GradientSettings
from gradunc.uncertainty.settings import EstimatorSettings

ABOUT = ("loss", "variance_weight", "depth_power", "seed")
"""Settings of the estimator that all cells share; written into the results."""


class StudyCallbacks:
    """Study, trivial scores, evaluation and report of a layer study, wired to one another.

    Loss, power of depth, seed, chunk and weight of the variance are the estimator's; each of its references gets a
    block of its own.

    Args:
        model: the depth network.
        uncertainty: name -> settings, exactly one.
        evaluation: protocol.
        folder: of the files.
        image: (1,3,H,W) example of the size that is evaluated.
        data: tells tables what the truth is.

    Raises:
        InputError: no or several estimators, an unknown layer or one that is not reached, ...
    """

    def __init__(
        self,
        model: DepthModel,
        uncertainty: Mapping[str, EstimatorSettings],
        evaluation: EvaluationSettings,
        folder: Path,
        image: Tensor,
        *,
        data: DataSettings | None = None,
    ) -> None:
        name, settings = _only(uncertainty)
        try:
            studied = _by_reference(settings, _layers(model, settings, image))
            estimators = {key: GradientUncertainty(model, **one.arguments()) for key, one in studied.items()}
        except InputError as error:
            raise InputError(f"uncertainty.{name}: {error}") from error
        protocol = build_protocol(evaluation, model.output_space, data)
        self.trivial = TrivialCallback("")
        self.evaluation = EvaluationCallback(protocol, self.trivial.names)
        one_layer = {key: partial(_one_layer, one) for key, one in studied.items()}
        self.study = LayerStudyCallback(estimators, one_layer, protocol)
        shared = {key: value for key, value in asdict(settings).items() if key in ABOUT}
        about: dict[str, Any] = {"size": list(image.shape[-2:]), **shared}
        self.report = StudyReportCallback(folder, self.study, self.evaluation, self.trivial, about)

    def all(self) -> list[L.Callback]:
        """In the order in which the trainer must call them."""
        return [self.study, self.trivial, self.evaluation, self.report]

    def show(self) -> None:
        """Print the best cells and the paths of what was written."""
        if self.report.result is not None:
            show(self.report.result)
        for path in self.report.written:
            print(f"  {path}")


def _only(uncertainty: Mapping[str, EstimatorSettings]) -> tuple[str, GradientSettings]:
    if len(uncertainty) != 1:
        found = ", ".join(uncertainty) or "none"
        raise InputError(f"a study needs one estimator, but there are: {found}; set uncertainty=gradient")
    ((name, settings),) = uncertainty.items()
    if not isinstance(settings, GradientSettings):
        raise InputError(f"a study of layers reads gradients; set uncertainty.{name}.method=gradient")
    return name, settings


def _layers(model: DepthModel, settings: GradientSettings, image: Tensor) -> list[str]:
    """The chosen layers, or those of the decoder with weights if nothing was chosen; all are reached."""
    reached = {row.name: row.index for row in list_layers(model, image)}
    if settings.layers in (GradientSettings().layers, AUTO, COARSE, [AUTO], [COARSE]):
        weights = [name for name, index in reached.items() if index is not None]
        return [name for name in weights if name.startswith("decoder.")] or weights
    names = GradientUncertainty(model, settings.layers).layers
    missing = [name for name in names if name not in reached]
    # A glob also matches containers, which give no map.
    exact = [name for name in missing if name in patterns(settings.layers)]
    names = [name for name in names if name in reached]
    if exact or not names:
        name = (exact or missing)[0]
        reason = "gives no map, is not reached or does not influence the depth; see the verb layers"
        raise InputError(f"layer '{name}' {reason}")
    return names


def _by_reference(settings: GradientSettings, layers: list[str]) -> dict[str, GradientSettings]:
    """Label -> settings of the estimator of one reference."""
    make_references(settings.reference)
    asked = settings.reference if isinstance(settings.reference, list) else [settings.reference]
    references = [one for one in asked if not any(map(compares_outputs, make_references(one)))]
    if len(references) < len(asked):
        if not references:
            raise InputError("a study differentiates the full output, which reference=scale cannot be compared with")
        advise(
            "a study differentiates the full output; reference=scale, which compares it with a coarse one, is left out"
        )
    # What joins layers, reduces channels or normalises an image's map has no meaning here.
    names = ("loss", "variance_weight", "depth_power", "seed", "reference_check", "chunk")
    kept = {name: getattr(settings, name) for name in names}
    found = {_label(one): replace(GradientSettings(), layers=layers, reference=one, **kept) for one in references}
    if len(found) < len(references):
        raise InputError(f"reference {references} names one twice")
    return found


def _label(reference: Any) -> str:
    """The name of a reference with its parameters.

    >>> _label({"rotate": {"degrees": 5}}), _label("flip")
    ('rotate(degrees=5)', 'flip')
    """
    if not isinstance(reference, Mapping):
        return str(reference)
    (name, parameters), *_ = reference.items()
    listed = ", ".join(f"{key}={value}" for key, value in (parameters or {}).items())
    return f"{name}({listed})" if listed else str(name)


def _one_layer(settings: GradientSettings, model: nn.Module, layer: str) -> GradientUncertainty:
    return GradientUncertainty(model, **replace(settings, layers=[layer]).arguments())
