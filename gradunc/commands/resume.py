"""Going on with a run: whether its checkpoint, or its configuration, fits what is asked for now."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from gradunc.commands.resume_steps import ADVICE, changes
from gradunc.commands.sound import read_checkpoint
from gradunc.config import TrainConfig, as_yaml
from gradunc.config.sections import ObjectiveSettings
from gradunc.config.tree import read_yaml, tree_of
from gradunc.config.writing import as_dict
from gradunc.errors import InputError
from gradunc.models import EncoderDecoder, ModelSettings
from gradunc.training import DepthTraining
from gradunc.training.choices import SCHEDULES
from gradunc.types import STEREO


def check_same_model(module: DepthTraining, stored: ModelSettings, checkpoint: Path) -> None:
    """Resuming with another network fails here, in one line, and not inside Lightning or never."""
    assert isinstance(module.depth_model, EncoderDecoder), "train.py builds networks of a family"
    given = module.depth_model.settings
    keys = [*stored.STRUCTURE, "size", "ambiguity", "mean", "std"]
    if stored.own_uncertainty is not None:
        keys.append("uncertainty_quantity")
    keys += stored.head_facts.range
    for key in keys:
        before, now = getattr(stored, key), getattr(given, key, None)
        if before != now:
            raise _other(checkpoint, f"model.{key}", before, now)


def check_same_objective(config: TrainConfig, checkpoint: Path) -> None:
    """Resuming with other networks, another optimiser or another schedule fails here too."""
    stored = read_checkpoint(checkpoint)["gradunc"]["config"]
    given, usual = as_dict(config), asdict(ObjectiveSettings())
    names = [name for name in usual if name not in (*FIRST, *FREE, *OF_SCHEDULES)]
    names = [*FIRST, *names, *SCHEDULES[config.objective.schedule]]
    if any(frame != STEREO for frame in config.objective.frames):
        names.append("pose_encoder")
    keys = [*(f"objective.{name}" for name in names), "data.train_fraction", "data.subset_seed"]
    for key in keys:
        before, now = _value(stored, key), _value(given, key)
        # Checkpoints of older versions, which do not say a key, were trained with what it starts from.
        before = usual.get(key.removeprefix("objective."), before) if before is MISSING else before
        same = _same_path(before, now) if key == "objective.teacher" else before == now
        if before is not MISSING and not same:
            raise _other(checkpoint, key, before, now)


def check_same_settings(config: TrainConfig, folder: Path, *, started: bool = True) -> None:
    """Beginning a run again with another network or objective than it was begun with fails, as resuming does.

    Args:
        config: of this run.
        folder: of the run that was begun.
        started: the configuration has the range of depth that is taken from the data; otherwise what it leaves open is
            not compared.
    """
    path = folder / "config.yaml"
    if not path.is_file():
        return
    stored, given = read_yaml(path), tree_of(as_yaml(config))
    if not started:
        open_yet = [name for name in OF_THE_DATA if given["model"].get(name, "") is None]
        given["model"] = {name: value for name, value in given["model"].items() if name not in open_yet}
    for name in ("model", "objective"):
        if changed := changes(stored.get(name) or {}, given[name], name):
            raise InputError(
                f"{folder} was begun with other settings ({', '.join(changed)}); give those, or begin a new run with "
                "resume=null"
            )


def _same_path(one: Any, other: Any) -> bool:
    """Whether two values name the same file or folder, from wherever."""
    if isinstance(one, str) and isinstance(other, str):
        return Path(one).expanduser().resolve() == Path(other).expanduser().resolve()
    return one == other


def _other(checkpoint: Path, key: str, before: object, now: object) -> InputError:
    return InputError(f"{checkpoint} was trained with {key}={before}, this run asks for {now}; {ADVICE}")


MISSING = object()
FIRST = ("frames", "optimizer", "schedule")
"""Keys of `objective` that are told before the others that differ with them."""
FREE = ("pose_encoder", "pose_pretrained", "pose_weights", "frozen_encoder_epochs", "gradient_checkpointing")
"""Those that a resumed run may change, or whose change does nothing to it; Lightning goes on with the optimiser and the
schedule of the checkpoint, whatever is asked for."""
OF_SCHEDULES = {name for names in SCHEDULES.values() for name in names}
"""Those that only some schedules look at."""
OF_THE_DATA = ("min_depth", "max_depth", "initial_depth")
"""Keys of `model` that the training data fill, see `gradunc/assembly/start_depth.py`."""


def _value(config: dict[str, Any], key: str) -> Any:
    """The value of a dotted key, `MISSING` if the configuration, perhaps of an older version, has none."""
    found: Any = config
    for part in key.split("."):
        found = found.get(part, MISSING) if isinstance(found, dict) else MISSING
    return found


def set_history_aside(folder: Path) -> None:
    """Keep the metrics of the first part of a resumed run: a new CSV logger would delete them."""
    history = folder / "metrics.csv"
    if history.exists():
        number = len(list(folder.glob("metrics.*.csv"))) + 1
        history.rename(folder / f"metrics.{number}.csv")
