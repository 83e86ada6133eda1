"""Given the same predictions, no figure depends on the batches, their size or their order."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from gradunc.callbacks import (
    BaselineCallback,
    EvaluationCallback,
    LayerStudyCallback,
    TrivialCallback,
    UncertaintyCallback,
)
from gradunc.data.loading.datamodule import DepthData
from gradunc.metrics import BinErrors, EvaluationProtocol
from gradunc.training import DepthEvaluation
from gradunc.types import Sample
from gradunc.uncertainty import TRIVIAL, GradientUncertainty
from tests.callbacks.helpers import Told, ToldUncertainty, sample
from tests.training.helpers import Toy, quiet_trainer, random

PROTOCOL = EvaluationProtocol(crop="garg")
SIZES = ((8, 12), (16, 25), (9, 30), (8, 12), (17, 24))
"""Of the truths: as KITTI's differ from one date to the next, and more."""
ORDERS: dict[str, tuple[int, Sequence[int]]] = {
    "pairs": (2, range(5)),
    "all at once": (5, range(5)),
    "three, backwards": (3, (4, 3, 2, 1, 0)),
    "one by one, shuffled": (1, (2, 0, 4, 1, 3)),
}


def samples() -> list[Sample]:
    """The third has no true depth at all."""
    made = []
    for number, size in enumerate(SIZES):
        one = sample(number, truth=False)
        if number != 2:
            depth = 1 + 90 * random(number + 100, 1, *size)
            one["depth"] = torch.where(random(number + 200, *depth.shape) < 0.7, depth, 0.0)
            one["valid"] = one["depth"] > 3
        one["scene"] = f"scene {number}"
        made.append(one)
    return made


def measured(eval_batch_size: int, order: Sequence[int]) -> dict[str, Any]:
    """Every figure of a test, by name."""
    uncertainty = UncertaintyCallback({"told": ToldUncertainty})
    trivial = TrivialCallback()
    evaluation = EvaluationCallback(PROTOCOL, ("told", *trivial.names))
    baselines = BaselineCallback(PROTOCOL)
    every = samples()
    splits = {"train": Toy([every[0], every[3]]), "test": Toy([every[i] for i in order])}
    data = DepthData(lambda split: splits[split], eval_batch_size=eval_batch_size)
    trainer = quiet_trainer(callbacks=[uncertainty, trivial, evaluation, baselines])
    (logged,) = trainer.test(DepthEvaluation(Told()), data, verbose=False)
    assert evaluation.per_image is not None
    assert evaluation.binned is not None
    intervals = evaluation.per_image.intervals([evaluation.per_image.depth])[0]
    return {
        **logged,
        **{f"errors/{name}": value for name, value in evaluation.errors.items()},
        **{f"baseline/{name}/{key}": value for name, row in baselines.results.items() for key, value in row.items()},
        **{f"{name}/{key}": value for name, row in evaluation.uncertainty.items() for key, value in row.items()},
        **{
            f"curve/{name}/{error}": float(curves.method.sum())
            for name, by_error in evaluation.curves.items()
            for error, curves in by_error.items()
        },
        **binned("distance", evaluation.binned.by_distance),
        **binned("told", evaluation.binned.by_uncertainty["told"]),
        **binned("row", evaluation.binned.by_uncertainty["trivial_row"]),
        "images": evaluation.images,
        "without truth": evaluation.without_truth,
        "units": len(intervals),
    }


def binned(name: str, errors: BinErrors) -> dict[str, float]:
    """Every bin that is not empty."""
    columns = {key: values.tolist() for key, values in errors._asdict().items()}
    return {
        f"{name} bin {place}/{key}": value
        for key, values in columns.items()
        for place, value in enumerate(values)
        if value == value
    }


@pytest.fixture(scope="module")
def one_by_one() -> dict[str, Any]:
    return measured(1, range(5))


@pytest.mark.parametrize("order", ORDERS)
def test_errors_areas_trivial_scores_and_baselines(one_by_one: dict[str, Any], order: str) -> None:
    found = measured(*ORDERS[order])
    assert found.keys() == one_by_one.keys()
    assert {
        "test/abs_rel",
        "test/told/ause_rmse",
        "trivial_edges/aurg_a1",
        "distance bin 14/rmse",
        "told bin 9/abs_rel",
        "baseline/mean depth map/a1",
    } <= found.keys()
    assert (found["images"], found["without truth"]) == (4, 1)
    for name, value in one_by_one.items():
        # What is logged passes through float32.
        assert found[name] == pytest.approx(value, rel=1e-6 if name.startswith("test/") else 1e-9, abs=1e-12), name


def studied(eval_batch_size: int, order: Sequence[int]) -> dict[Any, dict[str, float]]:
    """The cells of a study with the truth as reference, which has to be cut to each image too."""
    model = ToldNetwork()
    estimators = {"flip": "flip", "given": "given"}
    made = {name: GradientUncertainty(model, ["first"], reference) for name, reference in estimators.items()}
    one_layer = {
        name: lambda model, layer, reference=reference: GradientUncertainty(model, [layer], reference)
        for name, reference in estimators.items()
    }
    study = LayerStudyCallback(made, one_layer, PROTOCOL)
    data = DepthData(lambda split: Toy([samples()[i] for i in order if i != 2]), eval_batch_size=eval_batch_size)
    quiet_trainer(callbacks=[study]).test(DepthEvaluation(model), data, verbose=False)
    return study.results


class ToldNetwork(Told):
    """`Told` with a layer to read gradients at."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, 4, 3, padding=1, bias=False)
        with torch.no_grad():
            self.first.weight.copy_(random(5, *self.first.weight.shape) - 0.3)

    def forward(self, image: torch.Tensor) -> Any:
        told = super().forward(image)
        return told._replace(depth=told.depth + 5 * self.first(image).square().mean(1, keepdim=True))


@pytest.mark.parametrize("order", ["pairs", "three, backwards"])
def test_layer_study(order: str) -> None:
    expected, found = studied(1, range(5)), studied(*ORDERS[order])
    assert found.keys() == expected.keys()
    for cell, row in expected.items():
        assert found[cell] == pytest.approx(row, rel=1e-9, abs=1e-12), cell


def test_every_trivial_score_is_looked_at(one_by_one: dict[str, Any]) -> None:
    assert {name.split("/")[0] for name in one_by_one} >= {f"trivial_{name}" for name in TRIVIAL}
