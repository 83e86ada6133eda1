"""From what single samples show to lines about the data set, and to its pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradunc.data.recorded.frames import FrameDataset, ImageFile
from gradunc.data.recorded.sizes import image_size
from gradunc.errors import InputError
from gradunc.tools.check import findings as found
from gradunc.tools.check.sample import SampleCheck, SourceCheck
from gradunc.types import STEREO
from gradunc.visualization import Tile, depth_tile, error_tile, image_tile
from gradunc.visualization.colormaps import Limits, error_limits


def statistics(data: Any, checks: Sequence[SampleCheck], split: str) -> list[str]:
    """What was looked at, in numbers."""
    first = checks[0]
    height, width = first.image.shape[-2:]
    stored = _stored_size(data)
    sizes = f"{stored[1]}x{stored[0]} -> " if stored is not None else ""
    names = {frame.sequence for frame in data.frames} if isinstance(data, FrameDataset) else set()
    sequences = f" in {len(names)} sequence(s)" if names else ""
    lines = [f"{split}: {len(data)} samples{sequences}, {len(checks)} looked at; images {sizes}{width}x{height}"]
    depths = np.concatenate([check.known for check in checks])
    if depths.size:
        low, middle, high = np.percentile(depths, [5, 50, 95])
        covered = float(np.mean([check.covered for check in checks]))
        lines.append(f"depth [m]: median {middle:.3g}, 5% below {low:.3g}, 5% above {high:.3g}; {covered:.1%} known")
    else:
        lines.append("depth: none")
    if first.intrinsics is not None:
        (fx, _, cx), (_, fy, cy) = first.intrinsics[:2]
        view = np.degrees(2 * np.arctan(width / 2 / fx))
        lines.append(
            f"camera at {width}x{height}: fx {fx:.1f}, fy {fy:.1f}, cx {cx:.1f}, cy {cy:.1f}; {view:.0f} degrees wide"
        )
    else:
        lines.append("camera: unknown")
    for position, source in enumerate(first.sources):
        lines.append(_source_line([check.sources[position] for check in checks], source.frame))
    return lines


def findings(data: Any, checks: Sequence[SampleCheck]) -> list[str]:
    """The mistakes, each once."""
    first = checks[0]
    lines: list[str] = []
    if first.intrinsics is not None:
        lines += found.intrinsics_findings(first.intrinsics, (first.image.shape[-2], first.image.shape[-1]))
    if isinstance(data, FrameDataset) and (stored := data.frames[0].intrinsics) is not None:
        lines += found.pixel_findings(stored)
    with_depth = [check for check in checks if check.known.size]
    if with_depth:
        lines += found.unit_findings(float(np.median(np.concatenate([check.known for check in with_depth]))))
        if not _has_disparity(data):
            lines += found.value_findings([check.known for check in with_depth])
        lines += found.coverage_findings([check.covered for check in with_depth])
        lines += found.order_findings([check.row_order for check in with_depth if np.isfinite(check.row_order)])
    size, truth = _stored_size(data), first.truth
    if size is not None and truth is not None:
        lines += found.shape_findings(size, (truth.shape[-2], truth.shape[-1]))
    for position, source in enumerate(first.sources):
        lines += _source_findings([check.sources[position] for check in checks], source.frame)
    return lines


def tiles(checks: Sequence[SampleCheck]) -> list[list[Tile]]:
    """A row for every source of every sample: image, depth, source, warped source, errors before and after."""
    rows = []
    for check in checks:
        image = image_tile(check.image.numpy(), check.name[-44:])
        truth = [] if check.truth is None else [depth_tile(check.truth[0].numpy(), title="true depth")]
        rows += [[image, *_source_tiles(check, source, truth)] for source in check.sources] or [[image, *truth]]
    return rows


def _source_tiles(check: SampleCheck, source: SourceCheck, truth: list[Tile]) -> list[Tile]:
    if source.view is None or source.depth is None:
        return truth
    swept = source.frame == STEREO
    title, unit = ("best plane at every pixel", "m") if swept else ("scene as one plane", "arbitrary")
    depth = truth or [depth_tile(source.depth[0].numpy(), unit, title)]
    before, after = ((check.image - view).abs().mean(0).numpy() for view in (source.source, source.view))
    limits = Limits(0.0, error_limits(before).high)
    return [
        *depth,
        image_tile(source.source.numpy(), f"source {source.frame}"),
        image_tile(source.view.nan_to_num(0.5).numpy(), f"warped: {source.how}"),
        error_tile(before, unit="of 1", title=f"difference as it is, mean {source.before:.3f}", limits=limits),
        error_tile(after, unit="of 1", title=f"difference warped, mean {source.after:.3f}", limits=limits),
    ]


def _source_line(sources: Sequence[SourceCheck], frame: int | str) -> str:
    shift = float(np.median([source.moved.shift for source in sources]))
    line = f"source {frame}: median shift {shift:.1%} of the longer side"
    fitted = [source for source in sources if np.isfinite(source.after)]
    if not fitted:
        return line
    before, after = (float(np.mean([getattr(one, name) for one in fitted])) for name in ("before", "after"))
    return f"{line}; difference {before:.3f} -> {after:.3f} warped ({fitted[0].how}; {len(fitted)} samples)"


def _source_findings(sources: Sequence[SourceCheck], frame: int | str) -> list[str]:
    moved = [source.moved for source in sources]
    lines = found.motion_findings(
        frame, [one.shift for one in moved], [one.match for one in moved], [source.like for source in sources]
    )
    known = [source for source in sources if np.isfinite(source.inverted) and np.isfinite(source.after)]
    direction = found.direction_findings(frame, [one.after for one in known], [one.inverted for one in known])
    return [*lines, *(direction or found.scale_findings(frame, [source.scales for source in sources if source.scales]))]


def _has_disparity(data: Any) -> bool:
    """Whether the truth is stored as disparity, of which published files have few different values."""
    return isinstance(data, FrameDataset) and data.frames[0].truth_is_disparity


def _stored_size(data: Any) -> tuple[int, int] | None:
    """(H,W) of the first stored image, where it is a file of its own."""
    if not isinstance(data, FrameDataset) or not isinstance(data.frames[0].image, ImageFile):
        return None
    try:
        return image_size(data.frames[0].image.path)
    except InputError:
        return None
