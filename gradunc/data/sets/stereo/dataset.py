"""Rectified stereo pairs."""

from torch.utils.data import Dataset

from gradunc.config.data_schema import DataSettings
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.common import data_root, division
from gradunc.data.sets.stereo.files import TRUTH_FILES, find_sequences
from gradunc.data.sets.stereo.frames import StereoOptions, stereo_frames
from gradunc.types import FrameIds, Sample, Size, Split

HOLDS = "stereo pairs (Middlebury 2014 or 2006, left/ and right/, or NAMEL.jpg and NAMER.jpg)"


def stereo(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Left views of one split."""
    options = settings.stereo
    root = data_root(settings, HOLDS)
    given = StereoOptions(
        options.layout,
        options.focal,
        options.baseline,
        options.doffs,
        options.disparity_scale,
        options.depth_scale,
        options.ground_truth,
    )
    strict = settings.on_error == "raise"
    return FrameDataset(stereo_frames(root, split, frames, given, division(settings), strict=strict), size)


def missing_disparity(settings: DataSettings) -> str:
    """Why there is no true depth; "" if there is."""
    options = settings.stereo
    if not options.ground_truth:
        return "data.stereo.ground_truth=false leaves true depth away; set it to true"
    root = data_root(settings, HOLDS)
    sequences = find_sequences(root, options.layout, strict=settings.on_error == "raise")
    if any(pair.disparity or pair.depth for sequence in sequences.values() for pair in sequence.pairs):
        return ""
    wanted = TRUTH_FILES[next(iter(sequences.values())).layout]
    return f"no pair in data.root='{root}' has {wanted}; add it"
