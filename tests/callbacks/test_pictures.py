from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.callbacks import PictureCallback, UncertaintyCallback
from gradunc.callbacks.pictures import evenly_spread
from gradunc.losses import LossEngine
from gradunc.metrics import EvaluationProtocol
from gradunc.training import DepthTraining
from tests.callbacks.helpers import ToldUncertainty, run_test, sample
from tests.training.helpers import quiet_trainer, tiny_model, toy_data


@pytest.mark.parametrize(
    ("total", "count", "chosen"),
    [(5, 2, [1, 3]), (3, 4, [0, 1, 2]), (100, 4, [12, 37, 62, 87]), (4, 1, [2]), (2, 0, [])],
)
def test_images_are_spread_over_the_set(total: int, count: int, chosen: list[int]) -> None:
    assert evenly_spread(total, count) == set(chosen)


def test_panels_of_a_test(tmp_path: Path) -> None:
    callback = PictureCallback(tmp_path / "pictures", EvaluationProtocol(), 2)
    samples = [sample(i, scale=2) for i in range(3)]
    run_test(samples, [UncertaintyCallback({"told": ToldUncertainty}), callback])
    names = [f"test_{index:05d}.png" for index in sorted(callback._wanted)]
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == names
    assert sorted(path.name for path in callback.written) == names
    picture = np.asarray(Image.open(callback.written[0]))
    assert picture.ndim == 3
    # Something is drawn: several colours, and not one picture for all images.
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 50
    assert callback.written[0].read_bytes() != callback.written[1].read_bytes()


def test_the_same_images_in_every_validation_but_every_nth_only(tmp_path: Path) -> None:
    callback = PictureCallback(tmp_path, EvaluationProtocol(), 2, every=2)
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}))
    found = []

    class Watch(PictureCallback):
        def on_validation_epoch_end(self, trainer, pl_module) -> None:
            found.append(sorted(path.name for path in callback.written))

    quiet_trainer(max_epochs=3, callbacks=[callback, Watch(tmp_path, EvaluationProtocol(), 0)]).fit(module, toy_data(4))
    assert len(found[0]) == 2
    assert found == [found[0], [], found[0]]


def test_images_are_chosen_among_those_that_a_cut_test_sees(tmp_path: Path) -> None:
    callback = PictureCallback(tmp_path, EvaluationProtocol(), 2)
    # The first 4 of 20: the middles of their halves are (0+1)/2 and (2+3)/2, which Python rounds to even numbers.
    run_test([sample(i) for i in range(20)], [callback], limit_test_batches=4)
    assert sorted(path.name for path in callback.written) == ["test_00000.png", "test_00002.png"]


def test_the_end_of_a_long_path_stands_above_the_scores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heads: list[list[str]] = []
    drawn = np.zeros((2, 2, 3), np.uint8)
    monkeypatch.setattr("gradunc.callbacks.pictures.panel", lambda tiles, head: heads.append(head) or drawn)
    samples = [sample(0), sample(1), sample(2)]
    samples[1]["path"] = "folder/" * 30 + "name.png"
    del samples[2]["path"]
    for one in samples:
        one["index"] = torch.tensor(0)
        run_test([one], [PictureCallback(tmp_path, EvaluationProtocol(), 1)])
    assert heads[0][0] == "toy/0"
    assert heads[1][0].startswith("...")
    assert heads[1][0].endswith("/name.png")
    assert heads[2][0].startswith("abs_rel")
