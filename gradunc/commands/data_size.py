"""The size at which a network sees a data set when nobody says it: as its image processor resizes such images."""

import sys
from contextlib import suppress

from gradunc.assembly.data import data_set
from gradunc.commands.network import one_size
from gradunc.commands.verbs import program
from gradunc.data.inspection.stored import stored_size
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.models.adapters.preparation import preparation_of
from gradunc.ops.sizes import training_size
from gradunc.types import Size, Split

SPLITS: tuple[Split, ...] = ("test", "val")
USUAL = (192, 640)
"""Of images that are made at any size, for a network that takes any."""


def data_size(size: str | None, model: DepthModel, data: DataSettings, why: str) -> Size:
    """Height and width [px] at which a network sees every image of a data set, whichever split a verb needs.

    Args:
        size: "HxW", or None: as its image processor resizes the first stored image, else what it was trained on.
        model: the network.
        data: the data set.
        why: "native" is no such size; the end of a sentence.

    Raises:
        InputError: "native", or no size.
    """
    preparation = preparation_of(model)
    if size is not None or preparation is None:
        return one_size(size, model, f"is for {program()} predict; {why}")
    image = _stored_image(data)
    if image is not None:
        found, of = preparation.size_for(image), f"images of {image[0]}x{image[1]}"
    elif (trained := training_size(model)) is not None:
        return trained
    else:
        aim = preparation.size or USUAL
        found, of = preparation.size_for(aim), "images that can have any size"
    print(f"size: {found[0]}x{found[1]}, as the network's image processor resizes {of}", file=sys.stderr)
    return found


def _stored_image(settings: DataSettings) -> Size | None:
    """(H,W) of the first image that is stored, of the first split that has some, so that what `fit` learns is at the
    size of `evaluate`; None where images are made at the size that is asked for.
    """
    for split in SPLITS:
        # What is wrong with a split is told by the verb that opens it; the other one may be sound.
        with suppress(InputError):
            data = data_set(settings).read(split, USUAL, ())
            parts = getattr(data, "parts", {"": data}).values()
            frames = [one.frames[0] for one in parts if isinstance(one, FrameDataset) and one.frames]
            if found := [size for frame in frames if (size := stored_size(frame)) is not None]:
                return found[0]
    return None
