"""RGB-D recordings."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Self

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Note, notes
from gradunc.data.sets.rgbd.files import find_recordings
from gradunc.data.sets.rgbd.frames import rgbd_frames
from gradunc.data.sets.rgbd.settings import RgbdSettings
from gradunc.data.settings import DivisionSettings
from gradunc.types import FrameIds, Size, Split


class Rgbd(RecordedDataSet[RgbdSettings]):
    """TUM RGB-D or 7-Scenes."""

    holds = "an RGB-D recording or a folder of them (TUM RGB-D or 7-Scenes)"
    default_division = DivisionSettings(0.6, 0.2, 0.2)

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        root, division = self.root(), self.division()
        found = rgbd_frames(
            root,
            split,
            frames,
            self.options,
            division,
            strict=self.common.strict,
            remarks=self.remarks,
            camera_needed=self.camera_needed,
        )
        return FrameDataset(found, size)

    def missing_truth(self, *, train: bool = False) -> str:
        """Missing only where it is not wanted."""
        return "" if self.options.ground_truth else "data.rgbd.ground_truth=false omits true depth; set it to true"

    def unused(self) -> Iterable[Note]:
        """Images without depth, and files that no list and no name of a frame leads to."""
        root = self.root()
        recordings = find_recordings(root, self.options.layout, depth=self.options.ground_truth, strict=False).values()
        used = [path for recording in recordings for path in recording.files]
        without = [str(path) for recording in recordings for path in recording.without_depth]
        return [
            *notes("images without depth are left out", without),
            *self.unused_files(used, "data=rgbd reads the files of rgb.txt and depth.txt, or frame-*.color.png"),
        ]

    def without_truth(self) -> Self:
        """Without looking for depth files."""
        return self._with(replace(self.options, ground_truth=False))
