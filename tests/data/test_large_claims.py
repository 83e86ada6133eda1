"""Small files that announce more pixels than fit into memory: refused by their header, in every format."""

import struct

import h5py
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from gradunc.data.formats import nyu
from gradunc.data.formats.depth_files import read_depth
from gradunc.data.formats.depth_png import read_png16
from gradunc.data.formats.disparity_files import read_disparity
from gradunc.data.formats.kitti import image_size as calibrated_size
from gradunc.data.formats.kitti import read_calibration
from gradunc.data.formats.pfm import read_pfm
from gradunc.data.formats.pictures import LARGEST_IMAGE, check_pixels
from gradunc.data.image_files import load_image, read_image
from gradunc.data.recorded.sizes import image_size
from gradunc.errors import InputError
from tests.data.damage import images, with_checksums

SIDE = 60_000


def claiming(kind: str) -> bytes:
    """A sound small image whose header says SIDE x SIDE."""
    data = bytearray(images()[kind])
    if "PNG" in kind:
        data[16:24] = struct.pack(">II", SIDE, SIDE)
        return with_checksums(bytes(data))
    if "JPEG" in kind:
        start = data.find(b"\xff\xc2" if "progressive" in kind else b"\xff\xc0")
        data[start + 5 : start + 9] = struct.pack(">HH", SIDE, SIDE)
    elif kind == "BMP":
        data[18:26] = struct.pack("<ii", SIDE, SIDE)
    elif kind == "PPM":
        return b"P6\n%d %d\n255\n" % (SIDE, SIDE) + bytes(100)
    else:  # TIFF: the tags 256 and 257, of type 4 (long) or 3 (short)
        for tag in (256, 257):
            for form in ("<HHIHxx", "<HHII"):
                size = 64 if tag == 256 else 48
                entry = struct.pack(form, tag, 3 if "x" in form else 4, 1, size)
                place = data.find(entry)
                if place >= 0:
                    data[place : place + len(entry)] = struct.pack("<HHII", tag, 4, 1, SIDE)
    return bytes(data)


CLAIMS = ("PNG", "interlaced PNG", "palette PNG", "16-bit PNG", "JPEG", "progressive JPEG", "BMP", "TIFF", "PPM")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", CLAIMS)
@pytest.mark.parametrize("read", [read_image, lambda path: load_image(path, (32, 32)), image_size])
def test_images(tmp_path, kind, read):
    (tmp_path / "a.img").write_bytes(claiming(kind))
    with pytest.raises(InputError, match=r"60000 ?x ?60000 pixels|3600000000 pixels") as caught:
        read(tmp_path / "a.img")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [read_png16, read_disparity, lambda path: read_depth(path, 1000)])
def test_depth_and_disparity_in_png(tmp_path, read):
    (tmp_path / "a.png").write_bytes(claiming("16-bit PNG"))
    with pytest.raises(InputError, match=r"3600000000 pixels|60000 x 60000 pixels"):
        read(tmp_path / "a.png")


def test_npy_with_a_hole(tmp_path):
    """A file as long as its header says, of which nothing lies on the disk."""
    path = tmp_path / "a.npy"
    np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(20_000, 20_000)).flush()
    with pytest.raises(InputError, match="announces 400000000 x 1 pixels"):
        read_depth(path, 1)


def test_npy_that_is_shorter_than_its_header_says(tmp_path):
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (2**40, 2**20)})
    with pytest.raises(InputError, match="cannot read depth"):
        read_depth(path, 1)


def test_exr(tmp_path):
    path = tmp_path / "a.exr"
    header = {"compression": OpenEXR.NO_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"Z": np.full((4, 6), 2, np.float32)}).write(str(path))
    data = bytearray(path.read_bytes())
    place = data.find(b"dataWindow\0box2i\0") + len(b"dataWindow\0box2i\0") + 4
    data[place : place + 16] = struct.pack("<iiii", 0, 0, SIDE - 1, SIDE - 1)
    path.write_bytes(data)
    with pytest.raises(InputError, match="announces 60000 x 60000 pixels"):
        read_depth(path, 1)


def test_pfm(tmp_path):
    (tmp_path / "a.pfm").write_bytes(b"Pf\n999999999 999999999\n-1\n" + bytes(40))
    with pytest.raises(InputError, match="40 bytes after the header, not 999999999x999999999 float32"):
        read_pfm(tmp_path / "a.pfm")
    (tmp_path / "b.pfm").write_bytes(b"Pf\n" + b"9" * 5000 + b" 1\n-1\n")
    with pytest.raises(InputError, match="is no gray PFM file"):
        read_pfm(tmp_path / "b.pfm")


def test_hdf5(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("rgb", shape=(3, SIDE, SIDE), dtype=np.uint8, chunks=(1, 64, 64))
        file.create_dataset("depth", shape=(SIDE, SIDE), dtype=np.float32, chunks=(64, 64))
    for key in ("rgb", "depth"):
        with pytest.raises(InputError, match=rf"'{key}' of '.*' announces \d+ numbers: no image has so many"):
            nyu.read_fastdepth(path, key)


def test_calibration(tmp_path):
    (tmp_path / "calib_cam_to_cam.txt").write_text(f"S_rect_02: {SIDE} {SIDE}\nS_rect_03: inf 1\n")
    file = read_calibration(tmp_path / "calib_cam_to_cam.txt")
    with pytest.raises(InputError, match="announces 60000 x 60000 pixels"):
        calibrated_size(file, "l")
    with pytest.raises(InputError, match="'S_rect_03' has numbers that are NaN or infinite"):
        calibrated_size(file, "r")


def test_the_limit_itself(tmp_path):
    side = int(LARGEST_IMAGE**0.5)
    check_pixels("image", tmp_path, (side, side))
    with pytest.raises(InputError, match="shrink it"):
        check_pixels("image", tmp_path, (side + 1, side + 1))


def test_large_images_below_the_limit_are_read(tmp_path):
    Image.new("L", (30_000, 2)).save(tmp_path / "a.png")
    assert image_size(tmp_path / "a.png") == (2, 30_000)
    assert load_image(tmp_path / "a.png", (32, 96)).shape == (3, 32, 96)
