"""What several layouts take from the section `data`."""

from collections.abc import Sequence
from pathlib import Path

from gradunc.config.data_schema import DataSettings
from gradunc.data.recorded.division import Division
from gradunc.errors import InputError, path_hint


def data_root(settings: DataSettings, what: str) -> Path:
    """The folder `data.root`; InputError, saying what it should hold, if there is none."""
    if settings.root is None:
        raise InputError(f"data.root is missing: {what}")
    root = Path(settings.root).expanduser()
    if not root.is_dir():
        raise InputError(f"data.root='{settings.root}' is no folder{path_hint(root)}; it should be {what}")
    return root


def division(settings: DataSettings) -> Division:
    """The shares of `data.division`; InputError for what are no shares."""
    options = settings.division
    for name in ("train", "val", "test"):
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int | float | list):
            raise InputError(f"data.division.{name}={value} must be a share in [0,1] or a list of sequences")
    shares = (_share(value) for value in (options.train, options.val, options.test))
    return Division(*shares, seed=options.seed, gap=options.gap)


def _share(value: float | Sequence[object]) -> float | list[str]:
    return float(value) if isinstance(value, int | float) else [str(name) for name in value]
