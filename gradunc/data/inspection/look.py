"""Samples of a data set looked at, and the mistakes that they show together."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradunc.data.inspection.camera import intrinsics_findings, pixel_findings
from gradunc.data.inspection.finding import Finding
from gradunc.data.inspection.images import constant_findings
from gradunc.data.inspection.sample import SampleCheck, check_sample
from gradunc.data.inspection.source import SourceCheck
from gradunc.data.inspection.sources import (
    copy_findings,
    direction_findings,
    motion_findings,
    scale_findings,
    step_findings,
)
from gradunc.data.inspection.stereo import baseline_findings, row_findings, side_findings
from gradunc.data.inspection.truth import (
    coverage_findings,
    inverse_findings,
    order_findings,
    shape_findings,
    unit_findings,
    unknown_findings,
    value_findings,
)
from gradunc.data.loading.failures import Checked
from gradunc.data.loading.report import Failure
from gradunc.data.loading.sampling import evenly_spread
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.recorded.shape import is_resized
from gradunc.types import STEREO, FrameIds


def look(data: Any, frames: FrameIds, count: int) -> tuple[list[SampleCheck], list[Failure]]:
    """Measure samples that are evenly spread over a data set.

    Args:
        data: a data set of samples with the sources `frames`.
        frames: ids of the sources.
        count: most samples to look at.

    Returns:
        What could be read, in order, and what could not.

    Raises:
        InputError: the machine, not a file, is at fault.
    """
    delivered, checks, failures = Checked(data, substitute=False), [], []
    for index in sorted(evenly_spread(len(data), count)):
        sample, failed = delivered[index]
        failures += failed
        if sample is not None:
            frame = data.frames[index] if isinstance(data, FrameDataset) else None
            checks.append(check_sample(sample, frames, frame))
    return checks, failures


def findings(checks: Sequence[SampleCheck], *, trained: bool = True) -> list[Finding]:
    """The mistakes that samples of one data set show, each once, those of images and cameras first.

    Args:
        checks: of the samples, with the same sources.
        trained: the sources are trained on, so that they must show the scene from elsewhere. Otherwise they only say
            whether depth fits a known motion, and what they say is never impossible.
    """
    if not checks:
        return []
    found = [*constant_findings([check.contrast for check in checks]), *_camera(checks)]
    if trained:
        for sources in _by_position(checks):
            found += _views(checks, sources)
    return list(dict.fromkeys([*found, *depth_findings(checks, trained=trained)]))


def depth_findings(checks: Sequence[SampleCheck], *, trained: bool = True) -> list[Finding]:
    """Of these, the mistakes in true depth and in known motion."""
    found = _truth(checks)
    for sources in _by_position(checks):
        found += [one._replace(impossible=one.impossible and trained) for one in _known_motion(sources)]
    return list(dict.fromkeys(found))


def _by_position(checks: Sequence[SampleCheck]) -> list[list[SourceCheck]]:
    """Every source of all samples."""
    return [list(sources) for sources in zip(*(check.sources for check in checks), strict=True)]


def _camera(checks: Sequence[SampleCheck]) -> list[Finding]:
    """Of every camera once: as it is stored, in the numbers that its file holds, or else at the network's size."""
    found: dict[bytes, list[Finding]] = {}
    for check in checks:
        frame, matrix, size = check.frame, check.intrinsics, (check.image.shape[-2], check.image.shape[-1])
        if frame is not None and frame.intrinsics is not None and frame.native_size is not None:
            key, of_it = frame.intrinsics.tobytes(), intrinsics_findings(frame.intrinsics, frame.native_size)
            if check.stored is None or is_resized(frame.native_size, check.stored):
                of_it += pixel_findings(frame.intrinsics)
        elif matrix is not None:
            key, of_it = matrix.numpy().tobytes(), intrinsics_findings(matrix.double().numpy(), size)
        else:
            continue
        found.setdefault(key, [one._replace(text=f"{one.text} (image '{check.name}')") for one in of_it])
    return [one for of_it in found.values() for one in of_it]


def _truth(checks: Sequence[SampleCheck]) -> list[Finding]:
    measured = [check for check in checks if check.truth is not None]
    found = coverage_findings([check.covered for check in measured])
    known = [check.known for check in measured if check.known.size]
    if not known:
        return found
    found += [*unit_findings(float(np.median(np.concatenate(known)))), *unknown_findings(known)]
    # Published disparity has few different values.
    if not any(check.frame is not None and check.frame.truth_is_disparity for check in checks):
        found += value_findings(known)
    found += order_findings([check.row_order for check in measured if np.isfinite(check.row_order)])
    found += inverse_findings([check.planes for check in measured])
    for check in measured:
        if check.stored is not None and check.truth is not None:
            found += shape_findings(check.stored, (check.truth.shape[-2], check.truth.shape[-1]))
    return found


def _views(checks: Sequence[SampleCheck], sources: Sequence[SourceCheck]) -> list[Finding]:
    """What one source of all samples shows, whatever is known about it."""
    frame, moved = sources[0].frame, [one.moved for one in sources]
    if copied := copy_findings(frame, [one.copied for one in sources]):
        return copied
    found = motion_findings(
        frame, [one.shift for one in moved], [one.match for one in moved], [one.like for one in sources]
    )
    if frame == STEREO:
        longest = max(max(check.stored or check.image.shape[-2:]) for check in checks)
        found += row_findings([one.pair for one in sources if one.pair is not None], longest)
    return found


def _known_motion(sources: Sequence[SourceCheck]) -> list[Finding]:
    """Whether the known motion to one source of all samples is what the images show."""
    frame = sources[0].frame
    poses = [one.pose.double().numpy() for one in sources if one.pose is not None]
    if frame == STEREO:
        found = baseline_findings([float(np.linalg.norm(pose[:3, 3])) for pose in poses])
    else:
        found = step_findings(frame, poses)
    sides = [
        one.pair.wrong_side(float(one.pose[0, 3]))
        for one in sources
        if one.pair is not None and one.pose is not None and one.pose[0, 3] != 0
    ]
    known = [one for one in sources if np.isfinite(one.inverted) and np.isfinite(one.after)]
    wrong = side_findings(sides) or direction_findings(
        frame, [one.after for one in known], [one.inverted for one in known]
    )
    return [*found, *(wrong or scale_findings(frame, [one.scales for one in sources if one.scales]))]
