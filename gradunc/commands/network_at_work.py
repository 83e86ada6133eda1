"""The network and its estimators as the images of a call meet them: several together, and alone where that fails."""

import warnings
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gradunc.commands.speed import Speed
from gradunc.errors import one_line
from gradunc.models import DepthModel
from gradunc.prediction.maps import ImageError, Maps, check_finite, maps_of, maps_of_batch
from gradunc.prediction.network import InputSize, input_warning
from gradunc.types import Mirrored, Size, UncertaintyEstimator


class NetworkAtWork:
    """Maps of images.

    Args:
        model: the network.
        estimators: of it, by name.
        size: at which the network sees images.
        speed: is told how long the network takes.
        mirrored: of which predictions the depth is made.
    """

    def __init__(
        self,
        model: DepthModel,
        estimators: Mapping[str, UncertaintyEstimator],
        size: InputSize,
        speed: Speed,
        mirrored: Mirrored = "none",
    ) -> None:
        self.model, self.estimators, self.size, self.speed = model, estimators, size, speed
        self.mirrored: Mirrored = mirrored
        self._shape_said = self._alone_said = False

    def maps(self, labels: Sequence[str], images: Sequence[Tensor]) -> list[Maps | ImageError]:
        """The maps of images (3,H,W) of one size, or why one has none: an image must not cost the others theirs.

        Args:
            labels: of the images, for messages.
            images: at least one.
        """
        for label, image in zip(labels, images, strict=True):
            self._say_shape(label, (image.shape[-2], image.shape[-1]))
        together = self._together(images)
        return [
            self._checked(label, image, together[place] if together else None)
            for place, (label, image) in enumerate(zip(labels, images, strict=True))
        ]

    def _checked(self, label: str, image: Tensor, maps: Maps | None) -> Maps | ImageError:
        """The maps, of the image alone if there are none yet; the error of one that cannot be predicted."""
        try:
            if maps is None:
                with self.speed.network(1):
                    maps = maps_of(label, image, self.model, self.estimators, self.size, self.mirrored)
            check_finite(maps, label)
        except ImageError as error:
            return error
        return maps

    def _together(self, images: Sequence[Tensor]) -> list[Maps] | None:
        """The maps of a batch; None if it is none, or fails as a whole."""
        if len(images) < 2:
            return None
        try:
            with self.speed.network(len(images)):
                together = torch.stack(list(images))
                return maps_of_batch(together, self.model, self.estimators, self.size, self.mirrored)
        except (RuntimeError, ValueError, AssertionError) as error:
            self._say_alone(len(images), error)
            return None

    def _say_shape(self, label: str, image: Size) -> None:
        """Say it of the first image whose shape is far from that of the network's input."""
        said = "" if self._shape_said else input_warning(image, self.size, self.model)
        if said:
            self._shape_said = True
            warnings.warn(f"{said} ('{label}')", stacklevel=2)

    def _say_alone(self, count: int, error: Exception) -> None:
        """Say it of the first batch that fails: who waits should know why."""
        if not self._alone_said:
            self._alone_said = True
            said = one_line(str(error), 200) or type(error).__name__
            warnings.warn(f"a batch of {count} failed; images are predicted one by one: {said}", stacklevel=2)
