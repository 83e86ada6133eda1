import numpy as np
import pytest

from gradunc.data.formats.poses import checked_pose, pose_from_quaternion, relative_pose
from gradunc.errors import InputError


def rigid(axis: int, degrees: float, translation) -> np.ndarray:
    """Rotation about a coordinate axis by the textbook matrix."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = [k for k in range(3) if k != axis]
    pose = np.eye(4)
    pose[[i, j], [i, j]] = c
    pose[i, j], pose[j, i] = (-s, s) if axis != 1 else (s, -s)
    pose[:3, 3] = translation
    return pose


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("length", [1.0, 2.5, -1.0])
def test_quaternion_turns_about_its_axis(axis, length):
    """(axis sin(a/2), cos(a/2)) turns by a; its length and sign do not matter."""
    angle = np.radians(50)
    quaternion = np.append(np.eye(3)[axis] * np.sin(angle / 2), np.cos(angle / 2)) * length
    np.testing.assert_allclose(
        pose_from_quaternion(np.array([1.0, 2, 3]), quaternion), rigid(axis, 50, (1, 2, 3)), atol=1e-12
    )


def test_relative_pose_moves_points_of_the_target_to_the_source():
    target, source = rigid(1, 30, (1, 2, 3)), rigid(0, -20, (-1, 0, 4))
    in_target = np.array([0.3, -0.2, 2.0, 1.0])
    world = target @ in_target
    rotation, translation = source[:3, :3], source[:3, 3]
    by_hand = rotation.T @ (world[:3] - translation)
    np.testing.assert_allclose((relative_pose(target, source) @ in_target)[:3], by_hand, atol=1e-12)


def test_a_pose_rounded_to_four_digits_passes():
    pose = np.round(rigid(2, 33, (1, 2, 3)), 4)
    assert checked_pose(pose, "x") is pose


def changed(row, column, value):
    pose = np.eye(4)
    pose[row, column] = value
    return pose


@pytest.mark.parametrize(
    ("pose", "text"),
    [
        (np.eye(3), "has the shape (3, 3), not (4,4)"),
        (changed(0, 3, np.nan), "is NaN or infinite: the recording lost track there; remove the frame"),
        (changed(1, 1, -np.inf), "is NaN or infinite"),
        (changed(0, 0, 2.0), "is no rigid camera-to-world matrix"),
        (changed(0, 0, -1.0), "det R = -1"),
        (changed(3, 0, 1.0), "last row [1.0, 0.0, 0.0, 1.0]"),
        (np.zeros((4, 4)), "R^T R differs from 1 by 1"),
    ],
)
def test_what_is_no_pose(pose, text):
    with pytest.raises(InputError) as caught:
        checked_pose(pose, "frame-7.pose.txt")
    assert str(caught.value).startswith("pose 'frame-7.pose.txt'")
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
