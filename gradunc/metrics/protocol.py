"""Which pixels of an image count and how its prediction is made comparable: printed with every table."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.errors import InputError, unknown
from gradunc.metrics.choices import CROP_LABELS, PROTOCOLS
from gradunc.metrics.published_png import SPACE, disparity_round_trip
from gradunc.ops.alignment import ALIGNMENTS, STEREO_SCALE, Fit
from gradunc.types import Mirrored, OutputSpace

CROPS: dict[str, tuple[float, float, float, float]] = {
    "none": (0.0, 1.0, 0.0, 1.0),
    "garg": (0.40810811, 0.99189189, 0.03594771, 0.96405229),
    "eigen": (0.3324324, 0.91351351, 0.03594771, 0.96405229),
}
"""Name -> first row, end row, first column, end column as shares of height and width, made for KITTI (Garg et
al. 2016, Eigen et al. 2014)."""

NYU_CROP, NYU_SIZE = (45, 471, 41, 601), (480, 640)
"""The crop of Eigen et al. 2014 for NYU Depth V2: first row, end row, first column, end column [px] of that size."""


def crop_mask(name: str, height: int, width: int) -> Tensor:
    """The pixels inside a named crop; edges are truncated to integers, as the published evaluations do.

    Args:
        name: a key of `CROP_LABELS`.
        height: rows of the truth [px].
        width: columns of the truth [px].

    Returns:
        (height, width) bool, True = counts.

    Raises:
        InputError: no crop has this name, or it is one in pixels and the truth has another size.

    >>> mask = crop_mask("garg", 375, 1242)
    >>> mask.nonzero().min(dim=0).values.tolist(), mask.nonzero().max(dim=0).values.tolist()
    ([153, 44], [370, 1196])
    """
    if name not in CROP_LABELS:
        raise unknown("crop", name, CROP_LABELS)
    if name == "nyu_eigen":
        if (height, width) != NYU_SIZE:
            raise InputError(
                f"evaluation.crop=nyu_eigen is about truth of 480x640 pixels, this one has {height}x{width}"
            )
        top, bottom, left, right = NYU_CROP
    else:
        shares = CROPS[name]
        top, bottom, left, right = (int(s * n) for s, n in zip(shares, (height, height, width, width), strict=True))
    mask = torch.zeros(height, width, dtype=torch.bool)
    mask[top:bottom, left:right] = True
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
    fit: Fit | None
    """The alignment that was found; None without a finite prediction to find it on."""
    factor: Tensor | float | None = None
    """Metres for one unit of the predicted depth; None where more than a factor lies between: a shift, or files."""

    __repr__ = brief_repr


@dataclass(frozen=True)
class EvaluationProtocol:
    """How depth is compared with the truth; two tables are comparable only if their protocols and images are equal.

    Args:
        alignment: a key of `gradunc.ops.alignment.ALIGNMENTS`.
        min_depth: truth at or below does not count; predictions are clamped to it [m].
        max_depth: truth at or beyond does not count; predictions are clamped to it [m].
        crop: a key of `CROP_LABELS`.
        limit_truth: False counts every truth > 0 and limits the predictions only, as published figures on
            KITTI's improved ground truth do.
        name: a key of `PROTOCOLS`; "published_png" compares what 16-bit PNG files keep (`published_png.py`).
        truth: what the true depth is, for the head of tables; "" says nothing.
        mirrored: of which predictions the depth of a test is made.

    Raises:
        InputError: a name is unknown or the range is empty.
    """

    alignment: str = "median"
    min_depth: float = 1e-3
    max_depth: float = 80.0
    crop: str = "none"
    limit_truth: bool = True
    name: str = "custom"
    truth: str = ""
    mirrored: Mirrored = "none"

    def __post_init__(self) -> None:
        if self.name not in PROTOCOLS:
            raise unknown("evaluation.protocol", self.name, PROTOCOLS)
        if self.alignment not in ALIGNMENTS:
            raise unknown("alignment", self.alignment, ALIGNMENTS)
        if self.png and self.alignment == "least_squares":
            raise InputError(
                "evaluation.protocol=published_png knows no least squares; set evaluation.alignment=median"
            )
        if self.crop not in CROP_LABELS:
            raise unknown("crop", self.crop, CROP_LABELS)
        if not 0 < self.min_depth < self.max_depth:
            raise InputError(f"need 0 < min_depth < max_depth, got {self.min_depth:g} and {self.max_depth:g}")

    @property
    def png(self) -> bool:
        """Whether 16-bit PNG files are compared."""
        return self.name == "published_png"

    def describe(self) -> str:
        """One line for the head of a table.

        >>> EvaluationProtocol(crop="garg").describe()
        'alignment median, 0.001-80 m, Garg crop'
        """
        name = "" if self.name == "custom" else f"{self.name}: "
        truth = "" if self.limit_truth else ", truth not limited"
        limits = f"{self.min_depth:g}-{self.max_depth:g} m{truth}"
        kind = f", {self.truth}" if self.truth else ""
        both = f", depth {self.mirrored} with the mirrored image's, uncertainties of the plain one"
        mirrored = "" if self.mirrored == "none" else both
        return f"{name}alignment {self.alignment}, {limits}, {CROP_LABELS[self.crop]}{kind}{mirrored}"

    def read_back(self, depth: Tensor, truth: Tensor, output_space: OutputSpace) -> tuple[Tensor, OutputSpace]:
        """What "published_png" compares of predictions, and what its numbers mean.

        Args:
            depth: (B,1,h,w) in the output space, at the network's resolution.
            truth: (B,1,H,W) true depth [m], 0 where unknown.
            output_space: what the numbers of the predictions mean.

        Returns:
            (B,1,H,W) disparity, and its output space.
        """
        disparity = depth if output_space.quantity == "disparity" else 1 / depth
        by_median = self.alignment == "median"
        # Published stereo networks leave 5.4 times the disparity in 1/m in the files.
        unit = STEREO_SCALE if self.alignment == "none" else 1.0
        maps = [
            disparity_round_trip(unit * one, t, scale_by_median=by_median) / unit
            for one, t in zip(disparity, truth, strict=True)
        ]
        return torch.stack(maps), SPACE

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
        depth, fit = torch.full_like(raw, self.min_depth), None
        if finite.any():
            # The median has gone into the file already.
            alignment = "none" if self.png and self.alignment == "median" else self.alignment
            fit = ALIGNMENTS[alignment](target[finite], raw[finite], output_space)
            depth[finite] = fit.depth(raw[finite]).clamp(self.min_depth, self.max_depth)
        factor = None if self.png or fit is None or fit.shifts else fit.factor
        return Selection(target, depth, keep, (~finite).sum(), fit, factor)

    def _keep(self, truth: Tensor, valid: Tensor | None) -> Tensor:
        low, high = (self.min_depth, self.max_depth) if self.limit_truth else (0.0, torch.inf)
        keep = (truth > low) & (truth < high) & crop_mask(self.crop, *truth.shape).to(truth.device)
        return keep if valid is None else keep & valid
