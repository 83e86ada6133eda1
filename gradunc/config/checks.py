"""The range of every number of a configuration, in one table."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from math import inf
from typing import Any

from gradunc.errors import InputError

Rule = tuple[Callable[[Any], bool], str]

_POSITIVE_COUNT: Rule = (lambda value: value >= 1, "must be at least 1")
_COUNT: Rule = (lambda value: value >= 0, "must be at least 0")
_WEIGHT: Rule = (lambda value: 0 <= value < inf, "must be at least 0 and finite")
_POSITIVE: Rule = (lambda value: 0 < value < inf, "must be above 0 and finite")
_SHARE: Rule = (lambda value: 0 <= value <= 1, "must be between 0 and 1")
_POSITIVE_OR_NULL: Rule = (lambda value: value is None or 0 < value < inf, "must be above 0 and finite, or null")
_SEED: Rule = (lambda value: 0 <= value < 2**32, "must be between 0 and 4294967295")

RULES: dict[str, Rule] = {
    "seed": _SEED,
    "data.batch_size": _POSITIVE_COUNT,
    "data.eval_batch_size": _POSITIVE_COUNT,
    "data.workers": _COUNT,
    "data.augmentation.flip": _SHARE,
    "data.augmentation.jitter": _SHARE,
    "data.augmentation.brightness": _WEIGHT,
    "data.augmentation.contrast": _WEIGHT,
    "data.augmentation.saturation": _WEIGHT,
    "data.augmentation.hue": (lambda value: 0 <= value <= 0.5, "must be between 0 and 0.5 turns"),
    "data.division.seed": _SEED,
    "data.division.gap": _COUNT,
    "data.folder.depth_scale": _POSITIVE_OR_NULL,
    "data.folder.focal": _POSITIVE_OR_NULL,
    "data.nyu.depth_scale": _POSITIVE,
    "data.nyu.val_share": (lambda value: 0 < value < 1, "must be between 0 and 1"),
    "data.nyu.train_max_depth": _POSITIVE_OR_NULL,
    "data.rgbd.depth_scale": _POSITIVE_OR_NULL,
    "data.stereo.focal": _POSITIVE_OR_NULL,
    "data.stereo.baseline": _POSITIVE_OR_NULL,
    "data.stereo.disparity_scale": _POSITIVE_OR_NULL,
    "data.stereo.depth_scale": _POSITIVE_OR_NULL,
    "data.synthetic.train_scenes": _POSITIVE_COUNT,
    "data.synthetic.val_scenes": _POSITIVE_COUNT,
    "data.synthetic.test_scenes": _POSITIVE_COUNT,
    "data.synthetic.frames_per_scene": _POSITIVE_COUNT,
    "data.synthetic.seed": _SEED,
    "data.video.focal": _POSITIVE_OR_NULL,
    "data.video.hfov": (lambda value: value is None or 0 < value < 180, "must be above 0 and below 180 degrees"),
    "data.video.min_motion": (lambda value: 0 <= value <= 0.1, "must be between 0 and 0.1 of the longer side"),
    "data.video.max_side": (lambda value: value >= 64, "must be at least 64 pixels"),
    "objective.losses.*": _WEIGHT,
    "objective.frames": (lambda value: len(set(map(str, value))) == len(value), "must not name a view twice"),
    "objective.learning_rate": _POSITIVE,
    "objective.encoder_learning_rate": (lambda value: value is None or 0 < value < inf, "must be above 0, or null"),
    "objective.weight_decay": _WEIGHT,
    "objective.warmup_steps": _COUNT,
    "objective.onecycle_rise": (lambda value: 0 < value < 1, "must be between 0 and 1"),
    "objective.onecycle_start": (lambda value: 1 <= value < inf, "must be at least 1 and finite"),
    "objective.onecycle_end": (lambda value: 1 <= value < inf, "must be at least 1 and finite"),
    "objective.ema": (lambda value: value is None or 0 < value < 1, "must be above 0 and below 1, or null for none"),
    "objective.step_size": _POSITIVE_COUNT,
    "objective.gamma": _POSITIVE,
    "evaluation.min_depth": _POSITIVE_OR_NULL,
    "evaluation.max_depth": _POSITIVE_OR_NULL,
    "evaluation.pictures": _COUNT,
    "trainer.max_epochs": (lambda value: value == -1 or value >= 1, "must be at least 1, or -1 with trainer.max_steps"),
    "trainer.max_steps": (lambda value: value == -1 or value >= 1, "must be at least 1, or -1 for no limit"),
    "trainer.num_nodes": _POSITIVE_COUNT,
    "trainer.accumulate": _POSITIVE_COUNT,
    "trainer.gradient_clip": (lambda value: value is None or 0 < value < inf, "must be above 0, or null for none"),
    "trainer.val_every": _POSITIVE_COUNT,
    "trainer.picture_every": _POSITIVE_COUNT,
    "trainer.log_every": _POSITIVE_COUNT,
}
"""Dotted key, `*` for any entry -> what must hold, and how that is said."""


def check_ranges(config: Any) -> None:
    """Raise `InputError` for the first value of a configuration that is out of its range."""
    values = dict(_leaves(asdict(config)))
    for key, value in values.items():
        holds, text = RULES.get(key) or RULES.get(f"{key.rpartition('.')[0]}.*") or (lambda _: True, "")
        if not holds(value):
            raise InputError(f"{key}={str(value).replace(', ', ',')} {text}")
    if values.get("trainer.max_epochs") == values.get("trainer.max_steps") == -1:
        raise InputError("trainer.max_epochs=-1 without trainer.max_steps is endless training; set trainer.max_epochs")


def _leaves(section: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
