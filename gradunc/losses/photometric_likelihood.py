"""Uncertainty of self-supervised training: the photometric error as a likelihood ("Log"), or predicted ("Repr").

Klodt & Vedaldi, ECCV 2018, and Poggi et al., CVPR 2020 (docs/methods.md C.2, C.3). Both learn how well a pixel can be
matched, which is not how wrong its depth is.
"""

from gradunc.losses.inputs import MASKED, OWN, LossInputs, Need, TermResult
from gradunc.losses.likelihood import laplace
from gradunc.losses.photometric import explained, reprojection
from gradunc.ops.masked import masked_mean, mean_over_known


class PhotometricLaplace:
    """Laplace likelihood of the photometric error, h = log of its scale: stands in the place of `photometric`.

    Only pixels that the auto-mask keeps count: elsewhere the scale would shrink to the error of a static image.
    """

    needs: frozenset[Need] = MASKED | OWN
    head = "photometric"

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale: mean over kept pixels, then over images; maps as of `Photometric`."""
        found = reprojection(inputs, scale)
        _, h = inputs.told(self.head, scale, (found.error.shape[-2], found.error.shape[-1]))
        value = mean_over_known(masked_mean(laplace(found.error, h), found.auto_mask), found.auto_mask)
        return TermResult(value, explained(found))


class ReprojectionError:
    """|u - error| where the auto-mask keeps a pixel, the error a constant.

    The head shares the features of the depth, which it therefore moves a little, as in the published training.
    """

    needs: frozenset[Need] = MASKED | OWN
    head = "reprojection"

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale: mean over kept pixels, then over images."""
        found = reprojection(inputs, scale)
        _, told = inputs.told(self.head, scale, (found.error.shape[-2], found.error.shape[-1]))
        gap = (told - found.error.detach()).abs()
        return TermResult(mean_over_known(masked_mean(gap, found.auto_mask), found.auto_mask))
