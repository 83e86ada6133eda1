"""What `gradunc.predict` takes for an image, as a tensor in [0,1] with a name."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.data.formats.pictures import check_pixels
from gradunc.data.image_decoding import upright_pixels
from gradunc.data.image_files import as_image, read_image
from gradunc.data.inputs.image import IMAGE
from gradunc.data.inputs.interface import InputImage
from gradunc.data.inputs.opening import source_kind
from gradunc.errors import InputError
from gradunc.fetching import is_url
from gradunc.ops.checks import check_range
from gradunc.prediction.url import read_url, url_name

TAKEN = "a path, a PIL image, a NumPy array (H,W,3), or a tensor (3,H,W) or (B,3,H,W)"


class Source(NamedTuple):
    """One image, or those of a batch."""

    images: list[Tensor]
    """(3,H,W) float32 in [0,1], on the CPU."""
    names: list[str]
    """For the names of result files; "/" leads to a folder."""
    is_batch: bool = False
    """Whether it had a batch axis."""

    __repr__ = brief_repr


def source_of(source: Any, *, url: bool = False) -> Source:
    """The images of whatever a caller has.

    Args:
        source: path of an image file; PIL image, turned upright by its EXIF orientation; array (H,W,3) or (H,W), uint8
            or float in [0,1]; tensor (3,H,W) or (B,3,H,W), uint8 or float in [0,1]; one of the images of
            `gradunc.open_images`; with `url` also an address.
        url: download what is an address.

    Raises:
        InputError: anything else; the message says what is taken.
    """
    if isinstance(source, str | os.PathLike):
        return _of_text(os.fspath(source), url)
    if isinstance(source, InputImage):
        return Source([source.read()], [source.name])
    if isinstance(source, Image.Image):
        name = Path(str(getattr(source, "filename", ""))).name
        return Source([_of_picture(source, name or "image")], [name or "image"])
    if isinstance(source, Tensor):
        return _of_tensor(source)
    if isinstance(source, np.ndarray):
        return Source([_of_array(source)], ["image"])
    if isinstance(source, Sequence) and not isinstance(source, bytes):
        raise InputError(f"source is a {type(source).__name__}; predict takes one image a call: {TAKEN}")
    raise InputError(f"source is a {type(source).__name__}; predict takes {TAKEN}")


def _of_text(text: str | bytes, url: bool) -> Source:
    text = os.fsdecode(text)
    if is_url(text):
        if not url:
            raise InputError(f"'{text}' is an address; say predict(..., url=True) to download it")
        return Source([read_url(text)], [url_name(text)])
    if (kind := source_kind(text)) is not IMAGE:
        raise InputError(
            f"'{text}' stands for the images of a {kind.title.lower()}, and predict takes one a call: "
            f"for image in gradunc.open_images('{text}'): gradunc.predict(image, model)"
        )
    path = Path(text).expanduser()
    return Source([read_image(path)], [path.name])


def _of_picture(picture: Image.Image, name: str) -> Tensor:
    check_pixels("image", Path(name), picture.size)
    try:
        return as_image(upright_pixels(picture, name))
    except InputError:
        raise
    except Exception as error:  # Pillow decodes now, and its decoders raise nearly anything on damaged data
        raise InputError(
            f"cannot read image '{name}': {' '.join(str(error).split()) or type(error).__name__}"
        ) from error


def _of_array(array: NDArray[Any]) -> Tensor:
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or array.size == 0:
        first = array.ndim == 3 and array.shape[0] == 3
        hint = "; channels come last in an array: array.transpose(1, 2, 0)" if first else ""
        raise InputError(f"an array must be (H,W,3), or (H,W) for gray, but is {array.shape}{hint}")
    if array.dtype != np.uint8 and array.dtype.kind != "f":  # before torch, which does not know all types of NumPy
        raise _no_pixels("array", array.dtype.name)
    pixels = np.repeat(array[..., None], 3, axis=2) if array.ndim == 2 else array
    native = pixels.astype(np.uint8 if array.dtype == np.uint8 else np.float32)  # torch knows no other byte order
    return _in_range(torch.from_numpy(np.ascontiguousarray(native)).movedim(-1, 0))


def _of_tensor(tensor: Tensor) -> Source:
    if tensor.ndim not in (3, 4) or tensor.shape[-3] != 3 or tensor.numel() == 0:
        last = tensor.ndim in (3, 4) and tensor.shape[-1] == 3
        hint = "; channels come first in a tensor: tensor.movedim(-1, -3)" if last else ""
        raise InputError(f"a tensor must be (3,H,W) or (B,3,H,W), but is {tuple(tensor.shape)}{hint}")
    if tensor.dtype != torch.uint8 and not tensor.is_floating_point():
        raise _no_pixels("tensor", str(tensor.dtype).removeprefix("torch."))
    with torch.inference_mode(False):
        images = _in_range(tensor.detach().to("cpu").clone())
    if tensor.ndim == 3:
        return Source([images], ["image"])
    return Source(list(images), [f"image-{place}" for place in range(len(images))], is_batch=True)


def _no_pixels(what: str, dtype: str) -> InputError:
    return InputError(f"the {what} holds {dtype}; give uint8, or float in [0,1] (16-bit pixels: {what} / 65535)")


def _in_range(values: Tensor) -> Tensor:
    """(...,3,H,W), uint8 or float in [0,1] -> float32."""
    if values.dtype == torch.uint8:
        return (values.float() / 255).contiguous()
    check_range(values)
    return values.float().contiguous()
