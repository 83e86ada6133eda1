import numpy as np
import pytest
import torch

from gradunc.callbacks import BaselineCallback
from gradunc.callbacks.baselines import mean_depth
from gradunc.data.loading.datamodule import DepthData
from gradunc.errors import InputError
from gradunc.metrics import EvaluationProtocol
from gradunc.training import DepthEvaluation
from tests.callbacks.helpers import Told, mean, median_errors, sample
from tests.training.helpers import Toy, quiet_trainer


def mean_map(truths: list[np.ndarray]) -> np.ndarray:
    """Mean over the images that know a pixel; the overall mean where none does."""
    stack = np.stack(truths).astype(np.float64)
    count = (stack > 0).sum(0)
    overall = stack.sum() / (stack > 0).sum()
    return np.where(count > 0, stack.sum(0) / np.maximum(count, 1), overall)


def test_both_baselines_against_numpy() -> None:
    train = [sample(i, seen=0.4) for i in range(10, 14)]
    test = [sample(i) for i in range(3)]
    callback = BaselineCallback(EvaluationProtocol("none"))
    data = DepthData(lambda split: Toy(train if split == "train" else test), eval_batch_size=2)
    quiet_trainer(callbacks=[callback]).test(DepthEvaluation(Told()), data, verbose=False)
    guesses = {
        "constant depth": np.ones((8, 12)),
        "mean depth map": mean_map([given["depth"][0].numpy() for given in train]),
    }
    assert list(callback.results) == list(guesses)
    for name, guess in guesses.items():
        rows = []
        for given in test:
            truth = given["depth"][0].numpy()
            rows.append(median_errors(truth, guess, (truth > 1e-3) & (truth < 80)))
        assert callback.results[name] == pytest.approx(mean(rows), rel=1e-5)


def test_pixels_that_no_training_image_knows_get_the_overall_mean() -> None:
    first, second = sample(0), sample(1)
    for given, depth in ((first, 2.0), (second, 4.0)):
        given["depth"], given["valid"] = torch.full((1, 8, 12), depth), torch.ones(1, 8, 12).bool()
        given["valid"][0, 0, 0] = False
    first["valid"][0, 0, 1] = False
    found = mean_depth([first, second])[0, 0]
    assert found[1, 1] == 3
    assert found[0, 1] == 4
    # 94 pixels know both and one knows 4 m.
    assert float(found[0, 0]) == pytest.approx((94 * 6 + 4) / (2 * 94 + 1))


def test_a_training_split_without_truth_is_named() -> None:
    with pytest.raises(InputError, match=r"evaluation\.baselines needs true depth in the training split"):
        mean_depth([sample(0, truth=False)])


def test_truth_of_several_sizes_is_averaged_in_the_first() -> None:
    assert mean_depth([sample(0), sample(1, scale=2)]).shape == (1, 1, 8, 12)
