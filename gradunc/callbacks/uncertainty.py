"""Attach uncertainty estimators to any LightningModule at evaluation time."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import lightning as L
import torch
from torch import Tensor, nn

from gradunc.callbacks.batches import only_image
from gradunc.callbacks.fitting import Fitting
from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of, leave_inference_mode
from gradunc.callbacks.true_reference import true_reference
from gradunc.errors import InputError
from gradunc.types import DepthPrediction, Scale, UncertaintyEstimate, UncertaintyEstimator
from gradunc.uncertainty import GradientUncertainty, cost_in_forwards
from gradunc.uncertainty.checks import slice_inputs, usable
from gradunc.uncertainty.gradient.limits import known
from gradunc.uncertainty.interface import Estimator, EstimatorFactory, awaits_depth
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.measured import Measured, measure
from gradunc.uncertainty.passes import shared_passes


class UncertaintyCallback(StageCallback):
    """Estimate uncertainty for every batch of validate, test and predict; the trained weights stay as they are.

    The step must return a dict; the callback adds `outputs["estimates"]`, name -> `UncertaintyEstimate`, which
    callbacks that come later in the list, and the result of `Trainer.predict`, hold. Validation inside `fit` is left
    out unless `during_fit`. An estimator with the reference "given" and no teacher gets the true depth of the batch.

    Args:
        estimators: name -> estimator, or factory that is called with the depth model; a single one is named "gradient".
            Default: `GradientUncertainty` as published.
        model: dotted attribute of the LightningModule that holds the depth model.
        inputs: batch -> arguments of `estimate`: the image, and if wanted `mask`, `intrinsics`, ... Default: what
            `only_image` finds; then a step's `outputs["prediction"]`, if it returns one, is shared with the estimators.
        during_fit: estimate in the validation epochs of `fit` too.
        learned: where estimators that learn from data keep what they have learned; they learn before the first batch of
            a test, from the trainer's `DepthData`, unless it is there already. Until then they estimate nothing.
        measured: measure time and memory on the first image of a test, which takes seven more estimates of it each.

    Raises:
        InputError: the module has no such attribute, or its step returns no dict.

    >>> callback = UncertaintyCallback({"gray": lambda model: GradientUncertainty(model, reference="gray")})
    >>> callback.names
    ('gray',)
    """

    stages = ("val", "test", "predict")

    def __init__(
        self,
        estimators: Mapping[str, Estimator] | Estimator = GradientUncertainty,
        *,
        model: str = "depth_model",
        inputs: Callable[[Any], Mapping[str, Any]] | None = None,
        during_fit: bool = False,
        learned: Learned | None = None,
        measured: bool = False,
    ) -> None:
        self._given = dict(estimators) if isinstance(estimators, Mapping) else {"gradient": estimators}
        self.attribute = model
        self.inputs = inputs or only_image
        self._shares_prediction = inputs is None
        self.during_fit = during_fit
        self.costs: dict[str, float] = {}
        """Estimator -> plain forward passes that an estimate of the first test batch cost."""
        self._measures = measured
        self.measured: dict[str, Measured] = {}
        """Estimator -> time and memory of an estimate of the first test image, if that was asked for."""
        self.built: dict[str, UncertaintyEstimator] = {}
        """Name -> estimator, once the trainer has set the callback up."""
        self._fitting = Fitting(learned)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the estimators."""
        return tuple(self._given)

    @property
    def scales(self) -> dict[str, Scale]:
        """Estimator -> what its numbers are, once the trainer has set the callback up."""
        return {name: estimator.scale for name, estimator in self.built.items()}

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        """Build the estimators and, if one differentiates, switch Lightning's inference mode off."""
        model = depth_model_of(pl_module, self.attribute)
        self.built = {name: _build(estimator, model) for name, estimator in self._given.items()}
        self._fitting.estimators = self.built
        if any(estimator.needs_grad for estimator in self.built.values()):
            leave_inference_mode(trainer)

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Forget the costs of the last run, and let estimators learn."""
        self.costs, self.measured = {}, {}
        if trainer.state.fn != "fit" or self.during_fit:
            self._fitting.ready(trainer, pl_module, depth_model_of(pl_module, self.attribute))

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Estimate a batch."""
        if trainer.state.fn == "fit" and not self.during_fit:
            return
        if not isinstance(outputs, dict):
            raise InputError(
                f"the step returned a {type(outputs).__name__}; return a dict so that callbacks can add estimates"
            )
        model = depth_model_of(pl_module, self.attribute)
        # The step runs without augmentation, in eval mode: its prediction is what estimators would compute again.
        known = outputs.get("prediction") if self._shares_prediction else None
        outputs["estimates"] = {**outputs.get("estimates", {}), **self.estimates(batch, model, known)}
        if stage == "test" and not self.costs:
            self.costs = self._count(model, batch)
        if stage == "test" and self._measures and not self.measured:
            self.measured = self._measure(model, batch)

    def estimates(
        self, batch: Any, model: nn.Module | None = None, prediction: Any = None
    ) -> dict[str, UncertaintyEstimate]:
        """What every estimator that is ready says of a batch, once the trainer has set the callback up.

        Args:
            batch: of the data set.
            model: the network that has made `prediction`.
            prediction: of this batch, if it has been made; estimators share it, and what they compute themselves.
        """
        # One tensor for all of them: estimators would each copy what was made in inference mode, and share nothing.
        with torch.inference_mode(False):
            given = {key: usable(one) if isinstance(one, Tensor) else one for key, one in self.inputs(batch).items()}
        estimates = {}
        with shared_passes() as passes:
            if model is not None and is_of(prediction, given["image"]):
                passes.keep(prediction, model, given["image"])
            for name, estimator in self.built.items():
                if not self._fitting.waiting(name):
                    estimates[name] = self._estimate(estimator, batch, given)
        return estimates

    def _estimate(self, estimator: UncertaintyEstimator, batch: Any, given: Mapping[str, Any]) -> UncertaintyEstimate:
        keywords = {**true_reference(estimator, batch), **given}
        estimate = estimator.estimate(**keywords)
        if awaits_depth(estimator):
            # Sparse truth limits the loss, not the map: its gradient is a score at every pixel.
            model: Any = getattr(estimator, "model", None)
            valid = known(model, estimate.uncertainty, estimate.depth, keywords.get("mask"))
            estimate = estimate._replace(valid=valid)
        return estimate

    def _count(self, model: nn.Module, batch: Any) -> dict[str, float]:
        given = self.inputs(batch)
        return {
            name: cost_in_forwards(estimator, **{**true_reference(estimator, batch), **given}, model=model)
            for name, estimator in self.built.items()
        }

    def _measure(self, model: nn.Module, batch: Any) -> dict[str, Measured]:
        given = self.inputs(batch)
        count = len(given["image"])
        return {
            name: measure(
                estimator, model=model, **slice_inputs({**true_reference(estimator, batch), **given}, count, 0, 1)
            )
            for name, estimator in self.built.items()
            if not self._fitting.waiting(name)
        }


def is_of(prediction: Any, image: Tensor) -> bool:
    """Whether a prediction is one of that image (B,3,H,W), in its size and precision."""
    if not isinstance(prediction, DepthPrediction):
        return False
    depth = prediction.depth
    return depth.shape[-2:] == image.shape[-2:] and len(depth) == len(image) and depth.dtype == image.dtype


def _build(estimator: Estimator, model: nn.Module) -> UncertaintyEstimator:
    if not isinstance(estimator, type) and hasattr(estimator, "estimate"):
        return cast(UncertaintyEstimator, estimator)
    return cast(EstimatorFactory, estimator)(model)
