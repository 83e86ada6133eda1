"""People's own images."""

from torch.utils.data import Dataset

from gradunc.config.data_schema import DataSettings
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.common import data_root, division
from gradunc.data.sets.folder.files import has_depth
from gradunc.data.sets.folder.frames import FolderOptions, folder_frames
from gradunc.errors import InputError
from gradunc.types import FrameIds, Sample, Size, Split

HOLDS = "a folder with images/ in it or in folders below, and depth/ and intrinsics.json where there are some"


def folder(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Frames of one split."""
    options = settings.folder
    given = FolderOptions(options.depth_scale, options.nan_is_unknown, options.focal, options.ground_truth)
    root = data_root(settings, HOLDS)
    if split == "train" and not frames and (reason := missing_depth(settings)) and options.ground_truth:
        raise InputError(f"supervised training needs true depth, but {reason}, or choose objective=mono")
    strict = settings.on_error == "raise"
    return FrameDataset(folder_frames(root, split, frames, given, division(settings), strict=strict), size)


def missing_depth(settings: DataSettings) -> str:
    """Why there is no true depth; "" if there is."""
    if not settings.folder.ground_truth:
        return "data.folder.ground_truth=false leaves true depth away; set it to true"
    root = data_root(settings, HOLDS)
    return "" if has_depth(root) else f"data.root='{root}' has no folder depth/ beside images/; add one"
