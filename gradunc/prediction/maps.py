"""Depth and uncertainty of one image at its own size, and how much of them is not finite."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.metrics import resize_estimate
from gradunc.models.accepted_sizes import reason_against
from gradunc.ops.devices import device_of
from gradunc.ops.known import resize_finite
from gradunc.prediction.network import InputSize, depth_maps_of, shown_to_network
from gradunc.types import Mirrored, UncertaintyEstimator
from gradunc.uncertainty.passes import shared_passes
from gradunc.uncertainty.posthoc.mirrored import mirrored_depth


class ImageError(InputError):
    """One image without results; the others have theirs.

    Args:
        message: one line.
        action: what could not be done with it, "read" or "predicted".
    """

    def __init__(self, message: str, action: str) -> None:
        super().__init__(message)
        self.action = action


class Maps(NamedTuple):
    """What the network says of one image, at the image's size; unknown pixels NaN."""

    depth: np.ndarray
    """(H,W) float32 in the model's output space."""
    uncertainty: dict[str, np.ndarray]
    """Estimator -> (H,W) float32, high = worse."""

    __repr__ = brief_repr

    def not_finite(self) -> dict[str, int]:
        """Number of pixels without a finite value, of "depth" and of every estimator."""
        maps = {"depth": self.depth, **self.uncertainty}
        return {name: int(np.count_nonzero(~np.isfinite(values))) for name, values in maps.items()}


def maps_of(
    label: str,
    image: Tensor,
    model: nn.Module,
    estimators: Mapping[str, UncertaintyEstimator],
    size: InputSize,
    mirrored: Mirrored = "none",
) -> Maps:
    """Resize, predict and estimate, and resize back.

    Args:
        label: of the image, for messages.
        image: (3,H,W) in [0,1].
        model: the network, a `DepthModel` or any module that estimators take.
        estimators: of it, by name.
        size: at which the network sees the image.
        mirrored: of which predictions the depth is made; estimators judge the plain one.

    Raises:
        ImageError: the network cannot take an image of that size.
    """
    full = (image.shape[-2], image.shape[-1])
    try:
        return maps_of_batch(image[None], model, estimators, size, mirrored)[0]
    except (RuntimeError, ValueError, AssertionError) as error:
        # At native size an image may be one that the network cannot take; anything else stays the error that it is.
        reason = reason_against(model, full) if size is None and not isinstance(error, InputError) else None
        if reason is None:
            raise
        message = f"the network cannot take '{label}', an image of {full[0]}x{full[1]} px: {reason}"
        raise ImageError(message, "predicted") from error


def maps_of_batch(
    images: Tensor,
    model: nn.Module,
    estimators: Mapping[str, UncertaintyEstimator],
    size: InputSize,
    mirrored: Mirrored = "none",
) -> list[Maps]:
    """As `maps_of`, of images (B,3,H,W) of one size together; what a network cannot take raises what it raises."""
    full = (images.shape[-2], images.shape[-1])
    return _maps(shown_to_network(images, size).to(device_of(model)), model, estimators, full, mirrored)


def check_finite(maps: Maps, label: str) -> None:
    """Raise `ImageError` for maps of which one holds nothing finite."""
    for name, count in maps.not_finite().items():
        if count == maps.depth.size:
            what = f"{'the predicted depth' if name == 'depth' else f'uncertainty.{name}'} of '{label}'"
            raise ImageError(f"{what} is nowhere finite; the weights of the network may be damaged", "predicted")


def _maps(
    batch: Tensor,
    model: nn.Module,
    estimators: Mapping[str, UncertaintyEstimator],
    full: tuple[int, int],
    mirrored: Mirrored,
) -> list[Maps]:
    network = depth_maps_of(model)
    maps: dict[str, np.ndarray] = {}
    depth = torch.empty(0)
    with shared_passes():
        for name, estimator in estimators.items():
            depth, uncertainty, known = resize_estimate(network, estimator.estimate(batch), full)
            maps[name] = _numpy(uncertainty, known)
        if not estimators or mirrored != "none":
            depth = resize_finite(mirrored_depth(model, batch, mirrored), full, network.resize_depth)
    return [
        Maps(one, {name: each[place] for name, each in maps.items()})
        for place, one in enumerate(_numpy(depth, depth.isfinite()))
    ]


def _numpy(values: Tensor, known: Tensor) -> np.ndarray:
    """(B,1,H,W) -> (B,H,W)."""
    return torch.where(known, values.detach().float(), torch.nan)[:, 0].cpu().numpy()
