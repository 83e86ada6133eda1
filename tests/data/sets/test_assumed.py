"""Values that nothing states, and on which metres depend: said of the samples that carry them, and only of these."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradunc.assembly import data_set
from gradunc.types import FrameIds
from tests.config.test_loading import train
from tests.data.sets.folder.helpers import CAMERA, write_sequence
from tests.data.sets.rgbd.helpers import write_seven_scenes
from tests.data.sets.stereo.helpers import (
    DISPARITY,
    H,
    W,
    left_view,
    save,
    texture,
    write_2014,
    write_folders,
    write_pair,
)

SIZE = (24, 32)
ALL = "data.division={train: 0, val: 0, test: 1}"


def assumed(root: Path, *arguments: str, frames: FrameIds = ()) -> tuple[str, ...]:
    found = data_set(train(f"data.root={root}", ALL, *arguments).data)
    found.open("test", SIZE, frames)
    assert len(found.remarks.lines("assumed")) == len(found.remarks.assumed)
    return found.remarks.assumed


def write_2006(root: Path, height: int = 1110) -> None:
    """A pair of that many rows; stored disparity 100 at full size."""
    for name in ("view1", "view5"):
        save(root / "Aloe" / f"{name}.png", np.zeros((height, 12, 3), np.uint8))
    save(root / "Aloe" / "disp1.png", np.full((height, 12), 100, np.uint8))


def nearest(root: Path, *arguments: str) -> float:
    found = data_set(train("data=stereo", f"data.root={root}", *arguments).data)
    return found.open("test", SIZE)[0]["depth"].min().item()


def test_dmin_of_middlebury_2006(tmp_path: Path) -> None:
    """With an offset of 270 the pair is 3740 * 0.16 / (100 + 270) = 1.617 m away, not 5.984 m."""
    write_2006(tmp_path)
    assert assumed(tmp_path, "data=stereo") == ("dmin 0 px",)
    assert nearest(tmp_path) == pytest.approx(5.984, abs=1e-3)
    assert assumed(tmp_path, "data=stereo", "data.stereo.doffs=270") == ()
    assert assumed(tmp_path, "data=stereo", "data.stereo.ground_truth=false") == ()
    assert assumed(tmp_path, "data=stereo", "data.stereo.ground_truth=false", frames=("s",)) == ("dmin 0 px",)
    (tmp_path / "Aloe" / "dmin.txt").write_text("270")
    assert assumed(tmp_path, "data=stereo") == ()
    assert nearest(tmp_path) == pytest.approx(1.617, abs=1e-3)


@pytest.mark.parametrize(("height", "values"), [(555, ()), (370, ()), (500, ("focal 1684.7 px",))])
def test_sizes_of_middlebury_2006(tmp_path: Path, height: int, values: tuple[str, ...]) -> None:
    write_2006(tmp_path, height)
    (tmp_path / "Aloe" / "dmin.txt").write_text("270")
    assert assumed(tmp_path, "data=stereo") == values


def test_pairs(tmp_path: Path) -> None:
    write_pair(tmp_path)
    arguments = ["data=stereo", "data.stereo.focal=40", "data.stereo.baseline=0.5"]
    assert assumed(tmp_path, *arguments) == ("doffs 0 px", "disparity scale 1")
    assert assumed(tmp_path, *arguments, "data.stereo.doffs=0") == ("disparity scale 1",)
    assert assumed(tmp_path, *arguments, "data.stereo.doffs=0", "data.stereo.disparity_scale=1") == ()


def test_own_calibration_files(tmp_path: Path) -> None:
    write_folders(tmp_path / "without")
    write_folders(tmp_path / "with", doffs=0, width=W, height=H)
    write_folders(tmp_path / "depth", truth="depth", depth_scale=1000, width=W, height=H)
    assert assumed(tmp_path / "without", "data=stereo") == ("doffs 0 px", "calibration about the stored images")
    assert assumed(tmp_path / "with", "data=stereo") == ()
    # True depth does not depend on it, the right view does.
    assert assumed(tmp_path / "depth", "data=stereo") == ()
    assert assumed(tmp_path / "depth", "data=stereo", frames=("s",)) == ("doffs 0 px",)


def test_published_constants_are_facts(tmp_path: Path) -> None:
    write_2014(tmp_path)
    assert assumed(tmp_path, "data=stereo", frames=("s",)) == ()
    file = tmp_path / "Piano" / "calib.txt"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if "width" not in line))
    assert assumed(tmp_path, "data=stereo") == ("calibration about the stored images",)


@pytest.mark.parametrize(
    ("layout", "value"),
    [("tum", "fx, fy, cx, cy = 525, 525, 319.5, 239.5 px"), ("7scenes", "fx, fy, cx, cy = 585, 585, 320, 240 px")],
)
def test_cameras_of_recordings(tmp_path: Path, layout: str, value: str) -> None:
    if layout == "7scenes":
        write_seven_scenes(tmp_path, 3, size=(480, 640), calibration=False)
    else:
        write_tum_640(tmp_path)
    assert assumed(tmp_path, "data=rgbd") == (value,)
    assert assumed(tmp_path, "data=rgbd", "data.rgbd.intrinsics=[517.3,516.5,318.6,255.3]") == ()
    np.savetxt(tmp_path / "camera-intrinsics.txt", [[517.3, 0, 318.6], [0, 516.5, 255.3], [0, 0, 1]])
    assert assumed(tmp_path, "data=rgbd") == ()


def write_tum_640(root: Path) -> None:
    for name in ("rgb", "depth"):
        (root / name).mkdir()
        (root / f"{name}.txt").write_text(f"1.0 {name}/0.png\n")
    Image.new("RGB", (640, 480)).save(root / "rgb" / "0.png")
    Image.fromarray(np.full((480, 640), 5000, np.uint16)).save(root / "depth" / "0.png")


def test_the_reason_names_the_true_value_and_the_mending(tmp_path: Path) -> None:
    write_tum_640(tmp_path)
    found = data_set(train(f"data.root={tmp_path}", ALL, "data=rgbd").data)
    found.open("test", SIZE)
    (line,) = found.remarks.lines("assumed")
    assert "freiburg1 has fx = 517.3" in line
    assert "set data.rgbd.intrinsics=[fx,fy,cx,cy]" in line
    assert line.endswith(f": 1 ('{tmp_path.name}')")


def test_intrinsics_without_a_size(tmp_path: Path) -> None:
    camera = {key: value for key, value in CAMERA.items() if key not in ("width", "height")}
    write_sequence(tmp_path / "a", 3, camera=camera)
    write_sequence(tmp_path / "b", 3, camera=CAMERA)
    assert assumed(tmp_path, "data=folder") == ("intrinsics about the stored images",)
    (tmp_path / "a" / "intrinsics.json").write_text(json.dumps(CAMERA))
    assert assumed(tmp_path, "data=folder") == ()


def test_exact_sizes_of_disparity_are_unchanged(tmp_path: Path) -> None:
    """The pair above with the offset stated: 40 px * 0.5 m / (4 + 4) px."""
    save(tmp_path / "leafL.jpg", left_view(texture()))
    save(tmp_path / "leafR.jpg", texture())
    save(tmp_path / "leafGT.png", DISPARITY.astype(np.uint8))
    arguments = ("data.stereo.focal=40", "data.stereo.baseline=0.5", "data.stereo.doffs=4")
    assert nearest(tmp_path, *arguments) == pytest.approx(20 / 12)
