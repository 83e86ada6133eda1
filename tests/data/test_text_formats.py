"""Every text format: the same content with a byte order mark, and what is no text."""

import codecs
from pathlib import Path

import numpy as np
import pytest

from gradunc.data.sets.kitti.targets import LINE
from gradunc.data.sets.kitti.views import ViewFiles
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


LONG = "9" * 5000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("seven_scenes.read_intrinsics", "[" * 5000),
        ("seven_scenes.read_pose", "x" * 5000),
        ("tum.read_list", f"{LONG} a.png"),
        ("tum.read_list", f"{'x' * 5000} a.png"),
        ("tum.read_list", f"1.5 {LONG}"),
        ("tum.read_trajectory", f"1 0 0 0 0 0 0 {'x' * 5000}"),
        ("camera_files.read_poses", f"{LONG}\n" * 4),
        ("NYU list", f"{LONG} a.png"),
        ("NYU list", f"{'a/' * 2000} a.png"),
        ("kitti_odometry.read_poses", LONG),
        ("oxts.read_oxts", LONG),
        ("stereo.read_number", LONG),
    ],
)
def test_long_words_do_not_fill_the_message(tmp_path, name, content):
    """Nor do they reach the system as names of files."""
    (tmp_path / "a.txt").write_text(content)
    with pytest.raises(InputError) as caught:
        READERS[name].read(tmp_path / "a.txt")
    assert len(str(caught.value)) < 400


def test_long_words_of_a_split():
    for line in (f"a/{LONG} 1 l", f"a/b {LONG} l", f"a/b 1 {LONG}"):
        views = ViewFiles(lambda drive, side: {}, lambda drive, side, frame: Path(drive), ())
        with pytest.raises(InputError) as caught:
            list(views.of_lines([line], lambda word: word, LINE))
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ["camera_files.read_intrinsics", "stereo.read_json", "JSON"])
@pytest.mark.parametrize("content", ["[" * 100_000, '{"fx":' * 100_000, '{"fx": 1e400}', '{"fx": %s}' % ("9" * 5000)])
def test_hostile_json_is_one_line(tmp_path, name, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError) as caught:
        READERS[name].read(tmp_path / "a.json")
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)
