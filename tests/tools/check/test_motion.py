"""The unknown motion between views of the synthetic street, where depth and motion are exact."""

import pytest
import torch

from gradunc.data.inspection.views import fit, grid_points, truth_points, unmoved
from gradunc.tools.check.motion import find_motion
from tests.data.inspection.drives import street_sample


@pytest.fixture(scope="module")
def sample():
    return street_sample()


@pytest.fixture(scope="module")
def points(sample):
    return truth_points(sample["depth"], sample["valid"], (64, 208))


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_motion_is_found_with_true_depth(sample, points, position):
    pose, _ = find_motion(sample["image"], sample["sources"][position], sample["intrinsics"], points)
    true = sample["source_pose"][position]
    assert float((pose[:3, 3] - true[:3, 3]).norm() / true[:3, 3].norm()) < 0.1
    assert float((pose[:3, :3] - true[:3, :3]).abs().max()) < 0.01


def test_a_motion_is_found_with_one_plane(sample):
    image, source, intrinsics = sample["image"], sample["sources"][0], sample["intrinsics"]
    pose, depth = find_motion(image, source, intrinsics)
    places = grid_points(depth)
    assert depth.shape == (1, 64, 208)
    assert float(depth.min()) > 0
    assert float(pose[2, 3]) > 0  # backward, to the frame before
    assert fit(image, source, places, intrinsics, pose).error < 0.7 * unmoved(image, source, places, intrinsics, pose)


def test_no_motion_between_equal_images(sample, points):
    pose, _ = find_motion(sample["image"], sample["image"], sample["intrinsics"], points)
    assert float((pose - torch.eye(4)).abs().max()) < 0.05
