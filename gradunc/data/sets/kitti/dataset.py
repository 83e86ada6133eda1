"""KITTI raw."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self, cast, get_args

from gradunc.data.formats import kitti_files
from gradunc.data.formats.kitti import OTHER_SIDE
from gradunc.data.formats.kitti_splits import RAW_SPLITS
from gradunc.data.formats.velodyne import DepthAxis
from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Note
from gradunc.data.sets.kitti.frames import Poses, kitti_raw
from gradunc.data.sets.kitti.intrinsics import check_intrinsics, with_intrinsics
from gradunc.data.sets.kitti.lists import ListKeys, split_folder, split_lines
from gradunc.data.sets.kitti.settings import KittiSettings
from gradunc.data.sets.kitti.targets import LINE
from gradunc.data.sets.kitti.truth import Truth
from gradunc.errors import InputError, path_hint, unknown
from gradunc.types import FrameIds, Size, Split

LISTS = ListKeys("data.kitti", RAW_SPLITS, LINE)


class Kitti(RecordedDataSet[KittiSettings]):
    """Images of KITTI raw with laser scans or improved depth."""

    holds = "the folder that holds KITTI's dates (2011_09_26, ...)"

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        options, root = self.options, self.root()
        for key, choices in (("truth", Truth), ("depth", DepthAxis), ("poses", Poses)):
            if (value := getattr(options, key)) not in get_args(choices):
                raise unknown(f"data.kitti.{key}", value, get_args(choices))
        check_intrinsics(options.intrinsics, "data.kitti.intrinsics")
        improved = options.truth == "improved"
        published = {"train": options.train_split, "val": options.val_split, "test": options.test_split}[split] is None
        if improved and published and options.split == "eigen" and split == "test":
            raise InputError(
                "45 of the 697 images of eigen have no improved depth; set data.kitti.split=eigen_benchmark"
            )
        found = kitti_raw(
            root,
            frames,
            lines=split_lines(options, split, LISTS, split_folder(self.common), truth=options.truth),
            cameras=_cameras(options.cameras),
            truth=cast(Truth, options.truth),
            improved_root=_improved_root(options.truth_root),
            depth=cast(DepthAxis, options.depth),
            poses=cast(Poses, options.poses),
            # The published lists were made for laser scans: the ends of a drive have no improved depth.
            skip_without_truth=improved and published and split != "test",
            strict=self.common.strict,
            remarks=self.remarks,
        )
        return FrameDataset(with_intrinsics(found, options.intrinsics, size), size)

    def unused(self) -> Iterable[Note]:
        """Files beside those of the official layout, where all of the folder is asked for and no list chooses."""
        if self.options.split is not None or self.options.test_split is not None:
            return ()
        root = self.root()
        used = [path for drive in kitti_files.find_drives(root) for path in kitti_files.files_of_drive(root, drive)]
        return self.unused_files(
            used, "data=kitti reads DATE/DRIVE/image_02/data/0000000000.png and what belongs to it"
        )

    def missing_truth(self, *, train: bool = False) -> str:
        """Missing only where it is not wanted."""
        wanted = self.options.truth != "none"
        return "" if wanted else "data.kitti.truth=none omits true depth; set data.kitti.truth=velodyne"

    def without_truth(self) -> Self:
        """Without looking for laser scans."""
        return self._with(replace(self.options, truth="none"))

    @property
    def truth_kind(self) -> str:
        """velodyne, improved or none."""
        return self.options.truth

    @property
    def truth_label(self) -> str:
        """There are three kinds of truth, which give different figures."""
        axis = ", laser x as depth" if self.options.depth == "laser_x" else ""
        return {"velodyne": f"Velodyne{axis}", "improved": "improved depth"}.get(self.options.truth, "")


def _improved_root(folder: str | None) -> Path | None:
    if folder is None:
        return None
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise InputError(f"data.kitti.truth_root='{folder}' is no folder{path_hint(root)}")
    return root


def _cameras(names: Sequence[str]) -> list[str]:
    for name in names:
        if name not in OTHER_SIDE:
            raise unknown("data.kitti.cameras entry", name, OTHER_SIDE)
    if not names:
        raise InputError("data.kitti.cameras=[] names no camera; set it to [l], [r] or [l,r]")
    return list(dict.fromkeys(names))
