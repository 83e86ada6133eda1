"""The one call: an image of any kind and a network, to depth and uncertainty of the image's size."""

import os
import warnings
from pathlib import Path
from typing import Any, cast

from torch import nn

from gradunc.errors import InputError, unknown
from gradunc.prediction.maps import check_finite, maps_of
from gradunc.prediction.network import depth_maps_of, input_warning, network_from, said_of, size_for
from gradunc.prediction.prediction import Prediction
from gradunc.prediction.source import source_of
from gradunc.types import MIRRORED, Mirrored, Size, UncertaintyEstimator
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.descriptions import description_of, weights_of
from gradunc.uncertainty.interface import Estimator, awaits_depth


def predict(
    source: Any,
    model: nn.Module | str | Path,
    *,
    estimator: Estimator | None = GradientUncertainty.recommended,
    size: Size | str | None = None,
    device: str | None = None,
    url: bool = False,
    mirrored: Mirrored = "none",
) -> Prediction:
    """Depth and uncertainty of an image, as `infer.py predict` computes them.

    Args:
        source: path of an image file, PIL image, NumPy array (H,W,3) (uint8, or float in [0,1]), or tensor (3,H,W) or
            (B,3,H,W); one of `gradunc.open_images` (folder, pattern, film, list, camera); with `url=True` also an
            address.
        model: a network, any that `GradientUncertainty` takes, or what `load_model` takes: a run, an export, a
            checkpoint, a folder of published weights.
        estimator: what scores the pixels, or what makes it for the network: `GradientUncertainty` for the published
            settings, or an object of it. None = depth alone.
        size: height and width [px] at which the network sees the image; default: what it was trained on, if it says
            that, for networks of Hugging Face what their image processor makes of the image; otherwise, and for
            "native", the image's own. The maps always have the image's size.
        device: "cpu", "cuda", ...; default: where the network is, and for a file a GPU if there is one.
        url: download what is an address.
        mirrored: "mean" or "blended" makes the depth of the predictions of the image and of the mirrored image
            (`together`), in twice the time; the estimator judges the plain prediction all the same.

    Returns:
        `.depth`, `.uncertainty` (high = worse) and `.valid`, arrays (H,W) or, for a batch, (B,H,W); `.unit`;
        `.show()`, `.save(folder)`.

    Raises:
        InputError: no image or no network, an image that the network cannot take, or maps without a finite number.
    """
    if mirrored not in MIRRORED:
        raise unknown("mirrored", mirrored, MIRRORED)
    images = source_of(source, url=url)
    network = network_from(_as_path(model), device)
    shown_at = size_for(size, network)
    chosen = None if estimator is None else _built(estimator, network)
    # As `infer.py predict` calls its only estimator.
    estimators = {} if chosen is None else {_name_of(chosen): chosen}
    maps = []
    first = images.images[0]
    if said := input_warning((first.shape[-2], first.shape[-1]), shown_at, network):
        warnings.warn(f"{said} ('{images.names[0]}')", stacklevel=2)
    for name, image in zip(images.names, images.images, strict=True):
        maps.append(maps_of(name, image, network, estimators, shown_at, mirrored))
        check_finite(maps[-1], name)
    return Prediction(
        source=images,
        maps=tuple(maps),
        space=depth_maps_of(network).output_space,
        scale=None if chosen is None else chosen.scale,
        size=shown_at,
        said={**said_of(network), "weights": weights_of(network)},
        settings={} if chosen is None else description_of(chosen),
        mirrored=mirrored,
    )


def _as_path(model: Any) -> nn.Module | Path:
    return Path(os.fspath(model)).expanduser() if isinstance(model, str | os.PathLike) else model


def _name_of(estimator: UncertaintyEstimator) -> str:
    """For the head of the picture."""
    return "gradient" if isinstance(estimator, GradientUncertainty) else type(estimator).__name__


def _built(estimator: Estimator, network: nn.Module) -> UncertaintyEstimator:
    made: Any = estimator
    if isinstance(made, type) or not hasattr(made, "estimate"):
        if not callable(made):
            raise InputError(
                f"estimator is a {type(made).__name__}; give GradientUncertainty, a function of the network, an object "
                "that estimates, or None for depth alone"
            )
        made = cast(Any, made(network))
    if awaits_depth(made):
        raise InputError("the reference 'given' compares with true depth, which an image does not have; choose another")
    return made
