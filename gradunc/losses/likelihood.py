"""Negative log-likelihoods, which train an uncertainty head together with the depth."""

from torch import Tensor

from gradunc.errors import InputError
from gradunc.losses.inputs import LossInputs, Need, TermResult
from gradunc.ops.disparity import resize


def laplace(error: Tensor, log_scale: Tensor, limit: float = 7.0) -> Tensor:
    """Mean of |error| exp(-h) + h, h clamped to +-7 (docs/methods.md C.1); smallest at exp(h) = |error|."""
    h = log_scale.clamp(-limit, limit)
    return (error.abs() * (-h).exp() + h).mean()


class Laplace:
    """Laplace likelihood of the true depth, h = log scale of the uncertainty head."""

    needs: frozenset[Need] = frozenset({"depth", "uncertainty_head"})

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale over valid pixels.

        Raises:
            InputError: a network without an uncertainty head.
        """
        if not inputs.prediction.log_scales:
            raise InputError("objective.losses.laplace trains an uncertainty head; set model.uncertainty_head=true")
        truth, keep = inputs.tensor("depth"), inputs.tensor("valid")
        size = (truth.shape[-2], truth.shape[-1])
        log_scale = resize(inputs.prediction.log_scales[scale], size)[keep]
        error = inputs.depth(scale, size)[keep] - truth[keep]
        return TermResult(laplace(error, log_scale) if error.numel() else (error.sum() + log_scale.sum()))
