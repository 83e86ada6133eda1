"""Where a run of train.py writes, how it goes on, and what is told of it: a folder of its own, or a part of more."""

from pathlib import Path

from gradunc.commands.resume_point import ResumePoint, resume_point
from gradunc.commands.run_folder import discard, run_folder
from gradunc.config import TrainConfig
from gradunc.data.loading.datamodule import DepthData
from gradunc.loggers.run_info import RunInfo


class RunPlace:
    """A run by itself, in `OUTPUT/NAME/TIME`.

    Args:
        config: of the run.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config = config

    def point(self) -> ResumePoint:
        """Where the training goes on; nothing is written."""
        return resume_point(self.config)

    def make(self, point: ResumePoint) -> Path:
        """The run folder, made if it is not there."""
        return run_folder(self.config, point.folder)

    def discard(self, folder: Path) -> None:
        """Remove the folder, and those above it, in which nothing was written."""
        discard(folder, folder.parent, Path(self.config.output))

    def told(self, info: RunInfo) -> RunInfo:
        """What loggers are told."""
        return info

    def begin(self, folder: Path, data: DepthData) -> None:
        """Called by the main process before anything else is written."""

    def end(self, folder: Path, best: Path) -> None:
        """Called by the main process when all is written."""

    def advice(self, folder: Path) -> str:
        """How an interrupted run goes on."""
        return f"continue with resume=auto, or resume={folder}"
