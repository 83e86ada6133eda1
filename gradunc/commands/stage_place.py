"""Where a stage trains: a folder beside those of the other stages, with a note of whether it is done."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradunc.commands.resume_point import ResumePoint, point_of_folder
from gradunc.commands.resume_steps import changes
from gradunc.commands.run_folder import discard
from gradunc.commands.run_place import RunPlace
from gradunc.config import TrainConfig
from gradunc.config.writing import as_dict
from gradunc.errors import InputError, unwritable
from gradunc.files import write_json
from gradunc.loggers.run_info import RunInfo
from gradunc.text_files import read_json

STAGE = "stage.json"
"""In the folder of a stage: what it was begun with, and whether its training has ended."""
LARGEST = 1 << 24
FREE = ("name", "output", "resume", "logger", "evaluation", "pseudo", "uncertainty")
"""Sections that change no weight."""
FREE_KEYS = (("trainer", "progress"), ("trainer", "picture_every"), ("data", "workers"), ("data", "cache"))


class StagePlace(RunPlace):
    """A stage in a folder of its own, which the same command goes on with.

    Args:
        config: of the stage.
        folder: of all stages.
        stage: its name.

    Raises:
        InputError: it was begun with other settings.
    """

    def __init__(self, config: TrainConfig, folder: Path, stage: str) -> None:
        super().__init__(config)
        self.folder, self.stage = folder / stage, stage
        self._check_same()

    def done(self) -> Path | None:
        """The best checkpoint of a training that has ended."""
        found = self._facts().get("checkpoint")
        return None if found is None else self.folder / str(found)

    def point(self) -> ResumePoint:
        """See `RunPlace`."""
        return point_of_folder(self.folder) if self.folder.is_dir() else ResumePoint()

    def make(self, point: ResumePoint) -> Path:
        """See `RunPlace`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error, "create the folder of the stage") from error
        write_json(self.folder / STAGE, {"settings": _settings(self.config)})
        return self.folder

    def discard(self, folder: Path) -> None:
        """See `RunPlace`."""
        (folder / STAGE).unlink(missing_ok=True)
        discard(folder, folder.parent)

    def told(self, info: RunInfo) -> RunInfo:
        """See `RunPlace`."""
        return replace(info, title=f"{info.title} {self.stage}")

    def end(self, folder: Path, best: Path) -> None:
        """See `RunPlace`."""
        checkpoint = Path(os.path.relpath(best, folder)).as_posix()
        write_json(folder / STAGE, {"settings": _settings(self.config), "checkpoint": checkpoint})

    def advice(self, folder: Path) -> str:
        """See `RunPlace`."""
        return "the same command again goes on"

    def _facts(self) -> dict[str, Any]:
        path = self.folder / STAGE
        found = read_json(path, "description of a stage", LARGEST) if path.is_file() else None
        return found if isinstance(found, dict) else {}

    def _check_same(self) -> None:
        stored = self._facts().get("settings")
        if not isinstance(stored, dict):
            return
        if changed := changes(stored, _settings(self.config), ""):
            raise InputError(
                f"{self.folder} was begun with other settings ({', '.join(one.lstrip('.') for one in changed)}); give "
                "those, set pseudo.folder to another one, or remove this one"
            )


def _settings(config: TrainConfig) -> dict[str, Any]:
    """All that decides the weights, as JSON holds it."""
    kept = {name: value for name, value in as_dict(config).items() if name not in FREE}
    for section, key in FREE_KEYS:
        kept[section] = {name: value for name, value in kept[section].items() if name != key}
    return json.loads(json.dumps(kept, default=str))
