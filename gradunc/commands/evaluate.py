"""`infer.py evaluate`: a network and its estimators on a data set with true depth."""

from pathlib import Path

from gradunc.assembly import Callbacks
from gradunc.commands.dataset import check_dataset, run_dataset
from gradunc.commands.network import learned_folder, load_network
from gradunc.config.verbs.evaluate import EvaluateConfig
from gradunc.types import Size
from gradunc.uncertainty.learned import Learned


def evaluate(config: EvaluateConfig) -> int:
    """Metrics of depth and of every estimator; returns the exit code.

    Raises:
        InputError: no data set, no true depth, or settings that do not fit.
    """
    check_dataset(config, config.evaluation)
    model = load_network(config)

    def wire(folder: Path, size: Size) -> Callbacks:
        learned = Learned(learned_folder(config.checkpoint), config.uncertainty, size)
        return Callbacks(model, config.uncertainty, config.evaluation, folder, data=config.data, learned=learned)

    return run_dataset(config, config.evaluation, model, wire)
