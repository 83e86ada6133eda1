"""The quick look at the beginning of every training."""

from typing import Any

from gradunc.data.inspection.finding import Finding
from gradunc.data.inspection.look import depth_findings, findings, look
from gradunc.data.loading.mixture import Mixture
from gradunc.types import FrameIds

SAMPLES = 6
"""Samples of each data set that are looked at."""


def training_findings(train: Any, val: Any, frames: FrameIds, *, trained: bool = True) -> list[Finding]:
    """What a few samples of each data set show.

    Args:
        train: the training split, or a mixture.
        val: the validation split, whose true depth is judged where that of `train` is not read.
        frames: ids of the sources of both.
        trained: the sources are trained on; otherwise they only say whether depth fits the known motion.
    """
    found: list[Finding] = []
    for label, data in _parts(train).items():
        if getattr(data, "rendered", False):
            continue
        checks, _ = look(data, frames, SAMPLES)
        evaluated = _parts(val).get(label)
        if evaluated is not None and all(check.truth is None for check in checks):
            found += [one.about(label) for one in depth_findings(look(evaluated, frames, SAMPLES)[0])]
        found += [one.about(label) for one in findings(checks, trained=trained)]
    return list(dict.fromkeys(found))


def _parts(data: Any) -> dict[str, Any]:
    """Label -> data set; a set of its own has no label."""
    if isinstance(data, Mixture):
        return {f"data.mixture.{label}": part for label, part in data.parts.items()}
    return {"": data}
