"""What `gradunc.predict` returns: the maps of one image or of a batch, as NumPy arrays of the images' sizes."""

import operator
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageShow

from gradunc.brief import briefly, shape_of, span
from gradunc.prediction.files import drawing
from gradunc.prediction.maps import Maps
from gradunc.prediction.network import InputSize
from gradunc.prediction.saving import save_prediction
from gradunc.prediction.source import Source
from gradunc.types import Mirrored, OutputSpace, Scale


@dataclass(frozen=True, repr=False, eq=False)
class Prediction:
    """Depth and uncertainty of an image, or of the B images of a batch, whose arrays have a first axis B.

    A batch has a length; its parts are predictions of one image.
    """

    source: Source
    maps: tuple[Maps, ...]
    """Of every image."""
    space: OutputSpace
    """What the numbers of the depth mean: depth or disparity, in metres or up to a factor."""
    scale: Scale | None
    """What the numbers of the uncertainty are; None if nothing was estimated."""
    size: InputSize
    """At which the network saw the image."""
    said: Mapping[str, Any]
    """Which network it was: its description, and a checksum of its weights."""
    settings: Mapping[str, Any]
    """Of the estimator, see `description_of`; empty if nothing was estimated."""
    mirrored: Mirrored = "none"
    """Of which predictions the depth is made; the uncertainty is of the plain one."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H,W,3), what was predicted, upright."""
        images = [
            np.round(one.movedim(0, -1).numpy() * 255).clip(0, 255).astype(np.uint8) for one in self.source.images
        ]
        return self._stacked(images)

    @property
    def depth(self) -> NDArray[np.float32]:
        """(H,W) in `unit`; NaN where the network gave no finite number."""
        return self._stacked([one.depth for one in self.maps])

    @property
    def uncertainty(self) -> NDArray[np.float32] | None:
        """(H,W), HIGH = WORSE, NaN where it is unknown; None if nothing was estimated."""
        if self.scale is None:
            return None
        return self._stacked([next(iter(one.uncertainty.values())) for one in self.maps])

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(H,W), True = depth and uncertainty are known."""
        depth, uncertainty = np.isfinite(self.depth), self.uncertainty
        return depth if uncertainty is None else depth & np.isfinite(uncertainty)

    @property
    def unit(self) -> str:
        """Of the depth: "m", "1/m" for disparity, or "arbitrary (up to scale)"."""
        return self.space.unit

    def picture(self, reject: float = 0.2) -> Image.Image:
        """Image, depth, uncertainty and what not to trust in one picture; of a batch one below the other.

        Args:
            reject: share of the most uncertain pixels that are marked as not to be trusted; 0 marks none.
        """
        each = zip(self.source.names, self.source.images, self.maps, strict=True)
        return Image.fromarray(np.concatenate([np.asarray(drawing(*one, self.space, reject)) for one in each]))

    def show(self, reject: float = 0.2) -> None:
        """Show `picture(reject)`: in a notebook below the cell, elsewhere in the system's viewer of images."""
        if (display := _notebook_display()) is not None:
            display(self.picture(reject))
        elif not ImageShow.show(self.picture(reject), self.source.names[0]):
            print("there is no viewer of images here; result.save(folder) writes the picture", file=sys.stderr)

    def save(self, folder: str | Path, name: str | None = None, reject: float = 0.2) -> list[Path]:
        """Write what `infer.py predict` writes: NAME.depth.npy, NAME.uncertainty.npy, NAME.panel.png and summary.json.

        Files of the same name are replaced. The summary of a folder tells of all images that were saved to it.

        Args:
            folder: is made if needed.
            name: default: that of the image file, "image" without one. The images of a batch are numbered.
            reject: share of the most uncertain pixels that the panel marks as not to be trusted.

        Returns:
            The files of the images.

        Raises:
            InputError: no good name or share, a folder that cannot be written, or one with results of another network
                or other settings.
        """
        return save_prediction(self, Path(folder), name, reject)

    def __len__(self) -> int:
        if not self.source.is_batch:
            raise TypeError("a prediction of one image has no length; its maps have: prediction.depth")
        return len(self.maps)

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, place: int) -> "Prediction":
        if not self.source.is_batch:
            raise TypeError("a prediction of one image has no parts; its maps are prediction.depth and .uncertainty")
        place = operator.index(place)  # a slice of a batch would be no prediction of one image
        source = Source([self.source.images[place]], [self.source.names[place]])
        return replace(self, source=source, maps=(self.maps[place],))

    def __iter__(self) -> Iterator["Prediction"]:
        return (self[place] for place in range(len(self)))

    def __repr__(self) -> str:
        depth, uncertainty = self.depth, self.uncertainty
        parts = {"image": self.source.names[0], self.space.quantity: f"{shape_of(depth)} {span(depth)} {self.unit}"}
        if self.source.is_batch:
            del parts["image"]
        if uncertainty is not None:
            parts["uncertainty"] = f"{span(uncertainty)}, high = worse, a {self.scale}"
        return briefly(self, parts)

    def _stacked(self, maps: list[NDArray[Any]]) -> NDArray[Any]:
        return np.stack(maps) if self.source.is_batch else maps[0]


def _notebook_display() -> Any:
    """IPython's `display` in a notebook, which shows pictures; None elsewhere."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display  # pyright: ignore[reportMissingImports]

    return display
