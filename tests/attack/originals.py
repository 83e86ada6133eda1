"""Whole files of every kind, which cases copy and damage."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
import torch
from PIL import Image

from gradunc.data import array_files
from gradunc.data.sets import SETS
from gradunc.models import export_model
from gradunc.models.checkpoints.entry import entry_of
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.pose.network import PoseNetwork
from tests.attack.arguments import Arguments
from tests.contracts.set_files import WRITERS
from tests.data.formats.nyu_files import write_labelled, write_splits
from tests.data.formats.pfm_files import write_pfm
from tests.data.kitti_helpers import laser
from tests.data.sets.rgbd.helpers import write_tum
from tests.data.sets.stereo.helpers import write_2014
from tests.data.videos import pan, write_video
from tests.helpers import SIZE, picture, tiny_model

HEIGHT, WIDTH = 48, 64
SHAPE = (HEIGHT, WIDTH)


def write_originals(folder: Path) -> Path:
    """One folder of files for every category; returns the folder."""
    for write in (_images, _depths, _videos, _networks, _trees):
        write(folder)
    return folder


def _images(folder: Path) -> None:
    images = folder / "images"
    images.mkdir(parents=True)
    colours = Image.fromarray(picture(HEIGHT, WIDTH))
    for suffix in ("png", "jpg", "webp", "bmp", "tiff", "ppm", "gif"):
        colours.save(images / f"plain.{suffix}")
    for mode in ("P", "RGBA", "L", "1", "LA"):
        colours.convert(mode).save(images / f"mode_{mode}.png")
    Image.fromarray(np.full(SHAPE, 3000, np.uint16)).save(images / "sixteen_bits.png")
    colours.save(images / "interlaced.png", interlace=True)
    colours.save(images / "packed.tif", compression="tiff_lzw")
    colours.convert("CMYK").save(images / "four_inks.jpg")
    colours.convert("L").save(images / "gray.jpg")
    colours.save(images / "progressive.jpg", progressive=True)
    turned = Image.Exif()
    turned[0x112] = 6
    colours.save(images / "turned.jpg", exif=turned)


def _depths(folder: Path) -> None:
    depths = folder / "depths"
    depths.mkdir()
    metres = np.full(SHAPE, 2, np.float32)
    np.save(depths / "a.npy", metres)
    np.save(depths / "whole.npy", np.full(SHAPE, 2, np.int32))
    np.savez_compressed(depths / "a.npz", depth=metres)
    Image.fromarray(np.full(SHAPE, 3000, np.uint16)).save(depths / "a.png")
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"Z": metres}).write(str(depths / "a.exr"))
    write_pfm(depths / "a.pfm", metres)
    np.array([laser(5 + i / 10, i / 20, 0) for i in range(50)], "<f4").tofile(depths / "a.bin")
    array_files.write(depths / "a.arrays", {"image": picture(HEIGHT, WIDTH), "depth": metres})


def _videos(folder: Path) -> None:
    videos = folder / "videos"
    videos.mkdir()
    for suffix in (".mov", ".mkv", ".avi"):
        write_video(videos / f"a{suffix}", pan([0, 6, 12, 18]))


def _networks(folder: Path) -> None:
    networks = folder / "networks"
    networks.mkdir()
    model = tiny_model()
    export_model(model, networks / "export")
    torch.manual_seed(0)
    pose = PoseNetwork("lcnet_050", Pretrained(), SIZE)
    weights = {
        **{f"depth_model.{key}": value for key, value in model.state_dict().items()},
        **{f"pose_network.{key}": value for key, value in pose.state_dict().items()},
    }
    entry = {**entry_of(model), "config": {"objective": {"pose_encoder": "lcnet_050"}}, "total_steps": None}
    torch.save({"gradunc": entry, "state_dict": weights, "epoch": 1}, networks / "a.ckpt")
    torch.save({"a": torch.zeros(3)}, networks / "old_format.pth", _use_new_zipfile_serialization=False)


def _tum(root: Path) -> list[str]:
    write_tum(root / "desk")
    return ["data.rgbd.intrinsics=[40,41,15.5,11.5]"]


def _middlebury(root: Path) -> list[str]:
    write_2014(root)
    return []


def _nyu_labelled(root: Path) -> list[str]:
    write_splits(write_labelled(root))
    return []


MORE_TREES: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "tum": ("rgbd", _tum),
    "middlebury": ("stereo", _middlebury),
    "nyu_labelled": ("nyu", _nyu_labelled),
}
"""Layouts beside those of the data sets' contract battery: name -> data set, and what writes it."""


def _trees(folder: Path) -> None:
    """A folder for every data set of the registry, and the arguments that open it."""
    known = {name: (name, WRITERS[name]) for name in SETS if name != "synthetic"} | MORE_TREES
    for name, (data_set, write) in known.items():
        root = folder / "trees" / name
        root.mkdir(parents=True)
        options = [one for one in write(root) if not one.startswith("data.cache=")]
        Arguments(data_set, options).write(folder / "trees" / f"{name}.json")
    (folder / "trees" / "all.json").write_text(json.dumps(sorted(known)))
