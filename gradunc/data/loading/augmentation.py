"""Training augmentation of a collated batch on its own device: mirror, turn, crop and colour jitter.

Mirror and jitter as in Monodepth2 (Godard et al., "Digging Into Self-Supervised Monocular Depth Estimation", ICCV 2019,
section 4): each with probability 1/2, one jitter for all views of a sample; the networks see the jittered images, the
photometric loss the others.
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from gradunc.data.loading import geometric
from gradunc.data.loading.blurring import blurred
from gradunc.data.loading.colour import jitter_views
from gradunc.data.loading.pasting import paste
from gradunc.types import Sample

_MIRRORED = ("image", "sources", *geometric.TRUTH)
_DRAWS = 19
"""flip, jitter, four factors, four keys whose order is the order of the operations; angle, row, column; blur, its
width; cutmix, its area, row, column."""


def sample_draws(seed: int, epoch: int, indices: Sequence[int]) -> Tensor:
    """(B,19) uniform in [0,1): what `augment` does to each of the samples, whatever batch or process it is in.

    Args:
        seed: of the run.
        epoch: from 0.
        indices: of the samples; repetitions within an epoch have numbers of their own, see `Mixture`.
    """
    draws = [np.random.default_rng((seed, epoch, index)).random(_DRAWS, dtype=np.float32) for index in indices]
    return torch.from_numpy(np.stack(draws))


def augment(
    batch: Sample,
    draws: Tensor,
    *,
    flip: float = 0.5,
    jitter: float = 0.5,
    brightness: float = 0.2,
    contrast: float = 0.2,
    saturation: float = 0.2,
    hue: float = 0.1,
    rotate: float = 0.0,
    crop: Sequence[int] | None = None,
    blur: float = 0.0,
    cutmix: float = 0.0,
) -> Sample:
    """Mirror some samples and jitter the colours of some, independently; turn and crop all, if asked for.

    A mirrored sample stays a possible scene: images, truth and regions are mirrored, cx becomes (w-1) - cx,
    and `source_pose` T becomes F T F with F = diag(-1,1,1,1).

    Args:
        batch: A collated batch, on any device; neither it nor its tensors are changed.
        draws: (B,19) uniform in [0,1), on the CPU: a result is the same on every device. The last are looked at only
            where samples are turned, cropped, blurred and pasted.
        flip: Probability of the mirror.
        jitter: Probability of the colour jitter.
        brightness: Half-width of the factor's range around 1; likewise `contrast` and `saturation`.
        contrast: See `brightness`.
        saturation: See `brightness`.
        hue: Half-width of the range of the turn of the hue around 0; 0.5 is every hue.
        rotate: Largest angle, of either sign, by which a camera is turned around its axis [degrees].
        crop: Height and width of a window at a random place [px]; None = the whole image.
        blur: Probability of a Gaussian blur, of all views of a sample alike, after the jitter.
        cutmix: Probability that a region of another image of the batch is pasted, of images of `pseudo` truth.

    Returns:
        A new batch with the keys of `batch` and `augmented_image` (B,3,h,w), with sources also
        `augmented_sources` (B,N,3,h,w): equal to `image` and `sources` where a sample is not jittered.
    """
    result = mirror(batch, draws[:, 0] < flip)
    if rotate:
        result = geometric.rotate(result, torch.deg2rad(rotate * (2 * draws[:, 10] - 1)))
    if crop is not None:
        result = geometric.crop(result, (crop[0], crop[1]), draws[:, 11:13])
    strength = torch.tensor([brightness, contrast, saturation, hue])
    offset = torch.tensor([1.0, 1.0, 1.0, 0.0])
    factors = offset + strength * (2 * draws[:, 2:6] - 1)
    factors[:, :3].clamp_(min=0)
    result = _jitter(result, draws[:, 1] < jitter, factors, draws[:, 6:10].argsort(dim=1))
    if blur:
        result = blurred(result, draws[:, 13] < blur, draws[:, 14])
    return paste(result, draws[:, 15] < cutmix, draws[:, 16:19]) if cutmix else result


def mirror(batch: Sample, chosen: Tensor) -> Sample:
    """A new batch whose `chosen` (B,) bool samples are mirrored left to right, geometry included."""
    rows = chosen.nonzero().flatten().to(batch["image"].device)
    result = cast(Sample, dict(batch))
    # A mirrored map that was spread cannot be gathered again.
    result.pop("truth_size", None)
    known = cast(dict[str, Any], batch)
    result = cast(Sample, {**result, **{key: _mirror_columns(known[key], rows) for key in _MIRRORED if key in known}})
    if "ordinal" in batch:
        pairs = batch["ordinal"].clone()
        pairs[rows, :, 0:4:2] = batch["image"].shape[-1] - 1 - pairs[rows, :, 0:4:2]
        result["ordinal"] = pairs
    if "regions" in batch:
        result["regions"] = {name: _mirror_columns(mask, rows) for name, mask in batch["regions"].items()}
    if "intrinsics" in batch:
        intrinsics = batch["intrinsics"].clone()
        intrinsics[rows, 0, 1] *= -1  # skew
        intrinsics[rows, 0, 2] = batch["image"].shape[-1] - 1 - intrinsics[rows, 0, 2]
        result["intrinsics"] = intrinsics
    if "source_pose" in batch:
        # F T F by signs: a matrix product would spread NaN over the known entries.
        signs = torch.ones(4, 4).to(batch["source_pose"])
        signs[0, 1:] = signs[1:, 0] = -1
        pose = batch["source_pose"].clone()
        pose[rows] *= signs
        result["source_pose"] = pose
    return result


def _jitter(batch: Sample, chosen: Tensor, factors: Tensor, order: Tensor) -> Sample:
    """Add the augmented keys; `chosen` (B,) bool, `factors` and `order` (B,4), all on the CPU."""
    image = batch["image"]
    rows = chosen.nonzero().flatten().to(image.device)
    views = image[rows, None]
    if "sources" in batch:
        views = torch.cat([views, batch["sources"][rows]], dim=1)
    views = jitter_views(views, factors[chosen], order[chosen])
    batch["augmented_image"] = image.index_copy(0, rows, views[:, 0])
    if "sources" in batch:
        batch["augmented_sources"] = batch["sources"].index_copy(0, rows, views[:, 1:])
    return batch


def _mirror_columns(tensor: Tensor, rows: Tensor) -> Tensor:
    return tensor.index_copy(0, rows, tensor[rows].flip(-1))
