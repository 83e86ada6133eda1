import numpy as np
import pytest

from gradunc.data.formats import tum
from gradunc.data.formats.poses import UnknownPose
from gradunc.errors import InputError


def test_lists_are_sorted_by_time_and_relative_to_their_folder(tmp_path):
    (tmp_path / "rgb.txt").write_text("# timestamp filename\n2.5 rgb/b.png\n\n1.25 rgb/a.png # first\n")
    times, files = tum.read_list(tmp_path / "rgb.txt")
    assert times.tolist() == [1.25, 2.5]
    assert files == [tmp_path / "rgb/a.png", tmp_path / "rgb/b.png"]


def test_trajectory_and_pose(tmp_path):
    half = np.sqrt(0.5)
    (tmp_path / "groundtruth.txt").write_text(f"2 4 5 6 0 0 {half} {half}\n# comment\n1 1 2 3 0 0 0 1\n")
    times, rows = tum.read_trajectory(tmp_path / "groundtruth.txt")
    assert times.tolist() == [1, 2]
    expected = np.eye(4)
    expected[:3, 3] = (1, 2, 3)
    np.testing.assert_array_equal(tum.pose(rows[0], "a"), expected)
    quarter = [[0, -1, 0, 4], [1, 0, 0, 5], [0, 0, 1, 6], [0, 0, 0, 1]]
    np.testing.assert_allclose(tum.pose(rows[1], "b"), quarter, atol=1e-12)


def slow_nearest(times, others, tolerance):
    result = []
    for time in times:
        distances = [abs(time - other) for other in others]
        best = min(range(len(others)), key=distances.__getitem__)
        result.append(best if distances[best] <= tolerance else -1)
    return result


def test_nearest_agrees_with_a_search_of_all():
    rng = np.random.default_rng(0)
    times, others = np.sort(rng.uniform(0, 1, 40)), np.sort(rng.uniform(0, 1, 30))
    assert tum.nearest(times, others, 0.02).tolist() == slow_nearest(times, others, 0.02)
    assert -1 in tum.nearest(times, others, 0.02)


def test_a_depth_map_serves_one_image_only():
    times, others = np.array([0.0, 0.03, 0.05]), np.array([0.001, 0.042])
    assert tum.nearest(times, others).tolist() == [0, 1, 1]
    assert tum.associate(times, others).tolist() == [0, -1, 1]
    assert tum.associate(times, np.zeros(0)).tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1.0\n", "line 1 has 1 words, not 2"),
        ("# nothing\n\n", "lists nothing"),
        ("# head\nnow a.png\n", "line 2: could not convert string to float: 'now'"),
    ],
)
def test_broken_lists(tmp_path, text, parts):
    (tmp_path / "rgb.txt").write_text(text)
    with pytest.raises(InputError) as caught:
        tum.read_list(tmp_path / "rgb.txt")
    assert str(tmp_path / "rgb.txt") in str(caught.value)
    assert parts in str(caught.value)


def test_missing_list(tmp_path):
    with pytest.raises(InputError, match=r"list '.*depth.txt' does not exist"):
        tum.read_list(tmp_path / "depth.txt")


@pytest.mark.parametrize("quaternion", [(0, 0, 0, 0), (0, 0, 0, 2)])
def test_quaternions_that_are_none(quaternion):
    with pytest.raises(InputError, match=r"pose 'x' has a quaternion of length .*, not 1"):
        tum.pose(np.array([0, 0, 0, *quaternion], dtype=float), "x")


def test_a_pose_of_nan_is_unknown_and_no_mistake():
    with pytest.raises(UnknownPose, match="pose 'x' is NaN or infinite: the recording lost track there"):
        tum.pose(np.array([0, 0, 0, np.nan, 0, 0, 1]), "x")


def test_time_stamps_that_are_no_time(tmp_path):
    path = tmp_path / "groundtruth.txt"
    path.write_text("1 0 0 0 0 0 0 1\nnan 0 0 0 0 0 0 1\n")
    with pytest.raises(InputError, match="line 2: the time stamp 'nan' is no time"):
        tum.read_trajectory(path)
