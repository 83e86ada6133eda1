"""References from a changed image: predict it, undo the change on the depth (docs/methods.md A.3)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as TF

from gradunc.errors import InputError
from gradunc.ops.disparity import resize
from gradunc.uncertainty.gradient.references.base import Query, Reference, check_types
from gradunc.uncertainty.passes import mirrored, mirrored_inputs


@dataclass(frozen=True)
class Flip:
    """Predict the mirrored image and mirror the depth back (published default)."""

    def __call__(self, query: Query) -> Reference:
        """The principal point of given intrinsics is mirrored too."""
        if query.output.has_head:
            image, inputs = query.image.flip(-1), mirrored_inputs(query.image, query.inputs)
            return Reference(query.predict(image, **inputs).flip(-1))
        return Reference(mirrored(query.model, query.image, query.inputs).depth.detach())


@dataclass(frozen=True)
class Gray:
    """Predict the image without colour, in three equal channels (torchvision's ITU-R 601 weights)."""

    def __call__(self, query: Query) -> Reference:
        """See the class."""
        return Reference(query.predict(TF.rgb_to_grayscale(query.image, num_output_channels=3)))


@dataclass(frozen=True)
class Noise:
    """Predict the image plus Gaussian noise, which is not clamped.

    Args:
        std: standard deviation on the [0,1] image; published 0.01.
    """

    std: float = 0.01

    def __post_init__(self) -> None:
        check_types(self)
        _require(self.std > 0, f"noise: std={self.std} must be above 0")

    def __call__(self, query: Query) -> Reference:
        """See the class."""
        return Reference(query.predict(query.image + self.std * query.draws.normal(query.image)))


@dataclass(frozen=True)
class Rotate:
    """Predict the rotated image and rotate the depth back: nearest sampling, same canvas, zeros rotated in.

    Args:
        degrees: counter-clockwise; published 10.
        masked: leave out pixels whose reference comes from outside the image. The published program does not, so
            that its corners compare with depth 0.
    """

    degrees: float = 10.0
    masked: bool = True

    def __post_init__(self) -> None:
        check_types(self)
        _require(0 < abs(self.degrees) <= 90, f"rotate: degrees={self.degrees} must be above 0 and at most 90")

    def __call__(self, query: Query) -> Reference:
        """Given intrinsics stay as they are: a camera that is tilted, not another one."""
        depth = self._rotate(query.predict(self._rotate(query.image, self.degrees)), -self.degrees)
        if not self.masked:
            return Reference(depth)
        inside = torch.ones_like(depth)
        back = self._rotate(self._rotate(inside, self.degrees), -self.degrees)
        return Reference(depth, back > 0.5)

    @staticmethod
    def _rotate(maps: Tensor, degrees: float) -> Tensor:
        # torchvision computes its sampling grid in the type of the maps, and autocast would take that for a network's.
        with torch.autocast(maps.device.type, enabled=False):
            wide = maps if maps.dtype == torch.float64 else maps.float()
            turned = TF.rotate(wide, degrees, interpolation=InterpolationMode.NEAREST, fill=[0.0] * maps.shape[1])
        return turned.to(maps.dtype)


@dataclass(frozen=True)
class Brightness:
    """Predict the image with another exposure, clamped to [0,1].

    Args:
        brightness: factor on all values.
        contrast: factor on the difference to the mean grey.
    """

    brightness: float = 1.2
    contrast: float = 1.0

    def __post_init__(self) -> None:
        check_types(self)
        _require(min(self.brightness, self.contrast) >= 0, "brightness: factors must be at least 0")
        _require(
            (self.brightness, self.contrast) != (1.0, 1.0), "brightness: both factors are 1, which changes nothing"
        )

    def __call__(self, query: Query) -> Reference:
        """See the class."""
        return Reference(
            query.predict(TF.adjust_contrast(TF.adjust_brightness(query.image, self.brightness), self.contrast))
        )


@dataclass(frozen=True)
class Shift:
    """Predict the image moved by whole pixels, its border repeated; pixels that left the canvas are unknown.

    Args:
        right: pixels to the right, negative = left.
        down: pixels down, negative = up.
    """

    right: int = 8
    down: int = 0

    def __post_init__(self) -> None:
        check_types(self)
        _require((self.right, self.down) != (0, 0), "shift: right=0 and down=0 change nothing")

    def __call__(self, query: Query) -> Reference:
        """See the class. The principal point of given intrinsics moves along.

        Raises:
            InputError: the image is not larger than the shift.
        """
        height, width = query.image.shape[-2:]
        if abs(self.right) >= width or abs(self.down) >= height:
            raise InputError(f"shift by ({self.right}, {self.down}) px moves the {height}x{width} image off the canvas")
        changed = {}
        if "intrinsics" in query.inputs:
            moved = query.inputs["intrinsics"].clone()
            moved[..., 0, 2] += self.right
            moved[..., 1, 2] += self.down
            changed = {"intrinsics": moved}
        depth = self._moved(
            query.predict(self._moved(query.image, self.right, self.down), **changed), -self.right, -self.down
        )
        rows = torch.arange(height, device=depth.device) + self.down
        columns = torch.arange(width, device=depth.device) + self.right
        known = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
        return Reference(depth, known.expand_as(depth))

    @staticmethod
    def _moved(maps: Tensor, right: int, down: int) -> Tensor:
        left, top = max(right, 0), max(down, 0)
        height, width = maps.shape[-2:]
        grown = F.pad(maps, (left, max(-right, 0), top, max(-down, 0)), mode="replicate")
        return grown[..., max(-down, 0) :, max(-right, 0) :][..., :height, :width]


@dataclass(frozen=True)
class Rescale:
    """Predict the image in another resolution and resize the depth back.

    Args:
        factor: on height and width.
    """

    factor: float = 0.75

    def __post_init__(self) -> None:
        check_types(self)
        _require(0 < self.factor <= 4 and self.factor != 1, f"rescale: factor={self.factor} must be in (0, 4], not 1")

    def __call__(self, query: Query) -> Reference:
        """Given intrinsics are scaled along.

        Depth is resized in the quantity that the network allows to be averaged, if it has `resize_depth`.
        """
        height, width = query.image.shape[-2:]
        size = (max(1, round(height * self.factor)), max(1, round(width * self.factor)))
        # Antialiased resizing is not implemented in half precision.
        wide = query.image if query.image.dtype == torch.float64 else query.image.float()
        small = F.interpolate(wide, size, mode="bilinear", align_corners=False, antialias=True).to(query.image.dtype)
        changed = {}
        if "intrinsics" in query.inputs:
            scale = query.image.new_tensor([size[1] / width, size[0] / height, 1.0])
            scaled = query.inputs["intrinsics"] * scale[:, None]
            # Pixel centres are integers, so that the border of the image lies at -0.5.
            scaled[..., :2, 2] += (scale[:2] - 1) / 2
            changed = {"intrinsics": scaled}
        depth = query.predict(small, **changed)
        back = getattr(query.model, "resize_depth", resize)
        return Reference(back(depth, (height, width)))


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InputError(message)
