"""Every file that `infer.py predict` writes lies in `output`, and replaces nothing but results."""

import json
import os

import numpy as np
import pytest

from tests.commands.predict_files import RUN_FILES, of
from tests.helpers import assert_one_error, files_in, write_images

pytestmark = pytest.mark.slow

NONE = "uncertainty=none"


def results(*names: str) -> set[str]:
    return set().union(RUN_FILES, *(of(name, ".depth.npy", ".panel.png") for name in names))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("in/../in/*.png", {"0.png"}),
        ("in/*/../*.png", {"0.png"}),
        ("in/*/../../other/*.png", {"0.png", "1.png"}),
        ("in/*/../../*/*.png", {"in/0.png", "other/0.png", "other/1.png"}),
        ("in/*/../../in/*/*.png", {"a/0.png", "b/0.png"}),
    ],
)
def test_a_pattern_with_parents(predict, tmp_path, source, names):
    """`in/*` stands for two folders, from which the same images are reached twice."""
    for folder, count in (("in", 1), ("in/a", 1), ("in/b", 1), ("other", 2)):
        write_images(tmp_path / folder, [(48, 64)] * count)
    before = files_in(tmp_path)
    assert predict(f"source={tmp_path / source}", f"output={tmp_path / 'deep' / 'out'}", NONE).code == 0
    written = {name.removeprefix("deep/out/") for name in files_in(tmp_path) - before}
    assert written == results(*names), "nothing beside the folder"
    assert set(json.loads((tmp_path / "deep" / "out" / "summary.json").read_text())["images"]) == names


def test_an_image_is_never_replaced(predict, tmp_path):
    """Somebody's own image has the name that a panel would have."""
    write_images(tmp_path / "in")
    (theirs,) = write_images(tmp_path / "more", [(32, 32)])
    theirs.rename(tmp_path / "in" / "0.png.panel.png")
    before = (tmp_path / "in" / "0.png.panel.png").read_bytes()
    outcome = predict(tmp_path / "in", f"output={tmp_path / 'in'}", NONE)
    assert_one_error(outcome, "would replace the image", "0.png.panel.png", "set output=DIR")
    assert (tmp_path / "in" / "0.png.panel.png").read_bytes() == before
    assert predict(tmp_path / "in", f"output={tmp_path / 'out'}", NONE).code == 0


def test_a_link_out_of_the_folder_is_not_followed(predict, tmp_path):
    write_images(tmp_path / "in" / "sub")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
    outcome = predict(tmp_path / "in", f"output={tmp_path / 'out'}", NONE)
    assert_one_error(outcome, "is a link that leads out of output=")
    assert files_in(tmp_path / "elsewhere") == set()


def test_links_at_the_names_of_results_are_replaced(predict, tmp_path):
    """The folder itself may be a link."""
    write_images(tmp_path / "in")
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    names = results("0.png")
    for name in {*names, ".0.png.depth.npy.tmp", ".settings.json.tmp", ".summary.json.tmp"}:
        (tmp_path / "real" / name).symlink_to(victim)
    assert predict(tmp_path / "in", f"output={tmp_path / 'out'}", NONE, "overwrite=true").code == 0
    assert victim.read_text() == "precious"
    assert not any((tmp_path / "real" / name).is_symlink() for name in names)


@pytest.mark.parametrize("name", ["a" * 251 + ".png", "é" * 121 + ".png"])
def test_a_name_without_room_for_an_ending_is_skipped(predict, tmp_path, name):
    write_images(tmp_path / "in")
    (tmp_path / "in" / "0.png").rename(tmp_path / "in" / name)
    (other,) = write_images(tmp_path / "in")
    outcome = predict(tmp_path / "in", f"output={tmp_path / 'out'}", NONE)
    assert outcome.code == 1
    assert outcome.err.count("skipped: the results of") == 1
    assert "rename the image" in outcome.err
    assert len(outcome.err.splitlines()) == 2
    assert files_in(tmp_path / "out") == results(other.name)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [one["image"] for one in summary["failed"]] == [name]


def test_the_longest_name_with_room(predict, tmp_path):
    write_images(tmp_path / "in")
    name = "a" * 241 + ".png"  # and ten bytes of ending
    (tmp_path / "in" / "0.png").rename(tmp_path / "in" / name)
    assert predict(tmp_path / "in", f"output={tmp_path / 'out'}", NONE).code == 0
    assert files_in(tmp_path / "out") == results(name)


def test_odd_names(predict, tmp_path):
    """Control characters, patterns, bytes that are no text."""
    names = ["a\nb.png", "-x.png", "[red].png", "$(x).png", "summary.json.png", "x.depth.npy.png", "é\u202e.png"]
    names.append(os.fsdecode(b"\xff\xfe.png"))
    (path,) = write_images(tmp_path / "in")
    for name in names:
        (tmp_path / "in" / name).write_bytes(path.read_bytes())
    path.unlink()
    assert predict(tmp_path / "in", f"output={tmp_path / 'out'}", NONE).code == 0
    assert files_in(tmp_path / "out") == results(*names)
    assert all(np.load(tmp_path / "out" / f"{name}.depth.npy").shape == (48, 64) for name in names)


@pytest.mark.parametrize("name", ["0.png.panel.png", ".settings.json", "0.png.depth.npy"])
def test_a_fifo_at_the_name_of_a_result_is_not_waited_for(predict, tmp_path, name):
    write_images(tmp_path / "in")
    arguments = tmp_path / "in", f"output={tmp_path / 'out'}", NONE
    assert predict(*arguments).code == 0
    (tmp_path / "out" / name).unlink()
    os.mkfifo(tmp_path / "out" / name)
    assert predict(*arguments).code == 0
    assert files_in(tmp_path / "out") == results("0.png")
