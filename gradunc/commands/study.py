"""`infer.py study`: every layer x channel reduction x reference, ranked by one pass over a data set."""

from dataclasses import asdict
from pathlib import Path

import torch

from gradunc.assembly import StudyCallbacks
from gradunc.commands.dataset import check_dataset, run_dataset
from gradunc.commands.network import load_network
from gradunc.config.sections import EvaluationSettings
from gradunc.config.verbs.study import StudyConfig


def study(config: StudyConfig) -> int:
    """Rank the cells; returns the exit code.

    Raises:
        InputError: no data set, no true depth, not exactly one estimator, or settings that do not fit.
    """
    evaluation = EvaluationSettings(**asdict(config.evaluation))
    check_dataset(config, evaluation)
    model = load_network(config)

    def wire(folder: Path, size: tuple[int, int]) -> StudyCallbacks:
        image = torch.zeros(1, 3, *size)
        return StudyCallbacks(model, config.uncertainty, evaluation, folder, image, data=config.data)

    # A batch of a study takes seconds.
    return run_dataset(config, evaluation, model, wire, job="study")
