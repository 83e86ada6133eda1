import pickle

import numpy as np
import pytest
from PIL import Image

from gradunc.data.image_files import load_image
from gradunc.data.recorded.views import Box, CroppedImage, ShiftedImage, UnusableImage
from gradunc.errors import InputError
from tests.helpers import picture


@pytest.fixture
def path(tmp_path):
    Image.fromarray(picture(6, 8)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_box_is_cut_out_before_the_resize(path, tmp_path):
    view = CroppedImage(path, Box(1, 5, 2, 8), (6, 8))
    assert view.box.size == (4, 6)
    assert view.name == str(path)
    np.testing.assert_array_equal(view.load((4, 6)).numpy(), picture(6, 8)[1:5, 2:8].transpose(2, 0, 1))
    Image.fromarray(picture(6, 8)[1:5, 2:8]).save(tmp_path / "part.png")
    assert pickle.loads(pickle.dumps(view)).load((2, 3)).equal(load_image(tmp_path / "part.png", (2, 3)))


@pytest.mark.parametrize(("shift", "columns"), [(3, [3, 4, 5, 6, 7, 7, 7, 7]), (-2, [0, 0, 0, 1, 2, 3, 4, 5])])
def test_a_shift_moves_the_principal_point_and_repeats_the_border(path, shift, columns):
    view = pickle.loads(pickle.dumps(ShiftedImage(path, shift, (6, 8))))
    np.testing.assert_array_equal(view.load((6, 8)).numpy(), picture(6, 8)[:, columns].transpose(2, 0, 1))
    assert view.load((3, 4)).shape == (3, 3, 4)


def test_damaged_files(tmp_path):
    (tmp_path / "b.png").write_bytes(b"no image")
    for view in (
        CroppedImage(tmp_path / "b.png", Box(0, 1, 0, 1), (1, 1)),
        ShiftedImage(tmp_path / "b.png", 1, (1, 1)),
    ):
        with pytest.raises(InputError, match="cannot read image"):
            view.load((1, 1))


def test_other_resolutions_are_brought_back_and_other_shapes_are_not(path, tmp_path):
    """A box and a shift are about pixels of the whole image."""
    Image.fromarray(picture(6, 8)).resize((16, 12), Image.Resampling.NEAREST).save(tmp_path / "double.png")
    box = Box(1, 5, 2, 8)
    found = CroppedImage(tmp_path / "double.png", box, (6, 8)).load((4, 6))
    whole = load_image(tmp_path / "double.png", (6, 8))
    assert found.equal(whole[:, 1:5, 2:8])
    assert ShiftedImage(tmp_path / "double.png", 3, (6, 8)).load((6, 8))[:, :, :5].equal(whole[:, :, 3:])
    for view in (CroppedImage(path, box, (8, 6)), ShiftedImage(path, 1, (8, 6))):
        with pytest.raises(InputError, match="has 8x6 pixels, its camera makes 6x8"):
            view.load((4, 6))


def test_what_is_known_to_be_unusable(tmp_path):
    view = UnusableImage(tmp_path / "a.png", "it is too small")
    assert view.name == str(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"^it is too small$"):
        pickle.loads(pickle.dumps(view)).load((2, 2))
