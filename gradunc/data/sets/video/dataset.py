"""People's own videos."""

from collections.abc import Iterable
from pathlib import Path

from gradunc.data.formats.video import SUFFIXES
from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Note
from gradunc.data.sets.video.frames import extract_all, find_videos, video_frames
from gradunc.data.sets.video.lens import check_lens
from gradunc.data.sets.video.settings import VideoSettings
from gradunc.errors import InputError
from gradunc.types import FrameIds, Size, Split


class Videos(RecordedDataSet[VideoSettings]):
    """One video, or several; what is kept of them is read into the cache first if it is not there."""

    def read(self, split: Split, size: Size, frames: FrameIds) -> FrameDataset:
        """Frames of one split."""
        root = self.common.root
        if root is None:
            raise InputError("data.root is missing: a video file, a folder of videos or a pattern")
        if split == "train" and not frames:
            raise InputError("supervised training needs true depth, which a video has not; choose objective=mono")
        check_lens(self.options)
        folder = Path(self.common.cache).expanduser() / "video"
        videos, lost = extract_all(root, self.options, folder, strict=self.common.strict)
        found = video_frames(videos, split, frames, self.options, self.division(), remarks=self.remarks)
        kept = (Note(f"{name}: {one.summary()}", kind="fact") for name, one in videos.items())
        self.remarks.note(*lost, *kept)
        return FrameDataset(found, size)

    def unused(self) -> Iterable[Note]:
        """What beside videos lies in a folder of videos."""
        root = Path(str(self.common.root)).expanduser()
        if not root.is_dir():
            return ()
        return self.unused_files(find_videos(str(root)).values(), f"data=video reads {', '.join(SUFFIXES)}")

    def missing_truth(self, *, train: bool = False) -> str:
        """Always something."""
        return "a video has no true depth; choose a data set that has"
