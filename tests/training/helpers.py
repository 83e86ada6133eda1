"""Tiny networks, batches and data sets for tests of training, data loading and callbacks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import lightning as L
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from gradunc.data.loading.datamodule import DepthData
from gradunc.models import DepthModel, Monodepth2Settings, build_model
from gradunc.types import Sample, Split

HEIGHT, WIDTH = 32, 64

TINY = Monodepth2Settings(encoder="lcnet_050", size=[HEIGHT, WIDTH], decoder_channels=[8, 8, 8, 8, 8])
"""The smallest network that is a real one."""


def tiny_model(seed: int = 0, **changes: Any) -> DepthModel:
    """A fresh network that is the same for the same seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build_model(replace(TINY, **changes))


def random(seed: int, *shape: int) -> Tensor:
    """Uniform in [0,1)."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def sample(index: int, sources: int = 0, height: int = HEIGHT, width: int = WIDTH) -> Sample:
    """One sample of smooth random content: truth 2 to 20 m, the sources stereo-like translations of 0.5 m."""
    made = Sample(
        image=random(index, 3, height, width),
        depth=2 + 18 * random(index + 1000, 1, height, width),
        intrinsics=torch.tensor([[40.0, 0.0, width / 2], [0.0, 40.0, height / 2], [0.0, 0.0, 1.0]]),
        index=torch.tensor(index),
        path=f"toy/{index}",
    )
    made["valid"] = made["depth"] > 0
    if sources:
        made["sources"] = random(index + 2000, sources, 3, height, width)
        pose = torch.eye(4).repeat(sources, 1, 1)
        pose[:, 0, 3] = -0.5
        made["source_pose"] = pose
    return made


def batch(size: int = 2, sources: int = 0) -> Sample:
    """Collated samples."""
    return cast(Sample, torch.utils.data.default_collate([sample(i, sources) for i in range(size)]))


class Toy(Dataset[Sample]):
    """A list of samples as data set."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Sample:
        return self.samples[index]


def toy_data(count: int = 5, sources: int = 0, **keywords: Any) -> DepthData:
    """A data module whose three splits are the same samples."""
    data = Toy([sample(i, sources) for i in range(count)])
    make: Callable[[Split], Dataset[Sample]] = lambda split: data  # noqa: E731
    return DepthData(make, **{"batch_size": 2, **keywords})


def quiet_trainer(**keywords: Any) -> L.Trainer:
    """A CPU trainer that writes nothing."""
    defaults = {
        "accelerator": "cpu",
        "devices": 1,
        "max_epochs": 1,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,
    }
    return L.Trainer(**{**defaults, **keywords})


class SpyPose(nn.Module):
    """A pose network that remembers its pairs and always answers the same motion."""

    def __init__(self, axis_angle: Sequence[float], translation: Sequence[float]) -> None:
        super().__init__()
        self.motion = nn.Parameter(torch.tensor([*axis_angle, *translation]))
        self.pairs: list[tuple[Tensor, Tensor]] = []

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        self.pairs.append((first, second))
        motion = self.motion.expand(len(first), 6)
        return motion[:, :3], motion[:, 3:]
