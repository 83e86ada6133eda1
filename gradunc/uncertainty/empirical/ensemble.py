"""Mean and spread of several networks ("Boot", "Snap": Poggi et al., CVPR 2020; docs/methods.md B).

The published program takes the variance of sigmoid disparities; the standard deviation ranks the pixels alike, and has
a unit.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.ops.devices import device_of
from gradunc.types import UncertaintyEstimate
from gradunc.uncertainty.descriptions import weights_of
from gradunc.uncertainty.empirical.common_scale import to_scale_of
from gradunc.uncertainty.empirical.members import check_alike, loaded, named
from gradunc.uncertainty.empirical.settings import EnsembleSettings
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.posthoc.base import Answer, Images, PassEstimator
from gradunc.uncertainty.posthoc.spaces import back
from gradunc.uncertainty.posthoc.spread import Spread
from gradunc.uncertainty.session import evaluation


class Ensemble(PassEstimator):
    """Standard deviation over networks, all of it epistemic; the depth is their mean. As many passes as networks.

    Args:
        members: at least two networks, as for `GradientUncertainty`. The first one sets the scale (`align`), and shares
            its plain prediction with other estimators.
        space: quantity of mean and spread.
        align: take what the networks leave free (`OutputSpace.ambiguity`) from the first one, image by image, see
            `common_scale.py`; None = unless they are metric.
        notes: lines about how the members were chosen.

    Raises:
        InputError: fewer than two members, or members of different output spaces or image sizes.
    """

    def __init__(
        self,
        members: Sequence[nn.Module],
        space: str = "disparity",
        *,
        align: bool | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.members = check_alike(members)
        super().__init__(self.members[0], space)
        self.others = tuple(self.members[1:])
        self.is_aligned = self.output_space.ambiguity != "metric" if align is None else align
        scaled = "align=null scales every member, image by image, like the first one: their scale is free"
        self.notes = (*notes, *([scaled] if align is None and self.is_aligned else []))

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {"members": [weights_of(one) for one in self.members], "align": self.is_aligned}

    def estimate(self, image: Tensor, **inputs: Any) -> UncertaintyEstimate:
        """See `PassEstimator`; members go to the device of the images, since a trainer moves the judged one alone."""
        for one in self.members:
            if device_of(one) != image.device:
                one.to(image.device)
        estimate = super().estimate(image, **inputs)
        return estimate._replace(epistemic=estimate.uncertainty)

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        spread = Spread(self.compared(images.depth))
        for depth in (images.depth, *(self._depth(one, images) for one in self.others)):
            spread.add(self.compared(depth))
        mean = back(spread.mean, self.output_space, self.space)
        return Answer(spread.std(), spread.enough, torch.where(spread.count > 0, mean, images.depth))

    def _depth(self, member: nn.Module, images: Images) -> Tensor:
        """(B,1,H,W) of another member."""
        with evaluation(member):
            depth = plain(member, images.image, images.inputs).depth.detach()
        return to_scale_of(images.depth, depth, self.output_space) if self.is_aligned else depth


def ensemble(settings: EnsembleSettings, parts: Parts) -> Ensemble:
    """The estimator of `method: ensemble`."""
    paths, left_out = named(settings.checkpoints, settings.manifest, settings.last)
    members = loaded(parts.model, paths, parts.network)
    return Ensemble(members.networks, settings.space, align=settings.align, notes=[*members.notes, *left_out])
