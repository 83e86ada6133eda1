"""Attach uncertainty estimators to any LightningModule at evaluation time."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, cast

import lightning as L
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.types import Sample, UncertaintyEstimate, UncertaintyEstimator
from gradunc.uncertainty import GradientUncertainty

EstimatorFactory = Callable[[nn.Module], UncertaintyEstimator]
Estimator = UncertaintyEstimator | EstimatorFactory
"""An estimator that holds its model, or what makes one for a model."""


class UncertaintyCallback(L.Callback):
    """Estimate uncertainty for every batch of validate, test and predict; the trained weights stay as they are.

    The step must return a dict; the callback adds `outputs["estimates"]`, name -> `UncertaintyEstimate`, which
    callbacks that come later in the list, and the result of `Trainer.predict`, hold. Validation inside `fit` is left
    out unless `during_fit`.

    Args:
        estimators: name -> estimator, or factory that is called with the depth model; a single one is named "gradient".
            Default: `GradientUncertainty` as published.
        model: dotted attribute of the LightningModule that holds the depth model.
        during_fit: estimate in the validation epochs of `fit` too.

    Raises:
        InputError: the module has no such attribute, or its step returns no dict.

    >>> callback = UncertaintyCallback({"gray": lambda model: GradientUncertainty(model, reference="gray")})
    >>> callback.names
    ('gray',)
    """

    def __init__(
        self,
        estimators: Mapping[str, Estimator] | Estimator = GradientUncertainty,
        *,
        model: str = "depth_model",
        during_fit: bool = False,
    ) -> None:
        self._given = dict(estimators) if isinstance(estimators, Mapping) else {"gradient": estimators}
        self.attribute = model
        self.during_fit = during_fit
        self._built: dict[str, UncertaintyEstimator] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the estimators."""
        return tuple(self._given)

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        """Build the estimators and, if one differentiates, switch Lightning's inference mode off."""
        try:
            model = attrgetter(self.attribute)(pl_module)
        except AttributeError as error:
            raise InputError(
                f"{type(pl_module).__name__} has no '{self.attribute}'; name the depth model with "
                "UncertaintyCallback(..., model='...')"
            ) from error
        self._built = {name: _build(estimator, model) for name, estimator in self._given.items()}
        if any(estimator.needs_grad for estimator in self._built.values()):
            # Tensors made in inference mode can never enter autograd (docs/architecture.md, fact 1).
            for loop in (trainer.validate_loop, trainer.test_loop, trainer.predict_loop):
                loop.inference_mode = False

    def on_validation_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Estimate a validation batch."""
        if self.during_fit or trainer.state.fn != "fit":
            self._estimate(outputs, batch)

    def on_test_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Estimate a test batch."""
        self._estimate(outputs, batch)

    def on_predict_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Estimate a batch of `predict`."""
        self._estimate(outputs, batch)

    def _estimate(self, outputs: Any, batch: Sample) -> None:
        if not isinstance(outputs, dict):
            raise InputError(
                f"the step returned a {type(outputs).__name__}; return a dict so that callbacks can add estimates"
            )
        outputs["estimates"] = {**outputs.get("estimates", {}), **self.estimates(batch["image"])}

    def estimates(self, image: Tensor) -> dict[str, UncertaintyEstimate]:
        """What every estimator says of a batch of images (B,3,H,W), once the trainer has set the callback up."""
        return {name: estimator.estimate(image) for name, estimator in self._built.items()}


def _build(estimator: Estimator, model: nn.Module) -> UncertaintyEstimator:
    if not isinstance(estimator, type) and hasattr(estimator, "estimate"):
        return cast(UncertaintyEstimator, estimator)
    return cast(EstimatorFactory, estimator)(model)
