"""Which pixels of an image count and how its prediction is made comparable: printed with every table."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.errors import InputError, unknown
from gradunc.ops.alignment import ALIGNMENTS
from gradunc.types import OutputSpace

CROPS: dict[str, tuple[float, float, float, float]] = {
    "none": (0.0, 1.0, 0.0, 1.0),
    "garg": (0.40810811, 0.99189189, 0.03594771, 0.96405229),
    "eigen": (0.3324324, 0.91351351, 0.03594771, 0.96405229),
}
"""Name -> first row, end row, first column, end column as shares of height and width, made for KITTI (Garg et
al. 2016, Eigen et al. 2014)."""


def crop_mask(name: str, height: int, width: int) -> Tensor:
    """The pixels inside a named crop; edges are truncated to integers, as the published evaluations do.

    Args:
        name: a key of `CROPS`.
        height: rows of the truth [px].
        width: columns of the truth [px].

    Returns:
        (height, width) bool, True = counts.

    Raises:
        InputError: no crop has this name.

    >>> mask = crop_mask("garg", 375, 1242)
    >>> mask.nonzero().min(dim=0).values.tolist(), mask.nonzero().max(dim=0).values.tolist()
    ([153, 44], [370, 1196])
    """
    if name not in CROPS:
        raise unknown("crop", name, CROPS)
    top, bottom, left, right = CROPS[name]
    mask = torch.zeros(height, width, dtype=torch.bool)
    mask[int(top * height) : int(bottom * height), int(left * width) : int(right * width)] = True
    return mask


class Selection(NamedTuple):
    """The pixels of one image that count."""

    truth: Tensor
    """(n,) float64 [m]."""
    prediction: Tensor
    """(n,) float64 [m], aligned and clamped."""
    keep: Tensor
    """(H,W) bool, True = counts: picks the same pixels of an uncertainty map. No pixel at all is possible."""
    non_finite: Tensor
    """() int64, how many of the n predictions were NaN or infinite and so count as the smallest depth."""


@dataclass(frozen=True)
class EvaluationProtocol:
    """How depth is compared with the truth; two tables are comparable only if their protocols are equal.

    Args:
        alignment: a key of `gradunc.ops.alignment.ALIGNMENTS`.
        min_depth: truth at or below does not count; predictions are clamped to it [m].
        max_depth: truth at or beyond does not count; predictions are clamped to it [m].
        crop: a key of `CROPS`.
        limit_truth: False counts every truth > 0 and limits the predictions only, as published figures on
            KITTI's improved ground truth do.

    Raises:
        InputError: a name is unknown or the range is empty.
    """

    alignment: str = "median"
    min_depth: float = 1e-3
    max_depth: float = 80.0
    crop: str = "none"
    limit_truth: bool = True

    def __post_init__(self) -> None:
        if self.alignment not in ALIGNMENTS:
            raise unknown("alignment", self.alignment, ALIGNMENTS)
        if self.crop not in CROPS:
            raise unknown("crop", self.crop, CROPS)
        if not 0 < self.min_depth < self.max_depth:
            raise InputError(f"need 0 < min_depth < max_depth, got {self.min_depth:g} and {self.max_depth:g}")

    def describe(self) -> str:
        """One line for the head of a table.

        >>> EvaluationProtocol(crop="garg").describe()
        'alignment median, 0.001-80 m, Garg crop'
        """
        crop = "no crop" if self.crop == "none" else f"{self.crop.capitalize()} crop"
        truth = "" if self.limit_truth else ", truth not limited"
        return f"alignment {self.alignment}, {self.min_depth:g}-{self.max_depth:g} m{truth}, {crop}"

    def select(self, truth: Tensor, prediction: Tensor, valid: Tensor | None, output_space: OutputSpace) -> Selection:
        """Pick the pixels of one image that count, align the prediction on them, then clamp it.

        A predicted depth <= 0 is clamped to `min_depth`. A NaN or infinite prediction becomes `min_depth`
        too, is counted, and takes no part in the alignment. A disparity <= 0 lies at or beyond infinity and
        becomes `max_depth`.

        Args:
            truth: (1,H,W) true depth [m], 0 where unknown.
            prediction: (1,H,W) in the output space, at the size of the truth.
            valid: (1,H,W) bool, True = the truth counts here; None = wherever it is known.
            output_space: what the numbers of the prediction mean.

        Raises:
            InputError: the shapes differ.
        """
        shapes = [tuple(map_.shape) for map_ in (truth, prediction, valid) if map_ is not None]
        if len(set(shapes)) != 1 or len(shapes[0]) != 3 or shapes[0][0] != 1:
            raise InputError(f"truth, prediction and valid must share one shape (1,H,W), got {shapes}")
        keep = self._keep(truth[0], None if valid is None else valid[0])
        target, raw = truth[0][keep].double(), prediction[0][keep].double()
        finite = raw.isfinite()
        depth = torch.full_like(raw, self.min_depth)
        if finite.any():
            aligned = ALIGNMENTS[self.alignment](target[finite], raw[finite], output_space)
            depth[finite] = aligned.clamp(self.min_depth, self.max_depth)
        return Selection(target, depth, keep, (~finite).sum())

    def _keep(self, truth: Tensor, valid: Tensor | None) -> Tensor:
        low, high = (self.min_depth, self.max_depth) if self.limit_truth else (0.0, torch.inf)
        keep = (truth > low) & (truth < high) & crop_mask(self.crop, *truth.shape).to(truth.device)
        return keep if valid is None else keep & valid
