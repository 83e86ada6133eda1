"""The options of data=nyu."""

from dataclasses import dataclass

from gradunc.options import OPEN_SHARE, PATH, POSITIVE, POSITIVE_OR_NULL, option

LAYOUTS = ("auto", "labelled", "fastdepth", "png")
DEPTHS = ("depths", "rawDepths")
VALIDATION = ("official", "scenes", "holdout")
CROPS = ("none", "bts", "grumodepth", "fastdepth", "eigen")
"""Keys of the table in `gradunc/data/formats/nyu.py`, which needs NumPy."""


@dataclass
class NyuSettings:
    """NYU Depth V2."""

    layout: str = option(
        "auto", "auto, labelled (.mat of 1449 images), fastdepth (HDF5 tree) or png (lists)", choices=LAYOUTS
    )
    depth: str = option("depths", "labelled: depths (filled in) or rawDepths (as measured)", choices=DEPTHS)
    splits: str | None = option(None, "labelled: splits.mat; null = beside the .mat file", rule=PATH)
    train_list: str | None = option(None, "png: file of lines 'image depth [focal]' below data.root", rule=PATH)
    val_list: str | None = option(None, "png: the same to validate on; null = see validation", rule=PATH)
    test_list: str | None = option(None, "png: the same to test on", rule=PATH)
    depth_scale: float = option(1000.0, "png: units per metre of the depth files", rule=POSITIVE)
    validation: str = option(
        "official",
        "official (the test images, as is customary), scenes (rooms held out), holdout (as GrUMoDepth)",
        choices=VALIDATION,
    )
    val_share: float = option(0.05, "share of the rooms that validation=scenes holds out", rule=OPEN_SHARE)
    train_crop: str = option("none", "part that is trained on: none, bts, grumodepth, fastdepth, eigen", choices=CROPS)
    eval_crop: str = option(
        "none",
        "part that is validated and tested on: none, bts, grumodepth, fastdepth, eigen; see evaluation.crop, too",
        choices=CROPS,
    )
    train_max_depth: float | None = option(
        10.0, "training depth beyond it is unknown [m]; null = all counts", rule=POSITIVE_OR_NULL
    )

    @property
    def lists(self) -> dict[str, str]:
        """Split -> list file, for the splits that have one."""
        files = {"train": self.train_list, "val": self.val_list, "test": self.test_list}
        return {split: file for split, file in files.items() if file is not None}
