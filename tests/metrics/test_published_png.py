"""The 16-bit files by hand (docs/methods.md G.8), and against NumPy's own casts to uint16."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gradunc.metrics import EvaluationProtocol
from gradunc.metrics.published_png import (
    disparity_round_trip,
    median_scale,
    normalised,
    read_disparity,
    uncertainty_round_trip,
    write_disparity,
    write_uncertainty,
)
from gradunc.types import OutputSpace
from tests.losses.helpers import random

WIDTH = 1242
STEP = 10 / (256 * 0.58 * WIDTH)


def test_step_and_counts_by_hand() -> None:
    assert pytest.approx(5.42e-5, rel=1e-3) == STEP
    # 80 m of a network trained on video: 230.5 steps, cut to 230.
    assert write_disparity(torch.tensor([0.0125]), WIDTH).tolist() == [230]
    assert float(read_disparity(torch.tensor([230]), WIDTH)) == pytest.approx(230 * STEP)


@pytest.mark.parametrize(
    ("metres", "stereo", "share"),
    [(80.0, True, 8e-4), (80.0, False, 4.3e-3), (20.0, True, 2e-4), (20.0, False, 1.1e-3)],
)
def test_truncation_makes_depth_too_large_by_a_step_at_most(metres: float, stereo: bool, share: float) -> None:
    unit = 5.4 if stereo else 1.0
    near = torch.linspace(0.999, 1.001, 101) * metres
    read = unit / read_disparity(write_disparity(unit / near, WIDTH), WIDTH)
    excess = (read / near - 1).tolist()
    assert min(excess) > -1e-6
    assert 0.5 * share < max(excess) < 1.15 * share


def test_values_wrap_around_at_the_ends_of_16_bits() -> None:
    # 65536 steps are 3.5538: nearer than 0.28 m (video) or 1.52 m (stereo) looks far away.
    assert pytest.approx(3.5538, abs=1e-4) == 65536 * STEP
    near, far = read_disparity(write_disparity(torch.tensor([3.553, 3.556]), WIDTH), WIDTH).tolist()
    assert near == pytest.approx(3.553, abs=STEP)
    assert far == pytest.approx(3.556 - 65536 * STEP, abs=STEP)
    assert write_uncertainty(torch.tensor([1.5])).tolist() == [int(1.5 * 65535) - 65536]


def test_what_is_no_distance_is_infinitely_far() -> None:
    assert write_disparity(torch.tensor([0.0, -1.0, torch.nan, torch.inf]), WIDTH).tolist() == [0, 0, 0, 0]


def test_casts_are_those_of_numpy() -> None:
    disparity, uncertainty = 8 * random(0, 200), 3 * random(1, 200)
    scaled = disparity.numpy() * np.float32(0.58 * WIDTH) * np.float32(256) / np.float32(31.5) / np.float32(10)
    assert write_disparity(disparity, WIDTH, 31.5).tolist() == scaled.astype(np.uint16).tolist()
    expected = (uncertainty.numpy() * np.float32(65535)).astype(np.int64).astype(np.uint16)
    assert write_uncertainty(uncertainty).tolist() == expected.tolist()


def test_the_median_is_that_of_resized_depth_over_all_truth() -> None:
    # Depth 1 and 3 at twice the width: 1, 1.5, 2.5, 3 (disparity would give 1, 1.2, 2, 3). The truth beyond 80 m and
    # outside every crop counts: median of 10, 100, 1000 = 100 over median of 1, 1.5, 3 = 1.5.
    truth = torch.tensor([[[10.0, 100.0, 0.0, 1000.0]]])
    assert float(median_scale(truth, torch.tensor([[[1.0, 1 / 3]]]))) == pytest.approx(100 / 1.5)
    assert float(median_scale(torch.zeros(1, 1, 4), torch.ones(1, 1, 2))) == 1.0


def by_numpy(disparity: Tensor, truth: Tensor, ratio: float) -> np.ndarray:
    """Written with NumPy at the size of the truth, where nothing is resized."""
    width = truth.shape[-1]
    counts = (disparity.numpy() * np.float32(0.58 * width) * 256.0 / ratio / 10.0).astype(np.uint16)
    return counts / 256.0 / (0.58 * width) * 10


@pytest.mark.parametrize("video", [True, False])
def test_round_trip_of_the_variants(video: bool) -> None:
    truth, disparity = 2 + 60 * random(0, 1, 6, 8), 0.05 + random(1, 1, 6, 8)
    truth[0, :3] = 0
    ratio = float(np.median(truth[truth > 0].numpy()) / np.median((1 / disparity)[truth > 0].numpy())) if video else 1.0
    read = disparity_round_trip(disparity, truth, scale_by_median=video)
    np.testing.assert_allclose(read.numpy(), by_numpy(disparity, truth, ratio), atol=10 / (256 * 0.58 * 8) * 1e-3)


def test_it_is_read_before_it_is_resized() -> None:
    truth = torch.full((1, 2, 4), 5.0)
    disparity = torch.tensor([[[0.2, 0.4]]])
    low, high = (read_disparity(write_disparity(disparity, 4), 4))[0, 0].tolist()
    expected = [low, 0.75 * low + 0.25 * high, 0.25 * low + 0.75 * high, high]
    read = disparity_round_trip(disparity, truth, scale_by_median=False)
    assert read.flatten().tolist() == pytest.approx(2 * expected)


def test_uncertainty_is_normalised_over_what_is_known() -> None:
    values = torch.tensor([[[[1.0, 3.0, 5.0, 1e9]]], [[[2.0, 2.0, 2.0, 0.0]]]])
    known = torch.tensor([True, True, True, False]).expand(2, 1, 1, 4)
    assert normalised(values, known).flatten().tolist() == [0, 0.5, 1, 0, 0, 0, 0, 0]
    read = uncertainty_round_trip(values, known)
    assert read[0].flatten().tolist() == [0, 32767 / 256, 65535 / 256, 0]


def test_an_outlier_makes_ties() -> None:
    values = torch.tensor([[0.1, 0.10000001, 0.2, 1e5]])
    read = uncertainty_round_trip(values, torch.ones(1, 4).bool())[0].tolist()
    assert read == [0, 0, 0, 65535 / 256]


@pytest.mark.parametrize(("alignment", "factor"), [("median", 1.0), ("none", 1.0), ("stereo", 5.4)])
def test_the_protocol_compares_what_is_read_back(alignment: str, factor: float) -> None:
    protocol = EvaluationProtocol(alignment, limit_truth=False, name="published_png")
    truth, depth = 2 + 100 * random(0, 1, 1, 6, 8), 0.5 + random(1, 1, 1, 6, 8)
    depth[0, 0, 0, 0] = 1e6
    disparity, space = protocol.read_back(depth, truth, OutputSpace("depth", "scale"))
    selection = protocol.select(truth[0], disparity[0], None, space)
    ratio = float(np.median(truth.numpy()) / np.median(depth.numpy())) if alignment == "median" else 1.0
    # A network in metres is written as the published stereo networks are, which leave 5.4 times its disparity.
    unit = 5.4 if alignment == "none" else 1.0
    read = by_numpy(unit / depth[0], truth[0], ratio) / unit
    with np.errstate(divide="ignore"):
        expected = np.clip(factor / read, 1e-3, 80)
    np.testing.assert_allclose(selection.prediction.numpy(), expected.flatten(), rtol=1e-6)
    assert selection.prediction[0] == 80, "0 is read as infinitely far"
    assert int(selection.non_finite) == 0
