"""Compare the pose network of a training with the recorded motion: `python -m gradunc.tools.evaluate_pose --help`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradunc.commands.output import check_output
from gradunc.commands.run_command import run
from gradunc.config import help_text, load, parse
from gradunc.data.sets import SETS
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError, unknown
from gradunc.imports import imported
from gradunc.metrics.choices import PATH_ALIGNMENTS
from gradunc.options import DEVICE, PATH, Rule, option

USAGE = "checkpoint=FILE.ckpt data.root=DIR [data=NAME] [key=value ...] [--help]"
SNIPPET = Rule(lambda value: value >= 2, "must be at least 2 frames")
GROUPS = {"data": "kitti_odometry"}
RUN = "gradunc.tools.run_evaluate_pose:evaluate_pose"


@dataclass
class PoseConfig:
    """Errors of the motion that a pose network sees between consecutive frames of a test split."""

    checkpoint: str | None = option(
        None,
        ".ckpt file of a training with neighbours in time, or a folder with pose_encoder.pth and pose.pth (Monodepth2)",
        rule=PATH,
    )
    alignment: str = option(
        "scale", "taken out of each predicted path: none, scale, 6dof or 7dof", choices=PATH_ALIGNMENTS
    )
    snippet: int = option(
        5, "frames of the snippets of the published tables; each has a scale of its own", rule=SNIPPET
    )
    output: str | None = option(
        None, "folder of the aligned paths (KITTI format) and metrics.json; null = table only", rule=PATH
    )
    device: str = option("auto", "auto, cpu, cuda, cuda:1, ...", rule=DEVICE)
    data: DataSettings = field(default_factory=DataSettings)


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code.

    Raises:
        InputError: wrong usage, told before anything heavy is imported, a checkpoint without pose network, or data
            without known motion.
    """
    line = parse(arguments, GROUPS, flags=("--help",))
    if "--help" in line.flags:
        print(help_text("python -m gradunc.tools.evaluate_pose", PoseConfig, GROUPS, USAGE, flags=("--help",)))
        return 0
    config = load(PoseConfig, GROUPS, line)
    _check(config)
    return imported(RUN)(config)


def _check(config: PoseConfig) -> None:
    if config.checkpoint is None:
        raise InputError("checkpoint is missing; give checkpoint=FILE.ckpt, a checkpoint of train.py")
    if config.data.name not in SETS:
        raise unknown("data set", config.data.name or "", SETS)
    if config.output is not None:
        check_output(Path(config.output))


if __name__ == "__main__":
    run(main)
