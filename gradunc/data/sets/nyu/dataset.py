"""NYU Depth V2."""

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.nyu.frames import nyu_frames
from gradunc.data.sets.nyu.settings import NyuSettings
from gradunc.types import FrameIds, Size, Split


class Nyu(RecordedDataSet[NyuSettings]):
    """Single images of rooms with dense depth."""

    holds = "NYU Depth V2 (the labelled .mat, a FastDepth tree, or the files of PNG lists)"
    default_frames = ()

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        return FrameDataset(nyu_frames(self.root(), split, frames, self.options, strict=self.common.strict), size)
