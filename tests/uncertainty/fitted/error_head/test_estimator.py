"""The error head on networks whose errors are known."""

from functools import partial

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty.fitted.error_head.estimator import ErrorHead
from gradunc.uncertainty.fitted.error_head.rows import Rows
from gradunc.uncertainty.fitted.error_head.settings import ErrorHeadSettings
from gradunc.uncertainty.settings import frames_wanted
from tests.uncertainty.fitted.error_head.test_residual import pair
from tests.uncertainty.networks import fingerprint


class Featured(nn.Module):
    """Three features of colours; depth [m] = 5 + red - green, and 2000 parameters that do nothing."""

    output_space = OutputSpace("depth", "metric")

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 3, 1, bias=False)
        self.features.weight.data = torch.eye(3)[:, :, None, None]
        self.head = nn.Conv2d(3, 1, 1)
        self.head.weight.data = torch.tensor([1.0, -1.0, 0.0]).view(1, 3, 1, 1)
        self.head.bias.data.fill_(5.0)
        self.rest = nn.Parameter(torch.zeros(2000))

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(self.head(self.features(image)))


def log_size(image: Tensor) -> Tensor:
    """Log of the error [log m], linear in the features."""
    return -2 + 1.5 * image[:, 2:] - 0.5 * image[:, :1]


def samples(count: int = 4, seed: int = 0, noisy: bool = False) -> list[dict[str, Tensor]]:
    """The truth is off by the error, above or below; `noisy`: times a normal number."""
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(count, 3, 16, 20, generator=generator)
    sign = torch.randn(count, 1, 16, 20, generator=generator)
    depth = 5 + image[:, :1] - image[:, 1:2]
    error = log_size(image).exp() * (sign if noisy else sign.sign())
    return [{"image": one, "depth": truth} for one, truth in zip(image.split(2), (depth + error).split(2), strict=True)]


def head(**options) -> ErrorHead:
    return ErrorHead(Featured(), ["features"], "depth", **options)


def test_a_log_error_that_is_linear_in_the_features_is_found_exactly():
    estimator = head(ridge=1e-12)
    before = fingerprint(estimator.model)
    estimator.fit(samples())
    assert fingerprint(estimator.model) == before
    image = 0.1 + 0.8 * samples(seed=3)[0]["image"]
    estimate = estimator.estimate(image)
    torch.testing.assert_close(estimate.uncertainty, log_size(image).exp(), rtol=1e-3, atol=1e-5)
    assert str(estimator.scale) == "std [m]"
    assert estimator.findings == ("explains 100% of the variance of the log error",)
    assert estimator.fitted_from == "4 images of val, 1,280 pixels"


@pytest.mark.parametrize("output", ["log_error", "evidential"])
def test_more_is_worse_and_the_unit_is_a_standard_deviation(output):
    """Normal errors whose standard deviation is known, on unseen images."""
    estimator = head(output=output, pixels=320, regularizer=0.0, steps=300, lr=0.03)
    estimator.fit(samples(40, noisy=True))
    unseen = samples(2, seed=9, noisy=True)[0]
    estimate = estimator.estimate(unseen["image"])
    error = (estimate.depth - unseen["depth"]).abs().flatten()
    best = spearmanr(log_size(unseen["image"]).flatten(), error).statistic
    assert best > 0.3
    assert spearmanr(estimate.uncertainty.flatten(), error).statistic > 0.9 * best
    ratio = estimate.uncertainty / log_size(unseen["image"]).exp()
    assert float(ratio.median()) == pytest.approx(1, abs=0.1)


def test_the_parts_of_evidence_add_to_the_whole():
    estimator = head(output="evidential", steps=20)
    estimator.fit(samples(noisy=True))
    estimate = estimator.estimate(samples(seed=2)[0]["image"])
    assert estimate.aleatoric is not None
    assert estimate.epistemic is not None
    whole = estimate.aleatoric.square() + estimate.epistemic.square()
    torch.testing.assert_close(estimate.uncertainty.square(), whole)


def test_a_file_in_another_order_gives_the_same_map():
    """Layers are added in the order of the network."""
    first = ErrorHead(Featured(), ["features", "head"], "depth")
    first.fit(samples())
    assert first.reads_outputs == ("features", "head")
    second = ErrorHead(Featured(), ["features", "head"], "depth")
    second.restore(dict(reversed(first.learned().items())))
    image = samples(seed=5)[0]["image"]
    assert torch.equal(first.estimate(image).uncertainty, second.estimate(image).uncertainty)


def test_pixels_that_do_not_fit_into_memory_are_named(monkeypatch):
    monkeypatch.setattr("gradunc.uncertainty.fitted.error_head.estimator.Rows", partial(Rows, most=600))
    estimator = head(pixels=100)
    estimator.fit(samples())
    assert estimator.findings[-1].endswith("no more than 600 values of features are held")


def test_beyond_what_was_seen_it_says_no_more_than_the_largest_error():
    estimator = head(ridge=1e-12)
    fitted = samples()
    estimator.fit(fitted)
    image = torch.zeros(1, 3, 4, 4)
    image[:, 2] = 1.25  # of bright resampled edges
    sizes = torch.cat([log_size(one["image"]).exp() for one in fitted])
    assert float(estimator.estimate(image).uncertainty.max()) == pytest.approx(float(sizes.max()), rel=0.01)


def test_the_same_seed_finds_the_same():
    found = []
    for seed in (0, 0, 1):
        estimator = head(output="evidential", pixels=50, steps=10, seed=seed)
        state = torch.get_rng_state()
        estimator.fit(samples(noisy=True))
        assert torch.equal(torch.get_rng_state(), state)
        found.append(estimator.learned()["bias"])
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_a_head_has_at_most_one_percent_of_the_parameters():
    """4 and 12 of 2013 fit, 4 and 12 of 313 do not."""
    head(ridge=1e-3).fit(samples())
    small = Featured()
    small.rest = nn.Parameter(torch.zeros(300))
    with pytest.raises(InputError, match="the head on features would have 4 parameters, more than 1% of the 313 of"):
        ErrorHead(small, ["features"], "depth").fit(samples())
    with pytest.raises(InputError, match="12 parameters, more than 1%"):
        ErrorHead(small, ["features"], output="evidential").check_network(torch.rand(1, 3, 8, 8))


class Plane(Featured):
    """Says 2.5 m, and at the columns where blue is 1 twice as much."""

    def forward(self, image: Tensor) -> DepthPrediction:
        features = self.features(image)
        return DepthPrediction(2.5 + 2.5 * (features[:, 2:] > 0.95))


def test_without_truth_the_other_camera_teaches_what_is_wrong():
    """Pixels whose depth is wrong have a larger score on a new image."""
    estimator = ErrorHead(Plane(), ["features"], "depth", target="photometric", pixels=400)
    batches = []
    for seed in range(6):
        sample = pair()
        colour = torch.rand(1, 1, 1, 32, generator=torch.Generator().manual_seed(seed)).round().expand(1, 1, 12, 32)
        sample["image"] = torch.cat([sample["image"][:, :2], colour], 1)
        sample["sources"] = torch.cat([sample["sources"][:, :, :2], sample["sources"][:, :, 2:]], 2)
        batches.append(sample)
    estimator.fit(batches)
    assert str(estimator.scale) == "score"
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(7)) * 0.9
    image[:, 2, :, :4] = 1
    wrong = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    wrong[..., :4] = True
    score = estimator.estimate(image).uncertainty
    assert score[wrong].mean() > score[~wrong].mean()
    assert frames_wanted({"a": ErrorHeadSettings(target="photometric"), "b": ErrorHeadSettings()}) == ("s",)


def test_options_that_do_not_fit_are_one_line():
    for options, text in (
        ({"output": "log"}, "unknown output 'log'"),
        ({"target": "photo"}, "unknown target 'photo'"),
        ({"target": "photometric", "output": "evidential"}, "set output=log_error"),
    ):
        with pytest.raises(InputError, match=text):
            head(**options)
    free = Featured()
    free.output_space = OutputSpace("depth", "scale")
    with pytest.raises(InputError, match="warps images by depth in metres, but the unit of this network is arbitrary"):
        ErrorHead(free, ["features"], target="photometric")
    with pytest.raises(InputError, match="the val split has no true depth to learn from"):
        head().fit([{"image": one["image"]} for one in samples()])
