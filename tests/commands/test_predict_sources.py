"""`infer.py predict` and `ood` of films, cameras and lists."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from gradunc.data.formats.camera_device import Camera
from gradunc.data.formats.video import Video
from tests.commands.predict_files import RUN_FILES, of
from tests.data.inputs.test_camera import stand_in
from tests.data.videos import pan, write_film, write_video
from tests.helpers import assert_one_error, files_in, write_images

FEW = ("uncertainty=none", "output=out")


def film_of(folder: Path, offsets: list[int]) -> Path:
    return write_video(folder / "walk.mkv", pan(offsets))


def results(*names: str) -> set[str]:
    return set().union(RUN_FILES, *(of(name, ".depth.npy", ".panel.png") for name in names))


def test_a_film(predict, tmp_path):
    film = write_film(tmp_path / "walk.mp4", count=12)
    outcome = predict(f"source={film}", "every=5", *FEW)
    assert outcome.code == 0, outcome.err
    assert files_in(Path("out")) == results("walk.mp4/000000", "walk.mp4/000005", "walk.mp4/000010")
    assert "3 images written to out, 0 skipped" in outcome.err
    assert np.load("out/walk.mp4/000005.depth.npy").shape == (240, 320)
    summary = json.loads(Path("out/summary.json").read_text())
    assert summary["images"] == ["walk.mp4/000000", "walk.mp4/000005", "walk.mp4/000010"]


def test_the_depth_of_a_film_is_that_of_its_pictures(predict, tmp_path):
    from PIL import Image

    predict(f"source={film_of(tmp_path, [0, 9])}", *FEW)
    Image.fromarray(np.ascontiguousarray(pan([0, 9])[1])).save(tmp_path / "one.png")
    predict(f"source={tmp_path / 'one.png'}", *FEW)
    np.testing.assert_array_equal(np.load("out/walk.mkv/000001.depth.npy"), np.load("out/one.png.depth.npy"))


def test_a_film_goes_on_where_it_was_interrupted(predict, tmp_path):
    film = film_of(tmp_path, [0, 3, 7, 9])
    assert predict(f"source={film}", "limit=2", *FEW).code == 0
    (Path("out/walk.mkv/000001.panel.png")).unlink()
    Path("out/walk.mkv/000000.depth.npy").write_bytes(b"old")
    outcome = predict(f"source={film}", *FEW)
    assert "kept 1 of 4 results" in outcome.err
    assert Path("out/walk.mkv/000000.depth.npy").read_bytes() == b"old"
    film_of(tmp_path, [0, 4, 7, 9])
    outcome = predict(f"source={film}", *FEW)
    assert "kept" not in outcome.err
    assert np.load("out/walk.mkv/000000.depth.npy").shape == (96, 128)


def test_results_of_a_film_with_other_settings_are_not_replaced(predict, tmp_path):
    film = film_of(tmp_path, [0, 3, 7])
    assert predict(f"source={film}", *FEW).code == 0
    before = files_in(tmp_path)
    outcome = predict(f"source={film}", "size=32x64", *FEW)
    assert_one_error(outcome, "the results in output='out' were made with size=[64, 96]")
    assert files_in(tmp_path) == before
    assert "replaced 3 results" in predict(f"source={film}", "size=32x64", "overwrite=true", *FEW).err


def test_a_film_beside_its_results(predict, tmp_path):
    film = film_of(tmp_path, [0, 3])
    outcome = predict(f"source={film}", f"output={tmp_path}", "uncertainty=none")
    assert_one_error(outcome, f"the results need a folder '{film}', where '{film}' lies itself; set output=DIR")


def test_a_film_that_is_none(predict, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no film")
    assert_one_error(predict(f"source={tmp_path / 'a.mp4'}", *FEW), "cannot read video", "Invalid data")
    assert not Path("out").exists()


def test_a_film_without_the_extra(predict, tmp_path, monkeypatch):
    film = film_of(tmp_path, [0])
    monkeypatch.setitem(sys.modules, "av", None)
    assert_one_error(predict(f"source={film}", *FEW), "needs PyAV: pip install 'gradunc[video]'")


def test_a_list_and_what_is_ignored(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64)] * 3)
    (tmp_path / "in" / "list.txt").write_text("2.png\n0.png\n")
    assert predict(f"source={tmp_path / 'in' / 'list.txt'}", *FEW).code == 0
    assert files_in(Path("out")) == results("0.png", "2.png")
    (tmp_path / "in" / "a.heic").touch()
    outcome = predict(f"source={tmp_path / 'in'}", "limit=1", *FEW)
    lines = outcome.err.splitlines()
    assert lines[0].startswith("ignored: 1 HEIC file ('a.heic'); convert it to JPEG")
    assert lines[1].startswith("ignored: 1 text file ('list.txt'); ")


@pytest.mark.parametrize("how", ["limit", "signal"])
def test_a_camera(predict, monkeypatch, how):
    stand_in(monkeypatch)
    pictures = Video.pictures

    def interrupted(self):
        for picture in pictures(self):
            if picture.index == 3:
                os.kill(os.getpid(), signal.SIGINT)
            yield picture

    monkeypatch.setattr(Camera, "pictures", interrupted)
    outcome = predict("source=0", *FEW, *(["limit=3"] if how == "limit" else []))
    assert outcome.code == 0, outcome.err
    assert "3 images written to out, 0 skipped" in outcome.err
    images = json.loads(Path("out/summary.json").read_text())["images"]
    assert [name.partition("/")[2] for name in images] == ["000000", "000001", "000002"]
    assert files_in(Path("out")) == results(*images)


def test_no_camera(predict):
    assert_one_error(predict("source=97", *FEW), "there is no camera 97 here")


@pytest.mark.parametrize(("argument", "said"), [("every=0", "every=0"), ("limit=0", "limit=0")])
def test_wrong_numbers(predict, argument, said):
    assert_one_error(predict("source=97", argument, *FEW), f"{said} must be at least 1")


def test_two_films_are_told_apart(infer, tmp_path):
    (tmp_path / "other").mkdir()
    film, other = film_of(tmp_path, [0, 3, 7, 9]), film_of(tmp_path / "other", [20, 30, 40])
    outcome = infer("ood", f"source={film}", f"other={other}", "every=2", "output=out")
    assert outcome.code == 0, outcome.err
    content = json.loads(Path("out/ood.json").read_text())
    assert [one["path"] for one in content["in_distribution"]["images"]] == [f"{film}, picture 0", f"{film}, picture 2"]
    assert len(content["out_of_distribution"]["images"]) == 2


def test_a_camera_has_no_end_to_compare(infer, tmp_path, monkeypatch):
    stand_in(monkeypatch)
    outcome = infer("ood", "source=0", f"other={film_of(tmp_path, [0, 3])}")
    assert_one_error(outcome, "source='0' is a camera, whose images have no end; give limit=N")


def test_images_of_a_shape_far_from_that_of_the_training_are_told_once(predict, infer, tmp_path):
    write_images(tmp_path / "in", [(64, 96), (200, 100), (300, 100), (64, 90)])
    with pytest.warns(UserWarning, match="stretched") as caught:
        predict(f"source={tmp_path / 'in'}", *FEW)
    assert [str(one.message) for one in caught if "stretched" in str(one.message)] == [
        "images of 200x100 pixels (height x width) are stretched 3.0 times when they are resized to 64x96; "
        f"near in shape: 64x32 ('{tmp_path / 'in' / '1.png'}')"
    ]
    write_images(tmp_path / "other", [(64, 96)] * 2)
    with pytest.warns(UserWarning, match="stretched 3.0 times") as caught:
        infer("ood", f"source={tmp_path / 'in'}", f"other={tmp_path / 'other'}")
    assert sum("stretched" in str(one.message) for one in caught) == 1
