"""The uncertainty that a network predicts itself, as an estimator: one forward pass (docs/methods.md C)."""

from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError, unknown
from gradunc.own_uncertainty import HIGHEST, OwnUncertainty
from gradunc.types import OutputSpace, Scale, UncertaintyEstimate
from gradunc.uncertainty.checks import check_input, slice_inputs, usable
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.network import module_of
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.posthoc.spaces import unit
from gradunc.uncertainty.predictive.own_spread import own_spread, told_by
from gradunc.uncertainty.predictive.settings import PARTS, PredictedSettings
from gradunc.uncertainty.session import evaluation


class Predicted:
    """A likelihood's standard deviation in its unit; what is no spread of depth is a score, high = worse.

    Args:
        model: a network whose `own_uncertainty` says what its second output means.
        part: "total", or of evidential heads "aleatoric" or "epistemic".

    Raises:
        InputError: a network that predicts no uncertainty, or an unknown part or one that it does not separate.
    """

    needs_grad = False

    def __init__(self, model: nn.Module, part: str = "total") -> None:
        self.model, self.part = module_of(model), part
        own = getattr(self.model, "own_uncertainty", None)
        if not isinstance(own, OwnUncertainty):
            raise InputError(
                "the network predicts no uncertainty of its own; train one (objective=supervised_laplace, or another "
                "of docs/methods.md C), or say what its output means: adapt(..., own_uncertainty=OwnUncertainty(...))"
            )
        if part not in PARTS:
            raise unknown("part", part, PARTS)
        if part != "total" and own.kind != "evidential":
            raise InputError(f"part={part}, but a {own.kind} head does not separate it; set part=total")
        self.own = own

    @property
    def scale(self) -> Scale:
        """A standard deviation of depth, its inverse or its logarithm; or a score."""
        if not self.own.is_spread:
            return Scale()
        return Scale("std", unit(_space(self.model), self.own.quantity), self.own.quantity)

    def description(self) -> dict[str, Any]:
        """Plain values that say what is computed."""
        return {"class": type(self).__name__, "part": self.part, "kind": self.own.kind, "quantity": self.own.quantity}

    def estimate(
        self, image: Tensor, *, mask: Tensor | None = None, index: Tensor | None = None, **inputs: Any
    ) -> UncertaintyEstimate:
        """Depth and uncertainty of a batch, all maps (B,1,H,W); arguments as for `GradientUncertainty.estimate`.

        Raises:
            InputError: wrong shapes, or a prediction without the output that the network declares.
        """
        with evaluation(self.model):
            check_input(image, mask, index=index, model=self.model)
            image = usable(image)
            prediction = plain(self.model, image, slice_inputs(inputs, len(image), 0, len(image)))
            spread = own_spread(self.model, prediction)
            score = _score(self.own, told_by(self.own, prediction)) if spread is None else None
        aleatoric = None if spread is None else spread.aleatoric.sqrt()
        epistemic = None if spread is None or spread.epistemic is None else spread.epistemic.sqrt()
        if spread is not None:
            score = {"total": spread.std, "aleatoric": aleatoric, "epistemic": epistemic}[self.part]
        assert score is not None, "checked when the estimator was made"
        known = score.isfinite() if mask is None else score.isfinite() & mask.to(score.device)
        shown = torch.where(score.isfinite(), score, 0.0)
        depth = prediction.depth.detach().float()
        return UncertaintyEstimate(depth, shown, known, aleatoric=aleatoric, epistemic=epistemic)


def _space(model: nn.Module) -> OutputSpace:
    """The unit of a spread of depth; a network of disparity has its spreads in its own quantity."""
    return getattr(model, "output_space", OutputSpace())


def _score(own: OwnUncertainty, told: Tensor) -> Tensor:
    """Outputs (B,1,H,W) that are no spread of depth, so that high is worse."""
    if own.kind == "confidence":
        return -told
    return told if own.kind in ("reprojection", "error") else told.clamp(own.lowest, HIGHEST).exp()


def predicted(settings: PredictedSettings, parts: Parts) -> Predicted:
    """The estimator of `method: predicted`."""
    return Predicted(parts.model, **settings.arguments())
