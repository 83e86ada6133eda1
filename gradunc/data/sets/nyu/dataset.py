"""NYU Depth V2."""

from collections.abc import Iterable

from gradunc.data.formats import nyu
from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Note
from gradunc.data.sets.nyu.files import FASTDEPTH
from gradunc.data.sets.nyu.frames import nyu_frames, recognised
from gradunc.data.sets.nyu.settings import NyuSettings
from gradunc.types import FrameIds, Size, Split


class Nyu(RecordedDataSet[NyuSettings]):
    """Single images of rooms with dense depth."""

    holds = "NYU Depth V2 (the labelled .mat, a FastDepth tree, or the files of PNG lists)"
    default_frames = ()

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        found = nyu_frames(self.root(), split, frames, self.options, strict=self.common.strict, remarks=self.remarks)
        return FrameDataset(found, size)

    def unused(self) -> Iterable[Note]:
        """Files beside those of the layout; lists are a choice."""
        root = self.root()
        layout = recognised(root, self.options)
        if layout == "png":
            return ()
        files = {"labelled": (nyu.LABELLED_FILE, nyu.SPLITS_FILE), "fastdepth": FASTDEPTH.values()}[layout]
        used = [path for pattern in files for path in root.glob(pattern)]
        return self.unused_files(used, f"data.nyu.layout={layout} reads {', '.join(files)}")
