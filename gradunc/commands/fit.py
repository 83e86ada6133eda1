"""`infer.py fit`: estimators learn from a split of a data set, and what they have learned is kept."""

from typing import Any

from gradunc.assembly import build_data, build_estimators, decisions
from gradunc.callbacks.fitting import Fitting, Lesson
from gradunc.commands.data_size import data_size
from gradunc.commands.network import learned_folder, load_network
from gradunc.config.verbs.fit import FitConfig
from gradunc.errors import InputError
from gradunc.imports import imported
from gradunc.ops.devices import choose_device
from gradunc.uncertainty.interface import Fitted, findings
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.registry import ESTIMATORS
from gradunc.uncertainty.settings import frames_wanted


def fit(config: FitConfig) -> int:
    """Let every estimator that learns do so, and say from what; returns the exit code.

    Raises:
        InputError: no data set, no estimator that learns, nothing to learn from, or settings that do not fit.
    """
    if config.data.name is None:
        raise InputError("data is missing; give data=NAME, from whose train or val split estimators learn")
    model = load_network(config, choose_device(config.device))
    size = data_size(config.size, model, config.data, "estimators learn at one size")
    estimators = build_estimators(config.uncertainty, model)
    learners: dict[str, Any] = {name: one for name, one in estimators.items() if isinstance(one, Fitted)}
    if not learners:
        raise InputError(_none_learns(config))
    data = build_data(config.data, size, frames_wanted(config.uncertainty))
    learned = Learned(learned_folder(config.checkpoint), config.uncertainty, size)
    fitting = Fitting(learned, again=config.again, own_data=True)
    fitting.estimators = estimators
    fitting.learn(Lesson(data, model.mean.device, model, keep=True, say=print))
    found = [f"uncertainty.{name}: {line}" for name, one in learners.items() for line in findings(one)]
    for line in [*found, *decisions(learners)]:
        print(f"  {line}")
    for line in data.report.lines():
        print(line)
    return 0


def _none_learns(config: FitConfig) -> str:
    names = ", ".join(f"{name} (method={one.method})" for name, one in config.uncertainty.items())
    learning = sorted(name for name, entry in ESTIMATORS.items() if "fitting" in imported(entry.settings).needs)
    said = f"nothing here learns: {names or 'uncertainty names no method'}"
    return f"{said}; give uncertainty.NAME.method=METHOD with one of {', '.join(learning)}" if learning else said
