"""The options of data=folder."""

from dataclasses import dataclass

from gradunc.options import POSITIVE_OR_NULL, option
from gradunc.types import TRUTH_KINDS

SCENES = ("sequence", "first_folder")


@dataclass
class FolderSettings:
    """Your own images."""

    depth_scale: float | None = option(
        None, "units per metre of 16-bit PNG depth: 1000 = mm, 256 = KITTI, 5000 = TUM", rule=POSITIVE_OR_NULL
    )
    nan_is_unknown: bool = option(False, "NaN in .npy and .exr depth means unknown; otherwise it is an error")
    focal: float | None = option(
        None, "focal length in pixels of the stored images, without intrinsics.json", rule=POSITIVE_OR_NULL
    )
    ground_truth: bool = option(True, "read the truth where there is some")
    truth: str = option(
        "depth",
        "what is known: depth [m] in depth/, disparity/ up to a factor and a shift, or ordinal/, pairs of which one "
        "point is nearer",
        choices=TRUTH_KINDS,
    )
    pseudo: bool = option(
        False,
        "disparity/ is what a teacher has said: objective.reject and data.augmentation.cutmix are about these images",
    )
    scenes: str = option(
        "sequence",
        "what intervals count as one scene: sequence, or first_folder of SCENE/SEQUENCE, seen by several cameras; "
        "data.division deals out sequences all the same",
        choices=SCENES,
    )
