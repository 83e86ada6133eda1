"""Data that cannot be right end a training before it starts, what is unlikely is warned of, and sound data pass."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from gradunc.commands import run_training
from gradunc.commands.train import main
from gradunc.errors import InputError
from tests.data.inspection.drives import change_camera, swap, write_folder, write_pairs
from tests.helpers import TINY, Call, assert_one_error, files_in

FOLDER = ("data=folder", "data.folder.depth_scale=500")
ALL = "data.division={train: 0.5, val: 0.25, test: 0.25}"
MONO = (*FOLDER, "objective=mono", "objective.pose_encoder=lcnet_050")
SUPERVISED = (*FOLDER, "objective=supervised")
STEREO = ("data=stereo", "objective=stereo", "data.division={train: 0.5, val: 0.25, test: 0.25}")
OVERRIDE = "; data.on_implausible=warn trains all the same"


@pytest.fixture
def looked_at(call: Call, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Arguments of train.py -> the warnings of a training that ends where its network would be built."""

    def stop(*arguments: object, **keywords: object) -> None:
        raise InputError("the network comes next")

    def warnings(*arguments: object) -> list[str]:
        monkeypatch.setattr(run_training, "build_training", stop)
        outcome = call(main, *TINY, *arguments, "--dry-run")
        *lines, last = outcome.err.strip().splitlines()
        assert last == "error: the network comes next", outcome.err
        return lines

    return warnings


def inverse(depth: np.ndarray) -> np.ndarray:
    """Inverse depth, 0 where there is sky; 60000 = 1 / 1 m."""
    return np.where(depth > 0, 60000 / np.maximum(depth, 1), 0)


def unknown_as_largest(depth: np.ndarray) -> np.ndarray:
    """Millimetres, and 65535 for sky and what is further away."""
    return np.where((depth > 0) & (depth < 65), depth * 1000, 65535)


def millimetres(depth: np.ndarray) -> np.ndarray:
    return np.where(depth < 65, depth * 1000, 0)


def copy_images(root: Path) -> None:
    for path in (root / "images").iterdir():
        shutil.copy(root / "images/0.png", path) if path.name != "0.png" else None


def nothing_to_see(root: Path) -> None:
    for path in (root / "images").iterdir():
        Image.fromarray(np.full((64, 208, 3), 90, np.uint8)).save(path)


class Wrong(NamedTuple):
    """What is done to a sound recording, how it is trained on, and what the one line says."""

    damage: Callable[[Path], object]
    arguments: tuple[str, ...]
    says: tuple[str, ...]
    stored: Callable[[np.ndarray], np.ndarray] = lambda depth: depth * 500


FOLDER_MISTAKES = {
    "normalised focal length": Wrong(
        lambda root: change_camera(root, fx=0.58, fy=1.92),
        MONO,
        (
            "focal length of 0.58 pixels",
            "179 degrees at a width of 208",
            "divided by the width (then write 120.6)",
            "intrinsics.json",
            "(image '",
        ),
    ),
    "camera of supervised training": Wrong(
        lambda root: change_camera(root, fx=0.58, fy=1.92), SUPERVISED, ("focal length of 0.58 pixels",)
    ),
    "too long a lens": Wrong(lambda root: change_camera(root, fx=7200, fy=7200), MONO, ("field of view of 2 degrees",)),
    "principal point of 1917 pixels": Wrong(
        lambda root: change_camera(root, cx=958, width=None, height=None),
        MONO,
        ("the principal point lies at 461% of the width", "images of 1917x64 pixels instead of 208x64"),
    ),
    "principal point of twice the width": Wrong(
        lambda root: change_camera(root, cx=207.5, cy=63.5, width=None, height=None),
        MONO,
        ("the principal point lies at 100% of the width and 100% of the height",),
    ),
    "65535 is unknown": Wrong(
        lambda root: None,
        (*SUPERVISED, "data.folder.depth_scale=1000"),
        ("of the known depth is exactly 65.535 m", "write 0 there"),
        unknown_as_largest,
    ),
    "65535 is unknown, validation": Wrong(
        lambda root: None, (*MONO, "data.folder.depth_scale=256"), ("is exactly 256 m",), unknown_as_largest
    ),
    "the same image again and again": Wrong(
        copy_images, MONO, ("source -1 is an exact copy of the image", "each of 4 samples")
    ),
    "empty images": Wrong(nothing_to_see, SUPERVISED, ("100% of 4 images have one colour only",)),
}


@pytest.mark.parametrize("name", FOLDER_MISTAKES)
def test_the_impossible_is_refused(call: Call, tmp_path: Path, name: str) -> None:
    case = FOLDER_MISTAKES[name]
    case.damage(write_folder(tmp_path / "drive", case.stored))
    before = files_in(tmp_path)
    outcome = call(main, *TINY, ALL, f"data.root={tmp_path / 'drive'}", *case.arguments)
    assert_one_error(outcome, *case.says, OVERRIDE)
    assert files_in(tmp_path) == before


def test_stereo_pairs_are_refused(call: Call, tmp_path: Path) -> None:
    swap(write_pairs(tmp_path / "swapped"))
    given = (*TINY, *STEREO)
    assert_one_error(call(main, *given, f"data.root={tmp_path}/swapped"), "left and right swapped?", "100% of the")
    write_pairs(tmp_path / "same")
    shutil.rmtree(tmp_path / "same/right")
    shutil.copytree(tmp_path / "same/left", tmp_path / "same/right")
    assert_one_error(call(main, *given, f"data.root={tmp_path}/same"), "left and right are the same image")
    for baseline in (0, -0.54):
        file = write_pairs(tmp_path / f"baseline{baseline}") / "calibration.json"
        file.write_text(json.dumps({"fx": 240, "baseline": baseline}))
        assert_one_error(call(main, *given, f"data.root={file.parent}"), "baseline (m)", "must be above 0")


@pytest.mark.parametrize("arguments", [MONO, SUPERVISED])
def test_sound_recordings_pass_silently(looked_at, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert looked_at(*arguments, ALL, f"data.root={write_folder(tmp_path / 'drive')}") == []


def test_sound_pairs_pass_silently(looked_at, tmp_path: Path) -> None:
    assert looked_at(*STEREO, f"data.root={write_pairs(tmp_path / 'pairs')}") == []


@pytest.mark.parametrize(("scale", "hint"), [(256, "depth 0.25 times"), (5000, "depth 4 times")])
@pytest.mark.parametrize("objective", [MONO, SUPERVISED])
def test_millimetres_read_as_something_else(looked_at, tmp_path: Path, objective, scale: int, hint: str) -> None:
    """A factor of 3.9 or 5, which the known motion tells."""
    root = write_folder(tmp_path / "drive", millimetres)
    lines = looked_at(*objective, ALL, f"data.root={root}", f"data.folder.depth_scale={scale}")
    assert len(lines) == 2, lines
    assert all(line.startswith("warning: depth and the known motion") for line in lines)
    assert all(hint in line and "wrong depth_scale" in line for line in lines)


@pytest.mark.parametrize("objective", [MONO, SUPERVISED])
def test_inverse_depth_without_known_motion(looked_at, tmp_path: Path, objective) -> None:
    root = write_folder(tmp_path / "drive", inverse)
    (root / "poses.txt").unlink()
    lines = looked_at(*objective, ALL, f"data.root={root}", "data.folder.depth_scale=1000")
    assert any("only the INVERSE depth of a ground or a wall is" in line for line in lines)


def test_pairs_that_are_not_rectified(looked_at, tmp_path: Path) -> None:
    root = write_pairs(tmp_path / "pairs", lambda image: np.roll(image, 9, axis=0))
    (line,) = looked_at(*STEREO, f"data.root={root}")
    assert line.startswith("warning: the two views are not rectified: their rows differ by 9.0 pixels")
    assert "docs/data/stereo.md" in line


def test_a_static_camera(looked_at, tmp_path: Path) -> None:
    """The same view with other noise, so that no file is a copy."""
    root = write_folder(tmp_path / "drive")
    (root / "poses.txt").unlink()
    pixels = np.asarray(Image.open(root / "images/0.png"), np.int16)
    for number, path in enumerate(sorted((root / "images").iterdir())):
        noise = np.random.default_rng(number).integers(-3, 4, pixels.shape)
        Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(path)
    lines = looked_at(*MONO, ALL, f"data.root={root}")
    assert [line.split(" in ")[0] for line in lines] == [
        f"warning: source {frame} shows the same as the image" for frame in (-1, 1)
    ]
    assert "the camera stands still; take frames further apart" in lines[0]


def test_a_baseline_in_millimetres(looked_at, tmp_path: Path) -> None:
    root = write_pairs(tmp_path / "pairs")
    (root / "calibration.json").write_text(json.dumps({"fx": 240, "baseline": 540}))
    (line,) = looked_at(*STEREO, f"data.root={root}")
    assert "the baseline is 540 m, probably in millimetres (0.54 m)" in line


def test_on_implausible(call: Call, looked_at, tmp_path: Path) -> None:
    root = write_folder(tmp_path / "drive")
    change_camera(root, fx=0.58, fy=1.92)
    given = (*SUPERVISED, ALL, f"data.root={root}")
    lines = looked_at(*given, "data.on_implausible=warn")
    assert lines[0].startswith("warning: the focal length of 0.58 pixels")
    assert_one_error(
        call(main, *given, "data.on_implausible=wran"), "data.on_implausible=wran must be stop or warn", "'warn'"
    )


def test_every_part_of_a_mixture(call: Call, tmp_path: Path) -> None:
    write_folder(tmp_path / "good")
    change_camera(write_folder(tmp_path / "bad"), fx=0.58, fy=1.92)
    parts = {
        name: {"name": "folder", "root": str(tmp_path / name), "folder": {"depth_scale": 500}}
        for name in ("good", "bad")
    }
    config = tmp_path / "mixture.yaml"
    config.write_text(json.dumps({"defaults": {"data": "mixture"}, "data": {"mixture": parts}}))
    outcome = call(main, config, *TINY, "objective=supervised")
    assert_one_error(outcome, "data.mixture.bad: the focal length of 0.58 pixels")


@pytest.mark.slow
def test_the_closing_lines_repeat_the_warnings(call: Call, tmp_path: Path) -> None:
    """A training of one step, whose warning does not scroll away."""
    root = write_folder(tmp_path / "drive", inverse)
    (root / "poses.txt").unlink()
    given = ("trainer.max_epochs=1", "data.batch_size=2", "data.workers=0", "evaluation.pictures=0")
    scale = "data.folder.depth_scale=1000"
    outcome = call(main, *TINY, *SUPERVISED, ALL, f"data.root={root}", *given, scale, "trainer.progress=false")
    assert outcome.code == 0, outcome.err
    warned = [line for line in outcome.err.splitlines() if "INVERSE" in line]
    assert len(warned) == 1
    assert warned[0] in outcome.out.splitlines()
