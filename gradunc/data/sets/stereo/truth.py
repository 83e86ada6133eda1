"""True depth of stereo pairs: small objects that read one file when they are called."""

from dataclasses import dataclass
from pathlib import Path

from gradunc.data.formats.disparity_files import read_disparity
from gradunc.data.formats.plausibility import check_unit
from gradunc.data.formats.stereo import StereoCalibration
from gradunc.data.recorded.frames import Depth
from gradunc.data.recorded.truth import DepthFile
from gradunc.data.remarks import Assumption
from gradunc.data.sets.stereo.files import StereoPair
from gradunc.errors import InputError

NO_SCALE = Assumption(
    "disparity scale 1",
    "PNG disparity of 8 bits is taken for whole pixels; set data.stereo.disparity_scale, or write disparity_scale into "
    "calibration.json",
)

BETWEEN = (0.1, 1000.0)
"""Mean depth of a stereo pair lies between these [m]; a wrong disparity scale or baseline seldom does."""


@dataclass(frozen=True)
class DisparityFile:
    """The true depth of a left view, from its disparity."""

    path: Path
    scale: float | None
    calibration: StereoCalibration
    size: tuple[int, int]
    """(H,W) of the left image, in whose pixels disparity is counted."""

    def __call__(self) -> Depth:
        """(H,W) [m], 0 where unknown; InputError for a damaged file, another size or an unbelievable depth."""
        disparity = read_disparity(self.path, self.scale)
        if disparity.shape != self.size:
            raise InputError(f"disparity '{self.path}' has the shape {disparity.shape}, its left image {self.size}")
        keys = "data.stereo.disparity_scale, baseline [m] and focal [px], or mend the calibration file"
        return check_unit(self.calibration.depth(disparity), str(self.path), keys, BETWEEN)

    @property
    def assumed(self) -> tuple[Assumption, ...]:
        """What its metres are assumed of."""
        unscaled = self.scale is None and self.path.suffix.lower() == ".png"
        return (*self.calibration.assumed, *([NO_SCALE] if unscaled else []))


def truth_of(
    pair: StereoPair, calibration: StereoCalibration, size: tuple[int, int]
) -> DisparityFile | DepthFile | None:
    """What reads the truth of a left view of (H,W); None if there is none, InputError for PNG depth without a scale."""
    if pair.disparity is not None:
        return DisparityFile(pair.disparity, calibration.disparity_scale, calibration, size)
    if pair.depth is None:
        return None
    if calibration.depth_scale is None and pair.depth.suffix.lower() == ".png":
        raise InputError(f"'{pair.depth}': state data.stereo.depth_scale, the units per metre (1000 = millimetres)")
    return DepthFile(pair.depth, calibration.depth_scale or 1.0, "data.stereo.depth_scale", between=BETWEEN, size=size)
