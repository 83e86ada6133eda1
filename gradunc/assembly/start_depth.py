"""The range of depth and the start depth of a new network that learns from depth: those of its training data.

A sigmoid between 0.1 m and 100 m starts at 0.2 m. Supervised training spends its first epochs on the way from there to
the scene, and may end in a network that predicts one depth for everything.
"""

import sys
from dataclasses import replace

from gradunc.assembly.probe import probe_trainer
from gradunc.assembly.teacher import teacher_of, teaching
from gradunc.config import TrainConfig
from gradunc.data.inspection.depth_range import DepthRange, depth_range
from gradunc.data.loading.datamodule import DepthData
from gradunc.losses import LossEngine
from gradunc.models.settings import DEPTH, ModelSettings

MARGIN = 2.0
"""How much further than the quantiles of the true depth the range reaches: its very ends are hard to predict."""

DIGITS = 3
"""Of the numbers that are printed and stored; more only where these would leave the range."""


def with_start(
    config: TrainConfig, data: DepthData, *, resumed: ModelSettings | None = None
) -> tuple[TrainConfig, str]:
    """The configuration with a range and a start depth, where it states none.

    Args:
        config: of a training.
        data: to train on.
        resumed: settings of the network whose training goes on; theirs are taken then.

    Returns:
        The configuration, and a line that says what was taken from the data; "" if nothing was: everything is stated,
        losses need no depth, or weights of a trained network are the start.

    Raises:
        InputError: the trainer cannot be built, or the machine is at fault where samples are read.
    """
    model = config.model
    if resumed is not None:
        return replace(config, model=model.with_range(*resumed.depth_range, resumed.initial_depth)), ""
    missing = [name for name in _used(model) if getattr(model, name) is None]
    if model.weights is not None or not missing or not LossEngine(config.objective.losses).supervised:
        return config, ""
    probe_trainer(config.trainer)  # hardware that is not here is found before a sample is rendered
    teacher = teacher_of(config.objective)
    found = depth_range(data.split("train"), taught=teaching(teacher))
    if found is None:
        return config, ""
    started = _started(model, found)
    told = " ".join(f"model.{name}={getattr(started, name):g}" for name in missing)
    whose = "true depth" if teacher is None else "teacher's depth"
    text = f"from the {whose} of {found.samples} training samples (median {found.median:.3g} m): {told}"
    return replace(config, model=started), text


def _used(model: ModelSettings) -> tuple[str, ...]:
    """The settings that its head has: a linear one has no range, and one without depth no start."""
    facts = model.head_facts
    return (*facts.range, "initial_depth") if DEPTH in facts.gives else ()


def _started(model: ModelSettings, found: DepthRange) -> ModelSettings:
    """The model with what it lacks; what is stated stays, and stays within the range."""
    inside = found.median if model.initial_depth is None else model.initial_depth
    if not model.head_facts.range:
        return replace(model, initial_depth=_rounded(inside))
    low = min(found.low, inside) / MARGIN
    high = max(found.high, inside) * MARGIN
    if model.max_depth is not None:
        low = min(low, model.max_depth / MARGIN**2)
    if model.min_depth is not None:
        high = max(high, model.min_depth * MARGIN**2)
    ranged = model.with_range(_rounded(low), _rounded(high))
    nearest, farthest = ranged.depth_range
    middle = (nearest * farthest) ** 0.5
    between = _between(nearest, inside, farthest) or _between(nearest, middle, farthest)
    started = ranged.with_range(nearest, farthest, between)
    return started if "min_depth" in model.head_facts.range else replace(started, min_depth=model.min_depth)


def _between(low: float, value: float, high: float) -> float | None:
    """A value with the fewest digits that leave it between two others; None if it is not between them."""
    rounded = (_rounded(value, digits) for digits in range(DIGITS, sys.float_info.dig + 1))
    return next((one for one in rounded if low < one < high), None)


def _rounded(value: float, digits: int = DIGITS) -> float:
    return float(f"{value:.{digits}g}")
