"""Where a training goes on: which run folder, and from which of its checkpoints."""

import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from gradunc.callbacks.checkpoint_files import LAST, PREVIOUS
from gradunc.commands.run_folder import process_rank, shared_folder
from gradunc.commands.sound import check_sound, read_checkpoint
from gradunc.config import TrainConfig
from gradunc.errors import InputError, path_hint
from gradunc.files import replacing

CHECKPOINTS, CONFIG = "checkpoints", "config.yaml"
DAMAGED = ".damaged"
"""Ending of a checkpoint that was set aside."""


class ResumePoint(NamedTuple):
    """What `resume` has found."""

    folder: Path | None = None
    """Run folder that is written on; None = a new one."""
    checkpoint: Path | None = None
    """None = from the beginning."""
    damaged: tuple[Path, ...] = ()
    """Newer checkpoints of the folder, which cannot be read."""

    def text(self) -> str:
        """What the line about the run folder says of it; "" of a new run."""
        if self.checkpoint is not None:
            return f" (going on from {self.checkpoint})"
        return "" if self.folder is None else " (ended before its first checkpoint: begun again in the same folder)"


def resume_point(config: TrainConfig) -> ResumePoint:
    """What the option `resume` means.

    Of a folder it is the newest sound checkpoint: `last.ckpt`, else the one before, else the best one. The main process
    says so if a newer one is damaged. A run that ended before its first checkpoint begins again in its folder.

    Raises:
        InputError: it does not exist, or no checkpoint of it is sound.
    """
    if config.resume is None:
        return ResumePoint()
    if config.resume == "auto":
        shared = shared_folder()
        folder = _newest(Path(config.output, config.name)) if shared is None else _begun(shared)
        return ResumePoint() if folder is None else point_of_folder(folder)
    path = Path(config.resume).expanduser()
    if path.is_dir() and _changed(path) is not None:
        return point_of_folder(path)
    if not path.exists() or path.is_dir():
        missing = path / CHECKPOINTS / LAST if path.is_dir() else path
        raise InputError(
            f"resume='{config.resume}' does not exist; give a .ckpt file, a run folder, or auto{path_hint(missing)}"
        )
    try:
        check_sound(path)
    except InputError as error:
        inside = path.parent.name == CHECKPOINTS
        others = f"; resume={path.parent.parent} takes the newest sound checkpoint of that run" if inside else ""
        raise InputError(f"resume: {error}{others}") from error
    return ResumePoint(path.parent.parent if path.parent.name == CHECKPOINTS else None, path)


def _begun(shared: Path) -> Path | None:
    """The folder that the processes of a launcher share, once it holds something to go on with; never another one."""
    return shared if _changed(shared) is not None else None


def _newest(base: Path) -> Path | None:
    """The run folder with the newest checkpoint; of a run without one, its configuration counts."""
    runs = [(time, folder) for folder in base.glob("*") if (time := _changed(folder)) is not None]
    return max(runs)[1] if runs else None


def _changed(folder: Path) -> float | None:
    """When a run was last saved or begun; None for what is no run folder."""
    if not folder.is_dir():
        return None
    kept = _checkpoints(folder) or [path for path in (folder / CONFIG,) if path.is_file()]
    if kept:
        return max(path.stat().st_mtime for path in kept)
    # Killed before its configuration was written: while samples were rendered.
    return folder.stat().st_mtime if _NAME.fullmatch(folder.name) and not any(folder.iterdir()) else None


_NAME = re.compile(r"\d{8}-\d{6}(-\d+)?")


def _checkpoints(folder: Path) -> list[Path]:
    """In the order in which they are tried."""
    inside = folder / CHECKPOINTS
    best = sorted(inside.glob("best-*.ckpt"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path for path in (inside / LAST, inside / PREVIOUS, *best) if path.is_file()]


def point_of_folder(folder: Path) -> ResumePoint:
    """Where the run of a folder goes on; warnings and errors as of `resume_point`."""
    damaged: list[Path] = []
    reasons: list[str] = []
    for path in _checkpoints(folder):
        try:
            check_sound(path)
        except InputError as error:
            damaged.append(path)
            reasons.append(str(error))
            continue
        if damaged and process_rank() == 0:
            _warn(reasons, path)
        return ResumePoint(folder, path, tuple(damaged))
    if damaged:
        raise InputError(f"resume: {'; '.join(reasons)}; remove them to begin '{folder}' again, or set resume=null")
    return ResumePoint(folder)


def _warn(reasons: list[str], taken: Path) -> None:
    content = read_checkpoint(taken)
    print(
        f"warning: {'; '.join(reasons)}; going on from {taken.name} of epoch {content['epoch']} (step "
        f"{content['global_step']}): what was trained after it is lost and trained again",
        file=sys.stderr,
    )


def make_ready(point: ResumePoint) -> None:
    """Give the run folder its `last.ckpt` back; main process only, before the trainer starts.

    Damaged checkpoints are renamed, so that none of them becomes the one before.

    Raises:
        OSError: the disk is full, or refuses the file.
    """
    for path in point.damaged:
        path.replace(path.with_name(path.name + DAMAGED))
    if point.folder is not None and point.checkpoint is not None:
        last = point.folder / CHECKPOINTS / LAST
        if not last.exists():
            with replacing(last, durable=True) as (aside,):
                shutil.copyfile(point.checkpoint, aside)
