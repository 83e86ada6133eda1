"""Telling images of two distributions apart by one score per image."""

import numpy as np
import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.metrics.intervals import Floats, Interval, Resampling, quantiles

DETECTION = ("auroc", "aupr", "fpr95")
"""The keys of `detection`."""


def detection(familiar: Tensor, foreign: Tensor) -> dict[str, float]:
    """How well a score separates the images that a network knows from others.

    The protocol of the literature (Hendrycks & Gimpel 2017): the familiar images are the positive class, the negated
    score is their confidence. Images of equal score are accepted or refused together.

    Args:
        familiar: (n,) scores of in-distribution images, HIGHER = MORE FOREIGN, finite.
        foreign: (m,) scores of the others.

    Returns:
        auroc: probability that a familiar image scores below a foreign one, ties half (0.5 = chance, 1 = perfect).
        aupr: average precision of accepting familiar images (chance: n / (n + m)).
        fpr95: share of the foreign images that are accepted at the strictest threshold that accepts at least 95 % of
            the familiar ones (0 = perfect).

    Raises:
        InputError: an empty side, or a score that is not finite.

    >>> detection(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    {'auroc': 1.0, 'aupr': 1.0, 'fpr95': 0.0}
    """
    scores = _Scores(familiar, foreign)
    once = scores.rates(np.ones((1, familiar.numel())), np.ones((1, foreign.numel())))
    return dict(zip(DETECTION, once[0].tolist(), strict=True))


def detection_intervals(
    familiar: Tensor, foreign: Tensor, of_familiar: Resampling, of_foreign: Resampling
) -> dict[str, Interval]:
    """Intervals of the figures of `detection`, both sides drawn independently.

    Args:
        familiar: as in `detection`.
        foreign: as in `detection`.
        of_familiar: draws of the familiar images.
        of_foreign: of the foreign ones, with another seed.

    Returns:
        Name -> interval; nothing if a side has too few units.
    """
    if not (of_familiar.enough and of_foreign.enough):
        return {}
    scores = _Scores(familiar, foreign)
    width = 8 * (familiar.numel() + foreign.numel())
    rates = [
        scores.rates(block[:, of_familiar.unit_of], other[:, of_foreign.unit_of])
        for block, other in zip(of_familiar.draws(width), of_foreign.draws(width), strict=True)
    ]
    ends = quantiles(np.concatenate(rates))
    return {name: Interval(*map(float, pair)) for name, pair in zip(DETECTION, ends.T, strict=True)}


class _Scores:
    """The images of both sides from the most familiar score to the most foreign, equal ones together."""

    def __init__(self, familiar: Tensor, foreign: Tensor) -> None:
        scores = torch.cat([familiar.flatten(), foreign.flatten()]).double().cpu().numpy()
        if not familiar.numel() or not foreign.numel() or not np.isfinite(scores).all():
            raise InputError(
                f"need finite scores of both kinds, got {familiar.numel()} familiar and {foreign.numel()} foreign"
            )
        _, rank = np.unique(scores, return_inverse=True)
        self._ranks = np.split(rank, [familiar.numel()])
        self._count = int(rank.max()) + 1

    def rates(self, familiar: Floats, foreign: Floats) -> Floats:
        """(d,3) the figures of `detection`, if each image counts as often as (d,n) and (d,m) say."""
        accepted, wrong = (self._by_rank(side, weights) for side, weights in enumerate((familiar, foreign)))
        of_familiar, of_foreign = accepted.sum(1), wrong.sum(1)
        right, false = accepted.cumsum(1), wrong.cumsum(1)
        auroc = (wrong * (right - accepted / 2)).sum(1) / (of_familiar * of_foreign)
        aupr = (accepted * right / np.maximum(right + false, 1)).sum(1) / of_familiar
        # Whole numbers up to rounding: 19 of 20 are 95 %.
        enough = (right >= 0.95 * of_familiar[:, None] - 1e-3).argmax(1)
        fpr95 = np.take_along_axis(false, enough[:, None], 1)[:, 0] / of_foreign
        return np.stack([auroc, aupr, fpr95], 1)

    def _by_rank(self, side: int, weights: Floats) -> Floats:
        """(d,n) -> (d,ranks) how many images of a side have each score."""
        order = self._ranks[side].argsort(kind="stable")
        present, starts = np.unique(self._ranks[side][order], return_index=True)
        sums = np.zeros((len(weights), self._count))
        sums[:, present] = np.add.reduceat(weights[:, order], starts, axis=1)
        return sums
