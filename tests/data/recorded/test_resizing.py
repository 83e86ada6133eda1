"""Stored images that are resized to a size far from theirs are told, once, by whatever opens them."""

import pytest

from gradunc.assembly import data_set
from gradunc.data.recorded.frames import Frame, FrameDataset, ImageFile
from gradunc.data.recorded.resizing import resize_notes
from gradunc.data.sets import SETS
from tests.config.test_loading import train
from tests.contracts.set_files import WRITERS
from tests.data.sets.folder.helpers import write_sequence
from tests.helpers import write_images


def notes(path, size):
    return resize_notes(FrameDataset([Frame(ImageFile(path), "walk")], size))


def test_a_note(tmp_path):
    (path,) = write_images(tmp_path, [(64, 64)])
    assert notes(path, (64, 96)) == []
    (note,) = notes(path, (32, 96))
    assert note.kind == "resized"
    assert note.text == (
        "images of 64x64 pixels (height x width) are stretched 3.0 times when they are resized to 32x96; near in "
        "shape: 32x32"
    )


def test_what_cannot_be_read_is_told_later(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"no image")
    assert notes(path, (32, 96)) == []


@pytest.mark.parametrize(("size", "count"), [((24, 32), 0), ((32, 320), 1)])
def test_all_splits_of_a_data_set_say_it_once(tmp_path, size, count):
    write_sequence(tmp_path, count=25)
    found = data_set(train("data=folder", f"data.root={tmp_path}").data).without_camera()
    for split in ("val", "test", "val"):
        found.open(split, size)
    assert len(found.remarks.lines("resized")) == count


@pytest.mark.parametrize(("size", "count"), [((64, 96), 0), ((32, 320), 1)])
@pytest.mark.parametrize("name", sorted({*SETS} - {"synthetic", "nyu"}))
def test_every_data_set_with_image_files_says_it(name, tmp_path, size, count):
    """Images of the synthetic world are made at any size, those of NYU lie in files with others."""
    arguments = WRITERS[name](tmp_path)
    found = data_set(train(f"data={name}", f"data.root={tmp_path}", *arguments).data).without_camera()
    found.open("test", size)
    assert len(found.remarks.lines("resized")) == count
