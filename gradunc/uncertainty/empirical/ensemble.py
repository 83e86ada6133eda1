"""Mean and spread of several networks ("Boot", "Snap": Poggi et al., CVPR 2020; docs/methods.md B).

The published program takes the variance of sigmoid disparities; the standard deviation ranks the pixels alike, and has
a unit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.ops.devices import device_of
from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty.descriptions import weights_of
from gradunc.uncertainty.empirical.combination import LAWS, Member, chosen, told
from gradunc.uncertainty.empirical.common_scale import to_scale_of
from gradunc.uncertainty.empirical.members import check_alike, loaded, named
from gradunc.uncertainty.empirical.settings import EnsembleSettings
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.posthoc.base import Answer, Images, PassEstimator
from gradunc.uncertainty.posthoc.spaces import back
from gradunc.uncertainty.posthoc.spread import Spread
from gradunc.uncertainty.session import evaluation

COMBINED = "combination=auto took total_variance: every member predicts a spread of its own"


class Ensemble(PassEstimator):
    """Standard deviation over networks; the depth is their mean. As many passes as networks.

    Of networks that predict no spread of their own, all of it is epistemic.

    Args:
        members: at least two networks, as for `GradientUncertainty`. The first one sets the scale (`align`), and shares
            its plain prediction with other estimators.
        space: quantity of mean and spread.
        align: take what the networks leave free (`OutputSpace.ambiguity`) from the first one, image by image, see
            `common_scale.py`; None = unless they are metric.
        combination: what becomes of a spread that the members predict themselves, see `combination.py`: "auto",
            "epistemic", "total_variance" or "published_sum".
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
        combination: str = "auto",
        notes: Sequence[str] = (),
    ) -> None:
        self.members = check_alike(members)
        super().__init__(self.members[0], space)
        self.others = tuple(self.members[1:])
        self.is_aligned = self.output_space.ambiguity != "metric" if align is None else align
        scaled = "align=null scales every member, image by image, like the first one: their scale is free"
        self.combination = chosen(combination, self.members, space)
        self.notes = (
            *notes,
            *([COMBINED] if combination == "auto" and self.combination != "epistemic" else []),
            *([scaled] if align is None and self.is_aligned else []),
        )

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        members = [weights_of(one) for one in self.members]
        return {"members": members, "align": self.is_aligned, "combination": self.combination}

    @property
    def has_zero(self) -> bool:
        """See `PassEstimator`; the published sum is one of sigmoids, which have their own."""
        return super().has_zero and self.combination != "published_sum"

    @property
    def scale(self) -> Scale:
        """See `PassEstimator`; the published sum mixes units."""
        return Scale() if self.combination == "published_sum" else super().scale

    def estimate(self, image: Tensor, **inputs: Any) -> UncertaintyEstimate:
        """See `PassEstimator`; members go to the device of the images, since a trainer moves the judged one alone."""
        with torch.inference_mode(False):  # weights made in it could never be differentiated
            for one in self.members:
                if device_of(one) != image.device:
                    one.to(image.device)
        return super().estimate(image, **inputs)

    def look(self, image: Tensor, inputs: dict[str, Any]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """See `PassEstimator`; the maps are what the first member says of its own uncertainty."""
        return self._ask(self.model, image, inputs)

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        members = [(images.depth, images.depth, images.features), *(self._other(one, images) for one in self.others)]
        means = Spread(self.compared(images.depth, images.zero))
        for depth, _, _ in members:
            means.add(self.compared(depth, images.zero))
        answer = LAWS[self.combination](means, members, self.members, self.output_space, self.space)
        mean = back(means.mean, self.output_space, self.space, images.zero)
        return answer._replace(depth=torch.where(means.count > 0, mean, images.depth))

    def _other(self, member: nn.Module, images: Images) -> Member:
        with evaluation(member):
            raw, parts = self._ask(member, images.image, images.inputs)
        return to_scale_of(images.depth, raw, self.output_space) if self.is_aligned else raw, raw, parts

    def _ask(self, member: nn.Module, image: Tensor, inputs: dict[str, Any]) -> tuple[Tensor, Mapping[str, Tensor]]:
        prediction = plain(member, image, inputs)
        return prediction.depth.detach(), told(self.combination, member, prediction)


def ensemble(settings: EnsembleSettings, parts: Parts) -> Ensemble:
    """The estimator of `method: ensemble`."""
    paths, left_out = named(settings.checkpoints, settings.manifest, settings.last)
    members = loaded(parts.model, paths, parts.network)
    return Ensemble(
        members.networks,
        settings.space,
        align=settings.align,
        combination=settings.combination,
        notes=[*members.notes, *left_out],
    )
