"""Every reference x loss x reduction on a very small network, against the second implementation in straight.py."""

from functools import lru_cache
from itertools import product

import numpy as np
import pytest
import torch

from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.losses import LOSSES
from gradunc.uncertainty.gradient.reductions import CHANNELS
from gradunc.uncertainty.gradient.references import REFERENCES
from tests.contracts.straight import LAYERS, gradients_of, reduced
from tests.uncertainty.networks import noise
from tests.uncertainty.published_program import resize
from tests.uncertainty.split_networks import Split

IMAGE = noise(2, 9, 12)
"""An odd height: the network pads a row."""
GIVEN = torch.where(IMAGE[:, :1] > 0.2, 1 + IMAGE[:, 1:2], 0.0)


@lru_cache
def expected(reference: str, loss: str) -> tuple[list[float], list[np.ndarray]]:
    return gradients_of(reference, loss, IMAGE, GIVEN)


def minmax(maps: np.ndarray) -> np.ndarray:
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    return (maps - low) / (high - low)


@pytest.mark.parametrize("channels", sorted(CHANNELS))
@pytest.mark.parametrize(("reference", "loss"), product([*sorted({*REFERENCES} - {"scale"}), "none"], sorted(LOSSES)))
def test_every_combination(reference: str, loss: str, channels: str) -> None:
    estimator = GradientUncertainty(
        Split(), LAYERS, reference, loss, channels, variance_weight=2.0 if reference == "none" else 0.0, chunk=2
    )
    estimate = estimator.estimate(IMAGE, reference=GIVEN)
    losses, gradients = expected(reference, loss)
    # fuse works on the padded 10x12, of which 9 rows hold image; block on 5x6 cells, all of which do.
    maps = [reduced(gradients[0], channels), reduced(gradients[1], channels)[:, :9]]
    full = [np.stack([resize(one, (10, 12)) for one in minmax(values)])[:, :9] for values in maps[:1]]
    std = np.std(np.stack([*full, minmax(maps[1])]), axis=0)

    np.testing.assert_allclose(estimate.loss, losses, rtol=2e-4)
    for name, values in zip(LAYERS, maps, strict=True):
        found = estimate.layers[name][:, 0].numpy()
        assert np.abs(values).max() > 0
        np.testing.assert_allclose(found, values, rtol=2e-4, atol=2e-4 * np.abs(values).max())
    assert estimate.uncertainty.shape == (2, 1, 9, 12)
    np.testing.assert_allclose(estimate.uncertainty[:, 0], std, atol=5e-4)
