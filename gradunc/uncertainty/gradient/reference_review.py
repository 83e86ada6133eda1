"""What an estimator does about a mirrored prediction that disagrees with the plain one: say so, or replace it.

docs/methods.md A.3.
"""

import math
from collections import deque
from collections.abc import Sequence
from statistics import median

import torch
from torch import Tensor

from gradunc.advice import advise
from gradunc.errors import InputError, unknown
from gradunc.ops.checks import has_values
from gradunc.types import OutputSpace
from gradunc.uncertainty.gradient.losses import EPSILON
from gradunc.uncertainty.gradient.reference_check import Figures, disagreement, disagrees
from gradunc.uncertainty.gradient.references.base import Query, Reference, ReferenceDepth, can_split
from gradunc.uncertainty.gradient.references.of_features import FeatureFlip
from gradunc.uncertainty.gradient.references.of_images import Flip
from gradunc.uncertainty.gradient.settings import REFERENCE_CHECKS

ENOUGH, SHARE = 8, 0.5
"""Images before anything is said, and the share of them that must disagree."""

RECENT = 64
"""Images whose figures are remembered."""


class ReferenceReview:
    """Looks at the mirrored prediction that an estimator compares with; no further forward pass unless it replaces it.

    Args:
        mode: of `REFERENCE_CHECKS`.
        references: of the estimator.
        free: its loss needs no reference.

    Raises:
        InputError: an unknown mode.
    """

    def __init__(self, mode: str, references: Sequence[ReferenceDepth], *, free: bool) -> None:
        if mode not in REFERENCE_CHECKS:
            raise unknown("reference_check", mode, REFERENCE_CHECKS)
        self.mode, self._free = mode, free
        self._streams = [i for i, one in enumerate(references) if isinstance(one, Flip)]
        self._recent: deque[Figures] = deque(maxlen=RECENT)
        self._disagreeing: deque[Figures] = deque(maxlen=RECENT)
        self._seen = self._found = 0
        self._replaced = {"feature_flip": 0, "none": 0}
        self._warned = False

    @property
    def replaces(self) -> bool:
        """Whether what is computed depends on the figures of an image."""
        return self.mode == "fallback" and bool(self._streams)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was replaced, or how often what was warned of was found."""
        for name, count in self._replaced.items():
            if count:
                return (f"reference=flip fell back on {name} for {count} of {self._seen} images",)
        found = f"the mirrored prediction disagrees with the plain one in {self._found} of {self._seen} images"
        return (f"reference=flip: {found}",) if self._warned else ()

    def __call__(
        self, query: Query, depth: Tensor, references: list[Reference], mask: Tensor | None
    ) -> list[Reference]:
        """The references of a chunk, those replaced that have to be.

        Args:
            query: of the chunk.
            depth: (b,1,H,W) plain prediction.
            references: in the order of the estimator's.
            mask: (b,1,H,W) bool, True = counts.
        """
        space = getattr(query.model, "output_space", OutputSpace())
        # Logarithms of a depth that is known up to a shift mean nothing; a graph must not depend on values.
        if self.mode == "off" or not self._streams or space.ambiguity == "affine" or not has_values(depth):
            return references
        mirrored = references[self._streams[0]].depth
        figures = disagreement(depth, mirrored, mask)
        disagreeing = disagrees(figures)
        is_new = self._count(figures)
        if self.mode == "fallback" and bool(disagreeing.any()):
            other = self._other(query, depth, mirrored, disagreeing, is_new, mask)
            references = [one._replace(depth=other) if i in self._streams else one for i, one in enumerate(references)]
        self._warn(query)
        return references

    def _count(self, figures: Tensor) -> Tensor:
        """Take notice of the images of a chunk: (b,) whether each has been seen for the first time."""
        is_new = []
        for row, bad in zip(figures.nan_to_num(0.0).tolist(), disagrees(figures).tolist(), strict=True):
            one = Figures(*row)
            # Estimates are repeated for measuring time and cost: the same image is one image.
            is_new.append(one not in self._recent)
            if is_new[-1]:
                self._recent.append(one)
                self._seen += 1
                self._found += bad
                self._disagreeing.extend([one] * bad)
        return torch.tensor(is_new, device=figures.device)

    def _other(
        self, query: Query, depth: Tensor, mirrored: Tensor, bad: Tensor, is_new: Tensor, mask: Tensor | None
    ) -> Tensor:
        """The reference of each image: none, that of mirrored features, or the mirrored prediction after all.

        Where the loss needs no reference, none ranks better than mirrored features (docs/scoring.md).
        """
        if self._free:
            self._replaced["none"] += int((bad & is_new).sum())
            return torch.where(bad[:, None, None, None], _none(depth), mirrored)
        if not can_split(query.model):
            return mirrored
        # Not the features of the prediction: a decoder may have worked on them in place.
        found = FeatureFlip()(query).depth
        fits = bad & ~disagrees(disagreement(depth, found, mask))
        self._replaced["feature_flip"] += int((fits & is_new).sum())
        return torch.where(fits[:, None, None, None], found, mirrored)

    def _warn(self, query: Query) -> None:
        if self._warned or self._seen < ENOUGH or self._found < SHARE * self._seen:
            return
        self._warned = True
        figures = Figures(*(median(values) for values in zip(*self._disagreeing, strict=True)))
        advise(
            f"reference=flip: in {self._found} of {self._seen} images the mirrored prediction disagrees with the plain "
            f"one: {figures}; {self._advice(query)}"
        )

    def _advice(self, query: Query) -> str:
        if self.mode == "fallback" and self._free:
            return "reference='none' is used there"
        if self.mode == "fallback" and can_split(query.model):
            return "reference='feature_flip' is used there, unless it disagrees too"
        kept = "it is used all the same, for want of another; " if self.mode == "fallback" else ""
        loss = "" if self._free else " and loss='sensitivity'"
        return f"{kept}compare with reference='none'{loss} where truth is known, or set reference_check='off'"


def check_exportable(review: ReferenceReview) -> None:
    """Raise `InputError` if a graph cannot do what the estimator does."""
    if review.replaces:
        raise InputError(
            "reference_check='fallback' decides by the values of an image, which a graph cannot; "
            "set reference_check='off', or another reference"
        )


def _none(depth: Tensor) -> Tensor:
    """A reference that disagrees equally everywhere, so that all weights of a loss are those of no reference.

    They are 2, the mean of all weights with a reference, and not 1: scores of whole images stay comparable.
    """
    return math.e * depth.clamp_min(EPSILON)
