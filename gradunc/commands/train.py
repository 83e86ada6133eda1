"""train.py: what is typed becomes a configuration, and only then training is imported and run."""

from collections.abc import Sequence

from gradunc.commands.run_command import run
from gradunc.config import TrainConfig, as_yaml, help_text, load, parse
from gradunc.config.pseudo import check_pseudo
from gradunc.config.train import TRAIN_GROUPS
from gradunc.imports import imported

USAGE = "[experiment=NAME | FILE.yaml ...] [group=NAME ...] [key=value ...] [--help] [--print-config] [--dry-run]"
TRAIN = "gradunc.commands.run_training:train"
STAGES = "gradunc.commands.run_stages:train_stages"
ENSEMBLE = "gradunc.commands.run_ensemble:train_ensemble"


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code.

    Raises:
        InputError: wrong usage, told before anything heavy is imported, or wrong input.
    """
    line = parse(arguments, TRAIN_GROUPS)
    if "--help" in line.flags:
        print(help_text("train.py", TrainConfig, TRAIN_GROUPS, USAGE))
        return 0
    config = load(TrainConfig, TRAIN_GROUPS, line)
    if "--print-config" in line.flags:
        print(as_yaml(config, TRAIN_GROUPS), end="")
        return 0
    if config.pseudo.is_asked_for:
        return imported(STAGES)(config, line)
    check_pseudo(config.pseudo)
    return imported(ENSEMBLE if config.ensemble.is_asked_for else TRAIN)(config, dry_run="--dry-run" in line.flags)


def console() -> None:
    """Entry point of train.py and gradunc-train."""
    run(main)
