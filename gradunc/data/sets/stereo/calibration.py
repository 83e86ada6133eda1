"""The calibration of stereo pairs: from their file, from what is published about them, or from options."""

from dataclasses import replace

from gradunc.data.formats.stereo import StereoCalibration, read_json, read_middlebury, read_number
from gradunc.data.remarks import Assumption
from gradunc.data.sets.stereo.files import StereoPair, StereoSequence
from gradunc.data.sets.stereo.settings import StereoSettings
from gradunc.errors import InputError

MIDDLEBURY_2006 = (3740.0, 0.16, 1110)
"""Focal length [px] and baseline [m] of the full-size pairs of 2005 and 2006, and their height, the same for all."""

REDUCTIONS = (1, 2, 3)
"""By which Middlebury 2005 and 2006 publish their sizes."""

NO_DMIN = Assumption(
    "dmin 0 px",
    "there is no dmin.txt beside view1; depth is fx * baseline / (disparity + dmin), too large if dmin is not 0; add "
    "the published file, or set data.stereo.doffs",
)
NO_DOFFS = Assumption(
    "doffs 0 px",
    "data.stereo.doffs is not set, cx of the right camera - cx of the left one (dmin of Middlebury 2006); set it, to 0 "
    "where they are equal",
)


def calibration_of(
    sequence: StereoSequence, pair: StereoPair, size: tuple[int, int], options: StereoSettings
) -> StereoCalibration:
    """From the file of a sequence or from the options, never from both."""
    stated = {"focal": options.focal, "baseline": options.baseline, "doffs": options.doffs}
    given = [name for name, value in stated.items() if value is not None]
    file = sequence.calibration
    if file is not None and (file.is_file() or not given):
        if given:
            raise InputError(f"data.stereo.{given[0]}={stated[given[0]]:g} contradicts '{file}'; remove one of them")
        found = read_middlebury(file, size) if sequence.layout == "middlebury2014" else read_json(file, size)
    elif sequence.layout == "middlebury2006":
        found = _published_2006(pair, size, options)
    elif options.focal is None or options.baseline is None:
        raise InputError(
            f"'{pair.left}' has no calibration; state data.stereo.focal (pixels of {size[1]}x{size[0]}) and "
            "data.stereo.baseline (metres)"
        )
    else:
        found = _centred(options.focal, options.baseline, options.doffs or 0.0, size)
        found = found if options.doffs is not None else replace(found, assumed=(NO_DOFFS,))
    scales = {"disparity_scale": options.disparity_scale, "depth_scale": options.depth_scale}
    return replace(found, **{name: value for name, value in scales.items() if value is not None})


def _published_2006(pair: StereoPair, size: tuple[int, int], options: StereoSettings) -> StereoCalibration:
    """Full-size focal length and dmin over the reduction, by which stored disparities are multiplied."""
    focal, baseline, height = MIDDLEBURY_2006
    reduction = height / size[0]
    file = pair.left.with_name("dmin.txt")
    assumed: list[Assumption] = []
    doffs = options.doffs
    if doffs is None and file.is_file():
        doffs = read_number(file) / reduction
    elif doffs is None:
        doffs = 0.0
        assumed.append(NO_DMIN)
    if options.focal is None and reduction not in REDUCTIONS:
        assumed.append(
            Assumption(
                f"focal {focal / reduction:.1f} px",
                f"images of {size[0]} rows are none of the published sizes (1110, 555 or 370 rows), so 3740 px at 1110 "
                "rows were scaled; set data.stereo.focal, doffs and disparity_scale",
            )
        )
    focal = options.focal or focal / reduction
    found = _centred(focal, options.baseline or baseline, doffs, size)
    return replace(found, disparity_scale=reduction, assumed=tuple(assumed))


def _centred(focal: float, baseline: float, doffs: float, size: tuple[int, int]) -> StereoCalibration:
    return StereoCalibration(focal, focal, (size[1] - 1) / 2, (size[0] - 1) / 2, baseline, doffs)
