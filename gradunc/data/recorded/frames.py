"""Recorded data of any layout: what one frame consists of, and the one data set that turns frames into samples.

A layout is a function that finds files and returns `Frame`s (`gradunc/data/sets/`); formats and calibration are read
by `gradunc/data/formats/`, which know no torch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from gradunc.data.image_files import load_image
from gradunc.data.remarks import Assumption
from gradunc.types import Sample, Size

Depth = NDArray[np.float32]
"""(H,W) true depth [m], camera z, 0 where unknown."""


class ImageSource(Protocol):
    """One stored image: a frozen dataclass whose fields name all that decides its pixels beside the file's content.

    The frame cache takes two sources with the same `repr` and an unchanged file for the same image.
    """

    @property
    def path(self) -> Path:
        """The file that holds it, alone or with others."""
        ...

    @property
    def name(self) -> str:
        """Path, or path and index inside a file; for messages and result files, unique within the data set."""
        ...

    def load(self, size: tuple[int, int]) -> Tensor:
        """(3,h,w) uint8, resized once; InputError for a damaged file, or one whose shape is not its camera's."""
        ...


@dataclass(frozen=True)
class ImageFile:
    """An image that is a file of its own."""

    path: Path
    shape: tuple[int, int] | None = None
    """(H,W) of its camera's images, which it must have or be a resized form of; None = not known."""

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def load(self, size: tuple[int, int]) -> Tensor:
        """(3,h,w) uint8; InputError for a damaged file or one of another shape."""
        return load_image(self.path, size, self.shape)


@dataclass(frozen=True)
class Frame:
    """A target image, what belongs to it, and how to read its truth."""

    image: ImageSource
    sequence: str
    """Recording it belongs to; a sequence is never divided between train, val and test."""
    intrinsics: NDArray[np.float64] | None = None
    """(3,3) in pixels of the stored image, pixel centres being integers; None if unknown."""
    native_size: tuple[int, int] | None = None
    """(H,W) that `intrinsics` are about. Not always what the camera makes, which the image sources are told: published
    intrinsics are about the network's size."""
    sources: tuple[ImageSource, ...] = ()
    """The other views, in the order of the data set's frame ids."""
    source_pose: NDArray[np.float64] | None = None
    """(N,4,4) target camera -> source camera [m], NaN where unknown."""
    truth: Callable[[], Depth] | None = None
    """Reads the true depth at its own resolution; InputError for a damaged file. Picklable."""
    relative: Callable[[Size], Mapping[str, NDArray[Any]]] | None = None
    """Reads truth that is no depth, for an image of (h,w): keys of `Sample` and their arrays; InputError likewise."""
    truth_is_disparity: bool = False
    """The true depth is stored as disparity, of which published files have few different values."""
    scene: str = ""
    """What `sequence` shows, if others show it too; the sequence itself by default."""
    assumed: tuple[Assumption, ...] = ()
    """What of all this no file and no option states."""

    @property
    def has_truth(self) -> bool:
        """Whether anything of its truth is known."""
        return self.truth is not None or self.relative is not None

    def read_truth(self) -> None:
        """Read what is known of its truth, to see whether that can be done; InputError if not."""
        if self.truth is not None:
            self.truth()
        if self.relative is not None:
            self.relative((1, 1))


def resized_intrinsics(
    intrinsics: NDArray[np.float64], native: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.float64]:
    """(3,3) intrinsics in pixels of images resized from (H,W) to (h,w), pixel centres being integers.

    A resize aligns the edges of the images, so a column maps as u' = (u + 0.5) w/W - 0.5, and so does cx.

    >>> resized_intrinsics(np.array([[4.0, 0, 1.5], [0, 4, 1.5], [0, 0, 1]]), (4, 4), (2, 2)).tolist()
    [[2.0, 0.0, 0.5], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]]
    """
    y, x = size[0] / native[0], size[1] / native[1]
    resize = np.array([[x, 0, 0.5 * x - 0.5], [0, y, 0.5 * y - 0.5], [0, 0, 1]])
    return (resize @ intrinsics).astype(np.float64)


class FrameDataset(Dataset[Sample]):
    """Samples of frames.

    A sample has `image` (3,h,w) uint8, `index`, `path` and `scene`; where the frame knows them also `intrinsics`
    (3,3) in pixels of `image`, `sources` (N,3,h,w) uint8 and `source_pose` (N,4,4), `depth` (1,H,W) [m] and `valid`
    (1,H,W), or truth that is no depth.
    The data module turns uint8 into float on the training device.

    Args:
        frames: at least one.
        size: (h,w) of the network.
    """

    def __init__(self, frames: Sequence[Frame], size: tuple[int, int]) -> None:
        self.frames = tuple(frames)
        self.size = size

    def __len__(self) -> int:
        """How many target images there are."""
        return len(self.frames)

    @property
    def assumed(self) -> Iterator[tuple[Assumption, str]]:
        """What is assumed of the frames, with the sequence; once for each of them."""
        return iter(dict.fromkeys((one, frame.sequence) for frame in self.frames for one in frame.assumed))

    def name(self, index: int) -> str:
        """Where a sample's image comes from, known without reading it."""
        return self.frames[index].image.name

    def __getitem__(self, index: int) -> Sample:
        """Read one sample from disk; InputError for a damaged file."""
        frame = self.frames[index]
        sample: Sample = {
            "image": frame.image.load(self.size),
            "index": torch.tensor(index % len(self)),
            "path": frame.image.name,
            "scene": frame.scene or frame.sequence,
        }
        if frame.intrinsics is not None and frame.native_size is not None:
            matrix = resized_intrinsics(frame.intrinsics, frame.native_size, self.size)
            sample["intrinsics"] = torch.from_numpy(matrix).float()
        if frame.sources:
            sample["sources"] = torch.stack([source.load(self.size) for source in frame.sources])
            pose = frame.source_pose if frame.source_pose is not None else np.full((len(frame.sources), 4, 4), np.nan)
            sample["source_pose"] = torch.from_numpy(pose).float()
        if frame.truth is not None:
            depth = torch.from_numpy(frame.truth())
            sample["depth"] = depth[None]
            sample["valid"] = depth[None] > 0
        if frame.relative is not None:
            arrays = frame.relative(self.size)
            sample = cast(Sample, {**sample, **{key: torch.from_numpy(values) for key, values in arrays.items()}})
        return sample
