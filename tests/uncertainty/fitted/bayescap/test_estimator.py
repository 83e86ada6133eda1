"""BayesCap on networks whose errors are known."""

import numpy as np
import pytest
import torch
from scipy.stats import gennorm, spearmanr
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.types import DepthPrediction, OutputSpace, Scale
from gradunc.uncertainty.fitted.bayescap.estimator import BayesCap
from gradunc.uncertainty.fitted.bayescap.settings import BayesCapSettings
from gradunc.uncertainty.learned import Learned
from tests.uncertainty.networks import fingerprint

SMALL = {"blocks": 1, "width": 8, "batch": 4, "crop": 32}


class Reads(nn.Module):
    """Depth [m] = 2 + 8 red: what is noise in the truth is its error."""

    output_space = OutputSpace("depth", "metric")

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(8.0))

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(2 + self.factor * image[:, :1])


def alpha_of(depth: np.ndarray) -> np.ndarray:
    """Of the noise [m], as a function of the predicted depth."""
    return 0.02 * depth**2


def images(count: int, seed: int) -> Tensor:
    """Smooth random images (count,3,48,64)."""
    coarse = torch.rand(count, 3, 4, 5, generator=torch.Generator().manual_seed(seed))
    return nn.functional.interpolate(coarse, (48, 64), mode="bilinear").clamp(0, 1)


def samples(beta: float, count: int = 12, seed: int = 0) -> list[dict[str, Tensor]]:
    """Batches whose truth is the prediction plus generalised Gaussian noise that grows with it."""
    image = images(count, seed)
    depth = (2 + 8 * image[:, :1]).numpy()
    noise = gennorm.rvs(beta, scale=alpha_of(depth), random_state=seed + 1)
    truth = torch.from_numpy(depth + noise).float()
    return [{"image": one, "depth": d} for one, d in zip(image.split(4), truth.split(4), strict=True)]


def test_it_recovers_generalised_gaussian_noise():
    """Known alpha(x) and beta; sigma = alpha sqrt(Gamma(3/beta) / Gamma(1/beta)) of SciPy. A small net, a short fit."""
    model, beta = Reads(), 1.5
    before = fingerprint(model)
    estimator = BayesCap(model, "depth", steps=300, lr=1e-2, **SMALL)
    estimator.fit(samples(beta))
    assert fingerprint(model) == before
    image = images(3, seed=9)
    estimate = estimator.estimate(image)
    expected = gennorm.std(beta) * alpha_of((2 + 8 * image[:, :1]).numpy())
    ratio = estimate.uncertainty.numpy() / expected
    assert abs(np.median(ratio) - 1) < 0.06, np.median(ratio)
    assert np.quantile(abs(ratio - 1), 0.9) < 0.35
    assert str(estimator.scale) == "std [m]"
    assert torch.equal(estimate.depth, model(image).depth.detach())


@pytest.mark.parametrize("likelihood", ["paper", "released"])
def test_more_is_worse(likelihood):
    """Rank correlation with the true error of unseen images, near what the true alpha has."""
    estimator = BayesCap(Reads(), "depth", likelihood, steps=80, lr=1e-2, **SMALL)
    estimator.fit(samples(1.5))
    unseen = samples(1.5, count=4, seed=7)[0]
    estimate = estimator.estimate(unseen["image"])
    error = (estimate.depth - unseen["depth"]).abs().flatten()
    best = spearmanr(alpha_of(estimate.depth.numpy()).ravel(), error).statistic
    assert best > 0.3
    assert spearmanr(estimate.uncertainty.flatten(), error).statistic > 0.7 * best


def test_only_the_likelihood_of_the_paper_gives_a_standard_deviation():
    """That of the published program has its minimum elsewhere (`test_likelihood.py`): calibration must not read it."""
    assert BayesCap(Reads(), "depth").scale == Scale("std", "m", "depth")
    assert BayesCap(Reads(), "depth", "released").scale == Scale()


def test_the_same_seed_finds_the_same_and_another_one_not():
    found = []
    for seed in (0, 0, 1):
        torch.rand(3)
        estimator = BayesCap(Reads(), "depth", steps=5, seed=seed, **SMALL)
        state = torch.get_rng_state()
        estimator.fit(samples(2.0, count=4))
        assert torch.equal(torch.get_rng_state(), state)
        found.append(estimator.estimate(images(1, 3)).uncertainty)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_what_was_learned_gives_the_same_map_from_its_file(tmp_path):
    model = Reads()
    first = BayesCap(model, "depth", steps=5, **SMALL)
    first.fit(samples(2.0, count=4))
    learned = Learned(tmp_path, {"cap": BayesCapSettings()}, (4, 6))
    learned.save("cap", model, first.learned())
    second = BayesCap(model, "depth", steps=5, **SMALL)
    found = learned.load("cap", model)
    assert found is not None
    found.give(second, "cpu")
    image = images(1, 3)
    assert torch.equal(first.estimate(image).uncertainty, second.estimate(image).uncertainty)


def test_predictions_that_are_no_number_teach_nothing_and_are_not_known():
    class Holes(Reads):
        def forward(self, image: Tensor) -> DepthPrediction:
            depth = super().forward(image).depth.clone()
            depth[..., 0, 0], depth[..., 5, 5] = torch.nan, torch.inf
            return DepthPrediction(depth)

    estimator = BayesCap(Holes(), "depth", steps=5, **SMALL)
    estimator.fit(samples(2.0, count=4))
    assert all(value.isfinite().all() for value in estimator.learned().values())
    estimate = estimator.estimate(images(1, 3))
    assert estimate.uncertainty.isfinite().all()
    assert (~estimate.valid).nonzero()[:, -2:].tolist() == [[0, 0], [5, 5]]


def test_images_that_do_not_fit_into_memory_are_named(monkeypatch):
    """Of 12 images of 48x64, four are held; the line says so, and the network learns."""
    monkeypatch.setattr("gradunc.uncertainty.fitted.bayescap.estimator.MOST_PIXELS", 5 * 48 * 64 - 1)
    estimator = BayesCap(Reads(), "depth", steps=5, **SMALL)
    estimator.fit(samples(2.0))
    assert any(line.startswith("learned from 4 of 12 images, drawn at random") for line in estimator.findings)
    assert estimator.estimate(images(1, 3)).uncertainty.isfinite().all()


def test_options_that_do_not_fit_are_one_line():
    with pytest.raises(InputError, match="unknown likelihood 'papr'"):
        BayesCap(Reads(), likelihood="papr")
    estimator = BayesCap(Reads(), "depth", steps=5, lr=1e30, **SMALL)
    with pytest.raises(InputError, match=r"the loss is (nan|inf) at step \d+ of the fit; lower lr=1e\+30"):
        estimator.fit(samples(2.0, count=4))
