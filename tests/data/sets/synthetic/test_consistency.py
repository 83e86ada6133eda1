"""Views of one scene agree with its depth and poses wherever nothing moves, and only there."""

import numpy as np
import pytest

from gradunc.data.sets.synthetic.camera import FRAME_INTERVAL, intrinsics, relative_pose
from gradunc.data.sets.synthetic.render import render
from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.world import generate
from tests.data.sets.synthetic.helpers import warp_error

SETTINGS = RenderSettings(height=96, width=320)
K = intrinsics(96, 320)


@pytest.fixture(scope="module")
def views():
    """(target, right, next) of some scenes."""
    result = []
    for index in range(8):
        scene = generate(0, "train", index)
        result.append(
            (
                render(scene, 1.0, "left", SETTINGS),
                render(scene, 1.0, "right", SETTINGS),
                render(scene, 1.0 + FRAME_INTERVAL, "left", SETTINGS),
            )
        )
    return result


def test_right_camera_stands_0_54_m_to_the_right(views):
    for target, right, _ in views:
        expected = np.eye(4)
        expected[0, 3] = -0.54
        np.testing.assert_allclose(relative_pose(target.pose, right.pose), expected, atol=1e-6)


@pytest.mark.parametrize("source", [1, 2], ids=["stereo", "temporal"])
def test_warping_by_true_depth_and_pose_reproduces_the_target(views, source):
    right, wrong = [], []
    for view in views:
        still = ~view[0].moving
        transform = relative_pose(view[0].pose, view[source].pose)
        opposite = np.linalg.inv(transform.astype(float))
        right.append(np.nanmedian(warp_error(view[0], view[source], transform, K)[still]))
        wrong.append(np.nanmedian(warp_error(view[0], view[source], opposite, K)[still]))
    assert max(right) < 2
    assert min(wrong) > 3 * max(right)


def test_only_moving_pixels_break_temporal_consistency(views):
    moving, still, stereo = [], [], []
    for target, right, following in views:
        error = warp_error(target, following, relative_pose(target.pose, following.pose), K)
        moving.append(error[target.moving])
        still.append(error[~target.moving])
        stereo.append(warp_error(target, right, relative_pose(target.pose, right.pose), K)[target.moving])
    moving, still, stereo = (np.concatenate(errors) for errors in (moving, still, stereo))
    assert len(moving) > 500
    assert np.nanmedian(moving) > 3 * np.nanmedian(still)
    # Their depth does not agree either, so many of their pixels are not even comparable.
    assert np.isnan(moving).mean() > np.isnan(stereo).mean() + 0.3
    assert np.nanmedian(stereo) < 2


def test_textures_reach_all_but_the_sky(views):
    for target, _, _ in views:
        grey = target.image.mean(axis=2)
        change = np.abs(np.diff(grey, axis=1))[target.depth[:, 1:] > 0]
        assert np.median(change) > 0.6
