"""`trainer.profiler`: Lightning's profilers, which write into the run folder."""

from collections.abc import Callable
from pathlib import Path

from lightning.pytorch.profilers import AdvancedProfiler, Profiler, PyTorchProfiler, SimpleProfiler

from gradunc.errors import unknown

FILE = "profile"
PROFILERS: dict[str, Callable[..., Profiler]] = {
    "simple": SimpleProfiler,
    "advanced": AdvancedProfiler,
    "pytorch": PyTorchProfiler,
}
"""Name -> profiler; `gradunc.config.trainer.PROFILERS` lists the names without Lightning."""


def build_profiler(name: str | None, folder: Path | None) -> Profiler | None:
    """A profiler that writes `fit-profile.txt` and `test-profile.txt` (of several processes `-0`, `-1`, ...).

    Args:
        name: key of `PROFILERS`; None = none.
        folder: of the files; None = nothing is measured, since nothing could be written.

    Raises:
        InputError: an unknown name.
    """
    if name is None or folder is None:
        return None
    if name not in PROFILERS:
        raise unknown("trainer.profiler", name, PROFILERS)
    return PROFILERS[name](dirpath=folder, filename=FILE)


def profile_files(folder: Path) -> list[Path]:
    """What profilers have written in a run folder."""
    return sorted(folder.glob(f"*-{FILE}*"))
