"""A small recorded data set whose files tests can damage."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gradunc.data.recorded.frames import Frame, FrameDataset, ImageFile
from gradunc.errors import InputError

SIZE = (12, 20)


@dataclass(frozen=True)
class Truth:
    """True depth in a .npy file."""

    path: Path

    def __call__(self) -> np.ndarray:
        try:
            return np.load(self.path)
        except (ValueError, EOFError) as error:
            raise InputError(f"cannot read depth '{self.path}': {error}") from error


def record(folder: Path, count: int, suffix: str = ".jpg", sources: bool = False, size=SIZE) -> FrameDataset:
    """Frame i is of gray 10 + 20 i, its truth i + 1 metres everywhere; with sources, the frame before and after."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    for i in range(count):
        pixels = np.clip(draw.integers(-9, 10, (24, 40, 3)) + 10 + 20 * i, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(image_path(folder, i, suffix))
        np.save(folder / f"{i}.npy", np.full((24, 40), i + 1, dtype=np.float32))
    files = [ImageFile(image_path(folder, i, suffix)) for i in range(count)]
    return FrameDataset(
        [
            Frame(
                files[i],
                "one",
                sources=(files[i - 1], files[(i + 1) % count]) if sources else (),
                truth=Truth(folder / f"{i}.npy"),
            )
            for i in range(count)
        ],
        size,
    )


def image_path(folder: Path, index: int, suffix: str = ".jpg") -> Path:
    return folder / f"{index}{suffix}"


def truncate(path: Path, share: float = 0.5) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
