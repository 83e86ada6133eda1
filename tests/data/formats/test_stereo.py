import json

import numpy as np
import pytest

from gradunc.data.formats.stereo import StereoCalibration, read_json, read_middlebury
from gradunc.errors import InputError

# A calib.txt as the data set describes it.
CALIB = """cam0=[3979.911 0 1244.772; 0 3979.911 1019.507; 0 0 1]
cam1=[3979.911 0 1369.115; 0 3979.911 1019.507; 0 0 1]
doffs=124.343
baseline=193.001
width=2964
height=1988
ndisp=270
isint=0
vmin=23
vmax=245
dyavg=0
dymax=0
"""
SIZE = (1988, 2964)


def message(read, path, size=SIZE) -> str:
    with pytest.raises(InputError) as caught:
        read(path, size)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_middlebury_calibration_is_in_millimetres(tmp_path):
    (tmp_path / "calib.txt").write_text(CALIB)
    found = read_middlebury(tmp_path / "calib.txt", SIZE)
    assert found == StereoCalibration(3979.911, 3979.911, 1244.772, 1019.507, 0.193001, 124.343)
    assert found.matrix.tolist() == [[3979.911, 0, 1244.772], [0, 3979.911, 1019.507], [0, 0, 1]]


def test_a_point_seen_by_both_cameras():
    """u_left - u_right = disparity: a point [m] projected into both cameras gives back its depth."""
    calibration = StereoCalibration(900.0, 905.0, 300.0, 200.0, 0.12, 25.0)
    point = np.array([0.3, -0.2, 2.5, 1.0])
    right = calibration.pose @ point
    assert right.tolist() == [0.3 - 0.12, -0.2, 2.5, 1.0]
    u_left = 900 * point[0] / point[2] + 300
    u_right = 900 * right[0] / right[2] + 300 + 25  # cx of the right camera = cx + doffs
    depth = calibration.depth(np.array([[u_left - u_right]], np.float32))
    np.testing.assert_allclose(depth, [[2.5]], rtol=1e-6)
    assert depth.dtype == np.float32


def test_unknown_disparity_is_depth_zero():
    calibration = StereoCalibration(100.0, 100.0, 0.0, 0.0, 0.5, 2.0)
    disparity = np.array([[np.inf, np.nan, -2.0, -3.0, 0.0, 8.0]], np.float32)
    assert calibration.depth(disparity).tolist() == [[0, 0, 0, 0, 25, 5]]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("cam0=", "cam9=", "has no 9 number(s) 'cam0='"),
        ("doffs=124.343\n", "", "has no 1 number(s) 'doffs='"),
        ("baseline=193.001", "baseline=x", "has no 1 number(s) 'baseline='"),
        ("baseline=193.001", "baseline=0", "fx, fy, baseline (mm) and scales must be above 0"),
        ("width=2964", "width=1482", "is about 1482x1988 pixels, the images have 2964x1988"),
    ],
)
def test_broken_middlebury_calibration(tmp_path, old, new, text):
    (tmp_path / "calib.txt").write_text(CALIB.replace(old, new))
    assert text in message(read_middlebury, tmp_path / "calib.txt")


def test_missing_calibration(tmp_path):
    assert "does not exist" in message(read_middlebury, tmp_path / "calib.txt")
    assert message(read_json, tmp_path / "calibration.json") == (
        f'no file \'{tmp_path / "calibration.json"}\'; write {{"fx": PIXELS, "baseline": METRES}} into it, or state '
        f"data.stereo.focal (pixels of {SIZE[1]}x{SIZE[0]}) and data.stereo.baseline (metres)"
    )


def test_json_calibration(tmp_path):
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"fx": 100, "baseline": 0.5}))
    assert read_json(path, (10, 21)) == StereoCalibration(100, 100, 10.0, 4.5, 0.5)
    everything = {"fx": 100, "fy": 101, "cx": 9, "cy": 4, "baseline": 0.5, "doffs": 3, "disparity_scale": 256}
    path.write_text(json.dumps({**everything, "depth_scale": 1000, "width": 21, "height": 10}))
    assert read_json(path, (10, 21)) == StereoCalibration(100, 101, 9, 4, 0.5, 3, 256, 1000)
    assert "is about 21x10 pixels, the images have 42x20" in message(read_json, path, (20, 42))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "cannot read"),
        ("[1]", "must be one object with fx [px], baseline [m]"),
        ('{"fx": 100}', "has no 'baseline' (metres)"),
        ('{"fx": 100, "baseline": 1, "base": 2}', "calibration.json' 'base'; did you mean 'baseline'? (choices: base"),
        ('{"fx": 100, "baseline": 1, "focal": 3}', "unknown key in '"),
        ('{"fx": "100", "baseline": 1}', "'fx' is no number: \"100\""),
        ('{"fx": null, "baseline": 1}', "'fx' is no number: null"),
        ('{"fx": 100, "baseline": -1}', "baseline (m) and scales must be above 0"),
        ('{"fx": 100, "baseline": NaN}', "'baseline' is no number: NaN"),
    ],
)
def test_broken_json(tmp_path, text, part):
    (tmp_path / "calibration.json").write_text(text)
    assert part in message(read_json, tmp_path / "calibration.json")
