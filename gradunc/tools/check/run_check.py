"""The look itself: the split that is looked at, what is printed and drawn."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradunc.assembly import data_set
from gradunc.data.inspection.finding import Finding
from gradunc.data.inspection.images import resize_findings
from gradunc.data.inspection.look import findings, look
from gradunc.data.inspection.policy import refused
from gradunc.data.inspection.sample import SampleCheck
from gradunc.data.interface import AnyDataSet
from gradunc.data.loading.mixture import Mixture
from gradunc.data.loading.sampling import evenly_spread
from gradunc.data.recorded.division import EmptySplit
from gradunc.errors import InputError
from gradunc.tools.check.command import AUTO, CheckConfig
from gradunc.tools.check.opening import Opened, open_split
from gradunc.tools.check.report import draw, statistics, tiles
from gradunc.types import SPLITS, FrameIds, Split
from gradunc.visualization import Tile, save_png
from gradunc.visualization.overview import overview_figure

FOUND = 1
"""Exit code of warnings, with `strict`."""


def run_check(config: CheckConfig, source_frames: FrameIds | None) -> int:
    """Look, print and draw; returns the exit code: 0, or with `strict` 1 where there is a warning.

    Args:
        config: whose options are in range.
        source_frames: of the objective; None = those that the data set has without one.

    Raises:
        InputError: data that cannot be used at all, or that cannot be right; the latter when everything has been
            printed and drawn.
    """
    frames = data_set(config.data).default_frames if source_frames is None else tuple(source_frames)
    found = data_set(replace(config.data, frame_cache=False))
    opened = _open(found, config, frames, asked=source_frames is not None)
    config.split, data = opened.split, opened.data
    parts = data.parts if isinstance(data, Mixture) else {"": data}
    pages = [_page(name, part, config, opened.frames) for name, part in parts.items()]
    seen = [finding for page in pages for finding in page.findings]
    wrong = refused(seen, config.data.on_implausible)
    remarks = found.remarks.lines("assumed", "unused", "resized")
    warnings = [f"warning: {line}" for line in remarks]
    warnings += [("impossible: " if one in wrong else "warning: ") + one.text for one in seen]
    facts = [*([f"not looked at: {opened.left_out}"] if opened.left_out else []), *found.remarks.lines("fact")]
    _show(config, pages, facts, warnings, len(data))
    if wrong:
        more = f" ({len(wrong) - 1} more of this kind above)" if len(wrong) > 1 else ""
        raise InputError(f"{wrong[0].text}{more}")
    return FOUND if warnings and config.strict else 0


def _open(found: AnyDataSet, config: CheckConfig, frames: FrameIds, *, asked: bool) -> Opened:
    """The split that is looked at; stored images are looked at, not copies of them.

    Raises:
        InputError: of the split asked for, or of the first one if there is none; of files before that of options.
    """
    size = (config.model.size[0], config.model.size[1])
    reasons: list[InputError] = []
    wanted: list[Split] = [split for split in SPLITS if config.split in (AUTO, split)]
    for split in wanted:
        try:
            opened = open_split(found, split, size, frames, asked=asked)
        except InputError as error:
            reasons.append(error)
            continue
        for name, reason in zip(wanted, reasons, strict=False):
            print(f"no {name} split: {reason}")
        return opened
    raise next((reason for reason in reasons if not isinstance(reason, EmptySplit)), reasons[0])


class _Page(NamedTuple):
    """What was found in one data set."""

    lines: list[str]
    findings: list[Finding]
    rows: list[list[Tile]]
    depths: NDArray[np.float32]
    looked_at: int


def _page(name: str, data: Any, config: CheckConfig, frames: FrameIds) -> _Page:
    """Look at a data set; `name` is its label in a mixture."""
    checks, failures = look(data, frames, config.samples)
    if not checks:
        raise InputError(f"none of {len(failures)} samples can be read; the first: {failures[0].reason}")
    unreadable = [Finding(failure.reason) for failure in failures[:3]]
    if len(failures) > 3:
        total = len(checks) + len(failures)
        unreadable.append(Finding(f"{len(failures) - 3} more of {total} samples cannot be read"))
    drawn = draw([checks[position] for position in sorted(evenly_spread(len(checks), config.drawn))])
    label = f"{name}: " if name else ""
    return _Page(
        [label + line for line in statistics(data, checks, drawn, config.split)],
        [finding.about(name) for finding in (*unreadable, *_resized(checks), *findings(checks))],
        tiles(drawn),
        np.concatenate([check.known for check in checks]),
        len(checks),
    )


def _resized(checks: Sequence[SampleCheck]) -> list[Finding]:
    """What is said of the sizes that samples were resized to."""
    return resize_findings([(check.stored, (check.image.shape[-2], check.image.shape[-1])) for check in checks])


def _show(
    config: CheckConfig, pages: Sequence[_Page], facts: Sequence[str], warnings: Sequence[str], samples: int
) -> None:
    """Print everything and draw the picture."""
    lines = [*(line for page in pages for line in page.lines), *facts]
    verdict = warnings or [f"nothing suspicious in {sum(page.looked_at for page in pages)} samples"]
    print(*lines, *verdict, sep="\n")
    rows = [row for page in pages for row in page.rows]
    depths = np.concatenate([page.depths for page in pages])
    title = f"data={config.data.name} {config.split}: {samples} samples"
    print(f"picture: {save_png(overview_figure(rows, depths, [*lines, '', *verdict], title), config.output)}")
