"""The published split lists of KITTI: which there are, and whether a file is one of them. The lists are not ours.

They stand in the folder `splits` of nianticlabs/monodepth2 (commit b676244). Eigen et al., NIPS 2014 (eigen: the test
images); Zhou et al., CVPR 2017 (eigen_zhou: training without static frames; odom); Uhrig et al., 3DV 2017 (improved
depth, with which eigen_benchmark tests the 652 Eigen images that have it).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gradunc.errors import InputError, path_hint, unknown
from gradunc.files import check_regular
from gradunc.text_files import LARGEST
from gradunc.types import Split


@dataclass(frozen=True)
class SplitFile:
    """One published list."""

    name: str
    """`split/file`."""
    lines: int
    sha256: str
    """Of its bytes, lines ending with a line feed."""


FILES: dict[str, SplitFile] = {
    file.name: file
    for file in (
        SplitFile("benchmark/test_files.txt", 500, "b9b0746d2e5263d975fd082d6e82d592971adc9e6a2fdf370a8cf78519161d28"),
        SplitFile(
            "benchmark/train_files.txt", 72084, "060fdce26c5cd0681b6cc7620a856c697caa78fd23ab7a9ba41fb39c70ae3860"
        ),
        SplitFile("benchmark/val_files.txt", 6060, "5c65577de234037bec0c792d7bf44c60b7fb367449266054eb4612a5e92bfa08"),
        SplitFile("eigen/test_files.txt", 697, "e226d4ca16e0e6e9695435014347dcf973588531330536fd8a68d298ef091a6b"),
        SplitFile(
            "eigen_benchmark/test_files.txt", 652, "d56e5e509e6960a01fb93795f85028ac6e4a82ad40e64b6e968988e4db95b9be"
        ),
        SplitFile(
            "eigen_full/train_files.txt", 45200, "1b491141d87b7af9e6706609b7ce858c198c3a4ca61d180c7dc90815d5f2a986"
        ),
        SplitFile("eigen_full/val_files.txt", 1776, "9c4446772ec58aaa60acbeef0fa6d1e8ef1b346ad4f78272d056d10cf1993af9"),
        SplitFile(
            "eigen_zhou/train_files.txt", 39810, "00173a231642151c4693274e701ddd4cae7916520a757c7a94eae8e1173f7b0c"
        ),
        SplitFile("eigen_zhou/val_files.txt", 4424, "64a868b8d2c66c3979a2d74c22ea2e9146850d5b9f5786ed8e5f92201ba1ad04"),
        SplitFile("odom/test_files_09.txt", 1590, "8b999b6f974041663ba2f8aa6456ea338089a272119b7edd702f352278f43d26"),
        SplitFile("odom/test_files_10.txt", 1200, "f39c47e0c21f65d4503476375f2a786def34f54bd5d1cabf28c7e68f002986a1"),
        SplitFile("odom/train_files.txt", 36671, "ced6c5fd1b0b76e2a28d68e046421c1f0df08de8fb713ca305684d263af6d0e2"),
        SplitFile("odom/val_files.txt", 4075, "9cf46e1b873d6f9883015b1f77fcace51db424a1f0a765324957f46399b6db99"),
    )
}
"""Name -> list."""

RAW_SPLITS = ("eigen_zhou", "eigen_full", "eigen", "eigen_benchmark", "benchmark")
ODOMETRY_SPLITS = ("odom",)

EIGEN_TEST = {"velodyne": "eigen/test_files.txt", "improved": "eigen_benchmark/test_files.txt"}
"""Truth -> the images on which what eigen_zhou and eigen_full train is tested."""


def split_names(split: str, part: Split, truth: str) -> list[str]:
    """The lists that make up one part of a published split.

    Raises:
        InputError: the split does not exist or has no such part.
    """
    if split not in RAW_SPLITS + ODOMETRY_SPLITS:
        raise unknown("split", split, RAW_SPLITS + ODOMETRY_SPLITS)
    if part == "test" and split in ("eigen_zhou", "eigen_full"):
        return [EIGEN_TEST.get(truth, EIGEN_TEST["velodyne"])]
    names = [name for name in FILES if name.startswith((f"{split}/{part}_files.txt", f"{split}/{part}_files_"))]
    if split == "benchmark" and part == "test":
        raise InputError("the split 'benchmark' tests on the server of KITTI, its truth is not public; test on 'eigen'")
    if not names:
        raise InputError(f"the split '{split}' has no {part} list; train and validate on 'eigen_zhou' or 'eigen_full'")
    return names


def problem(data: bytes, file: SplitFile) -> str:
    """Why some bytes are not a published list, or ""; line ends of Windows do not count."""
    data = data.replace(b"\r\n", b"\n")
    lines = data.count(b"\n")
    if lines != file.lines:
        return f"it has {lines} lines, the published list has {file.lines}"
    found = hashlib.sha256(data).hexdigest()
    return "" if found == file.sha256 else f"its SHA-256 is {found[:12]}..., that of the list {file.sha256[:12]}..."


def read_split(folder: Path, name: str, section: str = "data.kitti") -> list[str]:
    """The lines of a published list.

    Args:
        folder: holds `eigen_zhou/train_files.txt` and so on.
        name: a key of `FILES`.
        section: dotted name of the options that take a list of one's own, for messages.

    Raises:
        InputError: the file is missing, or is not the published one.
    """
    path = folder / name
    if not path.exists():
        raise InputError(
            f"no split list '{path}'{path_hint(path)}; run `python -m gradunc.tools.prepare kitti-splits "
            f"output={folder}`, or set data.split_dir"
        )
    check_regular(path, "split list", LARGEST)
    data = path.read_bytes()
    if wrong := problem(data, FILES[name]):
        own = f"{section}.{Path(name).stem.partition('_')[0]}_split"
        raise InputError(
            f"'{path}' is not the published list: {wrong}; run `python -m gradunc.tools.prepare kitti-splits "
            f"output={folder}`, or give a list of your own as {own}"
        )
    return data.decode().splitlines()
