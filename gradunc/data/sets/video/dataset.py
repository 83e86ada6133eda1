"""People's own videos."""

import sys
from functools import cache
from pathlib import Path

from torch.utils.data import Dataset

from gradunc.config.data_schema import DataSettings
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.common import division
from gradunc.data.sets.video.extraction import Extraction
from gradunc.data.sets.video.frames import GUESSED_VIEW, Lens, extract_all, video_frames
from gradunc.errors import InputError
from gradunc.types import FrameIds, Sample, Size, Split


def video(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Frames of one split; videos that are not in the cache yet are read first."""
    options = settings.video
    if settings.root is None:
        raise InputError("data.root is missing: a video file, a folder of videos or a pattern")
    if split == "train" and not frames:
        raise InputError("supervised training needs true depth, which a video has not; choose objective=mono")
    lens = Lens(options.focal, options.hfov)
    extraction = Extraction(options.min_motion, options.cuts, options.max_side)
    folder = Path(settings.cache).expanduser() / "video"
    videos = extract_all(settings.root, extraction, folder, strict=settings.on_error == "raise")
    result = video_frames(videos, split, frames, lens, division(settings))
    for name, one in videos.items():
        _tell(f"{name}: {one.summary()}")
    if lens.guessed and frames:
        _tell(
            f"the camera is unknown; guessed {GUESSED_VIEW:g} degrees along the longer side, which decides on the "
            "shape of the depth; set data.video.hfov (degrees) or data.video.focal (pixels)"
        )
    return FrameDataset(result, size)


@cache
def _tell(text: str) -> None:
    """Say something once."""
    print(text, file=sys.stderr)
