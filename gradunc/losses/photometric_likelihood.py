"""Uncertainty of self-supervised training: the photometric error as a likelihood ("Log"), or predicted ("Repr").

Klodt & Vedaldi, ECCV 2018, and Poggi et al., CVPR 2020 (docs/methods.md C.2, C.3). Both learn how well a pixel can be
matched, which is not how wrong its depth is.
"""

from torch import Tensor

from gradunc.errors import InputError
from gradunc.losses.inputs import LossInputs, Need, TermResult
from gradunc.losses.likelihood import laplace
from gradunc.losses.photometric import explained, reprojection
from gradunc.ops.disparity import resize
from gradunc.ops.masked import masked_mean, mean_over_known


class PhotometricLaplace:
    """Laplace likelihood of the photometric error, h = log of its scale: stands in the place of `photometric`.

    Only pixels that the auto-mask keeps count: elsewhere the scale would shrink to the error of a static image.
    """

    needs: frozenset[Need] = frozenset({"sources", "positive_depth", "uncertainty_head"})
    head = "photometric"

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale: mean over kept pixels, then over images; maps as of `Photometric`."""
        found = reprojection(inputs, scale)
        h = _told(inputs, scale, self.head, found.error)
        value = mean_over_known(masked_mean(laplace(found.error, h), found.auto_mask), found.auto_mask)
        return TermResult(value, explained(found))


class ReprojectionError:
    """|u - error| where the auto-mask keeps a pixel: the head learns the photometric error, the depth nothing."""

    needs: frozenset[Need] = frozenset({"sources", "positive_depth", "uncertainty_head"})
    head = "reprojection"

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale: mean over kept pixels, then over images."""
        found = reprojection(inputs, scale)
        told = _told(inputs, scale, self.head, found.error)
        gap = (told - found.error.detach()).abs()
        return TermResult(mean_over_known(masked_mean(gap, found.auto_mask), found.auto_mask))


def _told(inputs: LossInputs, scale: int, head: str, like: Tensor) -> Tensor:
    """What the head says, (B,1,H,W)."""
    own = inputs.own_uncertainty
    if own is None or own.kind != head:
        raise InputError(
            f"a loss trains an uncertainty head that this network lacks; set model.uncertainty_head={head}"
        )
    return resize(inputs.prediction.uncertainty_scales[scale], (like.shape[-2], like.shape[-1]))
