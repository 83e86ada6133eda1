"""Where the image of a batch is, whatever the data set of a foreign LightningModule gives."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from gradunc.errors import InputError


def only_image(batch: Any) -> dict[str, Tensor]:
    """What is estimated if nobody says it: the image of a batch.

    That is its key "image", the first value of a tuple or list, or the batch itself.

    Raises:
        InputError: no image (B,3,H,W) is there.
    """
    image = batch.get("image") if isinstance(batch, Mapping) else batch
    if isinstance(batch, tuple | list) and batch:
        image = batch[0]
    if not isinstance(image, Tensor) or image.ndim != 4 or image.shape[1] != 3:
        raise InputError(
            f"a batch is a {type(batch).__name__}{_inside(batch, image)}; say where its images (B,3,H,W) are with "
            "UncertaintyCallback(..., inputs=lambda batch: {'image': batch[...]})"
        )
    return {"image": image}


def named(batch: Any) -> Mapping[str, Any]:
    """A batch by names: of a tuple, a list or a tensor only the image is known, and nothing where that is none."""
    if isinstance(batch, Mapping):
        return batch
    try:
        return only_image(batch)
    except InputError:
        return {}


def _inside(batch: Any, found: Any) -> str:
    """What stands where the image should."""
    if isinstance(batch, Mapping) and "image" not in batch:
        return f" without key 'image' (it has {', '.join(map(str, batch))[:200] or 'none'})"
    if isinstance(found, Tensor):
        return f" with {'a tensor' if found is not batch else 'the shape'} {tuple(found.shape)} for the image"
    return f" with a {type(found).__name__} for the image"
