"""The command from the arguments to the picture, on a folder made of the synthetic street."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from gradunc.tools.check import command
from tests.data.inspection.drives import change_camera, swap, write_folder, write_pairs
from tests.data.videos import pan, write_video
from tests.helpers import DATA, assert_one_error, call_command

pytestmark = pytest.mark.slow

SIZE = "model.size=[64,208]"
FOLDER = ["data=folder", SIZE, "samples=4", "drawn=1"]


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: call_command(command.main, arguments, monkeypatch, capsys)


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    """Frames of the street in the layout of one's own folder."""
    return write_folder(tmp_path_factory.mktemp("street") / "drive", count=10)


def test_sound_data(call, drive, tmp_path):
    outcome = call(*FOLDER, f"data.root={drive}", "data.folder.depth_scale=500", "output=look.png", "strict=true")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0] == "train: 4 samples in 1 sequence(s), 4 looked at; images 208x64 -> 208x64"
    assert lines[1].startswith("depth [m]: median ")
    assert lines[2] == "camera at 208x64: fx 120.6, fy 120.6, cx 103.5, cy 31.5; 82 degrees wide"
    assert "(known motion, true depth; 4 samples)" in lines[3]
    before, after = (float(number) for number in lines[3].split("difference ")[1].split(" warped")[0].split(" -> "))
    assert after < 0.5 * before
    assert lines[-2] == "nothing suspicious in 4 samples"
    assert lines[-1] == "picture: look.png"
    with Image.open(tmp_path / "look.png") as picture:
        assert picture.size[0] == 2160
        assert len(set(picture.convert("RGB").resize((64, 64)).getdata())) > 100


def test_warnings_are_an_error_for_scripts_that_want_that(call, drive):
    given = (*FOLDER, f"data.root={drive}", "data.folder.depth_scale=2000")
    outcome = call(*given)
    assert outcome.code == 0
    warnings = [line for line in outcome.out.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 2
    assert all("depth 4 times: wrong depth_scale" in line for line in warnings)
    strict = call(*given, "strict=true")
    assert (strict.code, strict.err) == (1, "")
    assert strict.out == outcome.out


def test_the_impossible_exits_with_2_after_the_picture(call, tmp_path):
    root = write_folder(tmp_path / "drive", count=8)
    change_camera(root, fx=0.58, fy=1.92)
    given = (*FOLDER, f"data.root={root}", "data.folder.depth_scale=500")
    outcome = call(*given)
    assert_one_error(outcome, "the focal length of 0.58 pixels")
    assert "impossible: the focal length of 0.58 pixels" in outcome.out
    assert (tmp_path / "check.png").is_file()
    outcome = call(*given, "data.on_implausible=warn", "strict=true")
    assert outcome.code == 1
    assert "warning: the focal length of 0.58 pixels" in outcome.out
    assert_one_error(call(*given, "data.on_implausible=wran"), "data.on_implausible=wran must be stop or warn")


def test_the_rows_of_stereo_pairs(call, tmp_path):
    """Rectified, moved by 7 rows, exchanged; of 128x416 pixels, looked at with a network of half of that."""
    for name, right in (("sound", lambda image: image), ("moved", lambda image: np.roll(image, 7, axis=0))):
        root = write_pairs(tmp_path / name, right)
        outcome = call("data=stereo", SIZE, f"data.root={root}")
        assert outcome.code == 0, outcome.err
        line = next(line for line in outcome.out.splitlines() if line.startswith("source s: "))
        middle, low, high = re.search(r"rows (\S+) pixels \((\S+) to (\S+)\)", line).groups()
        wanted = 7 if name == "moved" else 0
        assert float(middle) == pytest.approx(wanted, abs=0.1)
        assert wanted - 1 < float(low) <= float(middle) <= float(high) < wanted + 1
        assert ("not rectified: their rows differ by 7.0 pixels" in outcome.out) == (name == "moved")
    swap(tmp_path / "sound")
    assert_one_error(call("data=stereo", SIZE, f"data.root={tmp_path / 'sound'}"), "left and right swapped?")


def test_what_train_would_get_is_what_is_checked(call, drive):
    supervised = call(*FOLDER, f"data.root={drive}", "data.folder.depth_scale=500", "objective=supervised", "split=val")
    assert supervised.code == 0, supervised.err
    assert "source" not in supervised.out
    stereo = call(*FOLDER, f"data.root={drive}", "objective=stereo", "data.folder.ground_truth=false")
    assert_one_error(stereo, "data=folder has one camera: the source view 's'")


def test_unreadable_files(call, drive, tmp_path):
    (tmp_path / "root").mkdir()
    for name in ("images", "intrinsics.json"):
        source, target = drive / name, tmp_path / "root" / name
        target.write_bytes(source.read_bytes()) if source.is_file() else target.mkdir()
    for path in (drive / "images").iterdir():
        (tmp_path / "root" / "images" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "root" / "images" / "6.png").write_bytes(b"broken")
    root = f"data.root={tmp_path / 'root'}"
    division = ["data.division.train=1", "data.division.val=0", "data.division.test=0"]
    outcome = call(*FOLDER, root, *division)
    assert outcome.code == 0, outcome.err
    assert "warning: cannot read image" in outcome.out
    assert "scene as one plane" in outcome.out
    for i in range(1, 8):
        (tmp_path / "root" / "images" / f"{i}.png").write_bytes(b"broken")
    assert_one_error(call(*FOLDER, root, *division), "none of 4 samples can be read; the first: cannot read image")


def test_a_video(call, tmp_path):
    write_video(tmp_path / "walk.mkv", pan(range(0, 60, 2)))
    outcome = call("data=video", "data.root=walk.mkv", "data.video.min_motion=0.01", "model.size=[48,64]", "drawn=1")
    assert outcome.code == 0, outcome.err
    assert "depth: none" in outcome.out
    assert "motion estimated, scene as one plane; 1 samples" in outcome.out
    assert "walk.mkv: 30 of 30 pictures kept" in outcome.out
    assert "warning: assumed field of view 60 degrees: the camera is unknown" in outcome.out
    assert (tmp_path / "check.png").is_file()


def test_the_parts_of_a_mixture_are_told_apart(call, drive, tmp_path):
    parts = {
        "good": {"name": "folder", "root": str(drive), "folder": {"depth_scale": 500}},
        "bad": {"name": "folder", "root": str(drive), "folder": {"depth_scale": 2000}},
    }
    config = {"defaults": {"data": "mixture"}, "data": {"mixture": parts}}
    (tmp_path / "mixture.yaml").write_text(json.dumps(config))
    outcome = call("mixture.yaml", SIZE, "samples=3", "drawn=1")
    assert outcome.code == 0, outcome.err
    warnings = [line for line in outcome.out.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 2
    assert all(line.startswith("warning: bad: depth and the known motion") for line in warnings)


def test_wrong_usage(call, tmp_path):
    assert_one_error(call(SIZE), "unknown data set ''")
    (tmp_path / "images").mkdir()
    assert_one_error(call("data=folder", "data.root=."), "no images in 'images'")
    assert_one_error(
        call("data=folder", "split=training"), "split=training must be auto, train, val or test; did you mean 'train'?"
    )
    assert_one_error(call("data=folder", "samples=0"), "must be at least 1")
    assert_one_error(call("data=folder", "output=a.jpg"), "must end in .png")
    assert_one_error(call("data=folder", "data.rot=."), "did you mean 'data.root'?")
    outcome = call("--help")
    assert outcome.code == 0
    assert "python -m gradunc.tools.check data=NAME" in outcome.out
    assert "1 = warnings, with strict=true; 2 = bad input" in outcome.out


def test_a_size_far_from_that_of_the_images(call, drive):
    given = ("data=folder", f"data.root={drive}", "data.folder.depth_scale=500", "samples=2", "drawn=1")
    outcome = call(*given, "model.size=[64,64]", "strict=true")
    assert outcome.code == 1, outcome
    warnings = [line for line in outcome.out.splitlines() if line.startswith("warning: ")]
    assert warnings[0] == (
        "warning: images of 64x208 pixels (height x width) are stretched 3.2 times when they are resized to 64x64; "
        "crop them to that shape, or train at another size"
    )


@pytest.mark.skipif(not (DATA / "kitti_raw").is_dir(), reason=f"no KITTI frames in {DATA}")
def test_real_frames(call):
    outcome = call(
        "data=kitti", f"data.root={DATA / 'kitti_raw'}", "split=test", "objective.frames=[-1,s]", "samples=3", "drawn=1"
    )
    assert outcome.code == 0, outcome.err
    assert "nothing suspicious in 3 samples" in outcome.out
    lines = [line for line in outcome.out.splitlines() if line.startswith("source ")]
    for line in lines:
        before, after = (float(number) for number in line.split("difference ")[1].split(" warped")[0].split(" -> "))
        assert after < 0.5 * before, line
    published = ("data.kitti.intrinsics=published", "model.size=[64,192]")  # a matrix of the network's shape
    outcome = call("data=kitti", f"data.root={DATA / 'kitti_raw'}", "samples=1", *published)
    assert "nothing suspicious" in outcome.out, outcome


@pytest.mark.parametrize("output", ["taken/look.png", "folder.png"])
def test_a_picture_that_cannot_be_written_is_told_before_anything_is_read(call, drive, tmp_path, monkeypatch, output):
    (tmp_path / "taken").touch()
    (tmp_path / "folder.png").mkdir()
    monkeypatch.setattr(command, "RUN", None)
    assert_one_error(call(*FOLDER, f"data.root={drive}", f"output={output}"), f"cannot write output='{output}'")


def test_without_a_split_the_first_is_looked_at_that_there_is(call, drive):
    given = (*FOLDER, f"data.root={drive}", "data.folder.depth_scale=500", "data.division={train: 0, val: 0, test: 1}")
    outcome = call(*given)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("no train split: the train split is empty")
    assert lines[2].startswith("test: 8 samples in 1 sequence(s), 4 looked at")
    assert_one_error(call(*given, "split=train"), "the train split is empty")


def test_stereo_pairs_are_looked_at_as_pairs(call, tmp_path):
    """No objective is named: the source view is the other camera. Disparity may have few values."""
    draw = np.random.default_rng(0)
    (tmp_path / "pairs/left").mkdir(parents=True)
    (tmp_path / "pairs/right").mkdir()
    (tmp_path / "pairs/disparity").mkdir()
    pixels = draw.integers(0, 256, (64, 216, 3), dtype=np.uint8)
    Image.fromarray(pixels[:, :208]).save(tmp_path / "pairs/left/0.png")
    Image.fromarray(pixels[:, 8:]).save(tmp_path / "pairs/right/0.png")
    Image.fromarray(np.full((64, 208), 8, np.uint8)).save(tmp_path / "pairs/disparity/0.png")
    camera = {"fx": 100, "baseline": 0.5, "disparity_scale": 1}
    (tmp_path / "pairs/calibration.json").write_text(json.dumps(camera))
    outcome = call("data=stereo", SIZE, f"data.root={tmp_path / 'pairs'}")
    assert outcome.code == 0, outcome.err
    assert "source s: median shift 3.8% of the longer side" in outcome.out
    assert "8 bits" not in outcome.out
