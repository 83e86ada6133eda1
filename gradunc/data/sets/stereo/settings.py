"""The options of data=stereo."""

from dataclasses import dataclass

from gradunc.options import POSITIVE_OR_NULL, option

LAYOUTS = ("auto", "middlebury2014", "middlebury2006", "folders", "pairs")
"""Keys of the table in `files.py`, and the search among them."""


@dataclass
class StereoSettings:
    """Rectified stereo pairs."""

    layout: str = option(
        "auto", "auto, middlebury2014, middlebury2006, folders (left/, right/), pairs (AL, AR)", choices=LAYOUTS
    )
    focal: float | None = option(
        None, "focal length in pixels of the stored images, where no file holds it", rule=POSITIVE_OR_NULL
    )
    baseline: float | None = option(None, "distance of the cameras [m], where no file holds it", rule=POSITIVE_OR_NULL)
    doffs: float | None = option(None, "cx of the right camera - cx of the left one [px], where no file holds it")
    disparity_scale: float | None = option(
        None, "units per pixel of PNG disparity; null = as the layout says", rule=POSITIVE_OR_NULL
    )
    depth_scale: float | None = option(
        None, "units per metre of PNG depth; null = as calibration.json says", rule=POSITIVE_OR_NULL
    )
    ground_truth: bool = option(True, "read disparity or depth where there is some")
