"""Photometric reprojection loss with minimum over sources and auto-mask (Godard et al. 2019; docs/methods.md F.3)."""

import torch
from torch import Tensor

from gradunc.losses.inputs import MASKED, ImageError, LossInputs, Reprojection, TermResult
from gradunc.ops.geometry import warp
from gradunc.ops.similarity import photometric_error

TIE_BREAK = 1e-5
"""Noise on the identity candidates: of pixels whose candidates are equal only half are masked."""


def reprojection(inputs: LossInputs, scale: int, error: ImageError = photometric_error) -> Reprojection:
    """The target view made of each source, compared with the target; warped at full resolution, once for all terms.

    Identity candidates (the source as it is) join the minimum: where one wins, the pixel stands still in the image.
    Not while `inputs.auto_masked` is False: then every pixel counts.
    """
    if (error, scale) not in inputs.reprojections:
        inputs.reprojections[error, scale] = _reprojection(inputs, scale, error)
    return inputs.reprojections[error, scale]


def _reprojection(inputs: LossInputs, scale: int, error: ImageError) -> Reprojection:
    image = inputs.sample["image"]
    size = (image.shape[-2], image.shape[-1])
    depth = inputs.depth(scale, size)
    intrinsics = inputs.tensor("intrinsics")
    views = [
        warp(source, depth, intrinsics, pose, motion=inputs.motion(position, size))[0]
        for position, (source, pose) in enumerate(zip(inputs.sources, inputs.poses.unbind(1), strict=True))
    ]
    errors = torch.cat([error(view, image) for view in views], 1)
    if not inputs.auto_masked:
        minimum = errors.amin(1, keepdim=True)
        return Reprojection(minimum, minimum, torch.ones_like(minimum, dtype=torch.bool), views[0])
    identity = identity_errors(inputs, error)
    identity = identity + TIE_BREAK * _noise(identity)
    minimum, best = torch.cat([identity, errors], 1).min(1, keepdim=True)
    return Reprojection(minimum, errors.amin(1, keepdim=True), best >= identity.shape[1], views[0])


def explained(found: Reprojection) -> dict[str, Tensor]:
    """The maps that explain a loss: "auto_mask" (True = used), "photometric", "warped"."""
    return {
        "auto_mask": found.auto_mask,
        "photometric": found.candidates.detach(),
        "warped": found.warped.detach(),
    }


class Photometric:
    """The best source per pixel.

    A pixel that is masked, because a source as it is wins, contributes a constant but stays in the denominator, as
    published.

    Args:
        error: of an image and the target.
    """

    needs = MASKED
    head = ""

    def __init__(self, error: ImageError = photometric_error) -> None:
        self.error = error

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale, and the maps that explain it."""
        found = reprojection(inputs, scale, self.error)
        return TermResult(found.candidates.mean(), explained(found))


def _noise(like: Tensor) -> Tensor:
    """Normal noise that is the same in every call: a resumed run takes the steps of an uninterrupted one."""
    generator = torch.Generator(like.device).manual_seed(0)
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)


def identity_errors(inputs: LossInputs, error: ImageError) -> Tensor:
    """Error of every source as it is, (B,N,H,W); the same at all scales, so computed once."""
    name = f"identity_{error.__name__}"
    if name not in inputs.cache:
        image = inputs.sample["image"]
        inputs.cache[name] = torch.cat([error(source, image) for source in inputs.sources], 1)
    return inputs.cache[name]
