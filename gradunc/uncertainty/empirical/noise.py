"""Spread over predictions of one network from different noise, as Marigold's pipeline has it (docs/methods.md B.4).

Ke et al., CVPR 2024. Any network that draws noise from a seed which it is given can be asked so.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError, unknown
from gradunc.types import Scale
from gradunc.uncertainty.asking import ask
from gradunc.uncertainty.checks import slice_inputs
from gradunc.uncertainty.empirical.merging import check_can_merge, merge
from gradunc.uncertainty.empirical.noise_settings import REDUCTIONS, NoiseSettings
from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.posthoc.base import Answer, Images, PassEstimator
from gradunc.uncertainty.posthoc.spaces import unit

SEED = "noise_seed"
"""The attribute of a network that draws noise, and the keyword of its forward pass: the seed."""


class NoiseEnsemble(PassEstimator):
    """Members are predictions of the same image from the noise of different seeds, merged by `merging.merge`.

    Member i starts from the noise of the network's own seed + i; the first is its plain prediction. As many passes as
    members, one image at a time.

    Args:
        model: as for `GradientUncertainty`, with the attribute `noise_seed` and a keyword of that name.
        members: predictions, at least 2.
        reduction: "median" or "mean", see `merge`.
        iterations: of the alignment, see `merge`.
        merged: depth is the merged one; otherwise that of the plain pass, whose scale is another one.

    Raises:
        InputError: a network that draws no noise, fewer than two members, an unknown reduction, or a network whose
            scale is free without the packages that align members.
    """

    compares = False
    """`merge` moves every member to the scale of the others, and knows of all pixels, as the pipeline."""

    def __init__(
        self,
        model: nn.Module,
        members: int = 10,
        reduction: str = "median",
        *,
        iterations: int = 2,
        merged: bool = True,
    ) -> None:
        super().__init__(model)
        if getattr(self.model, SEED, None) is None:
            raise InputError(
                "the network draws no noise, so that there is nothing to vary; this is for diffusion (Marigold), and "
                "for networks that adapt(..., noise_seed=SEED) knows to draw"
            )
        if not isinstance(members, int) or members < 2:
            raise InputError(f"members={members} must be at least 2: one answer has no spread")
        if reduction not in REDUCTIONS:
            raise unknown("reduction", reduction, REDUCTIONS)
        self.space = self.output_space.quantity
        self.members, self.reduction, self.iterations, self.merged = members, reduction, iterations, merged
        check_can_merge(self.output_space)

    @property
    def scale(self) -> Scale:
        """A standard deviation of the merged depth; a score for what is none, or none of the depth that is given."""
        if self.reduction == "median" or not self.merged:
            return Scale()
        return Scale("std", unit(self.output_space, self.space), self.space)

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {name: getattr(self, name) for name in ("members", "reduction", "iterations", "merged")}

    def look(self, image: Tensor, inputs: dict[str, Any]) -> tuple[Tensor, Mapping[str, Tensor]]:
        """See `PassEstimator`; one image at a time, as the members."""
        each = [plain(self.model, image[i : i + 1], _of_image(inputs, image, i)).depth for i in range(len(image))]
        return torch.cat(each), {}

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        found = [self._merged(images, i) for i in range(len(images.image))]
        depth, uncertainty = (torch.cat(maps) for maps in zip(*found, strict=True))
        shown = torch.where(depth.isfinite(), depth, images.depth.float()) if self.merged else None
        return Answer(uncertainty, uncertainty.isfinite(), shown)

    def _merged(self, images: Images, i: int) -> tuple[Tensor, Tensor]:
        """Depth and uncertainty (1,1,H,W) of an image of the batch."""
        image, inputs = images.image[i : i + 1], _of_image(images.inputs, images.image, i)
        first = inputs.get(SEED, getattr(self.model, SEED))
        seeds = range(first + 1, first + self.members)
        others = [ask(self.model, image, {**inputs, SEED: seed}).depth.detach() for seed in seeds]
        members = torch.cat([images.depth[i : i + 1], *others]).float()
        return merge(members, self.output_space, self.reduction, self.iterations)


def _of_image(inputs: dict[str, Any], image: Tensor, i: int) -> dict[str, Any]:
    """The arguments that belong to an image of the batch."""
    return slice_inputs(inputs, len(image), i, 1)


def noise_ensemble(settings: NoiseSettings, parts: Parts) -> NoiseEnsemble:
    """The estimator of `method: noise_ensemble`."""
    return NoiseEnsemble(parts.model, **settings.arguments())
