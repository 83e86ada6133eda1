"""The options of data=video."""

from dataclasses import dataclass

from gradunc.options import POSITIVE_OR_NULL, Rule, option

ANGLE = Rule(lambda value: value is None or 0 < value < 180, "must be above 0 and below 180 degrees")
MOTION = Rule(lambda value: 0 <= value <= 0.1, "must be between 0 and 0.1 of the longer side")
SIDE = Rule(lambda value: value >= 64, "must be at least 64 pixels")


@dataclass
class VideoSettings:
    """Your own videos."""

    focal: float | None = option(None, "focal length in pixels of the video", rule=POSITIVE_OR_NULL)
    hfov: float | None = option(
        None, "horizontal field of view of the upright picture [degrees], instead of focal", rule=ANGLE
    )
    min_motion: float = option(
        0.005, "least median shift between two kept pictures, as share of the longer side", rule=MOTION
    )
    cuts: bool = option(True, "no source view lies behind a cut of the film")
    max_side: int = option(1280, "longer side of the kept pictures [px]; larger ones are shrunk", rule=SIDE)
