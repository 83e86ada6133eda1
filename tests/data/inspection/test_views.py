"""View synthesis on the synthetic street, where depth and motion are exact."""

import pytest
import torch

from gradunc.data.inspection.views import (
    MOST_POINTS,
    Points,
    filled,
    fit,
    grid_points,
    scaled,
    sweep,
    truth_points,
    unmoved,
    warped,
)
from gradunc.ops.geometry import pose_matrix
from tests.data.inspection.drives import street_sample


@pytest.fixture(scope="module")
def sample():
    return street_sample()


@pytest.fixture(scope="module")
def points(sample):
    return truth_points(sample["depth"], sample["valid"], (64, 208))


def test_points_of_a_finer_truth():
    depth = torch.zeros(1, 4, 8)
    depth[0, 1, 2] = 5
    found = truth_points(depth, depth > 0, (2, 4))
    # Row 1 of 4 has its centre at 1.5 / 4 of the height: 0.75 of 2, which is row 0.25.
    assert found.pixels.tolist() == [[0.75], [0.25]]
    assert found.depth.tolist() == [5]
    many = torch.ones(1, 300, 300)
    assert MOST_POINTS <= len(truth_points(many, many > 0, (300, 300)).depth) < 2 * MOST_POINTS


def test_a_known_shift():
    # A wall at 2 m, focal length 10, the source 0.4 m further right: all shifts by 2 pixels.
    wide = torch.rand(3, 6, 30, generator=torch.Generator().manual_seed(0))
    image, source = wide[:, :, :20], wide[:, :, 2:22]
    intrinsics = torch.tensor([[10.0, 0, 9.5], [0, 10, 2.5], [0, 0, 1]])
    pose = torch.eye(4)
    pose[0, 3] = -0.4
    points = grid_points(torch.full((1, 6, 20), 2.0))
    found = fit(image, source, points, intrinsics, pose)
    assert found.error == pytest.approx(0, abs=1e-5)
    assert found.seen == pytest.approx(18 / 20)
    assert unmoved(image, source, points, intrinsics, pose) == pytest.approx(
        float((image - source)[:, :, 2:].abs().mean()), abs=1e-5
    )
    view = warped(source, torch.full((1, 6, 20), 2.0), intrinsics, pose)
    assert view[:, :, :2].isnan().all()
    torch.testing.assert_close(view[:, :, 2:], image[:, :, 2:], atol=1e-5, rtol=0)
    behind = pose_matrix(torch.tensor([[0.0, torch.pi, 0]]), torch.zeros(1, 3))[0]
    assert fit(image, source, points, intrinsics, behind).seen == 0


def test_the_true_motion_fits_best(sample, points):
    for source, pose in zip(sample["sources"], sample["source_pose"], strict=True):
        true = fit(sample["image"], source, points, sample["intrinsics"], pose)
        before = unmoved(sample["image"], source, points, sample["intrinsics"], pose)
        assert true.error < 0.4 * before
        for other in (scaled(pose, 0.6), scaled(pose, 1.6), torch.linalg.inv(pose)):
            assert fit(sample["image"], source, points, sample["intrinsics"], other).error > 1.5 * true.error


def test_scaled_changes_the_length_only(sample):
    pose = sample["source_pose"][0]
    double = scaled(pose, 2)
    torch.testing.assert_close(double[:3, 3], 2 * pose[:3, 3])
    torch.testing.assert_close(double[:3, :3], pose[:3, :3])


def test_the_sweep_finds_depth_and_the_side_of_the_other_camera(sample):
    image, source, intrinsics, pose = (
        sample["image"],
        sample["sources"][2],
        sample["intrinsics"],
        sample["source_pose"][2],
    )
    depth, error = sweep(image, source, intrinsics, pose)
    _, wrong = sweep(image, source, intrinsics, torch.linalg.inv(pose))
    assert error < 0.6 * wrong
    known = sample["valid"]
    ratio = (depth / sample["depth"])[known & (sample["depth"] < 20)]
    assert float(((ratio > 0.8) & (ratio < 1.25)).float().mean()) > 0.7


def test_scattered_points_become_a_map():
    points = Points(torch.tensor([[0.0, 9.0], [2.0, 2.0]]), torch.tensor([2.0, 4.0]))
    depth = filled(points, (5, 10))
    assert depth.shape == (1, 5, 10)
    assert float(depth[0, 2, 0]) == pytest.approx(2)
    assert float(depth[0, 2, 9]) == pytest.approx(4)
    assert depth.isfinite().all()
    assert float(depth.min()) >= 2 - 1e-5
    assert float(depth.max()) <= 4 + 1e-5
