"""The options of data=rgbd."""

from dataclasses import dataclass

from gradunc.options import POSITIVE_OR_NULL, option

LAYOUTS = ("auto", "tum", "7scenes")


@dataclass
class RgbdSettings:
    """RGB-D recordings (TUM RGB-D, 7-Scenes)."""

    layout: str = option("auto", "auto, tum (rgb.txt, depth.txt) or 7scenes (frame-*.color.png)", choices=LAYOUTS)
    depth_scale: float | None = option(
        None, "units per metre of the depth files; null = 5000 (tum), 1000 (7scenes)", rule=POSITIVE_OR_NULL
    )
    intrinsics: list[float] | None = option(
        None, "fx, fy, cx, cy of the colour images; null = camera-intrinsics.txt, else those of the sensor, assumed"
    )
    poses: bool = option(True, "give the recorded motion between views; false = unknown")
    ground_truth: bool = option(True, "read true depth; false = depth files are not even looked for")
