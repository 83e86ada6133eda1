import importlib

import h5py
import numpy as np
import pytest

from gradunc.data.formats import hdf5, nyu
from gradunc.errors import InputError
from tests.data.formats.nyu_files import (
    SIZE,
    depth,
    image,
    raw_depth,
    write_fastdepth,
    write_labelled,
    write_matlab73,
    write_splits,
)


def message(call, *arguments) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def mat(tmp_path):
    return write_labelled(tmp_path) / nyu.LABELLED_FILE


def test_labelled_images_and_depth_are_read_back_upright(mat):
    assert nyu.labelled_size(mat, "depths") == (6, SIZE)
    for i in range(6):
        np.testing.assert_array_equal(nyu.read_labelled(mat, "images", i), image(i).transpose(2, 0, 1))
        np.testing.assert_array_equal(nyu.read_labelled(mat, "depths", i), depth(i))
        np.testing.assert_array_equal(nyu.read_labelled(mat, "rawDepths", i), raw_depth(i))
    assert nyu.read_scenes(mat) == [f"kitchen_{i // 2:04d}" for i in range(6)]


def test_scenes_may_be_missing(tmp_path):
    assert nyu.read_scenes(write_labelled(tmp_path, scenes=False) / nyu.LABELLED_FILE) == []


@pytest.mark.parametrize("version", [5, 7])
def test_splits_count_from_one(tmp_path, version):
    if version == 5:
        write_splits(tmp_path, (1, 2, 6), (3, 5))
    else:
        write_matlab73(tmp_path / "splits.mat", {"trainNdxs": np.c_[[1.0, 2, 6]], "testNdxs": np.c_[[3.0, 5]]})
    assert nyu.read_splits(tmp_path / "splits.mat", 6) == {"train": [0, 1, 5], "test": [2, 4]}


@pytest.mark.parametrize(
    ("train", "test", "count", "text"),
    [
        ((0, 1), (2,), 6, "trainNdxs must be 1 to 6"),
        ((1,), (7,), 6, "testNdxs must be 1 to 6"),
        ((1, 2), (2, 3), 6, "has 1 images in training and test, the first is 2"),
        ((1, 2), (3,), 1449, "has 2 train images, the official division 795"),
    ],
)
def test_wrong_splits(tmp_path, train, test, count, text):
    write_splits(tmp_path, train, test)
    assert text in message(nyu.read_splits, tmp_path / "splits.mat", count)


def test_splits_that_are_none(tmp_path):
    from scipy.io import savemat

    path = tmp_path / "splits.mat"
    assert "does not exist" in message(nyu.read_splits, path, 6)
    path.write_text("nothing")
    assert "cannot read" in message(nyu.read_splits, path, 6)
    savemat(path, {"trainIdx": [1]})
    assert "has no 'trainNdxs'; did you mean 'trainIdx'?" in message(nyu.read_splits, path, 6)


def test_axes_in_the_order_of_python(tmp_path):
    """A copy whose writer forgot that MATLAB reverses the axes."""
    path = tmp_path / nyu.LABELLED_FILE
    for shape in ((2, *SIZE, 3), (2, 3, *SIZE), (*SIZE, 3, 2)):
        with h5py.File(path, "w") as file:
            file["images"] = np.zeros(shape, np.uint8)
            file["depths"] = np.zeros((2, *SIZE), np.float32)
        text = message(nyu.labelled_size, path, "depths")
        assert f"has the shape {shape}, not (N,3,width,height): the axes are in another order" in text


def test_depth_that_does_not_fit_the_images(tmp_path):
    path = tmp_path / nyu.LABELLED_FILE
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros((2, 3, 8, 6), np.uint8)
        file["depths"] = np.zeros((2, 6, 8), np.float32)
    assert "'depths' of" in message(nyu.labelled_size, path, "depths")
    assert "has no 'rawDepths'; it holds depths, images" in message(nyu.labelled_size, path, "rawDepths")


def test_fastdepth_files(tmp_path):
    path = tmp_path / "train" / "kitchen_0001a" / "00001.h5"
    write_fastdepth(path, 3)
    assert nyu.fastdepth_size(path) == SIZE
    np.testing.assert_array_equal(nyu.read_fastdepth(path, "rgb"), image(3).transpose(2, 0, 1))
    np.testing.assert_array_equal(nyu.read_fastdepth(path, "depth"), depth(3))
    with h5py.File(path, "w") as file:
        file["rgb"] = image(3)
        file["depth"] = depth(3)
    assert "has rgb (6, 8, 3) and depth (6, 8), not (3,H,W) and (H,W)" in message(nyu.fastdepth_size, path)


def test_truncated_hdf5(tmp_path, mat):
    content = mat.read_bytes()
    mat.write_bytes(content[: len(content) // 2])
    text = message(nyu.labelled_size, mat, "depths")
    assert text.startswith(f"cannot read '{mat}', copy or download it again:")
    assert "truncated" in text
    (tmp_path / "a.h5").write_bytes(b"nothing")
    assert "cannot read" in message(nyu.fastdepth_size, tmp_path / "a.h5")
    assert "does not exist" in message(nyu.fastdepth_size, tmp_path / "b.h5")


@pytest.mark.parametrize("library", ["h5py", "scipy"])
def test_without_the_extra(tmp_path, monkeypatch, mat, library):
    write_splits(tmp_path)
    importer = importlib.import_module

    def without(name):
        if name.split(".")[0] == library:
            raise ImportError(name)
        return importer(name)

    monkeypatch.setattr(hdf5.importlib, "import_module", without)
    call = (nyu.labelled_size, mat, "depths") if library == "h5py" else (nyu.read_splits, tmp_path / "splits.mat", 6)
    assert message(*call).endswith(f"needs {library}: pip install 'gradunc[nyu]'")


def test_crops_lie_inside_the_image_and_have_their_published_sizes():
    sizes = {name: (box[1] - box[0], box[3] - box[2]) for name, box in nyu.CROPS.items() if box is not None}
    assert sizes["bts"] == (427, 565)
    assert sizes["grumodepth"] == (2 * 224, 2 * 288)
    assert sizes["eigen"] == (426, 560)
    assert sizes["fastdepth"] == (round(228 * 480 / 250), round(304 * 480 / 250))
    for top, bottom, left, right in filter(None, nyu.CROPS.values()):
        assert 0 <= top < bottom <= 480
        assert 0 <= left < right <= 640
