"""KITTI odometry."""

from collections.abc import Iterable
from pathlib import Path

from gradunc.data.formats import kitti_odometry as odometry
from gradunc.data.formats.kitti_splits import ODOMETRY_SPLITS
from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Note
from gradunc.data.sets.kitti.intrinsics import check_intrinsics, with_intrinsics
from gradunc.data.sets.kitti.lists import ListKeys, split_folder, split_lines
from gradunc.data.sets.kitti_odometry.frames import LINE, kitti_odometry
from gradunc.data.sets.kitti_odometry.settings import KittiOdometrySettings
from gradunc.types import FrameIds, Size, Split

LISTS = ListKeys("data.kitti_odometry", ODOMETRY_SPLITS, LINE)


class KittiOdometry(RecordedDataSet[KittiOdometrySettings]):
    """Whole sequences of a stereo camera whose motion is known."""

    holds = "the folder of KITTI odometry that holds 'sequences' and 'poses'"

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        options, root = self.options, self.root()
        check_intrinsics(options.intrinsics, "data.kitti_odometry.intrinsics")
        lines = split_lines(options, split, LISTS, split_folder(self.common))
        found = kitti_odometry(
            root,
            frames,
            lines=lines,
            sequences=options.test_sequences,
            strict=self.common.strict,
            remarks=self.remarks,
        )
        return FrameDataset(with_intrinsics(found, options.intrinsics, size), size)

    def unused(self) -> Iterable[Note]:
        """Files in the folders of images of whole sequences; which sequences are read is a choice."""
        if self.options.split is not None or self.options.test_split is not None:
            return ()
        root = self.root()
        used: list[Path] = []
        folders: list[Path] = []
        for sequence in map(odometry.sequence_name, map(str, self.options.test_sequences)):
            for side in odometry.COLOUR:
                used += odometry.image_frames(root, sequence, side).values()
                folders.append(odometry.image_path(root, sequence, side, 0).parent)
        return self.unused_files(used, "data=kitti_odometry reads 000000.png or .jpg", within=folders)

    def missing_truth(self, *, train: bool = False) -> str:
        """Always."""
        return "KITTI odometry has no true depth; choose data=kitti"
