"""KITTI raw as a data set: an image, its neighbours in time and stereo, its Velodyne scan as true depth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, get_args

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gradunc.data.devkits import kitti
from gradunc.data.images import read_image, resize_image
from gradunc.errors import InputError
from gradunc.types import STEREO, Sample


class View(NamedTuple):
    """One image of the recordings."""

    drive: str
    """`date/drive`, as in the lines of a split."""
    frame: int
    side: kitti.Side

    def neighbour(self, frame: int | str) -> "View":
        """What a frame id asks for: the other camera for "s", else the same camera so many frames later."""
        if isinstance(frame, int):
            return self._replace(frame=self.frame + frame)
        return self._replace(side=kitti.OTHER_SIDE[self.side])


class Item(NamedTuple):
    """The files of one sample."""

    view: View
    image: Path
    sources: tuple[Path, ...]
    scan: Path | None
    """None without ground truth."""


@dataclass(frozen=True)
class Rig:
    """What the calibration of one date says about one target camera."""

    intrinsics: Tensor
    """(3,3) in pixels of the resized image."""
    source_pose: Tensor
    """(N,4,4) target to source [m], NaN for neighbours in time."""
    velodyne: kitti.Matrix | None
    """(3,4) Velodyne points to homogeneous native pixels; None without ground truth."""
    native_size: tuple[int, int]
    """(H,W) of the true depth."""


class KittiRaw(Dataset[Sample]):
    """Frames of KITTI raw in the official layout, or of a split given by its lines.

    A sample has `image` (3,h,w), `intrinsics` (3,3) of the real calibration in pixels of `image`, `index` and
    `path`; with `frames` also `sources` (N,3,h,w) and `source_pose` (N,4,4), target to source [m]: from the
    calibration for "s", NaN for neighbours in time; with `ground_truth` also `depth` (1,H,W) [m] and `valid`
    (1,H,W) of the target camera at the native size, which differs by a few pixels between the dates of KITTI.

    Args:
        root: The folder of the dates, `2011_09_26` and so on.
        size: (h,w) of the network.
        frames: The sources, in order: -1 and 1 for neighbours in time, "s" for the other camera.
        lines: `date/drive frame side` with side l or r and the frame padded or not. None takes all frames of
            all drives that have every source asked for and, with `ground_truth`, a scan (a few frames of
            KITTI have none).
        cameras: The target cameras, "l", "r" or both; of no effect with `lines`, which name theirs.
        ground_truth: Project the Velodyne scans to true depth.
        depth: "camera_z", or "laser_x" for the published figures of the Eigen split.

    Raises:
        InputError: Something that was asked for does not exist; all of it is looked up here, not while
            training.
    """

    def __init__(
        self,
        root: str | Path,
        size: tuple[int, int],
        frames: Sequence[int | str] = (),
        lines: Sequence[str] | None = None,
        cameras: Sequence[str] = ("l",),
        ground_truth: bool = True,
        depth: kitti.DepthAxis = "camera_z",
    ) -> None:
        self.root = Path(root).expanduser()
        if not self.root.is_dir():
            raise InputError(f"no KITTI folder '{self.root}'")
        if depth not in get_args(kitti.DepthAxis):
            raise InputError(f"depth '{depth}' of KITTI is neither 'camera_z' nor 'laser_x'")
        self.size = size
        self.frames = tuple(_frame_id(frame) for frame in frames)
        self.depth: kitti.DepthAxis = depth
        files = _Files(self.root, self.frames, ground_truth)
        if lines is None:
            self.items = files.all_items([_side(side, "cameras") for side in cameras])
        else:
            self.items = files.items_of(lines)
        self._rigs: dict[tuple[str, kitti.Side], Rig] = {}
        for view in (item.view for item in self.items):
            key = _date(view), view.side
            if key not in self._rigs:
                self._rigs[key] = _read_rig(self.root / key[0], view.side, size, self.frames, ground_truth)

    def __len__(self) -> int:
        """How many target images there are."""
        return len(self.items)

    def __getitem__(self, index: int) -> Sample:
        """Read one sample from disk; InputError for a damaged file."""
        item = self.items[index]
        rig = self._rigs[_date(item.view), item.view.side]
        sample: Sample = {
            "image": self._read(item.image),
            "intrinsics": rig.intrinsics.clone(),
            "index": torch.tensor(index % len(self)),
            "path": str(item.image),
        }
        if item.sources:
            sample["sources"] = torch.stack([self._read(path) for path in item.sources])
            sample["source_pose"] = rig.source_pose.clone()
        if item.scan is not None and rig.velodyne is not None:
            points = kitti.read_velodyne(item.scan)
            depth = torch.from_numpy(kitti.depth_map(points, rig.velodyne, rig.native_size, self.depth))
            sample["depth"] = depth[None]
            sample["valid"] = depth[None] > 0
        return sample

    def _read(self, path: Path) -> Tensor:
        return resize_image(read_image(path), self.size)


class _Files:
    """Finds the files of the samples; lists each folder once, as asking file by file is slow on a network."""

    def __init__(self, root: Path, frames: tuple[int | str, ...], ground_truth: bool) -> None:
        self.root = root
        self.frames = frames
        self.ground_truth = ground_truth
        self._images: dict[tuple[str, kitti.Side], dict[int, Path]] = {}
        self._scans: dict[str, dict[int, Path]] = {}

    def all_items(self, sides: Sequence[kitti.Side]) -> list[Item]:
        """Every frame that has all that is asked for; InputError for none, or a drive without scans."""
        drives = kitti.find_drives(self.root)
        views = [View(drive, frame, side) for drive in drives for side in sides for frame in self.images(drive, side)]
        for view in views:
            if self.ground_truth and not self.scans(view.drive):
                raise self._no_scan(view)
        items = [self._item(view) for view in views if self._missing(view) is None and self._has_truth(view)]
        if not items:
            raise InputError(f"no frames of KITTI with cameras {[*sides]} and frames {[*self.frames]} in '{self.root}'")
        return items

    def items_of(self, lines: Sequence[str]) -> list[Item]:
        """The samples of a split in its order; InputError names the line that asks for a missing file."""
        items = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            view = _parse(line, number)
            missing = self._missing(view)
            if missing is not None:
                wanted = kitti.image_path(self.root, missing.drive, missing.side, missing.frame)
                raise InputError(f"split line {number} '{line.strip()}': no image '{wanted}' (or .jpg)")
            if not self._has_truth(view):
                raise self._no_scan(view, f"split line {number} '{line.strip()}': ")
            items.append(self._item(view))
        if not items:
            raise InputError("the split of KITTI has no lines")
        return items

    def images(self, drive: str, side: kitti.Side) -> dict[int, Path]:
        """Frame id -> image file."""
        if (drive, side) not in self._images:
            self._images[drive, side] = kitti.image_frames(self.root, drive, side)
        return self._images[drive, side]

    def scans(self, drive: str) -> dict[int, Path]:
        """Frame id -> Velodyne file."""
        if drive not in self._scans:
            self._scans[drive] = kitti.velodyne_frames(self.root, drive)
        return self._scans[drive]

    def _item(self, view: View) -> Item:
        image, *sources = [self.images(v.drive, v.side)[v.frame] for v in self._views(view)]
        return Item(view, image, tuple(sources), self.scans(view.drive)[view.frame] if self.ground_truth else None)

    def _views(self, view: View) -> list[View]:
        return [view, *(view.neighbour(frame) for frame in self.frames)]

    def _missing(self, view: View) -> View | None:
        """The first of the target and its sources that has no image."""
        return next((v for v in self._views(view) if v.frame not in self.images(v.drive, v.side)), None)

    def _has_truth(self, view: View) -> bool:
        return not self.ground_truth or view.frame in self.scans(view.drive)

    def _no_scan(self, view: View, prefix: str = "") -> InputError:
        path = kitti.velodyne_path(self.root, view.drive, view.frame)
        return InputError(f"{prefix}no Velodyne file '{path}'; without true depth set data.kitti.ground_truth=false")


def _read_rig(
    folder: Path, side: kitti.Side, size: tuple[int, int], frames: tuple[int | str, ...], ground_truth: bool
) -> Rig:
    """Read the calibration of one date; InputError for a file or key that is needed and missing."""
    cameras = kitti.read_calibration(folder / kitti.CAMERA_FILE)
    pose = torch.full((len(frames), 4, 4), torch.nan)
    for i, frame in enumerate(frames):
        if frame == STEREO:
            pose[i] = torch.from_numpy(kitti.stereo_transform(cameras, side))
    velodyne = None
    if ground_truth:
        laser = kitti.read_calibration(folder / kitti.VELODYNE_FILE)
        velodyne = kitti.velodyne_projection(cameras, laser, side)
    intrinsics = torch.from_numpy(kitti.resized_intrinsics(cameras, side, size)).float()
    return Rig(intrinsics, pose, velodyne, kitti.image_size(cameras, side))


def _date(view: View) -> str:
    return view.drive.split("/")[0]


def _parse(line: str, number: int) -> View:
    words = line.split()
    if len(words) != 3 or "/" not in words[0] or not words[1].isdigit():
        raise InputError(f"split line {number} '{line.strip()}' is not 'date/drive frame side'")
    return View(words[0], int(words[1]), _side(words[2], f"split line {number} '{line.strip()}'"))


def _side(name: str, where: str) -> kitti.Side:
    if name == "l" or name == "r":
        return name
    raise InputError(f"{where}: the side '{name}' of KITTI is neither 'l' nor 'r'")


def _frame_id(frame: int | str) -> int | str:
    if frame == STEREO or (isinstance(frame, int) and frame != 0):
        return frame
    raise InputError(f"frame {frame!r} is neither 's' nor an integer other than 0")
