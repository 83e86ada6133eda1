"""The values that travel between the packages: batches, predictions, estimates and their protocols.

Needs no torch at run time, so that options and registries can import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Required, TypedDict

from gradunc.brief import brief_repr

if TYPE_CHECKING:
    from torch import Tensor

STEREO = "s"
"""The frame id of the other camera of a stereo pair; temporal neighbours have integer ids."""


Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

Size = tuple[int, int]
"""Height and width."""

TruthKind = Literal["depth", "disparity", "ordinal"]
"""What is known of the truth of an image, and the key of `Sample` that holds it: depth [m], disparity up to a factor
above 0 and a shift, or which point of a pair is nearer."""
TRUTH_KINDS: tuple[TruthKind, ...] = ("depth", "disparity", "ordinal")

FrameIds = Sequence[int | str]
"""Source views of a sample, in order: -1, 1, ... for neighbours in time, `STEREO` for the other camera."""


class Sample(TypedDict, total=False):
    """One sample, or with a leading batch axis B a batch. Keys that do not apply are absent, never None."""

    image: Required[Tensor]
    """(B,3,h,w) float in [0,1], at the network's size; normalisation belongs to the model. uint8 on its way from a
    loading process to the training device."""
    depth: Tensor
    """(B,1,H,W) true depth [m], camera z, 0 where unknown; may be finer than `image` (never resized)."""
    valid: Tensor
    """(B,1,H,W) bool, True = the truth counts at this pixel."""
    truth_size: Tensor
    """(B,2) height and width [px] of each truth, where `collate` has spread truths of several sizes over the largest:
    `own_truth` undoes it. Not in augmented batches."""
    disparity: Tensor
    """(B,1,H,W) true disparity up to a factor above 0 and a shift, of the size of `depth` if both are there."""
    disparity_valid: Tensor
    """(B,1,H,W) bool, True = `disparity` counts at this pixel."""
    pseudo: Tensor
    """(B,) bool, True = `disparity` is what a teacher has said."""
    pasted: Tensor
    """(B,1,H,W) disparity of another image in the region that was pasted from it, of the size of `disparity`, which
    counts outside of the region only. In augmented batches."""
    pasted_valid: Tensor
    """(B,1,H,W) bool, True = `pasted` counts at this pixel."""
    pasted_share: Tensor
    """(B,) of the area of the image that was pasted."""
    ordinal: Tensor
    """(B,P,5) x, y of one point and x, y of another in pixels of `image`, and 1 = the first is nearer, -1 = further,
    0 = equally far, NaN = no pair."""
    intrinsics: Tensor
    """(B,3,3) in pixels of `image`; pixel centres are integers 0..w-1."""
    sources: Tensor
    """(B,N,3,h,w) the other views, in the order of the data set's `frames`."""
    source_pose: Tensor
    """(B,N,4,4) target camera -> source camera [m], NaN where unknown."""
    augmented_image: Tensor
    """(B,3,h,w) `image` after colour jitter: what the networks see while training."""
    augmented_sources: Tensor
    """(B,N,3,h,w) `sources` after the same jitter."""
    regions: dict[str, Tensor]
    """Exact masks of what makes depth uncertain, each (B,1,H,W) bool, True = inside: "moving", "shadow"."""
    part: Tensor
    """(B,) which data set of a mixture the image is of, from 0."""
    index: Tensor
    """(B,) position in the data set; of repetitions within an epoch that plus a multiple of its length."""
    scene: str | list[str]
    """The recording or scene of the image: images of one resemble one another, those of different ones do not."""
    path: str | list[str]
    """Where the image came from, for messages and file names."""


BIN_CENTRES = "bin_centres"
"""The name in `DepthPrediction.extras` of the centres of a network's bins of depth: (B,K,1,1), rising [m]."""


class DepthPrediction(NamedTuple):
    """What every depth model returns."""

    depth: Tensor
    """(B,1,H,W) in the model's output space. A linear head may give values <= 0: metrics clamp them."""
    scales: tuple[Tensor, ...] = ()
    """Finest first, (B,1,H/2^i,W/2^i): the head's activation at each scale, for training
    (sigmoid disparity in (0,1), or depth in metres for a linear head)."""
    log_scale: Tensor | None = None
    """(B,1,H,W) uncertainty head h = log sigma; its variance is exp(2h)."""
    uncertainty_scales: tuple[Tensor, ...] = ()
    """What the uncertainty head says at the same scales as `scales`, (B,C,h,w) before its activation, for training."""
    extras: Mapping[str, Tensor] = {}
    """Further outputs (B,C,H,W) that uncertainty estimators read: evidential parameters, bin probabilities, a
    confidence of the network's own, ..."""

    __repr__ = brief_repr


CELL = 4
"""Pixels along a side of a cell of coarse output, which is at 1/4 of the resolution."""


class CoarseDecoding(NamedTuple):
    """What `decode_coarse(features, size)` of a network with coarse heads returns: it has stopped at 1/4."""

    prediction: DepthPrediction
    """By the head at 1/4 of the resolution: `depth` (B,1,ceil(H/4),ceil(W/4)) in the output space."""
    finish: Callable[[], DepthPrediction]
    """Goes on to the prediction of the image's size; to be called once."""

    __repr__ = brief_repr


@dataclass(frozen=True)
class OutputSpace:
    """What the numbers of a model mean; decides which alignment a metric needs.

    `ambiguity` names the freedom left: none ("metric", the unit is the metre), one factor ("scale"), or factor
    and shift ("affine").
    """

    quantity: Literal["depth", "disparity"] = "depth"
    ambiguity: Literal["metric", "scale", "affine"] = "scale"

    @property
    def unit(self) -> str:
        """The unit of the depth output, for tables and files."""
        metric = "m" if self.quantity == "depth" else "1/m"
        return metric if self.ambiguity == "metric" else f"arbitrary (up to {self.ambiguity})"


Quantity = Literal["depth", "disparity", "log_depth"]
"""Depth, its inverse or its natural logarithm."""
QUANTITIES: tuple[Quantity, ...] = ("depth", "disparity", "log_depth")


Mirrored = Literal["none", "mean", "blended"]
"""How a depth is made of the predictions of an image and of its mirrored image; "none" = of the image alone."""
MIRRORED: tuple[Mirrored, ...] = ("none", "mean", "blended")


@dataclass(frozen=True)
class Scale:
    """What the numbers of an uncertainty map are."""

    kind: Literal["score", "std", "variance"] = "score"
    """"score": only the order means something; otherwise a standard deviation or a variance."""
    unit: str = ""
    """Of a std or a variance, for example "m", "1/m" or "log m"; "" for a score."""
    quantity: Literal["", Quantity] = ""
    """Whose std or variance it is, in the unit of the estimate's own depth; "" for a score."""

    def __str__(self) -> str:
        """For tables and files.

        >>> str(Scale()), str(Scale("std", "m", "depth"))
        ('score', 'std [m]')
        """
        return f"{self.kind} [{self.unit}]" if self.unit else self.kind


class UncertaintyEstimate(NamedTuple):
    """A depth map and how much to distrust every pixel of it."""

    depth: Tensor
    """(B,1,H,W) the network's prediction in its own output space."""
    uncertainty: Tensor
    """(B,1,H,W) HIGHER = WORSE; not normalised for display."""
    valid: Tensor
    """(B,1,H,W) bool, True = the score is known here."""
    layers: Mapping[str, Tensor] = {}
    """Name -> (B,1,h,w) raw score of a layer at its own resolution: the reduced gradient, sign kept, or the density; or
    the distance of features at few places from those of a fit."""
    loss: Tensor | None = None
    """Gradient estimators: (B,) the auxiliary loss of each image."""
    aleatoric: Tensor | None = None
    """(B,1,H,W) the part that comes from the data, in the unit of `uncertainty`; None where it is not separated."""
    epistemic: Tensor | None = None
    """(B,1,H,W) the part that more training data would remove, in the same unit."""

    __repr__ = brief_repr

    def images(self, part: slice) -> UncertaintyEstimate:
        """The estimate of some images of the batch."""
        maps = {name: value[part] for name, value in self._asdict().items() if name != "layers" and value is not None}
        return UncertaintyEstimate(**maps, layers={name: layer[part] for name, layer in self.layers.items()})


class DepthNetwork(Protocol):
    """Any callable (an `nn.Module` in practice) from image to depth."""

    def __call__(self, image: Tensor, **inputs: Any) -> DepthPrediction:
        """(B,3,H,W) in [0,1] -> prediction of the same height and width."""
        ...


class UncertaintyEstimator(Protocol):
    """The one shape of every uncertainty method; `gradunc/uncertainty/interface.py` says what else one may offer."""

    @property
    def scale(self) -> Scale:
        """What the numbers are."""
        ...

    @property
    def needs_grad(self) -> bool:
        """True if `estimate` differentiates, so that Lightning's inference mode must be off."""
        ...

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        """(B,3,H,W) in [0,1] -> depth and uncertainty; `mask` (B,1,H,W) bool, True = pixels that count."""
        ...
