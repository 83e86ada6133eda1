"""The parts of `data.mixture`, each a section `data` of its own."""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from gradunc.config.checks import check_ranges
from gradunc.config.command_line import choices, config_folder
from gradunc.config.keys import known_keys
from gradunc.config.merging import merged
from gradunc.config.tree import read_yaml
from gradunc.config.typed import UnknownKey, instance, typed
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError, did_you_mean

OF_THE_WHOLE = (
    *("batch_size", "eval_batch_size", "workers", "augmentation", "on_error", "on_implausible", "mixture"),
    *("train_fraction", "subset_seed"),
)
"""Keys that a part cannot have a value of its own for."""

INHERITED = ("cache", "frame_cache", "split_dir")
"""Keys that a part takes from the mixture unless it sets them."""


@dataclass(frozen=True)
class MixturePart:
    """One data set of a mixture."""

    settings: DataSettings
    weight: float = 1.0
    """Share of the training samples, in the unit of the other weights; 0 = not trained on."""
    evaluate: bool = True
    """Validated and tested on."""


def mixture_parts(settings: DataSettings) -> dict[str, MixturePart]:
    """Label -> part. What a part omits comes from `configs/data/NAME.yaml`, NAME being its label or `name`.

    Raises:
        InputError: no part, a wrong key, type, weight or range.
    """
    if not settings.mixture:
        raise InputError(
            "data.mixture has no parts; name them in a FILE.yaml that begins with 'defaults: {data: mixture}' (see "
            "configs/data/mixture.yaml), without data=mixture beside it"
        )
    parts = {label: _part(label, section, settings) for label, section in settings.mixture.items()}
    if not any(part.weight > 0 for part in parts.values()):
        raise InputError("data.mixture trains on nothing: set the weight of a part above 0")
    if not any(part.evaluate for part in parts.values()):
        raise InputError("data.mixture validates on nothing: set evaluate=true for a part")
    return parts


def _part(label: str, section: Any, whole: DataSettings) -> MixturePart:
    key = f"data.mixture.{label}"
    if not isinstance(section, dict):
        raise InputError(f"{key} must hold keys and values, for example {{weight: 1, name: folder, root: DIR}}")
    own = dict(section)
    weight, evaluate = own.pop("weight", 1.0), own.pop("evaluate", True)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not (isfinite(weight) and weight >= 0):
        raise InputError(f"{key}.weight={weight} must be a number of at least 0")
    if not isinstance(evaluate, bool):
        raise InputError(f"{key}.evaluate={evaluate} must be true or false")
    for name in OF_THE_WHOLE:
        if name in own:
            raise InputError(f"{key}.{name} cannot be set for one part; set data.{name}")
    own.setdefault("name", label)
    inherited = {name: getattr(whole, name) for name in INHERITED}
    values = merged(_defaults(own["name"], type(whole)) | inherited, _typed(own, key, type(whole)))
    part: DataSettings = instance(type(whole)(), values, {})
    try:
        check_ranges(part, "data.")
    except InputError as error:
        raise InputError(f"in {key}: {error}") from error
    return MixturePart(replace(part, workers=whole.workers, on_error=whole.on_error), float(weight), evaluate)


def _typed(own: dict[str, Any], key: str, section: type) -> dict[str, Any]:
    """The keys of one part in the types of a section `data`."""
    try:
        return typed(own, section, key, {})
    except UnknownKey as error:
        wrong = error.key.removeprefix(f"{key}.")
        hint = did_you_mean(wrong, ["weight", "evaluate", *known_keys(section)], f"{key}.")
        raise InputError(f"unknown key '{error.key}'{hint or '; see train.py --help, data'}") from error


def _defaults(name: str, section: type) -> dict[str, Any]:
    """The YAML file of a data set without what belongs to the whole mixture."""
    if name not in choices("data"):
        return {}
    content = typed(read_yaml(config_folder() / "data" / f"{name}.yaml"), section, "", {})
    return {key: value for key, value in content.items() if key not in OF_THE_WHOLE}
