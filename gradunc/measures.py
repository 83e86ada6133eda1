"""What is measured, with its unit and which values are the better ones: tables, figures and loggers ask here."""

from typing import Literal, NamedTuple

Better = Literal["high", "low", "none"]


class Measure(NamedTuple):
    """What a number means."""

    unit: str
    """"" = none."""
    better: Better


MEASURES = {
    "abs_rel": Measure("", "low"),
    "sq_rel": Measure("m", "low"),
    "rmse": Measure("m", "low"),
    "rmse_log": Measure("", "low"),
    "a1": Measure("", "high"),
    "a2": Measure("", "high"),
    "a3": Measure("", "high"),
    "log10": Measure("", "low"),
    "silog": Measure("%", "low"),
    "ause_abs_rel": Measure("", "low"),
    "aurg_abs_rel": Measure("", "high"),
    "ause_rmse": Measure("m", "low"),
    "aurg_rmse": Measure("m", "high"),
    "ause_a1": Measure("", "low"),
    "aurg_a1": Measure("", "high"),
    "spearman_abs_rel": Measure("", "high"),
    "spearman_rmse": Measure("", "high"),
    "nll": Measure("nats", "low"),
    "ence": Measure("", "low"),
    "interval_error": Measure("", "low"),
    "coverage_95": Measure("", "none"),
    "behind_abs_rel": Measure("", "low"),
    "behind_rmse": Measure("m", "low"),
    "behind_a1": Measure("", "low"),
    "cost": Measure("forward passes", "low"),
    "milliseconds": Measure("ms", "low"),
    "peak_memory": Measure("MiB", "low"),
}
"""Name -> measure, for every error of `gradunc.metrics`."""


def better_of(metric: str) -> Better:
    """Whether high or low values of a logged metric are the better ones; losses are low, others "none" if unknown.

    >>> better_of("val/gradient/aurg_rmse"), better_of("train/photometric"), better_of("lr-Adam")
    ('high', 'low', 'none')
    """
    stage, _, rest = metric.partition("/")
    name = rest.rpartition("/")[2]
    if name in MEASURES:
        return MEASURES[name].better
    return "low" if stage in ("train", "val") and rest and "/" not in rest and name != "skipped" else "none"
