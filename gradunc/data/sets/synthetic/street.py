"""The synthetic street as a data set of `Sample`s."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from rich.progress import track
from torch import Tensor
from torch.utils.data import Dataset

from gradunc.data import array_files
from gradunc.data.sets.synthetic.camera import FRAME_INTERVAL, TRAVEL_TIME, intrinsics, relative_pose
from gradunc.data.sets.synthetic.regions import REGIONS
from gradunc.data.sets.synthetic.render import RENDERER_VERSION, render
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.world import SPLITS, Scene, generate
from gradunc.errors import InputError, unknown
from gradunc.types import STEREO, Sample, Split

FRAMES: tuple[int | str, ...] = (-1, 1, STEREO)
"""The source views there are: one step back, one step on, the right camera."""

recent_scene = lru_cache(maxsize=32)(generate)


class SyntheticStreet(Dataset[Sample]):
    """Views from a car that drives through procedural streets, with exact depth, poses and regions.

    Every sample holds `image`, `depth`, `valid`, `intrinsics`, `regions`, `index`, `path` and `scene`, and, where
    `frames` is not empty, `sources` and `source_pose`. Samples are rendered when first asked for.

    Args:
        split: "train", "val" or "test"; no scene is in two of them.
        scenes: number of scenes; there are `settings.frames_per_scene` samples of each.
        settings: size, seed and switches.
        frames: the source views of each sample, in order: -1, 1 (neighbours in time) and "s" (right camera).
        cache_dir: where rendered samples are kept; None renders anew each time.

    Raises:
        InputError: for an unknown split or frame, or fewer than one scene.
    """

    rendered: ClassVar[bool] = True
    """Depth, camera and motion are exact: there is no mistake to look for before training."""

    def __init__(
        self,
        split: Split,
        scenes: int,
        settings: RenderSettings | None = None,
        frames: Sequence[int | str] = (STEREO,),
        cache_dir: Path | None = None,
    ) -> None:
        if split not in SPLITS:
            raise unknown("split", str(split), SPLITS)
        if scenes < 1:
            raise InputError(f"the synthetic street has {scenes} scenes; it needs at least 1")
        for frame in frames:
            if frame not in FRAMES:
                raise unknown("frame", str(frame), [str(known) for known in FRAMES])
        self.split, self.scenes, self.frames = split, scenes, tuple(frames)
        self.settings = settings if settings is not None else RenderSettings()
        self.intrinsics = torch.from_numpy(intrinsics(self.settings.height, self.settings.width))
        self.folder = None if cache_dir is None else Path(cache_dir) / self.cache_key()

    def cache_key(self) -> str:
        """The name of the cache folder: it depends on all that decides what a sample looks like."""
        choice = {"frames": self.frames, "split": self.split, "version": RENDERER_VERSION}
        return f"{self.split}-{array_files.fingerprint(asdict(self.settings) | choice)}"

    def __len__(self) -> int:
        """Number of samples."""
        return self.scenes * self.settings.frames_per_scene

    def __getitem__(self, index: int) -> Sample:
        """The sample of a position, without a batch axis."""
        if not 0 <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        arrays = self.load(index)
        return self.to_sample(arrays if arrays is not None else self.produce(index), index)

    def prepare(self, progress: bool = True) -> None:
        """Renders into the cache whatever it does not hold whole yet."""
        if self.folder is None:
            raise InputError("the synthetic street cannot be prepared without a cache_dir")
        missing = [index for index in range(len(self)) if self.load(index) is None]
        for index in track(missing, f"Rendering {self.split} scenes", disable=not progress):
            self.produce(index)

    def name(self, index: int) -> str:
        """A readable id, like "train/scene0003/frame02"."""
        scene, frame = divmod(index, self.settings.frames_per_scene)
        return f"{self.split}/scene{scene:04d}/frame{frame:02d}"

    def cache_file(self, index: int) -> Path | None:
        """Where a sample is kept; None without a cache."""
        return None if self.folder is None else self.folder / f"{self.name(index)}.bin"

    def load(self, index: int) -> array_files.Arrays | None:
        """The arrays of a sample from the cache; None where it has no whole file."""
        file = self.cache_file(index)
        return None if file is None else array_files.read(file)

    def produce(self, index: int) -> array_files.Arrays:
        """Renders the arrays of a sample, and keeps them if there is a cache."""
        scene_index, frame = divmod(index, self.settings.frames_per_scene)
        scene = recent_scene(self.settings.seed, self.split, scene_index)
        time = TRAVEL_TIME * (frame + 0.5) / self.settings.frames_per_scene
        arrays = self.render_views(scene, time)
        file = self.cache_file(index)
        if file is not None:
            array_files.write(file, arrays)
        return arrays

    def render_views(self, scene: Scene, time: float) -> array_files.Arrays:
        """The target view at a time [s] with its truth, and the source views with their poses."""
        target = render(scene, time, "left", self.settings)
        sources = [
            render(scene, time, "right", self.settings)
            if frame == STEREO
            else render(scene, time + FRAME_INTERVAL * int(frame), "left", self.settings)
            for frame in self.frames
        ]
        arrays: array_files.Arrays = {"image": target.image, "depth": target.depth}
        arrays |= {f"region_{name}": mask for name, mask in target.regions.items()}
        if sources:
            arrays["sources"] = np.stack([view.image for view in sources])
            arrays["source_pose"] = np.stack([relative_pose(target.pose, view.pose) for view in sources])
        return arrays

    def to_sample(self, arrays: array_files.Arrays, index: int) -> Sample:
        """The tensors of a sample from its arrays."""
        depth = torch.from_numpy(arrays["depth"])[None]
        sample = Sample(
            image=to_unit(arrays["image"]),
            depth=depth,
            valid=depth > 0,
            intrinsics=self.intrinsics.clone(),
            regions={name: torch.from_numpy(arrays[f"region_{name}"])[None] for name in REGIONS},
            index=torch.tensor(index),
            path=self.name(index),
            scene=self.name(index).rpartition("/")[0],
        )
        if self.frames:
            sample["sources"] = to_unit(arrays["sources"])
            sample["source_pose"] = torch.from_numpy(arrays["source_pose"])
        return sample


def to_unit(image: np.ndarray) -> Tensor:
    """(...,H,W,3) uint8 -> (...,3,H,W) float32 in [0,1]."""
    return torch.from_numpy(image).movedim(-1, -3).float().div_(255).contiguous()
