"""The one loss engine: a weighted sum of terms, averaged over the scales of the prediction."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.errors import InputError, unknown
from gradunc.losses.affine import Affine, half_mean_square, least_squares_residual, robust_residual, trimmed_mean
from gradunc.losses.bins import BinChamfer
from gradunc.losses.geometry_consistency import GeometryConsistency, MaskedPhotometric
from gradunc.losses.inputs import TRUTHS, LossInputs, Need, Term, TermResult
from gradunc.losses.left_right import Appearance, LeftRight
from gradunc.losses.likelihood import BetaNLL, Evidential, EvidentialRegularizer, Gaussian, Laplace
from gradunc.losses.matching import GradientMatching, gradient_matching
from gradunc.losses.motion import MotionSmoothness, MotionSparsity
from gradunc.losses.ordinal import Ordinal
from gradunc.losses.photometric import Photometric
from gradunc.losses.photometric_likelihood import PhotometricLaplace, ReprojectionError
from gradunc.losses.smoothness import Smoothness
from gradunc.losses.supervised import L1, L2, BerHu, Eigen, SILog
from gradunc.ops.census import census_error
from gradunc.types import TruthKind

TERMS: dict[str, Callable[[], Term]] = {
    "photometric": Photometric,
    "census": partial(Photometric, census_error),
    "appearance": Appearance,
    "left_right": LeftRight,
    "masked_photometric": MaskedPhotometric,
    "geometry_consistency": GeometryConsistency,
    "motion_sparsity": MotionSparsity,
    "motion_smoothness": MotionSmoothness,
    "smoothness": Smoothness,
    "l1": L1,
    "l2": L2,
    "berhu": BerHu,
    "silog": SILog,
    "eigen": Eigen,
    "eigen_full": partial(Eigen, invariance=1.0),
    "gradient_matching": GradientMatching,
    "ssi": partial(Affine, least_squares_residual, half_mean_square),
    "ssi_matching": partial(Affine, least_squares_residual, gradient_matching),
    "ssi_trimmed": partial(Affine, robust_residual, trimmed_mean),
    "ssi_trimmed_matching": partial(Affine, robust_residual, gradient_matching),
    "ordinal": Ordinal,
    "bin_chamfer": BinChamfer,
    "laplace": Laplace,
    "gaussian": Gaussian,
    "beta_nll": BetaNLL,
    "evidential": Evidential,
    "evidential_regularizer": EvidentialRegularizer,
    "photometric_laplace": PhotometricLaplace,
    "reprojection": ReprojectionError,
}
"""A new loss is one class and one line here; `objective.losses` gives it a weight."""


def terms_of_head(head: str) -> tuple[str, ...]:
    """Names of the terms that train an uncertainty head.

    >>> terms_of_head("gaussian")
    ('gaussian', 'beta_nll')
    """
    return tuple(name for name, make in TERMS.items() if make().head == head)


class LossResult(NamedTuple):
    """What a training step minimises and logs."""

    total: Tensor
    """() mean over scales of the weighted sum of terms."""
    per_scale: tuple[Tensor, ...]
    """() each, finest first."""
    parts: dict[str, Tensor]
    """Term -> () unweighted mean over scales, detached."""
    maps: dict[str, Tensor]
    """Maps of the finest scale, (B,C,H,W), detached."""

    __repr__ = brief_repr


class LossEngine:
    """Weighted terms over all scales.

    Args:
        weights: term name -> weight; a term of weight 0 is left out.

    Raises:
        InputError: no term, an unknown one, or several that train different uncertainty heads.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        weights = {name: weight for name, weight in weights.items() if weight != 0}
        if not weights:
            raise InputError("objective.losses is empty; give at least one, for example objective.losses.photometric=1")
        for name in weights:
            if name not in TERMS:
                raise unknown("loss", name, TERMS)
        self.terms = {name: (TERMS[name](), weight) for name, weight in weights.items()}
        heads = {term.head: name for name, (term, _) in self.terms.items() if term.head}
        if len(heads) > 1:
            one, other, *_ = heads.values()
            raise InputError(f"objective.losses.{one} and .{other} train different uncertainty heads; give one of them")
        self.head = next(iter(heads), "")
        """The uncertainty head that is trained, a kind of `OwnUncertainty`; "" = none."""

    @property
    def supervised(self) -> bool:
        """True if a term needs truth, of any kind."""
        return any(self.needing(need) for need in TRUTHS)

    @property
    def needs(self) -> dict[Need, str]:
        """What its terms need -> the first of them that does."""
        return {need: name for name, (term, _) in reversed(self.terms.items()) for need in term.needs}

    @property
    def metric(self) -> bool:
        """True if a term compares depth with the true one, and so fixes its unit."""
        return any({"depth", "output_depth"} <= term.needs for term, _ in self.terms.values())

    def needing(self, need: Need) -> tuple[str, ...]:
        """Names of the terms of this loss that cannot do without it."""
        return tuple(name for name, (term, _) in self.terms.items() if need in term.needs)

    def learning_from(self, kind: TruthKind) -> tuple[str, ...]:
        """Names of the terms of this loss that look at truth of that kind."""
        return tuple(name for need, kinds in TRUTHS.items() if kind in kinds for name in self.needing(need))

    def __call__(self, inputs: LossInputs) -> LossResult:
        """Loss of one batch; terms that need truth of a kind that only other batches have are 0."""
        maps: dict[str, Tensor] = {}
        values: dict[str, list[Tensor]] = {name: [] for name in self.terms}
        per_scale = []
        known = {name: inputs.knows(term.needs) for name, (term, _) in self.terms.items()}
        for scale in range(len(inputs.prediction.scales)):
            total = inputs.prediction.depth.new_zeros(())
            for name, (term, weight) in self.terms.items():
                result = term(inputs, scale) if known[name] else _nothing(inputs, scale)
                total = total + weight * result.value
                values[name].append(result.value.detach())
                if scale == 0:
                    maps |= result.maps
            per_scale.append(total)
        parts = {name: torch.stack(found).mean() for name, found in values.items()}
        return LossResult(torch.stack(per_scale).mean(), tuple(per_scale), parts, maps)


def _nothing(inputs: LossInputs, scale: int) -> TermResult:
    """0 with a gradient of 0, which several processes wait for from each of them."""
    return TermResult(0.0 * inputs.prediction.scales[scale].sum())
