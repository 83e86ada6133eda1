"""Attach uncertainty estimators to any LightningModule at evaluation time."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import lightning as L
from torch import nn

from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of
from gradunc.errors import InputError
from gradunc.types import UncertaintyEstimate, UncertaintyEstimator
from gradunc.uncertainty import GradientUncertainty

EstimatorFactory = Callable[[nn.Module], UncertaintyEstimator]
Estimator = UncertaintyEstimator | EstimatorFactory
"""An estimator that holds its model, or what makes one for a model."""


def only_image(batch: Any) -> dict[str, Any]:
    """The default `inputs`: the image of a batch that is a mapping."""
    if not isinstance(batch, Mapping) or "image" not in batch:
        raise InputError(
            f"a batch is a {type(batch).__name__} without key 'image'; say what to estimate with "
            "UncertaintyCallback(..., inputs=lambda batch: {'image': batch[0]})"
        )
    return {"image": batch["image"]}


class UncertaintyCallback(StageCallback):
    """Estimate uncertainty for every batch of validate, test and predict; the trained weights stay as they are.

    The step must return a dict; the callback adds `outputs["estimates"]`, name -> `UncertaintyEstimate`, which
    callbacks that come later in the list, and the result of `Trainer.predict`, hold. Validation inside `fit` is left
    out unless `during_fit`.

    Args:
        estimators: name -> estimator, or factory that is called with the depth model; a single one is named "gradient".
            Default: `GradientUncertainty` as published.
        model: dotted attribute of the LightningModule that holds the depth model.
        inputs: batch -> arguments of `estimate`: the image, and if wanted `mask`, `intrinsics`, ...
        during_fit: estimate in the validation epochs of `fit` too.

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
        inputs: Callable[[Any], Mapping[str, Any]] = only_image,
        during_fit: bool = False,
    ) -> None:
        self._given = dict(estimators) if isinstance(estimators, Mapping) else {"gradient": estimators}
        self.attribute = model
        self.inputs = inputs
        self.during_fit = during_fit
        self._built: dict[str, UncertaintyEstimator] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the estimators."""
        return tuple(self._given)

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        """Build the estimators and, if one differentiates, switch Lightning's inference mode off."""
        model = depth_model_of(pl_module, self.attribute)
        self._built = {name: _build(estimator, model) for name, estimator in self._given.items()}
        if any(estimator.needs_grad for estimator in self._built.values()):
            # Tensors made in inference mode can never enter autograd (docs/architecture.md, fact 1).
            for loop in (trainer.validate_loop, trainer.test_loop, trainer.predict_loop):
                loop.inference_mode = False

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Estimate a batch."""
        if trainer.state.fn == "fit" and not self.during_fit:
            return
        if not isinstance(outputs, dict):
            raise InputError(
                f"the step returned a {type(outputs).__name__}; return a dict so that callbacks can add estimates"
            )
        outputs["estimates"] = {**outputs.get("estimates", {}), **self.estimates(batch)}

    def estimates(self, batch: Any) -> dict[str, UncertaintyEstimate]:
        """What every estimator says of a batch, once the trainer has set the callback up."""
        keywords = self.inputs(batch)
        return {name: estimator.estimate(**keywords) for name, estimator in self._built.items()}


def _build(estimator: Estimator, model: nn.Module) -> UncertaintyEstimator:
    if not isinstance(estimator, type) and hasattr(estimator, "estimate"):
        return cast(UncertaintyEstimator, estimator)
    return cast(EstimatorFactory, estimator)(model)
