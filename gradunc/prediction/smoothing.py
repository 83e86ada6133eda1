"""Uncertainty that changes slowly from picture to picture: an exponential moving average that looks back only.

It follows no motion: what moves across the image leaves a trail, and is known later. A scene cut begins anew.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gradunc.data.formats.motion import is_cut
from gradunc.data.inspection.gray import gray
from gradunc.errors import InputError


class Smoothing:
    """u'_t = a u'_{t-1} + (1 - a) u_t for every pixel, from picture to picture.

    The weight of a picture k steps ago is (1 - a) a^k, so that what is shown lags by a / (1 - a) pictures in the mean.
    A pixel whose uncertainty was unknown begins anew, and one that is unknown now stays unknown.

    Args:
        factor: a, at least 0 and below 1; 0 changes nothing.

    Raises:
        InputError: another factor.
    """

    def __init__(self, factor: float) -> None:
        if not 0 <= factor < 1:
            raise InputError(f"smooth={factor} must be at least 0 and below 1")
        self.factor = factor
        self.cuts = 0
        """Scene cuts so far."""
        self._before: dict[str, NDArray[np.float32]] = {}
        self._gray: NDArray[np.float32] | None = None

    def __call__(self, image: Tensor, uncertainty: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """The smoothed maps of the next picture.

        Args:
            image: (3,H,W) in [0,1], in which scene cuts are seen.
            uncertainty: estimator -> (H,W), NaN where unknown.
        """
        if self._is_new_scene(gray(image)):
            self._before = {}
        self._before = {name: self._next(name, values) for name, values in uncertainty.items()}
        return dict(self._before)

    def _is_new_scene(self, now: NDArray[np.float32]) -> bool:
        before, self._gray = self._gray, now
        if before is None:
            return False
        is_new = before.shape != now.shape or is_cut(before, now)
        self.cuts += is_new
        return is_new

    def _next(self, name: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
        before = self._before.get(name)
        if before is None or before.shape != values.shape:
            return values
        mixed = self.factor * before + (1 - self.factor) * values
        return np.where(np.isfinite(before), mixed, values).astype(np.float32)
