"""Runs with predictions that a test chooses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import lightning as L
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from gradunc.data.loading.datamodule import DepthData
from gradunc.models.parts.heads import DisparityHead
from gradunc.training import DepthEvaluation
from gradunc.types import DepthPrediction, OutputSpace, Sample, Scale, UncertaintyEstimate
from tests.training.helpers import Toy, quiet_trainer, random


class Told(nn.Module):
    """A depth model whose prediction of an image is the mean of its channels times 20, or what `answers` says."""

    def __init__(self, ambiguity: str = "scale") -> None:
        super().__init__()
        self.output_space = OutputSpace("depth", cast(Any, ambiguity))
        self.head = DisparityHead(0.1, 100.0, self.output_space)

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(20 * image.mean(1, keepdim=True))

    def resize_depth(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        return self.head.resize(depth, size)


class ToldUncertainty:
    """The first channel of the image is the uncertainty; known where the second is above 0.2."""

    scale = Scale("score")
    needs_grad = False

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        depth = self.model(image).depth
        return UncertaintyEstimate(depth, image[:, :1], image[:, 1:2] > 0.2, {}, torch.zeros(len(image)))


def sample(index: int, *, scale: int = 1, truth: bool = True, seen: float = 0.8) -> Sample:
    """An 8x12 image; truth `scale` times finer, of which the share `seen` is known."""
    made = Sample(image=0.05 + 0.95 * random(index, 3, 8, 12), index=torch.tensor(index), path=f"toy/{index}")
    if truth:
        depth = 1 + 90 * random(index + 100, 1, 8 * scale, 12 * scale)
        made["depth"] = torch.where(random(index + 200, *depth.shape) < seen, depth, 0.0)
        made["valid"] = made["depth"] > 0
    return made


def run_test(
    samples: Sequence[Sample], callbacks: list[L.Callback], model: nn.Module | None = None, **trainer: Any
) -> dict[str, float]:
    """Run `Trainer.test`; returns what was logged."""
    data: Dataset[Sample] = Toy(samples)
    module = DepthEvaluation(model or Told())
    (logged,) = quiet_trainer(callbacks=callbacks, **trainer).test(module, DepthData(lambda split: data), verbose=False)
    return dict(logged)


def median_errors(truth: np.ndarray, prediction: np.ndarray, keep: np.ndarray) -> dict[str, float]:
    """The errors of one image after median scaling, 1e-3 to 80 m."""
    t, p = truth[keep].astype(np.float64), prediction[keep].astype(np.float64)
    finite = np.isfinite(p)
    scaled = np.full_like(p, 1e-3)
    scaled[finite] = np.clip(p[finite] * np.median(t[finite]) / np.median(p[finite]), 1e-3, 80)
    ratio = np.maximum(t / scaled, scaled / t)
    return {
        "abs_rel": np.mean(np.abs(t - scaled) / t),
        "sq_rel": np.mean((t - scaled) ** 2 / t),
        "rmse": np.sqrt(np.mean((t - scaled) ** 2)),
        "rmse_log": np.sqrt(np.mean((np.log(t) - np.log(scaled)) ** 2)),
        **{f"a{k}": np.mean(ratio < 1.25**k) for k in (1, 2, 3)},
        "log10": np.mean(np.abs(np.log10(t) - np.log10(scaled))),
        "silog": 100 * np.std(np.log(t) - np.log(scaled)),
    }


def upsample(values: np.ndarray, scale: int) -> np.ndarray:
    """(h,w) bilinear with half-pixel centres, border repeated."""
    if scale == 1:
        return values
    height, width = values.shape

    def axis(length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        position = np.clip((np.arange(length * scale) + 0.5) / scale - 0.5, 0, length - 1)
        low = np.floor(position).astype(int)
        return low, np.minimum(low + 1, length - 1), position - low

    top, bottom, y = axis(height)
    left, right, x = axis(width)
    rows = values[top] * (1 - y)[:, None] + values[bottom] * y[:, None]
    return rows[:, left] * (1 - x) + rows[:, right] * x


def mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Column means."""
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def only(folder: Path, pattern: str) -> Path:
    """The single file that matches."""
    (found,) = folder.glob(pattern)
    return found
