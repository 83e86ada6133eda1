"""How far the features of an image lie from those of the fit, and saying so where they leave that range."""

from collections.abc import Mapping

import torch
from torch import Tensor

from gradunc.advice import advise
from gradunc.ops.checks import has_values
from gradunc.uncertainty.fitted.densities import whitening_of
from gradunc.uncertainty.fitted.moments import Moments
from gradunc.uncertainty.fitted.reservoir import Reservoir
from gradunc.uncertainty.fitted.student.ridge import deviations

SHRINKAGE = 1e-2
"""Share of the correlations that all directions have alike: few scenes leave many directions unseen."""

QUANTILE = 0.95
"""Of the mean distances of images that the other half of the fit has not seen: what lies beyond is outside."""

KEPT = 64
"""Images of each half whose distances are looked at, at random."""

ENOUGH, SHARE = 8, 0.5
"""Images before a warning, and the share of them that must be outside."""


class Halves:
    """What is learned from, in two halves of whole scenes, so that each may judge the other.

    Images of a scene belong to the same half; an image without a scene is one of its own.

    Args:
        seed: of the choice of images whose distances are looked at.
    """

    def __init__(self, seed: int) -> None:
        self._moments = Moments(), Moments()
        self._images = Reservoir(KEPT, seed), Reservoir(KEPT, seed)
        self._scenes: dict[str, int] = {}
        self._alone = 0
        self._features = 0

    def add(self, rows: Tensor, places: Tensor, scene: str | None) -> None:
        """Take an image: (n,D+1) finite features and targets of its cells, (m,D) features at few places."""
        if scene is None:
            half, self._alone = self._alone % 2, self._alone + 1
        else:
            half = self._scenes.setdefault(scene, len(self._scenes) % 2)
        self._moments[half].add(rows)
        self._features = places.shape[1]
        self._images[half].add(places.flatten()[None])

    @property
    def scenes(self) -> int:
        """How many the data have named."""
        return len(self._scenes)

    @property
    def all(self) -> Moments:
        """Of the rows of both halves."""
        return self._moments[0].merged(self._moments[1])

    def learned(self) -> dict[str, Tensor]:
        """What `distances` needs, and the limit; that of a single scene is the one of its own images."""
        pairs = [(self._moments[1 - half], self._images[half].rows) for half in (0, 1)]
        pairs = [(other, images) for other, images in pairs if other.count and len(images)]
        found = [self._means(images, other) for other, images in pairs or [(self.all, self._images[0].rows)]]
        means = torch.cat(found)
        return {**_space(self.all), "limit": means[means.isfinite()].quantile(QUANTILE)}

    def _means(self, images: Tensor, moments: Moments) -> Tensor:
        """Of kept images: (k,)."""
        return distances(images.view(-1, self._features), _space(moments)).view(len(images), -1).nanmean(1)


def _space(moments: Moments) -> dict[str, Tensor]:
    """Mean (D,) and whitening (D,D) of the features, without the target that comes last."""
    std = deviations(moments)[:-1]
    # What does not vary has no scale to be measured by.
    scale = torch.where(std > 0, 1 / std, 0.0)
    correlations = moments.covariance(correction=0)[:-1, :-1] * scale * scale[:, None]
    whitening = whitening_of(correlations, SHRINKAGE) * scale
    return {"mean": moments.mean[:-1].float(), "whitening": whitening.float()}


def distances(rows: Tensor, space: Mapping[str, Tensor]) -> Tensor:
    """Mahalanobis distances over the root of D, features in standard deviations: (n,D) -> (n,), about 1 in the fit."""
    return ((rows - space["mean"]) @ space["whitening"].T).norm(dim=1)


class Reach:
    """Looks at the distances of the images that are estimated; warns once where most lie outside of the fit."""

    def __init__(self) -> None:
        self._seen: set[float] = set()
        self._outside = 0
        self._warned = False

    def look(self, found: Tensor, limit: Tensor, fitted_from: str) -> None:
        """Take notice of distances (b,1,h,w) of a batch; what is exported or compiled is not looked at.

        Args:
            found: of features at few places.
            limit: an image whose mean is larger is outside.
            fitted_from: what the estimator has learned from, for people.
        """
        if not has_values(found):
            return
        means = found.flatten(1).nanmean(1)
        for mean, is_outside in zip(means.tolist(), (means > limit).tolist(), strict=True):
            # Estimates are repeated for measuring time and cost: the same image is one image.
            if mean not in self._seen:
                self._seen.add(mean)
                self._outside += is_outside
        if not self._warned and len(self._seen) >= ENOUGH and self._is_outside:
            self._warned = True
            advise(f"{self._said}; it has learned from {fitted_from}: fit it on images like these")

    @property
    def notes(self) -> tuple[str, ...]:
        """How many images lay outside, if most did."""
        return (self._said,) if self._is_outside else ()

    @property
    def _is_outside(self) -> bool:
        return self._outside > 0 and self._outside >= SHARE * len(self._seen)

    @property
    def _said(self) -> str:
        return f"in {self._outside} of {len(self._seen)} images the features lie outside of those of the fit"
