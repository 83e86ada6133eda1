"""RGB-D recordings."""

from dataclasses import replace
from typing import Self

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.rgbd.frames import rgbd_frames
from gradunc.data.sets.rgbd.settings import RgbdSettings
from gradunc.types import FrameIds, Size, Split


class Rgbd(RecordedDataSet[RgbdSettings]):
    """TUM RGB-D or 7-Scenes."""

    holds = "an RGB-D recording or a folder of them (TUM RGB-D or 7-Scenes)"

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        root, division = self.root(), self.division()
        return FrameDataset(rgbd_frames(root, split, frames, self.options, division, strict=self.common.strict), size)

    def missing_truth(self, *, train: bool = False) -> str:
        """Missing only where it is not wanted."""
        return "" if self.options.ground_truth else "data.rgbd.ground_truth=false omits true depth; set it to true"

    def without_truth(self) -> Self:
        """Without looking for depth files."""
        return self._with(replace(self.options, ground_truth=False))
