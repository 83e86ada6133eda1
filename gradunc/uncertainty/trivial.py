"""Scores that know nothing of the network's doubts: an uncertainty that does not beat them is worth nothing.

Each costs one forward pass and is higher where it claims that the depth is worse. A new one is one function and one
line in `TRIVIAL`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as TF

from gradunc.brief import briefly, named
from gradunc.types import OutputSpace, Scale, UncertaintyEstimate
from gradunc.uncertainty.checks import check_input, slice_inputs, usable
from gradunc.uncertainty.descriptions import described
from gradunc.uncertainty.draws import Draws, image_seeds
from gradunc.uncertainty.network import module_of
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.session import evaluation

Score = Callable[[Tensor, Tensor, OutputSpace], Tensor]
"""Image (B,3,H,W), depth (B,1,H,W) and what its numbers mean -> (B,1,H,W), higher = worse."""


def row(image: Tensor, depth: Tensor, space: OutputSpace) -> Tensor:
    """Rows above the bottom one, H-1-y: what is high in the image is far away."""
    height = depth.shape[-2]
    rows = torch.arange(height - 1, -1, -1, dtype=torch.float32, device=depth.device)
    return rows[:, None].expand(depth.shape)


def predicted_depth(image: Tensor, depth: Tensor, space: OutputSpace) -> Tensor:
    """The prediction itself, a disparity negated: far is worse."""
    return -depth if space.quantity == "disparity" else depth


def constant(image: Tensor, depth: Tensor, space: OutputSpace) -> Tensor:
    """0 everywhere: what a score without any order gets."""
    return torch.zeros_like(depth)


def random(image: Tensor, depth: Tensor, space: OutputSpace) -> Tensor:
    """Uniform numbers seeded by the content of each image."""
    return Draws(partial(image_seeds, 0, image)).uniform(depth)


def edges(image: Tensor, depth: Tensor, space: OutputSpace) -> Tensor:
    """Gradient magnitude of the grey image per pixel: central differences, border repeated."""
    gray = F.pad(TF.rgb_to_grayscale(image.float()), (1, 1, 1, 1), mode="replicate")
    across = (gray[..., 1:-1, 2:] - gray[..., 1:-1, :-2]) / 2
    down = (gray[..., 2:, 1:-1] - gray[..., :-2, 1:-1]) / 2
    return torch.hypot(across, down)


class TrivialUncertainty:
    """A score of the image and the predicted depth, as an estimator.

    Args:
        model: returns a `DepthPrediction`; may have `output_space`.
        score: one of the functions above, or one like those.

    Raises:
        InputError: no module.
    """

    scale = Scale("score")
    needs_grad = False

    def __init__(self, model: nn.Module, score: Score) -> None:
        self.model, self.score = module_of(model), score

    def __repr__(self) -> str:
        return briefly(self, {"network": type(self.model).__name__, "score": named(self.score)})

    def description(self) -> dict[str, Any]:
        """Plain values that say what is computed."""
        return {"class": type(self).__name__, "score": described(self.score)}

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        """Depth and score of a batch, all maps (B,1,H,W); arguments as for `GradientUncertainty.estimate`.

        Raises:
            InputError: wrong shapes.
        """
        with evaluation(self.model):
            check_input(image, mask, model=self.model)
            image, keywords = usable(image), slice_inputs(inputs, len(image), 0, len(image))
            prediction = plain(self.model, image, keywords)
            return self.of_depth(image, prediction.depth.detach(), mask)

    def of_depth(self, image: Tensor, depth: Tensor, mask: Tensor | None = None) -> UncertaintyEstimate:
        """The estimate for a depth (B,1,H,W) that is known already."""
        score = self.score(image, depth, getattr(self.model, "output_space", OutputSpace())).float()
        valid = torch.isfinite(score)
        valid = valid if mask is None else valid & mask.to(valid.device)
        return UncertaintyEstimate(depth, score, valid)


TRIVIAL: dict[str, Callable[[nn.Module], TrivialUncertainty]] = {
    name: partial(TrivialUncertainty, score=score)
    for name, score in {
        "row": row,
        "depth": predicted_depth,
        "constant": constant,
        "random": random,
        "edges": edges,
    }.items()
}
"""Name -> what makes the estimator for a model."""
