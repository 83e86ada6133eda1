"""Every kind of bad data that users meet, and the one line they get: nothing is written, exit code 2."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from gradunc.commands import train
from gradunc.data.formats import kitti, kitti_files
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


def stereo_with_truth(root: Path) -> tuple[str, ...]:
    arguments = stereo(root)
    (root / "disparity").mkdir()
    Image.fromarray(np.full((48, 64), round(7.5 * 256), np.uint16)).save(root / "disparity" / "0.png")
    return (*arguments, "data.stereo.disparity_scale=256")


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


def two_sequences(root: Path) -> None:
    """`truth`, and `plain` without any."""
    for side in ("left", "right", "disparity"):
        (root / "truth").mkdir(exist_ok=True)
        (root / side).rename(root / "truth" / side)
    shutil.copytree(root / "truth", root / "plain")
    shutil.rmtree(root / "plain" / "disparity")


def crop_frames(root: Path) -> None:
    for path in (root / DRIVE / "image_02" / "data").iterdir():
        Image.open(path).crop((1, 1, 19, 9)).save(path)


class Case(NamedTuple):
    """A data set, what is done to it, arguments beside, and the message with `{root}` for the folder."""

    make: Callable[[Path], tuple[str, ...]]
    damage: Callable[[Path], None]
    message: str
    more: tuple[str, ...] = ()
    train: bool = False


OUT = "(data.on_error=skip omits what cannot be read)"
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
        stereo_with_truth,
        other_size,
        "left and right differ in size: '{root}/left/0.png' has 64x48 pixels, '{root}/right/0.png' 60x48; rectify and "
        "resize them together",
    ),
    "stereo without truth": Case(
        stereo,
        lambda root: None,
        "there is nothing to compare with: no pair in data.root='{root}' has a file in disparity/ or depth/ beside "
        "left/; add it, or make maps with infer.py predict",
    ),
    "no true depth in the sequences that are tested on": Case(
        stereo_with_truth,
        two_sequences,
        "no sample of the test split has true depth; give data.division other sequences",
        ("data.division={{train: [truth], val: [], test: [plain]}}",),
    ),
    "stereo without calibration": Case(
        stereo,
        lambda root: (root / "calibration.json").unlink(),
        'no file \'{root}/calibration.json\'; write {{"fx": PIXELS, "baseline": METRES}} into it, or state '
        "data.stereo.focal (pixels of 64x48) and data.stereo.baseline (metres)",
        ("objective=stereo", "data.division={{train: 1, val: 0, test: 0}}"),
        train=True,
    ),
    "wrong key of a calibration": Case(
        stereo,
        lambda root: (root / "calibration.json").write_text('{"fx": 60, "baseline": 0.5, "focal": 3}') and None,
        "unknown key in '{root}/calibration.json' 'focal' (choices: baseline, cx, cy, "
        "depth_scale, disparity_scale, doffs, fx, fy, height, width)",
        ("objective=stereo", "data.division={{train: 1, val: 0, test: 0}}"),
        train=True,
    ),
    "turned image": Case(
        folder,
        lambda root: Image.fromarray(picture(64, 48)).save(root / "images" / "1.jpg"),
        "image '{root}/images/1.jpg' has 48x64 pixels, its camera makes 64x48: another shape, so it was cropped or "
        f"turned, or is of another camera; take the original file or remove it {OUT}",
    ),
    "cropped KITTI": Case(
        drive,
        crop_frames,
        f"image '{{root}}/{DRIVE}/image_02/data/0000000000.png' has 18x8 pixels, its camera makes 20x10: another "
        f"shape, so it was cropped or turned, or is of another camera; take the original file or remove it {OUT}",
    ),
    "empty scan": Case(
        drive,
        lambda root: kitti_files.velodyne_path(root, DRIVE, 1).write_bytes(b"") and None,
        f"Velodyne file '{{root}}/{DRIVE}/velodyne_points/data/0000000001.bin' is empty; take KITTI's own file, or "
        f"remove it and its image {OUT}",
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
def test_the_message(call: Call, evaluate: Call, tmp_path: Path, case: Case) -> None:
    root = tmp_path / "data"
    arguments = [*case.make(root), f"data.root={root}", f"data.cache={tmp_path / 'cache'}", "data.workers=0"]
    case.damage(root)
    arguments += ["output=out", "evaluation.pictures=0", *(argument.format(root=root) for argument in case.more)]
    outcome = call(train.main, *TINY, *arguments) if case.train else evaluate(*arguments)
    assert not files_in(tmp_path / "here")
    assert not (tmp_path / "cache").exists()
    assert outcome.err == f"error: {case.message.format(root=root)}\n"
    assert_one_error(outcome)


def without_truth(data: str, tmp_path: Path) -> tuple[list[str], str]:
    """A data set of that name without true depth, and the reason in the message."""
    root = tmp_path / "data"
    if data == "stereo":
        return [*stereo(root)[:1], f"data.root={root}"], f"no pair in data.root='{root}' has a file in disparity/"
    if data == "folder":
        arguments = folder(root)[:1]
        shutil.rmtree(root / "depth")
        return [*arguments, f"data.root={root}"], f"data.root='{root}' has no folder depth/ beside images/"
    root.mkdir()
    options = {"kitti": ["data.kitti.truth=none"], "rgbd": ["data.rgbd.ground_truth=false"]}
    reasons = {
        "kitti": "data.kitti.truth=none omits true depth",
        "rgbd": "data.rgbd.ground_truth=false omits true depth",
        "kitti_odometry": "KITTI odometry has no true depth",
        "video": "a video has no true depth",
    }
    return [f"data={data}", f"data.root={root}", *options.get(data, [])], reasons[data]


@pytest.mark.parametrize("data", ["kitti", "kitti_odometry", "rgbd", "stereo", "folder", "video"])
def test_supervised_training_without_truth_makes_no_run_folder(call: Call, tmp_path: Path, data: str) -> None:
    arguments, reason = without_truth(data, tmp_path)
    outcome = call(train.main, *TINY, *arguments, "objective=supervised", "output=out")
    assert_one_error(
        outcome,
        f"supervised training needs true depth, but {reason}",
        f", or choose objective={'stereo' if data == 'stereo' else 'mono'}",
    )
    assert not files_in(tmp_path / "here")


@pytest.mark.parametrize("part", ["weight: 1, evaluate: false", "weight: 0, evaluate: true"])
def test_a_mixture_needs_truth_to_train_and_to_validate_on(call: Call, tmp_path: Path, part: str) -> None:
    folder(tmp_path / "mine")
    other = "weight: 0" if "weight: 1" in part else "evaluate: false"
    (tmp_path / "m.yaml").write_text(
        "defaults: {data: mixture}\n"
        "data:\n"
        "  mixture:\n"
        f"    kitti_odometry: {{{part}, root: {tmp_path}}}\n"
        f"    mine: {{name: folder, {other}, root: {tmp_path / 'mine'}}}\n"
    )
    outcome = call(train.main, *TINY, str(tmp_path / "m.yaml"), "objective=supervised", "output=out")
    assert_one_error(outcome, "supervised training needs true depth, but KITTI odometry has no true depth")
    assert not files_in(tmp_path / "here")
