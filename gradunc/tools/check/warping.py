"""A source warped into the target, for the picture: with known motion and depth, or with those that fit best."""

from typing import NamedTuple

from torch import Tensor

from gradunc.data.inspection import views
from gradunc.data.inspection.sample import SampleCheck
from gradunc.data.inspection.source import SourceCheck
from gradunc.tools.check.motion import find_motion
from gradunc.types import STEREO


class Warp(NamedTuple):
    """A source seen from the target."""

    how: str
    """Where motion and depth come from."""
    before: float
    """Mean absolute difference of source and target, at the points that are in view."""
    after: float
    """The same of the warped source."""
    depth: Tensor
    """(1,h,w) that it was warped with."""
    view: Tensor
    """(3,h,w) the warped source, NaN where it shows nothing."""


def warp_source(check: SampleCheck, source: SourceCheck) -> Warp | None:
    """Warp a source of a sample; None without a camera, or for the other camera at an unknown place."""
    image, size = check.image, (check.image.shape[-2], check.image.shape[-1])
    intrinsics, pose, points, depth = check.intrinsics, source.pose, check.points, None
    if intrinsics is None:
        return None
    if pose is not None and points is not None:
        how = "known motion, true depth"
    elif pose is not None and source.frame == STEREO:
        how = "known motion, best plane at every pixel"
        depth, _ = views.sweep(image, source.source, intrinsics, pose)
    elif pose is None and source.frame != STEREO:
        how = "motion estimated, true depth" if points is not None else "motion estimated, scene as one plane"
        pose, depth = find_motion(image, source.source, intrinsics, points)
    else:
        return None
    if points is None:
        assert depth is not None, "found above where the true depth is not known"
        points = views.grid_points(depth)
    if depth is None:
        depth = views.filled(points, size)
    after = views.fit(image, source.source, points, intrinsics, pose).error
    before = views.unmoved(image, source.source, points, intrinsics, pose)
    return Warp(how, before, after, depth, views.warped(source.source, depth, intrinsics, pose))
