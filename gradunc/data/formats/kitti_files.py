"""Where the files of KITTI raw and of KITTI's improved depth lie. Needs the standard library only.

Official layout: `2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png` and beside it `velodyne_points`
and `oxts`. The improved depth (Uhrig et al., "Sparsity Invariant CNNs", 3DV 2017) comes in folders of its own.
"""

from pathlib import Path

from gradunc.data.formats.kitti import CAMERA_NUMBER, Side


def find_drives(root: Path) -> list[str]:
    """The names `date/drive` of all drives below `root`, sorted."""
    return sorted(f"{path.parent.name}/{path.name}" for path in root.glob("*/*_drive_*") if path.is_dir())


def image_path(root: Path, drive: str, side: Side, frame: int, suffix: str = ".png") -> Path:
    """Where an image lies, whether it exists or not; official images are .png, converted copies .jpg."""
    return root / drive / f"image_{CAMERA_NUMBER[side]}" / "data" / f"{frame:010d}{suffix}"


def image_frames(root: Path, drive: str, side: Side) -> dict[int, Path]:
    """Frame id -> image file of one camera, in order; a .png is preferred to a .jpg of the same frame."""
    folder = image_path(root, drive, side, 0).parent
    return dict(sorted((numbered_files(folder, ".jpg") | numbered_files(folder, ".png")).items()))


def velodyne_path(root: Path, drive: str, frame: int) -> Path:
    """Where a scan lies, whether it exists or not."""
    return root / drive / "velodyne_points" / "data" / f"{frame:010d}.bin"


def velodyne_frames(root: Path, drive: str) -> dict[int, Path]:
    """Frame id -> scan file; a few frames of KITTI have no scan."""
    return numbered_files(velodyne_path(root, drive, 0).parent, ".bin")


def oxts_path(root: Path, drive: str, frame: int) -> Path:
    """Where a measurement of the inertial unit lies, whether it exists or not."""
    return root / drive / "oxts" / "data" / f"{frame:010d}.txt"


def improved_folders(root: Path, drive: str, side: Side) -> list[Path]:
    """Where the improved depth of a drive may lie: as Monodepth2 moves it, or as the official archive unpacks."""
    name = drive.split("/")[1]
    places = (root / drive, root / "train" / name, root / "val" / name, root / name)
    return [place / "proj_depth" / "groundtruth" / f"image_{CAMERA_NUMBER[side]}" for place in places]


def improved_frames(root: Path, drive: str, side: Side) -> dict[int, Path]:
    """Frame id -> improved depth file; the first and the last frames of a drive have none."""
    for folder in improved_folders(root, drive, side):
        if found := numbered_files(folder, ".png"):
            return found
    return {}


def files_of_drive(root: Path, drive: str) -> list[Path]:
    """All images, scans and improved depth maps of a drive in the official layout, of all four cameras."""
    folders = [root / drive / f"image_{number:02d}" / "data" for number in range(4)]
    depth = [folder for side in CAMERA_NUMBER for folder in improved_folders(root, drive, side)]
    images = [numbered_files(folder, suffix) for folder in (*folders, *depth) for suffix in (".png", ".jpg")]
    return [path for found in (*images, velodyne_frames(root, drive)) for path in found.values()]


def is_number(word: str) -> bool:
    """Whether a word is a frame or sequence: up to 18 digits 0 to 9; `isdigit` takes others, which `int` may refuse.

    >>> is_number("07"), is_number("²"), is_number("٣"), is_number("-1"), is_number("")
    (True, False, False, False, False)
    """
    return word.isascii() and word.isdigit() and len(word) <= 18


def numbered_files(folder: Path, suffix: str) -> dict[int, Path]:
    """Number -> file. One listing of a folder is much cheaper than asking for thousands of files one by one."""
    files = sorted(folder.glob(f"*{suffix}"))
    return {int(file.stem): file for file in files if is_number(file.stem)}
