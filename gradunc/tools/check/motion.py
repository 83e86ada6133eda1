"""The unknown motion between two views: six numbers by gradient descent, coarse to fine."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gradunc.data.inspection.views import Points, grid_points, projected, values_at, window_mean
from gradunc.ops.geometry import pose_matrix

LEVELS = (60, 180)
"""Search for a motion: the width of the image over that of the blur, coarse to fine. Measured: from 20 on, KITTI's
frames with cyclists lead astray."""

STEPS = 80
"""Steps of each level."""


def find_motion(
    image: Tensor, source: Tensor, intrinsics: Tensor, points: Points | None = None
) -> tuple[Tensor, Tensor | None]:
    """The motion, unknown so far, that makes the source look most like the target.

    Six numbers by gradient descent on the absolute difference of blurred and equalised images, coarse to fine, from
    rest and from a motion ahead and back. Without depth the scene is taken for one plane whose position is searched
    too: good for a street or a wall, an approximation for anything else, and its unit of length is arbitrary.

    Args:
        image: (3,h,w) the target.
        source: (3,h,w).
        intrinsics: (3,3) of both [px].
        points: true depth, if there is any.

    Returns:
        (4,4) target -> source, and the depth (1,h,w) of the plane without `points`.
    """
    size = image.shape[-2], image.shape[-1]
    known = points is not None
    places = points if points is not None else grid_points(torch.ones(1, *size))
    step = max(1, len(places.depth) // 5000)
    places = Points(places.pixels[:, ::step], places.depth[::step])
    search = _Search(image, source, intrinsics, places, known=known)
    # Coarse images have several valleys; a vehicle drives forward or, towards an earlier frame, backward.
    starts = [search.descend(torch.tensor([0, 0, 0, 0, 0, ahead, 0, 0, 0]), 0) for ahead in (0.0, 0.05, -0.05)]
    numbers, _ = min(starts, key=lambda start: start[1])
    for level in range(1, len(LEVELS)):
        numbers, _ = search.descend(numbers, level)
    if known:
        return search.pose(numbers), None
    everywhere = torch.stack(torch.meshgrid(torch.arange(size[1]), torch.arange(size[0]), indexing="xy")).float()
    return search.pose(numbers), (1 / _plane(numbers[6:], everywhere.flatten(1), size)).view(1, *size)


class _Search:
    """Nine numbers: axis-angle [rad], translation over the median depth, and the plane where depth is unknown."""

    def __init__(self, image: Tensor, source: Tensor, intrinsics: Tensor, places: Points, *, known: bool) -> None:
        self.images = image, source
        self.intrinsics, self.places, self.known = intrinsics, places, known
        self.size = image.shape[-2], image.shape[-1]
        self.unit = float(places.depth.median())

    def pose(self, numbers: Tensor) -> Tensor:
        """(4,4) target -> source."""
        return pose_matrix(numbers[None, :3], numbers[None, 3:6] * self.unit)[0]

    def descend(self, start: Tensor, level: int) -> tuple[Tensor, float]:
        """The numbers after all steps of a level, and the last error."""
        kernel = max(1, self.size[1] // LEVELS[level]) // 2 * 2 + 1
        target, other = (_equalised(_blurred(one, kernel)) for one in self.images)
        wanted = values_at(target, self.places.pixels)
        motion = start[:6].clone().requires_grad_()
        plane = start[6:].clone().requires_grad_(not self.known)
        rate = 2e-3 / 2**level
        groups = [{"params": [motion], "lr": rate}, *([] if self.known else [{"params": [plane], "lr": 5 * rate}])]
        optimizer, error = torch.optim.Adam(groups), 0.0
        for _ in range(STEPS):
            depth = self.places.depth if self.known else 1 / _plane(plane, self.places.pixels, self.size)
            points = Points(self.places.pixels, depth)
            pixels, inside = projected(points, self.intrinsics, self.pose(motion), self.size)
            difference = (wanted - values_at(other, pixels)).abs().mean(0)
            loss = (difference * inside).sum() / inside.sum().clamp_min(1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            error = float(loss.detach())
        return torch.cat([motion, plane]).detach(), error


def _blurred(image: Tensor, kernel: int) -> Tensor:
    """Two means over a window: nearly Gaussian."""
    return window_mean(window_mean(image, kernel), kernel)


def _equalised(image: Tensor) -> Tensor:
    """Without the brightness and contrast of the whole image: an exposure that changed is no motion."""
    return (image - image.mean((1, 2), keepdim=True)) / image.std((1, 2), keepdim=True).clamp_min(1e-3)


def _plane(parameters: Tensor, pixels: Tensor, size: Sequence[int]) -> Tensor:
    """(N,) positive 1/depth; its logarithm is linear in the image, which is close to a plane and never behind it."""
    x = 2 * pixels[0] / max(size[1] - 1, 1) - 1
    y = 2 * pixels[1] / max(size[0] - 1, 1) - 1
    return torch.exp(parameters[0] + parameters[1] * x + parameters[2] * y)
