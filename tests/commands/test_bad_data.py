"""Every kind of bad data that users meet, and the one line they get: nothing is written, exit code 2."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from gradunc.commands import train
from gradunc.data.devkits import kitti, kitti_files
from tests.data.kitti_helpers import DRIVE, write_drive
from tests.helpers import TINY, Call, assert_one_error, files_in, picture


def folder(root: Path) -> tuple[str, ...]:
    """Three images with depth of 2 m, all of them the test split."""
    for kind in ("images", "depth"):
        (root / kind).mkdir(parents=True)
    for i in range(3):
        Image.fromarray(picture(48, 64, i)).save(root / "images" / f"{i}.jpg")
        save_depth(root, np.full((48, 64), 2000, np.uint16), i)
    return ("data=folder", "data.folder.depth_scale=1000", "data.division={train: 0, val: 0, test: 1}")


def stereo(root: Path) -> tuple[str, ...]:
    for side in ("left", "right"):
        (root / side).mkdir(parents=True)
        Image.fromarray(picture(48, 64)).save(root / side / "0.png")
    (root / "calibration.json").write_text('{"fx": 60, "baseline": 0.5}')
    return ("data=stereo", "data.division={train: 0, val: 0, test: 1}")


def drive(root: Path) -> tuple[str, ...]:
    root.mkdir()
    write_drive(root, 3)
    return ("data=kitti",)


def video(root: Path) -> tuple[str, ...]:
    root.mkdir()
    (root / "walk.mp4").write_bytes(b"not a film" * 100)
    return ("data=video", "data.video.hfov=60")


def save_depth(root: Path, depth: np.ndarray, index: int = 1) -> None:
    Image.fromarray(depth).save(root / "depth" / f"{index}.png")


def as_npy(root: Path) -> None:
    """NaN in the first of the depth maps."""
    shutil.rmtree(root / "depth")
    (root / "depth").mkdir()
    for i in range(3):
        np.save(root / "depth" / f"{i}.npy", np.full((48, 64), np.nan if i == 0 else 2, np.float32))


def truncate(root: Path) -> None:
    path = root / "images" / "1.jpg"
    path.write_bytes(path.read_bytes()[:-200])


def without_right_camera(root: Path) -> None:
    path = root / "2011_09_26" / kitti.CAMERA_FILE
    path.write_text("".join(line for line in path.open() if not line.startswith("P_rect_03")))
    (root / "all.txt").write_text(f"{DRIVE} 1 l\n")


def other_size(root: Path) -> None:
    Image.fromarray(picture(48, 60)).save(root / "right" / "0.png")


class Case(NamedTuple):
    """A data set, what is done to it, arguments beside, and the message with `{root}` for the folder."""

    make: Callable[[Path], tuple[str, ...]]
    damage: Callable[[Path], None]
    message: str
    more: tuple[str, ...] = ()
    train: bool = False


OUT = "(data.on_error=skip leaves out what cannot be read)"
CASES = {
    "missing velodyne": Case(
        drive,
        lambda root: shutil.rmtree(kitti_files.velodyne_path(root, DRIVE, 0).parent),
        f"no Velodyne file '{{root}}/{DRIVE}/velodyne_points/data/0000000000.bin'; without true depth set "
        "data.kitti.truth=none",
    ),
    "truncated JPEG": Case(
        folder,
        truncate,
        f"cannot read image '{{root}}/images/1.jpg': image file is truncated (15 bytes not processed) {OUT}",
    ),
    "8-bit depth": Case(
        folder,
        lambda root: save_depth(root, np.full((48, 64), 20, np.uint8)),
        "depth '{root}/depth/1.png' is a PNG of mode L (8 bits), not of 16-bit gray: the depth was converted or "
        f"coloured; take the original file {OUT}",
    ),
    "wrong scale": Case(
        folder,
        lambda root: None,
        "depth '{root}/depth/0.png' is 0.002 m on average, not 0.01 to 1000 m: wrong unit; set data.folder.depth_scale "
        "(units per metre of a PNG, now 1e+06)",
        ("data.folder.depth_scale=1e6",),
    ),
    "all-invalid depth": Case(
        folder,
        lambda root: save_depth(root, np.zeros((48, 64), np.uint16)),
        f"depth '{{root}}/depth/1.png' has no known pixel; remove it and its image {OUT}",
    ),
    "NaN": Case(
        folder,
        as_npy,
        "depth '{root}/depth/0.npy' is NaN or infinite in 3072 of 3072 pixels; write 0 where depth is unknown "
        "(data=folder: or set data.folder.nan_is_unknown=true)",
    ),
    "mismatched stereo sizes": Case(
        stereo,
        other_size,
        "left and right differ in size: '{root}/left/0.png' has 64x48 pixels, '{root}/right/0.png' 60x48; rectify and "
        "resize them together",
    ),
    "split line without a file": Case(
        drive,
        lambda root: (root / "test.txt").write_text(f"{DRIVE} 1 l\n{DRIVE} 7 l\n") and None,
        f"split line 2 '{DRIVE} 7 l': no image '{{root}}/{DRIVE}/image_02/data/0000000007.png' (or .jpg)",
        ("data.kitti.test_split={root}/test.txt",),
    ),
    "calibration without P_rect_03": Case(
        drive,
        without_right_camera,
        "calibration '{root}/2011_09_26/calib_cam_to_cam.txt' has no 'P_rect_03'; put KITTI's own file there",
        ("objective=stereo", *(f"data.kitti.{split}_split={{root}}/all.txt" for split in ("train", "val", "test"))),
        train=True,
    ),
    "unreadable video": Case(
        video,
        lambda root: None,
        "cannot read video '{root}/walk.mp4': Invalid data found when processing input",
        train=True,
    ),
    "empty folder": Case(
        folder,
        lambda root: shutil.rmtree(root / "images"),
        "no folder 'images' in '{root}' or below; data=folder reads ROOT/images/*.jpg or .png",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_message(call: Call, infer: Call, tmp_path: Path, case: Case) -> None:
    root = tmp_path / "data"
    arguments = [*case.make(root), f"data.root={root}", f"data.cache={tmp_path / 'cache'}", "data.workers=0"]
    case.damage(root)
    arguments += ["output=out", "evaluation.pictures=0", *(argument.format(root=root) for argument in case.more)]
    outcome = call(train.main, *TINY, *arguments) if case.train else infer(*arguments)
    assert not files_in(tmp_path / "here")
    assert not (tmp_path / "cache").exists()
    assert outcome.err == f"error: {case.message.format(root=root)}\n"
    assert_one_error(outcome)
