"""What a start depth and a range from the data change in a short supervised training from scratch.

    python benchmarks/start_depth.py [data=synthetic key=value ...]

Every seed is trained twice in turn: from the data (the default), and as before, a sigmoid between 0.1 m and 100 m that
starts at its middle, 0.2 m. Prints abs_rel of the last validation.
"""

import logging
import sys
import warnings
from collections.abc import Sequence

import lightning as L

from gradunc.assembly import build_data, build_trainer, build_training, check_training, with_start
from gradunc.callbacks import EvaluationCallback
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.loading.datamodule import DepthData
from gradunc.metrics.protocol import EvaluationProtocol

SEEDS = (0, 1, 2)
EPOCHS = 2
DEFAULT = ("data=synthetic", "data.synthetic.train_scenes=20", "data.synthetic.val_scenes=4")
NETWORK = ("model=lcnet", "objective=supervised", "uncertainty=none", "trainer=cpu")
BEFORE = ("model.min_depth=0.1", "model.max_depth=100", f"model.initial_depth={1 / (0.01 + 9.99 / 2)}")


def main(arguments: Sequence[str]) -> None:
    """Print a line for every seed."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    given = [*NETWORK, *(arguments or DEFAULT)]
    print("seed: abs_rel before -> from the data")
    for seed in SEEDS:
        before, after = (_trained([*given, *more, f"seed={seed}"]) for more in (BEFORE, ()))
        print(f"{seed}: {before:.3f} -> {after:.3f}", flush=True)


def _trained(arguments: Sequence[str]) -> float:
    """abs_rel of the validation after the last epoch [-], without alignment."""
    config = load(TrainConfig, TRAIN_GROUPS, parse(arguments, TRAIN_GROUPS))
    L.seed_everything(config.seed, verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = _data(config)
        config, text = with_start(config, data)
        if text:
            print(f"  {text}")
        config.trainer.max_epochs, config.trainer.progress = EPOCHS, False
        module = build_training(config)
        trainer = build_trainer(config.trainer, [EvaluationCallback(EvaluationProtocol("none"))])
        trainer.fit(module, data)
        return float(trainer.callback_metrics["val/abs_rel"])


def _data(config: TrainConfig) -> DepthData:
    _, frames = check_training(config)
    return build_data(config.data, (config.model.size[0], config.model.size[1]), frames, config.seed)


if __name__ == "__main__":
    main(sys.argv[1:])
