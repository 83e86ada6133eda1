"""Rectified stereo pairs."""

from torch.utils.data import Dataset

from gradunc.build.datasets.common import data_root, division
from gradunc.config.schema import DataSettings
from gradunc.data.datamodule import Split
from gradunc.data.frames import FrameDataset
from gradunc.data.layouts.stereo import StereoOptions, stereo_frames
from gradunc.types import FrameIds, Sample, Size


def stereo(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Left views of one split."""
    options = settings.stereo
    root = data_root(settings, "stereo pairs (Middlebury 2014 or 2006, left/ and right/, or NAMEL.jpg and NAMER.jpg)")
    given = StereoOptions(
        options.layout,
        options.focal,
        options.baseline,
        options.doffs,
        options.disparity_scale,
        options.depth_scale,
    )
    return FrameDataset(stereo_frames(root, split, frames, given, division(settings)), size)
