"""People's own videos."""

import sys
from functools import cache
from pathlib import Path

from gradunc.data.interface import RecordedDataSet
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.video.frames import extract_all, video_frames
from gradunc.data.sets.video.lens import GUESSED_VIEW, check_lens, is_guessed
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
        videos = extract_all(root, self.options, folder, strict=self.common.strict)
        found = video_frames(videos, split, frames, self.options, self.division())
        for name, one in videos.items():
            _tell(f"{name}: {one.summary()}")
        if is_guessed(self.options) and frames:
            _tell(
                f"the camera is unknown; guessed {GUESSED_VIEW:g} degrees along the longer side, which decides on the "
                "shape of the depth; set data.video.hfov (degrees) or data.video.focal (pixels)"
            )
        return FrameDataset(found, size)

    def missing_truth(self, *, train: bool = False) -> str:
        """Always something."""
        return "a video has no true depth; choose a data set that has"


@cache
def _tell(text: str) -> None:
    """Say something once."""
    print(text, file=sys.stderr)
