"""Every text format: the same content with a byte order mark, and what is no text."""

import codecs

import numpy as np
import pytest

from gradunc.errors import InputError
from tests.data.readers import READERS

SPLIT = "2011_09_26/2011_09_26_drive_0002_sync 0 l\n"
SOUND = {
    "camera_files.read_intrinsics": '{"fx": 50, "fy": 50, "cx": 31.5, "cy": 23.5, "width": 64, "height": 48}',
    "camera_files.read_poses": "1 0 0 0 0 1 0 0 0 0 1 0\n" * 4,
    "kitti.read_calibration": "S_rect_02: 64 48\nP_rect_02: 1 2 3\n",
    "kitti_odometry.read_poses": "1 0 0 0 0 1 0 0 0 0 1 0\n" * 2,
    "oxts.read_oxts": "49 8 112 0.1 0.2 0.3 7\n",
    "seven_scenes.read_pose": "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\n",
    "seven_scenes.read_intrinsics": "1 0 0 0 1 0 0 0 1\n",
    "stereo.read_middlebury": "cam0=[60 0 31; 0 60 23; 0 0 1]\ndoffs=2\nbaseline=200\nwidth=64\nheight=48\n",
    "stereo.read_json": '{"fx": 60, "baseline": 0.5}',
    "stereo.read_number": "270\n",
    "tum.read_list": "1.5 rgb/1.png\n",
    "tum.read_trajectory": "1.5 0 0 0 0 0 0 1\n",
    "split list of the user": SPLIT,
}
"""Reader -> a content without comments, whose first word counts."""


def plain(result: object) -> str:
    values = getattr(result, "values", result)
    return np.array2string(values) if isinstance(values, np.ndarray) else repr(values)


@pytest.mark.parametrize("name", SOUND)
def test_a_byte_order_mark_changes_nothing(tmp_path, name):
    path = tmp_path / f"a{READERS[name].suffix}"
    path.write_text(SOUND[name])
    expected = plain(READERS[name].read(path))
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    assert plain(READERS[name].read(path)) == expected


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize(("wrong", "text"), [(b"\n\xe9", "byte 0xe9 in line"), (b"\n\0", "null character in line")])
def test_what_is_no_text_is_named_with_its_line(tmp_path, name, wrong, text):
    path = tmp_path / f"a{READERS[name].suffix}"
    content = SOUND[name].rstrip("\n").encode() + wrong
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        READERS[name].read(path)
    line = content.count(b"\n") + 1
    assert f"{text} {line}" in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["camera_files.read_intrinsics", "stereo.read_json", "JSON"])
@pytest.mark.parametrize("content", ["[" * 100_000, '{"fx":' * 100_000, '{"fx": 1e400}', '{"fx": %s}' % ("9" * 5000)])
def test_hostile_json_is_one_line(tmp_path, name, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError) as caught:
        READERS[name].read(tmp_path / "a.json")
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)
