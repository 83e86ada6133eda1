"""NYU Depth V2."""

from pathlib import Path

from torch.utils.data import Dataset

from gradunc.config.data_schema import DataSettings
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.common import data_root
from gradunc.data.sets.nyu.frames import NyuOptions, nyu_frames
from gradunc.types import FrameIds, Sample, Size, Split


def nyu(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Frames of one split."""
    options = settings.nyu
    lists: dict[Split, str | None] = {"train": options.train_list, "val": options.val_list, "test": options.test_list}
    given = NyuOptions(
        layout=options.layout,
        depth=options.depth,
        splits=None if options.splits is None else Path(options.splits).expanduser(),
        lists={name: Path(path).expanduser() for name, path in lists.items() if path is not None},
        depth_scale=options.depth_scale,
        validation=options.validation,
        val_share=options.val_share,
        train_crop=options.train_crop,
        eval_crop=options.eval_crop,
        train_cap=options.train_max_depth,
    )
    root = data_root(settings, "NYU Depth V2 (the labelled .mat, a FastDepth tree, or the files of PNG lists)")
    return FrameDataset(nyu_frames(root, split, frames, given, strict=settings.on_error == "raise"), size)
