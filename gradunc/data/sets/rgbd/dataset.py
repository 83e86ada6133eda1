"""RGB-D recordings."""

from torch.utils.data import Dataset

from gradunc.config.data_schema import DataSettings
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.common import data_root, division
from gradunc.data.sets.rgbd.frames import RgbdOptions, rgbd_frames
from gradunc.types import FrameIds, Sample, Size, Split


def rgbd(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Frames of one split."""
    options = settings.rgbd
    root = data_root(settings, "an RGB-D recording or a folder of them (TUM RGB-D or 7-Scenes)")
    given = RgbdOptions(options.layout, options.depth_scale, options.intrinsics, options.poses, options.ground_truth)
    strict = settings.on_error == "raise"
    return FrameDataset(rgbd_frames(root, split, frames, given, division(settings), strict=strict), size)
