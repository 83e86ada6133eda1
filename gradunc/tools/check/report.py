"""What was looked at, in numbers and pictures."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gradunc.data.inspection.pairs import PairShifts
from gradunc.data.inspection.sample import SampleCheck
from gradunc.data.inspection.source import SourceCheck
from gradunc.data.recorded.frames import FrameDataset
from gradunc.tools.check.warping import Warp, warp_source
from gradunc.types import STEREO
from gradunc.visualization import Tile, depth_tile, error_tile, image_tile
from gradunc.visualization.colormaps import Limits, error_limits, robust_limits


class Drawn(NamedTuple):
    """A sample whose sources were warped."""

    check: SampleCheck
    warps: list[Warp | None]
    """Of each source; None where it could not be warped."""


def draw(checks: Sequence[SampleCheck]) -> list[Drawn]:
    """Warp the sources of samples."""
    return [Drawn(check, [warp_source(check, source) for source in check.sources]) for check in checks]


def statistics(data: Any, checks: Sequence[SampleCheck], drawn: Sequence[Drawn], split: str) -> list[str]:
    """Sizes, depth, camera and sources of the samples."""
    first = checks[0]
    height, width = first.image.shape[-2:]
    sizes = f"{first.stored[1]}x{first.stored[0]} -> " if first.stored is not None else ""
    names = {frame.sequence for frame in data.frames} if isinstance(data, FrameDataset) else set()
    sequences = f" in {len(names)} sequence(s)" if names else ""
    lines = [f"{split}: {len(data)} samples{sequences}, {len(checks)} looked at; images {sizes}{width}x{height}"]
    depths = np.concatenate([check.known for check in checks])
    if depths.size:
        low, middle, high = np.percentile(depths, [5, 50, 95])
        covered = float(np.mean([check.covered for check in checks]))
        lines.append(f"depth [m]: median {middle:.3g}, 5% below {low:.3g}, 5% above {high:.3g}; {covered:.1%} known")
    else:
        relative = any(check.frame is not None and check.frame.relative is not None for check in checks)
        lines.append("depth: none; truth without metres, which is not looked at" if relative else "depth: none")
    lines.append(_camera_line(first))
    for position in range(len(first.sources)):
        warps = [one.warps[position] for one in drawn]
        lines.append(_source_line([check.sources[position] for check in checks], warps))
    return lines


def tiles(drawn: Sequence[Drawn]) -> list[list[Tile]]:
    """A row for every source of every sample: image, depth, source, warped source, errors before and after.

    All true depth has one scale, so that samples can be compared.
    """
    known = np.concatenate([check.known for check, _ in drawn]) if drawn else np.zeros(0)
    limits = robust_limits(known, 0, 100) if known.size else None
    rows = []
    for check, warps in drawn:
        image = image_tile(check.image.numpy(), check.name[-44:])
        truth = [] if check.truth is None else [depth_tile(check.truth[0].numpy(), title="true depth", limits=limits)]
        pairs = zip(check.sources, warps, strict=True)
        rows += [[image, *_source_tiles(check, source, warp, truth)] for source, warp in pairs] or [[image, *truth]]
    return rows


def _source_tiles(check: SampleCheck, source: SourceCheck, warp: Warp | None, truth: list[Tile]) -> list[Tile]:
    if warp is None:
        return truth
    swept = source.frame == STEREO
    title, unit = ("best plane at every pixel", "m") if swept else ("scene as one plane", "arbitrary")
    depth = truth or [depth_tile(warp.depth[0].numpy(), unit, title)]
    before, after = ((check.image - view).abs().mean(0).numpy() for view in (source.source, warp.view))
    limits = Limits(0.0, error_limits(before).high)
    return [
        *depth,
        image_tile(source.source.numpy(), f"source {source.frame}"),
        image_tile(warp.view.nan_to_num(0.5).numpy(), f"warped: {warp.how}"),
        error_tile(before, unit="of 1", title=f"difference as it is, mean {warp.before:.3f}", limits=limits),
        error_tile(after, unit="of 1", title=f"difference warped, mean {warp.after:.3f}", limits=limits),
    ]


def _camera_line(check: SampleCheck) -> str:
    if check.intrinsics is None:
        return "camera: unknown"
    height, width = check.image.shape[-2:]
    (fx, _, cx), (_, fy, cy) = check.intrinsics[:2].tolist()
    view = np.degrees(2 * np.arctan(width / 2 / fx))
    return f"camera at {width}x{height}: fx {fx:.1f}, fy {fy:.1f}, cx {cx:.1f}, cy {cy:.1f}; {view:.0f} degrees wide"


def _source_line(sources: Sequence[SourceCheck], warps: Sequence[Warp | None]) -> str:
    """Of one source: how far it has moved, whether its rows meet, and how well it fits when it is warped.

    Known motion and depth are judged in all samples, others in those that are drawn.
    """
    shift = float(np.median([source.moved.shift for source in sources]))
    line = f"source {sources[0].frame}: median shift {shift:.1%} of the longer side"
    line += _rows([source.pair for source in sources if source.pair is not None])
    fitted = [(source.before, source.after) for source in sources if np.isfinite(source.after)]
    warped = [warp for warp in warps if warp is not None and np.isfinite(warp.after)]
    fitted = fitted or [(warp.before, warp.after) for warp in warped]
    if not fitted or not warped:
        return line
    before, after = np.mean(fitted, axis=0)
    return f"{line}; difference {before:.3f} -> {after:.3f} warped ({warped[0].how}; {len(fitted)} samples)"


def _rows(pairs: Sequence[PairShifts]) -> str:
    """How far the rows of stereo pairs lie apart; nothing for other sources."""
    if not pairs:
        return ""
    low, middle, high = np.percentile(np.concatenate([pair.down for pair in pairs]), [5, 50, 95])
    return f"; rows {middle:+.1f} pixels ({low:.1f} to {high:.1f})"
