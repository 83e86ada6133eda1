"""What a run folder and the presets say of a network that is shared."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gradunc.assembly.run_info import objective_title
from gradunc.config import load, parse
from gradunc.config.command_line import choices
from gradunc.config.scalars import Scalar, free
from gradunc.config.sections import ObjectiveSettings
from gradunc.config.tree import read_yaml
from gradunc.config.verbs.fit import FIT
from gradunc.errors import InputError
from gradunc.sharing.calls import Options, Preset

CONFIG = "config.yaml"
STARTS = {"true": "encoder with ImageNet weights", "false": "from scratch"}
RECOMMENDED = "gradient"
"""The preset that infer.py uses where none is chosen."""


def run_of(path: Path) -> Path | None:
    """The run folder of train.py that a checkpoint is in; None if it is in none.

    Args:
        path: the run, its export, or one of its checkpoints.
    """
    candidates = (path, path.parent, path.parent.parent) if path.exists() else ()
    within = {"export", "checkpoints"}
    return next(
        (
            one
            for one in candidates
            if (one / CONFIG).is_file() and (one == path or path.relative_to(one).parts[0] in within)
        ),
        None,
    )


def training_of(run: Path) -> dict[str, str]:
    """What -> how, of the configuration of a run, without its folders; {} for one of another version."""
    try:
        config = _plain(read_yaml(run / CONFIG))
        objective, model, trainer = config["objective"], config["model"], config["trainer"]
        losses = ", ".join(f"{weight:g} {name}" for name, weight in objective["losses"].items())
        return {
            "data": _data(config["data"]),
            "objective": f"{objective_title(_objective(objective))}: {losses}",
            "start": _start(model),
            "optimiser": f"{objective['optimizer']}, learning rate {objective['learning_rate']:g}, schedule "
            f"{objective['schedule']}",
            "length": f"{trainer['max_epochs']} epochs at most, batches of {config['data']['batch_size']}",
            "seed": str(config["seed"]),
        }
    except (InputError, KeyError, TypeError, ValueError, AttributeError):
        return {}


def presets() -> dict[str, Preset]:
    """Every preset of `uncertainty=` that makes one estimator."""
    found: dict[str, Preset] = {}
    for name in choices("uncertainty"):
        estimators = _estimators(name)
        if len(estimators) == 1:
            ((estimator, options),) = estimators.items()
            found[name] = Preset(estimator, options)
    return found


def recommended() -> Options:
    """The options of the estimator that infer.py uses where none is chosen."""
    return _estimators(RECOMMENDED)[RECOMMENDED]


def _estimators(preset: str) -> Mapping[str, Options]:
    config = load(FIT.schema, FIT.groups, parse([f"uncertainty={preset}"], FIT.groups))
    return {name: asdict(settings) for name, settings in config.uncertainty.items()}


def _data(data: Mapping[str, Any]) -> str:
    """The data set, or the kind of files that one's own data are; never where they lie."""
    name = str(data["name"])
    share = data.get("train_fraction", 1.0)
    parts = ", ".join(data["mixture"]) if data.get("mixture") else ""
    said = f"{name} ({parts})" if parts else name
    return said if share == 1 else f"{said}, {share:.0%} of the training split"


def _objective(objective: Mapping[str, Any]) -> ObjectiveSettings:
    return ObjectiveSettings(losses=objective["losses"], frames=objective["frames"])


def _start(model: Mapping[str, Any]) -> str:
    if model.get("weights"):
        return f"weights of {Path(str(model['weights'])).name}"
    pretrained = str(model.get("pretrained", "false")).lower()
    return STARTS.get(pretrained, "encoder with weights of a file")


def _plain(tree: Any) -> Any:
    """A tree of YAML as plain values."""
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_plain(value) for value in tree]
    return free(tree) if isinstance(tree, Scalar) else tree
