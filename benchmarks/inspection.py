"""How often true depth is taken for inverse depth, and inverse depth is found; rows, sides and cost of stereo pairs.

GRADUNC_DATA=DATA python benchmarks/inspection.py
"""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gradunc.assembly import data_set
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.inspection.look import findings, look
from gradunc.data.inspection.planes import plane_votes
from gradunc.data.inspection.truth import inverse_findings
from gradunc.types import FrameIds

EVERYTHING = "data.division={train: 0, val: 0, test: 1}"
SIZE = (192, 640)


def opened(frames: FrameIds, *arguments: str) -> Any:
    """The test split of a data set, with source views."""
    config = load(TrainConfig, TRAIN_GROUPS, parse(list(arguments), TRAIN_GROUPS))
    return data_set(config.data).open("test", SIZE, frames)


def recordings(root: Path, cache: str) -> Iterator[tuple[str, FrameIds, Any]]:
    """Name, source views and samples of all recorded data, and of the synthetic street."""
    aloe = (f"data.root={root / 'aloe'}", "data.stereo.focal=3740", "data.stereo.baseline=0.16")
    given: list[tuple[str, FrameIds, tuple[str, ...]]] = [
        ("kitti", (-1, 1, "s"), ("data=kitti", f"data.root={root / 'kitti_raw'}")),
        ("redkitchen", (-1, 1), ("data=rgbd", f"data.root={root / 'redkitchen'}", EVERYTHING)),
        ("aloe", ("s",), ("data=stereo", *aloe)),
        ("synthetic", (-1, 1, "s"), ("data=synthetic", f"data.cache={cache}", "data.synthetic.frames_per_scene=2")),
    ]
    scale = "data.folder.depth_scale=256"
    given += [
        (folder.name, (), ("data=folder", f"data.root={folder}", scale, EVERYTHING))
        for folder in sorted((root / "frames").iterdir())
        if folder.is_dir()
    ]
    for name, frames, arguments in given:
        yield name, frames, opened(frames, *arguments)


def inverted(depth: NDArray[np.float32], largest: int) -> NDArray[np.float32]:
    """Inverse depth as whole numbers up to a largest one, 0 where unknown."""
    inverse = np.where(depth > 0, 1 / np.maximum(depth, 1e-6), 0)
    return np.round(inverse / inverse.max() * largest).astype(np.float32)


def told(depths: list[NDArray[np.float32]]) -> str:
    """Votes of maps, and how many single ones are taken for inverse depth."""
    votes = [plane_votes(depth) for depth in depths]
    return f"{sum(one.depth for one in votes)}:{sum(one.inverse for one in votes)} votes, " + str(
        sum(bool(inverse_findings([one])) for one in votes)
    )


def main() -> None:
    """One line for each recording."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as cache:
        for name, frames, data in recordings(Path(os.environ["GRADUNC_DATA"]), cache):
            samples = [data[index] for index in range(len(data))]
            depths = [torch.where(one["valid"], one["depth"], 0)[0].numpy() for one in samples]
            start = time.process_time()
            checks, _ = look(data, frames, 6)
            found, seconds = findings(checks), time.process_time() - start
            inverse = [told([inverted(depth, largest) for depth in depths]) for largest in (60000, 255)]
            print(f"{name}: {len(depths)} maps: {told(depths)}; inverted {inverse[0]}; in 8 bits {inverse[1]}")
            for pair in (source.pair for check in checks for source in check.sources):
                if pair is not None:
                    rows, wrong = np.median(np.abs(pair.down)), pair.wrong_side(-1)
                    print(f"  rows {rows:.2f} pixels apart, {wrong:.1%} of the places on the wrong side")
            print(f"  {len(found)} findings in {len(checks)} samples, {seconds:.2f} s")


if __name__ == "__main__":
    main()
