"""What a loss term is given and what it returns."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol, Self

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.ops.disparity import resize
from gradunc.ops.quantities import of_depth
from gradunc.own_uncertainty import HIGHEST, OwnUncertainty
from gradunc.types import BIN_CENTRES, TRUTH_KINDS, DepthPrediction, Sample, TruthKind

Need = Literal[
    "sources",
    "known_motion",
    "source_prediction",
    "auto_mask",
    "motion_field",
    "depth",
    "disparity",
    "ordinal",
    "output_depth",
    "positive_depth",
    "bins",
    "uncertainty_head",
]
"""What a term may ask for: source views (of known motion, that is of the other camera), what the network predicts for
them, whether the auto-mask has begun, how things move by themselves, or truth in the batch (`TRUTHS`); a network of
whose output depth follows (and not a disparity up to a factor and a shift), whose depth is positive by construction,
whose depth comes of bins, or with an uncertainty head."""

TRUTHS: dict[Need, tuple[TruthKind, ...]] = {
    "depth": ("depth",),
    "disparity": ("depth", "disparity"),
    "ordinal": ("ordinal",),
}
"""A need of truth -> the kinds of truth of which each is enough. Depth is a disparity by inversion."""

TRUTH: frozenset[Need] = frozenset({"depth", "output_depth"})
"""The needs of a supervised term."""
VIEWS: frozenset[Need] = frozenset({"sources", "output_depth", "positive_depth"})
"""The needs of a term that warps source views."""
MASKED: frozenset[Need] = VIEWS | frozenset[Need]({"auto_mask"})
"""Those of one that leaves out what a view does not explain better than the image that is not warped."""
OWN: frozenset[Need] = frozenset({"uncertainty_head"})
"""What the terms that train an uncertainty head need beside."""


ImageError = Callable[[Tensor, Tensor], Tensor]
"""How two images (B,3,H,W) differ -> (B,1,H,W)."""


class Reprojection(NamedTuple):
    """The best view of the target that its sources give, at one scale."""

    candidates: Tensor
    """(B,1,H,W) the smallest photometric error of all warped and unwarped sources."""
    error: Tensor
    """(B,1,H,W) the smallest of the warped sources alone."""
    auto_mask: Tensor
    """(B,1,H,W) bool, True = a warped source is the best: the pixel counts."""
    warped: Tensor
    """(B,3,H,W) the first source, warped."""

    __repr__ = brief_repr


class TermResult(NamedTuple):
    """A loss and the pictures that explain it."""

    value: Tensor
    """() the value to minimise."""
    maps: dict[str, Tensor] = {}  # noqa: RUF012 - a default of a NamedTuple, never written to
    """Name -> (B,C,H,W), detached, for logging."""

    __repr__ = brief_repr


@dataclass
class LossInputs:
    """One batch, its prediction at all scales, and the motion to every source."""

    sample: Sample
    prediction: DepthPrediction
    to_depth: Callable[[Tensor], Tensor]
    """The head's activation -> depth."""
    poses: Tensor = field(default_factory=lambda: torch.zeros(0))
    """(B,N,4,4) target -> source; only self-supervised terms read it."""
    motions: Tensor | None = None
    """(B,N,3,h,w) how far points move by themselves until each source, in the target's camera frame, in the unit of
    depth; None = the world stands still."""
    source_predictions: tuple[DepthPrediction, ...] = ()
    """The network's answers to the sources, in their order; only if a term needs them."""
    own_uncertainty: OwnUncertainty | None = None
    """What `prediction.uncertainty_scales` mean; None without an uncertainty head."""
    to_disparity: Callable[[Tensor], Tensor] | None = None
    """The head's activation -> disparity; None = the inverse of its depth."""
    auto_masked: bool = True
    """Whether sources as they are compete with warped ones for a pixel, where a loss lets them."""
    rejected: float = 0.0
    """Share of the pixels of an image of `pseudo` truth, those of the largest loss, that do not count."""
    cache: dict[str, Tensor] = field(default_factory=dict)
    """What several scales share."""
    reprojections: dict[tuple[ImageError, int], Reprojection] = field(default_factory=dict)
    """What several terms share, by photometric error and scale."""
    directions: dict[int, list[Any]] = field(default_factory=dict)
    """What the terms of `both_views` share, by scale."""

    __repr__ = brief_repr

    def tensor(self, key: str) -> Tensor:
        """A tensor of the sample.

        Raises:
            InputError: the data set does not deliver it.
        """
        if key not in self.sample:
            raise InputError(f"a loss needs '{key}', which this data set does not deliver; choose another objective")
        return self.sample[key]

    def of_images(self, chosen: Tensor) -> Self:
        """Some of the images, (B,) bool, as a batch of its own."""
        sample = {key: value for key, value in self.sample.items() if key not in ("path", "scene")}
        given = (sample, self.prediction, self.poses, self.motions, self.source_predictions)
        rows = tree_map(lambda leaf: leaf[chosen] if isinstance(leaf, Tensor) and len(leaf) else leaf, given)
        kept = {field: {} for field in ("cache", "reprojections", "directions")}
        names = ("sample", "prediction", "poses", "motions", "source_predictions")
        return replace(self, **dict(zip(names, rows, strict=True)), **kept)

    def knows(self, needs: frozenset[Need]) -> bool:
        """False for a batch whose truth is of other kinds than a term needs, as mixtures of data sets have some.

        A batch without truth of any kind is no such batch: there, the term says what is missing.
        """
        known = {kind for kind in TRUTH_KINDS if kind in self.sample}
        return not known or all(known.intersection(kinds) for need, kinds in TRUTHS.items() if need in needs)

    @property
    def sources(self) -> tuple[Tensor, ...]:
        """The N source images, (B,3,H,W) each."""
        return self.tensor("sources").unbind(1)

    def told(self, head: str, scale: int, size: tuple[int, int]) -> tuple[OwnUncertainty, Tensor]:
        """What the uncertainty head of a kind says at one scale, resized bilinearly: its meaning, and (B,C,*size).

        Logarithms h are kept within their limits; what lies beyond has no gradient that a training survives.

        Raises:
            InputError: a network without that head, or an adapted one that does not say it at every scale.
        """
        own = self.own_uncertainty
        if own is None or own.kind != head:
            raise InputError(
                f"a loss trains an uncertainty head that this network lacks; set model.uncertainty_head={head}, or "
                f"adapt(..., own_uncertainty=OwnUncertainty('{head}'))"
            )
        if len(self.prediction.uncertainty_scales) != len(self.prediction.scales):
            raise InputError(
                f"a loss trains the {head} head: let to_prediction give what it says, before any activation, as "
                "DepthPrediction.uncertainty_scales, one for each of its scales"
            )
        values = resize(self.prediction.uncertainty_scales[scale], size)
        return own, values.clamp(own.lowest, HIGHEST) if own.place == "log_scale" else values

    @property
    def bin_centres(self) -> Tensor:
        """Centres of the bins of each image, (B,K), rising [m].

        Raises:
            InputError: a network without bins.
        """
        if BIN_CENTRES not in self.prediction.extras:
            raise InputError(
                "a loss needs the centres of bins of depth, which this network does not say; set model=adabins or "
                "model=pixelformer"
            )
        return self.prediction.extras[BIN_CENTRES].flatten(1)

    def depth(self, scale: int, size: tuple[int, int]) -> Tensor:
        """Depth of one scale at full resolution: its activation resized bilinearly, then converted, (B,1,*size)."""
        return self.to_depth(resize(self.prediction.scales[scale], size))

    def motion(self, position: int, size: tuple[int, int]) -> Tensor | None:
        """Motion of points until a source, resized bilinearly, (B,3,*size); None = the world stands still."""
        return None if self.motions is None else resize(self.motions[:, position], size)

    def source_depth(self, position: int, scale: int, size: tuple[int, int]) -> Tensor:
        """Depth of a source, likewise, (B,1,*size).

        Raises:
            InputError: it was not predicted.
        """
        if not self.source_predictions:
            raise InputError("a loss compares both views; give the network's answers to the sources, too")
        return self.to_depth(resize(self.source_predictions[position].scales[scale], size))

    def disparity(self, scale: int, size: tuple[int, int]) -> Tensor:
        """Disparity of one scale at full resolution, likewise, (B,1,*size)."""
        if self.to_disparity is None:
            return of_depth(self.depth(scale, size), "disparity")
        return self.to_disparity(resize(self.prediction.scales[scale], size))


class Term(Protocol):
    """One addend of the training loss."""

    @property
    def head(self) -> str:
        """The uncertainty head that it trains, a kind of `OwnUncertainty`; "" = none."""
        ...

    @property
    def needs(self) -> frozenset[Need]:
        """What it cannot do without; configurations are checked against it before anything is trained."""
        ...

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """The term at one scale, 0 = finest."""
        ...
