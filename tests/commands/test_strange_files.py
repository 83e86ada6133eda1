"""Files that kill, hang or fill the memory, where a user meets them: among the images of a command."""

import os
import random

import numpy as np
import pytest
from PIL import Image

from tests.data.damage import encoded
from tests.data.special_files import in_time
from tests.data.test_large_claims import claiming
from tests.helpers import picture, write_images


def flipped_png() -> bytes:
    data = bytearray(encoded(Image.fromarray(picture(48, 64)), "PNG"))
    data[len(data) // 2] ^= 0xFF
    return bytes(data)


STRANGE = {"flipped.png": flipped_png, "bomb.png": lambda: claiming("PNG"), "bomb.jpg": lambda: claiming("JPEG")}


@pytest.fixture
def folder(tmp_path):
    """A sound image, those of `STRANGE` and a FIFO."""
    write_images(tmp_path / "in")
    for name, content in STRANGE.items():
        (tmp_path / "in" / name).write_bytes(content())
    os.mkfifo(tmp_path / "in" / "1.jpg")
    return tmp_path / "in"


def test_predict_skips_them_with_a_line_each(predict, folder, tmp_path):
    with in_time():
        outcome = predict(f"source={folder}", f"output={tmp_path / 'out'}")
    assert outcome.code == 1
    assert "Traceback" not in outcome.err
    for name in STRANGE:
        (line,) = [line for line in outcome.err.splitlines() if name in line]
        assert "cannot read image" in line or "announces" in line
    assert (tmp_path / "out" / "0.png").exists() or list((tmp_path / "out").glob("0*"))


def test_predict_of_a_fifo_is_one_line(predict, folder):
    with in_time():
        outcome = predict(f"source={folder / '1.jpg'}", "output=out")
    assert outcome.code == 2
    assert "1.jpg" in outcome.err.splitlines()[-1]


@pytest.mark.parametrize("shape", [(500, 1), (1, 500), (2, 3000)])
def test_images_of_one_column_or_row_get_a_panel(predict, tmp_path, shape):
    (tmp_path / "in").mkdir()
    Image.fromarray(picture(*shape)).save(tmp_path / "in" / "a.png")
    with in_time():
        outcome = predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "size=64x96")
    assert outcome.code == 0, outcome.err
    for drawn in (tmp_path / "out").glob("*.png"):
        with Image.open(drawn) as shown:
            assert max(shown.size) < 5000


def test_evaluate_leaves_them_out(evaluate, tmp_path):
    """A data set's own reader: the FIFO in the place of an image, and the PNG that ended the process."""
    root = tmp_path / "data"
    for kind in ("images", "depth"):
        (root / kind).mkdir(parents=True)
    for i in range(5):
        Image.fromarray(picture(40, 80, i)).save(root / f"images/{i}.png")
        np.save(root / f"depth/{i}.npy", np.full((40, 80), 2 + i, np.float32))
    (root / "images/1.png").write_bytes(flipped_png())
    (root / "images/2.png").unlink()
    os.mkfifo(root / "images/2.png")
    (root / "depth/3.npy").unlink()
    (root / "depth/3.npy").symlink_to("/dev/zero")
    arguments = ["data=folder", f"data.root={root}", "data.workers=0", "evaluation.pictures=0", "uncertainty=none"]
    division = ["data.division.train=0", "data.division.val=0", "data.division.test=1"]
    with in_time():
        outcome = evaluate(*arguments, *division, "data.on_error=skip", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    assert "skipped samples that cannot be read: 3 of 5 test" in outcome.out
    for text in ("cannot read image", "is a FIFO", "is a device"):
        assert text in outcome.out


@pytest.mark.slow
def test_many_damaged_png_do_not_end_a_prediction(predict, tmp_path):
    draw = random.Random(0)
    sound = encoded(Image.fromarray(picture(48, 64)), "PNG")
    write_images(tmp_path / "in")
    for number in range(60):
        data = bytearray(sound)
        data[draw.randrange(40, len(data))] ^= 1 << draw.randrange(8)
        (tmp_path / "in" / f"damaged{number}.png").write_bytes(data)
    assert predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "size=64x96").code == 1
