import json

import numpy as np
import pytest

from gradunc.data.formats.camera_files import centred_intrinsics, read_intrinsics, read_poses
from gradunc.errors import InputError

CAMERA = {"fx": 500.0, "fy": 510, "cx": 319.5, "cy": 239.5}
MATRIX = [[500, 0, 319.5], [0, 510, 239.5], [0, 0, 1]]


def written(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    "camera", [CAMERA, {"K": MATRIX}, {"K": MATRIX[0] + MATRIX[1] + MATRIX[2]}, {**CAMERA, "k1": 0.0}]
)
def test_intrinsics_in_either_form(tmp_path, camera):
    matrix, size = read_intrinsics(written(tmp_path / "i.json", camera))
    assert matrix.tolist() == MATRIX
    assert size is None
    matrix, size = read_intrinsics(written(tmp_path / "i.json", {**camera, "width": 640, "height": 480}))
    assert matrix.tolist() == MATRIX
    assert size == (480, 640)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "cannot read"),
        ([1, 2], "must hold {fx, fy"),
        ({"fx": 1, "fy": 1, "cx": 1}, "has no 'cy'; it needs fx, fy, cx, cy (or K)"),
        ({**CAMERA, "fx": "wide"}, "'fx' is no number: \"wide\""),
        ({**CAMERA, "fx": None}, "'fx' is no number: null"),
        ({**CAMERA, "width": None, "height": 480}, "'width' is no number: null"),
        ({"K": [[5, 0, 1], [0, None, 1], [0, 0, 1]]}, "'K' is no number: [[5, 0, 1], [0, null, 1], [0, 0, 1]]"),
        ({**CAMERA, "fx": [1, 2]}, "'fx' is no number: [1, 2]"),
        ({**CAMERA, "fx": -500}, "no camera matrix"),
        ({**CAMERA, "cx": float("nan")}, "'cx' is no number: NaN"),
        ({"K": [[1, 0], [0, 1]]}, "'K' has 4 numbers, not 3x3"),
        ({"K": [[5, 0, 1], [0, 5, 1], [0, 1, 0]]}, "last row of K 0, 0, 1"),
        ({**CAMERA, "width": 640}, "has no 'height'"),
        ({**CAMERA, "width": 640.5, "height": 480}, "whole numbers of pixels"),
        ({**CAMERA, "k1": -0.3, "p2": 0.01}, "lens distortion (k1, p2); undistort"),
        ({**CAMERA, "distortion": [0, 0.1]}, "lens distortion (distortion)"),
    ],
)
def test_bad_intrinsics(tmp_path, content, text):
    with pytest.raises(InputError) as caught:
        read_intrinsics(written(tmp_path / "i.json", content))
    assert text in str(caught.value)
    assert str(tmp_path / "i.json") in str(caught.value)


def test_centre_of_the_image():
    # Four columns have their centres at 0, 1, 2, 3: the middle is 1.5.
    assert centred_intrinsics(7, (2, 4)).tolist() == [[7, 0, 1.5], [0, 7, 0.5], [0, 0, 1]]


def test_poses_of_12_and_16_numbers(tmp_path):
    turned = "0 0 1 2  0 1 0 3  -1 0 0 4"
    lines = ["# camera -> world", "1 0 0 0 0 1 0 0 0 0 1 0", "", f"{turned} 0 0 0 1"]
    poses = read_poses(written(tmp_path / "poses.txt", "\n".join(lines)), 2)
    assert poses[0].tolist() == np.eye(4).tolist()
    assert poses[1].tolist() == [[0, 0, 1, 2], [0, 1, 0, 3], [-1, 0, 0, 4], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("1 0 0 0 0 1 0 0 0 0 1 0\n1 0 0 0 0 1 0 0 0 0 1 0", "has 2 poses for 1 images"),
        ("1 2 3", "'1 2 3' is not 12 or 16 numbers"),
        ("1 0 0 0 0 1 0 0 0 0 one 0", "is not 12 or 16 numbers"),
        ("2 0 0 0 0 2 0 0 0 0 2 0", "line 1"),
        ("1 0 0 nan 0 1 0 0 0 0 1 0", "NaN"),
    ],
)
def test_bad_poses(tmp_path, line, text):
    with pytest.raises(InputError) as caught:
        read_poses(written(tmp_path / "poses.txt", line), 1)
    assert text in str(caught.value)
