"""Resized images kept on disk, so that each is decoded once and not in every epoch."""

import os
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from rich.progress import track
from torch import Tensor

from gradunc.data import array_files
from gradunc.data.recorded.frames import Frame, FrameDataset, ImageSource
from gradunc.errors import InputError
from gradunc.types import Size

VERSION = 1
"""Of the pixels that `load_image` makes of a file; a higher one leaves all older copies behind."""


@dataclass(frozen=True)
class CachedImage:
    """An image source that keeps what it has read.

    A copy goes by the source, the size and time of its file, and the size asked for: whatever of it changes, the image
    is read anew. Several processes may share a folder; a damaged copy is replaced.
    """

    source: ImageSource
    folder: Path

    @property
    def path(self) -> Path:
        """The file of the source."""
        return self.source.path

    @property
    def name(self) -> str:
        """The name of the source."""
        return self.source.name

    def copy(self, size: Size) -> Path | None:
        """Where the image is kept at a size; None if its file is gone."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        key = array_files.fingerprint(
            {
                "version": VERSION,
                "source": repr(self.source),
                "path": os.path.abspath(self.path),
                "bytes": status.st_size,
                "time": status.st_mtime_ns,
            }
        )
        return self.folder / f"{size[0]}x{size[1]}" / key[:2] / f"{key}.bin"

    def load(self, size: Size) -> Tensor:
        """(3,h,w) uint8, from the copy if it is sound; InputError for a damaged source.

        A folder that cannot be written costs time, not the sample: it is warned of once.
        """
        file = self.copy(size)
        if file is None:
            return self.source.load(size)
        try:
            kept = array_files.read(file)
        except OSError:
            kept = None
        if kept is not None:
            return torch.from_numpy(kept["image"])
        image = self.source.load(size)
        try:
            array_files.write(file, {"image": image.numpy()})
        except OSError as error:
            warnings.warn(f"resized images are not kept: {_unusable(self.folder, error)}", stacklevel=2)
        return image

    def fill(self, size: Size) -> None:
        """Make the copy; InputError for a damaged source or a folder that cannot be written."""
        file = self.copy(size)
        if file is not None and file.exists():
            return
        image = self.source.load(size)
        if file is not None:
            try:
                array_files.write(file, {"image": image.numpy()})
            except OSError as error:
                raise _unusable(self.folder, error) from error


class CachedFrames(FrameDataset):
    """Recorded data whose images are kept in a folder.

    Args:
        data: the data set.
        folder: of the copies.
        threads: that fill it in `prepare`.
        strict: whether `prepare` raises for a damaged image, or leaves it to the loading of its sample.
    """

    def __init__(self, data: FrameDataset, folder: Path, threads: int = 1, *, strict: bool = True) -> None:
        super().__init__([_cached(frame, folder) for frame in data.frames], data.size)
        self.threads, self.strict = threads, strict

    def prepare(self, progress: bool = True) -> None:
        """Fill the folder with whatever it does not hold; when interrupted, the next call goes on.

        Raises:
            InputError: a damaged image (if strict), or a folder that cannot be written.
        """
        missing = [image for image in _images(self.frames) if not _is_kept(image, self.size)]
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                results = pool.map(self._fill, missing)
                for _ in track(results, "Resizing images", total=len(missing), disable=not (progress and missing)):
                    pass
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _fill(self, image: CachedImage) -> None:
        try:
            image.fill(self.size)
        except _Unusable:
            raise
        except InputError:
            if self.strict:
                raise


class _Unusable(InputError):
    """The folder of the copies cannot be written."""


def _unusable(folder: Path, error: OSError) -> _Unusable:
    return _Unusable(f"cannot write to '{folder}': {error.strerror or error}; set data.cache=FOLDER")


def _cached(frame: Frame, folder: Path) -> Frame:
    sources = tuple(CachedImage(source, folder) for source in frame.sources)
    return replace(frame, image=CachedImage(frame.image, folder), sources=sources)


def _images(frames: Iterable[Frame]) -> list[CachedImage]:
    """Every image once, in order: most are the target of one frame and a source of others."""
    each = (image for frame in frames for image in (frame.image, *frame.sources))
    return list({repr(image.source): image for image in each if isinstance(image, CachedImage)}.values())


def _is_kept(image: CachedImage, size: Size) -> bool:
    file = image.copy(size)
    return file is not None and file.exists()
