import pickle

import numpy as np
import pytest
from PIL import Image

from gradunc.data.images import load_image
from gradunc.data.layouts.views import Box, CroppedImage, ShiftedImage
from gradunc.errors import InputError
from tests.helpers import picture


@pytest.fixture
def path(tmp_path):
    Image.fromarray(picture(6, 8)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_box_is_cut_out_before_the_resize(path, tmp_path):
    view = CroppedImage(path, Box(1, 5, 2, 8))
    assert view.box.size == (4, 6)
    assert view.name == str(path)
    np.testing.assert_array_equal(view.load((4, 6)).numpy(), picture(6, 8)[1:5, 2:8].transpose(2, 0, 1))
    Image.fromarray(picture(6, 8)[1:5, 2:8]).save(tmp_path / "part.png")
    assert pickle.loads(pickle.dumps(view)).load((2, 3)).equal(load_image(tmp_path / "part.png", (2, 3)))


@pytest.mark.parametrize(("shift", "columns"), [(3, [3, 4, 5, 6, 7, 7, 7, 7]), (-2, [0, 0, 0, 1, 2, 3, 4, 5])])
def test_a_shift_moves_the_principal_point_and_repeats_the_border(path, shift, columns):
    view = pickle.loads(pickle.dumps(ShiftedImage(path, shift)))
    np.testing.assert_array_equal(view.load((6, 8)).numpy(), picture(6, 8)[:, columns].transpose(2, 0, 1))
    assert view.load((3, 4)).shape == (3, 3, 4)


def test_damaged_files(tmp_path):
    (tmp_path / "b.png").write_bytes(b"no image")
    for view in (CroppedImage(tmp_path / "b.png", Box(0, 1, 0, 1)), ShiftedImage(tmp_path / "b.png", 1)):
        with pytest.raises(InputError, match="cannot read image"):
            view.load((1, 1))
