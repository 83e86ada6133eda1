"""Batches of foreign data sets: where their image is found, and what a whole run makes of them."""

from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gradunc import OutputSpace, adapt
from gradunc.callbacks import (
    BaselineCallback,
    EvaluationCallback,
    LayerStudyCallback,
    PictureCallback,
    UncertaintyCallback,
    ValidationScores,
)
from gradunc.callbacks.batches import named, only_image
from gradunc.errors import InputError
from gradunc.metrics import EvaluationProtocol
from gradunc.uncertainty import GradientUncertainty
from tests.callbacks.test_uncertainty import Later, attached
from tests.uncertainty.networks import Pyramid, noise

IMAGES = noise(3, 12, 16)
DEPTH = torch.ones(3, 1, 12, 16)


@pytest.mark.parametrize(
    "batch", [{"image": IMAGES, "depth": DEPTH}, (IMAGES, DEPTH), [IMAGES, DEPTH], (IMAGES,), IMAGES]
)
def test_the_image_of_a_batch(batch: Any) -> None:
    assert only_image(batch)["image"] is IMAGES


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({}, r"a batch is a dict without key 'image' \(it has none\)"),
        ({"x": IMAGES, "y": DEPTH}, r"a batch is a dict without key 'image' \(it has x, y\); say where its images"),
        ({"image": "a.png"}, "a batch is a dict with a str for the image"),
        ((DEPTH, IMAGES), r"a batch is a tuple with a tensor \(3, 1, 12, 16\) for the image"),
        (("a.png", IMAGES), "a batch is a tuple with a str for the image"),
        ((), "a batch is a tuple with a tuple for the image"),
        (DEPTH, r"a batch is a Tensor with the shape \(3, 1, 12, 16\) for the image"),
        (None, "a batch is a NoneType with a NoneType for the image"),
    ],
)
def test_other_batches_are_refused_in_one_line(batch: Any, message: str) -> None:
    with pytest.raises(InputError, match=message + ".*inputs=lambda batch"):
        only_image(batch)


def test_names_of_a_batch() -> None:
    batch = {"x": DEPTH}
    assert named(batch) is batch
    for foreign in ((IMAGES, DEPTH), [IMAGES], IMAGES):
        assert list(named(foreign)) == ["image"]
        assert named(foreign)["image"] is IMAGES
    assert [named(foreign) for foreign in ((DEPTH, IMAGES), (), None, "a.png")] == [{}] * 4


class Plain(nn.Module):
    """Depth as a plain tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Pyramid()

    def forward(self, image: Tensor) -> Tensor:
        return self.inner(image).depth[:, 0]


class Foreign(L.LightningModule):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def test_step(self, batch: Any, batch_idx: int) -> dict[str, Any]:
        return {"loss": torch.zeros(())}

    validation_step = predict_step = test_step


class Predicts(Foreign):
    def test_step(self, batch: Any, batch_idx: int) -> dict[str, Any]:
        image = batch[0] if isinstance(batch, tuple | list) else batch
        return {"prediction": self.net(image)}

    validation_step = test_step


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
@pytest.mark.parametrize("samples", [list(zip(IMAGES, DEPTH, strict=True)), list(IMAGES)], ids=["tuples", "tensors"])
@pytest.mark.parametrize("stage", ["validate", "test"])
def test_batches_without_names_have_no_truth(samples: list[Any], stage: str, tmp_path: Path) -> None:
    """Every callback counts or passes over them, and none fails."""
    module, protocol = Predicts(Pyramid()), EvaluationProtocol()
    evaluation, pictures = (
        EvaluationCallback(protocol, model="net"),
        PictureCallback(tmp_path, protocol, 1, model="net"),
    )
    baselines = BaselineCallback(protocol)
    baselines._mean = torch.ones(1, 1, 12, 16)
    study = LayerStudyCallback({}, {}, protocol, model="net")
    scores = ValidationScores(protocol, UncertaintyCallback({}, model="net"), 1, model="net")
    trainer = attached(evaluation, pictures)
    getattr(trainer, stage)(module, DataLoader(samples, batch_size=2), verbose=False)
    assert (evaluation.images, evaluation.without_truth) == (0, 3)
    scores._wanted = {0}
    for callback in (baselines, study, scores):
        callback.see(trainer, module, {}, next(iter(DataLoader(samples, batch_size=2))), "test")
    assert not pictures.written


def as_adapted() -> nn.Module:
    return adapt(Pyramid(), lambda answer: answer, OutputSpace(), mean=(0.0,) * 3, std=(1.0,) * 3)


@pytest.mark.filterwarnings("ignore:Plain has no layer", "ignore:Pyramid has no layer")
@pytest.mark.parametrize("network", [Plain, as_adapted])
@pytest.mark.parametrize("samples", [list(zip(IMAGES, DEPTH, strict=True)), list(IMAGES)], ids=["tuples", "tensors"])
def test_the_headline_snippet_on_foreign_batches(network: Any, samples: list[Any]) -> None:
    module, later = Foreign(network()), Later()
    trainer = attached(UncertaintyCallback({"flip": GradientUncertainty}, model="net"), later)
    trainer.test(module, DataLoader(samples, batch_size=2), verbose=False)

    expected = GradientUncertainty(Pyramid(), layers="auto").estimate(IMAGES)
    found = later.estimates("flip")
    torch.testing.assert_close(torch.cat([one.uncertainty for one in found]), expected.uncertainty)
