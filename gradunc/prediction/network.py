"""The network that predicts: loaded, or anybody's module, and what its numbers mean."""

from pathlib import Path
from typing import Any, cast

from torch import Tensor, nn

from gradunc.data.image_files import resize_image
from gradunc.data.network_input import stretch_warning
from gradunc.errors import InputError
from gradunc.metrics.at_truth import DepthMaps
from gradunc.models import DepthModel, load_model
from gradunc.models.adapters.answers import resize_for
from gradunc.models.adapters.preparation import ImagePreparation, preparation_of
from gradunc.ops.devices import choose_device
from gradunc.ops.sizes import training_size, whole_size
from gradunc.types import OutputSpace, Size
from gradunc.uncertainty.network import network_of

InputSize = Size | ImagePreparation | None
"""At which size a network sees an image: one for all, what its image processor makes of each, or None, the image's."""


def network_from(model: nn.Module | str | Path, device: str | None) -> nn.Module:
    """A network on a device.

    Args:
        model: a network, or what `load_model` takes.
        device: "cpu", "cuda", ...; None = where the network is, and for a file "auto", a GPU if there is one.

    Raises:
        InputError: nothing that can be loaded, no network, or no such device.
    """
    if isinstance(model, str | Path):
        return load_model(model, device=choose_device(device or "auto"))
    network = network_of(model)
    return network if device is None else network.to(choose_device(device))


def own_size(model: nn.Module) -> InputSize:
    """What a network wants images to be resized to: its image processor's way, or what it was trained on."""
    return preparation_of(model) or training_size(model)


def size_for(size: Size | str | None, model: nn.Module) -> InputSize:
    """Height and width [px] at which a network sees images, or how they follow from the image; None = their own.

    Args:
        size: that, "native" for their own, or None for what the network wants or was trained on, if it says that.
        model: the network.

    Raises:
        InputError: anything else.
    """
    if size is None:
        return own_size(model)
    if size == "native":
        return None
    found = whole_size(size)
    if found is None:
        raise InputError(f"size={size!r} must be (height, width) in pixels, 'native', or None for the network's own")
    return found


def shown_to_network(images: Tensor, size: InputSize) -> Tensor:
    """Images (B,3,H,W) in [0,1] as the network sees them, resized."""
    if isinstance(size, ImagePreparation):
        return size.prepared(images)
    return images if size is None else resize_image(images, size)


def said_size(size: InputSize) -> list[int] | str:
    """A size as summaries and settings of results hold it."""
    return "native" if size is None else str(size) if isinstance(size, ImagePreparation) else list(size)


def input_warning(image: Size, size: InputSize, model: nn.Module) -> str:
    """What to say of an image whose shape is far from that of the network's input; "" if there is nothing.

    Args:
        image: (H,W) of the image.
        size: (h,w) at which the network sees it, or how that follows; None = its own.
        model: the network, which may know at what size it was trained.
    """
    if isinstance(size, ImagePreparation):
        size = size.size_for(image)
    return "" if size is None else stretch_warning(image, size, training_size(model))


class _Unspoken:
    """What is assumed of a module that says nothing of its numbers: depth, up to a factor."""

    def __init__(self, space: OutputSpace) -> None:
        self.output_space = space
        self.resize_depth = resize_for(space)


def depth_maps_of(model: nn.Module) -> DepthMaps:
    """What must be known of a network to resize its depth: its own word, or what follows from its `output_space`."""
    if callable(getattr(model, "resize_depth", None)):
        return cast(DepthMaps, model)
    return cast(DepthMaps, _Unspoken(getattr(model, "output_space", OutputSpace())))


def said_of(model: nn.Module) -> dict[str, Any]:
    """Plain values that say which network it is."""
    if isinstance(model, DepthModel):
        return model.description()
    return {"class": type(model).__name__}
