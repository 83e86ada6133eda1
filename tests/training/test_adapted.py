"""Networks of others train as they are: supervised, and on stereo pairs with known pose."""

import math
from collections.abc import Callable
from typing import Any

import lightning as L
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc import DepthPrediction, InputError, OutputSpace, adapt, adapt_huggingface
from gradunc.data.loading.datamodule import DepthData
from gradunc.losses import LossEngine
from gradunc.models import AdaptedModel
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.training import DepthTraining, Optimization
from gradunc.types import Sample
from tests.training.helpers import HEIGHT, WIDTH, Toy, quiet_trainer, random, sample

STEPS = 20
DISTANCE = 5.0
"""Of the wall that the stereo pairs show [m]: focal length 40 px x baseline 0.5 m / 5 m = 4 px of disparity."""


def huggingface(name: str, *, metric: bool = False, **keywords: Any) -> AdaptedModel:
    from tests.models.adapters import huggingface_networks as networks

    return adapt_huggingface(networks.depth_anything("metric") if metric else getattr(networks, name)(), **keywords)


def near_metric() -> AdaptedModel:
    """A network of metres within 20 m, which starts at 10 m: a distant wall hardly moves between the two cameras."""
    model = huggingface("depth_anything", metric=True)
    model.layer_root.head.max_depth = 20.0
    for parameter in model.layer_root.head.conv3.parameters():
        parameter.data.mul_(0.1)
    return model


def as_disparity() -> AdaptedModel:
    """A network of relative disparity, whose inverse is called metres from now on: about 10 m at first."""
    model = huggingface("depth_anything", output_space=OutputSpace("disparity", "metric"))
    for parameter in model.layer_root.head.conv3.parameters():
        parameter.data.mul_(0.1)
    return model


def convolutions() -> AdaptedModel:
    """Starts at about 10 m."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 1, 3, 2, 1))
    nn.init.constant_(net[2].bias, math.log(10))
    return adapt(net, torch.exp, OutputSpace(), mean=(0.5,) * 3, std=(0.25,) * 3, multiple=4, backbone="0")


NETWORKS: dict[str, Callable[[], AdaptedModel]] = {
    "glpn": lambda: huggingface("glpn"),
    "depth_anything_metric": near_metric,
    "depth_anything_as_disparity": as_disparity,
    "any_module": convolutions,
}
every_network = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)


def stereo(index: int) -> Sample:
    """A textured wall, parallel to the image plane, and what a camera 0.5 m to the right sees of it."""
    made = sample(index, 1)
    coarse = random(index, 1, 3, HEIGHT // 8, WIDTH // 8)
    made["image"] = F.interpolate(coarse, (HEIGHT, WIDTH), mode="bicubic")[0].clamp(0, 1)
    made["sources"] = made["image"].roll(-round(40 * 0.5 / DISTANCE), -1)[None]
    return made


def distance(model: AdaptedModel) -> float:
    """Of the wall, as the network sees it [m]."""
    with torch.no_grad():
        prediction = model.all_scales(stereo(0)["image"][None])
    return float(model.to_depth(prediction.scales[0]).median())


def fitted(module: DepthTraining, samples: list[Sample]) -> list[float]:
    """Loss of every step on the same two samples."""
    losses: list[float] = []

    class Keep(L.Callback):
        def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, *_: Any) -> None:
            losses.append(float(outputs["loss"]))

    trainer = quiet_trainer(max_epochs=STEPS, max_steps=STEPS, limit_val_batches=0, callbacks=[Keep()])
    trainer.fit(module, DepthData(lambda split: Toy(samples), batch_size=2))
    return losses


def assert_it_learns(module: DepthTraining, samples: list[Sample]) -> None:
    before = {name: value.clone() for name, value in module.depth_model.named_parameters()}
    module.depth_model.eval()
    torch.manual_seed(0)
    losses = fitted(module, samples)
    assert module.depth_model.training, "a network that was loaded is in eval mode"
    assert len(losses) == STEPS
    assert torch.tensor(losses).isfinite().all()
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])
    moved = [name for name, value in module.depth_model.named_parameters() if not torch.equal(value, before[name])]
    assert any("head" in name or name.startswith("module.2") for name in moved)
    encoder = {id(value) for value in module.depth_model.backbone.parameters()}
    assert any(id(value) in encoder for name, value in module.depth_model.named_parameters() if name in moved)


@every_network
def test_supervised(make: Callable[[], AdaptedModel]) -> None:
    optimization = Optimization(learning_rate=1e-2, schedule="constant")
    module = DepthTraining(make(), LossEngine({"l1": 1.0}), optimization=optimization)
    assert_it_learns(module, [sample(0), sample(1)])


@every_network
def test_on_stereo_pairs(make: Callable[[], AdaptedModel]) -> None:
    optimization = Optimization(learning_rate=3e-3, schedule="constant")
    engine = LossEngine({"photometric": 1.0, "smoothness": 1e-3})
    module = DepthTraining(make(), engine, ["s"], optimization=optimization)
    before = distance(module.depth_model)
    assert_it_learns(module, [stereo(0), stereo(1)])
    assert abs(distance(module.depth_model) - DISTANCE) < 0.8 * abs(before - DISTANCE)


@every_network
def test_the_encoder_may_have_a_rate_of_its_own(make: Callable[[], AdaptedModel]) -> None:
    module = DepthTraining(make(), LossEngine({"l1": 1.0}), optimization=Optimization(encoder_learning_rate=1e-5))
    (optimizer,), _ = module.optimization.configure(module, lambda: 1, module.depth_model.backbone)
    inside = {id(value) for value in module.depth_model.backbone.parameters()}
    assert [group["lr"] for group in optimizer.param_groups] == [1e-5, 1e-4]
    assert {id(value) for value in optimizer.param_groups[0]["params"]} == inside


class TwoScales(nn.Module):
    """Disparity at full and at half resolution, and h = log sigma of both."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        fine = self.conv(image)
        return fine, F.avg_pool2d(fine, 2)


def test_scales_and_heads_are_trained_at_any_size() -> None:
    def answer(maps: tuple[Tensor, Tensor]) -> Any:
        disparity, log_scale = ([part[:, i : i + 1] for part in maps] for i in (0, 1))
        disparity = [part.sigmoid() for part in disparity]
        return DepthPrediction(disparity[0], tuple(disparity), log_scale[0], tuple(log_scale))

    space = OutputSpace("disparity", "metric")
    own = OwnUncertainty("laplace", "disparity")
    with pytest.raises(InputError, match=r"own_uncertainty=OwnUncertainty\('laplace'\)"):
        DepthTraining(adapt(TwoScales(), answer, space, mean=(0,) * 3, std=(1,) * 3), LossEngine({"laplace": 1.0}))
    model = adapt(TwoScales(), answer, space, mean=(0,) * 3, std=(1,) * 3, multiple=4, own_uncertainty=own)
    prediction = model.all_scales(random(0, 2, 3, 13, 22))
    for maps in (prediction.scales, prediction.uncertainty_scales):
        assert [tuple(part.shape) for part in maps] == [(2, 1, 13, 22), (2, 1, 7, 11)]
    assert torch.equal(prediction.scales[0], prediction.depth)
    # 1/disparity by hand, and what is nearest to no disparity at all.
    assert model.to_depth(torch.tensor([0.25, 2.0, 0.0, -1.0])).tolist() == pytest.approx([4.0, 0.5, 1e3, 1e3])
    module = DepthTraining(model, LossEngine({"laplace": 1.0}))
    losses = fitted(module, [sample(0), sample(1)])
    assert losses[-1] < losses[0]
    with torch.no_grad():
        assert model(random(0, 1, 3, 13, 22)).log_scale is not None


def test_one_scale_is_the_depth_itself() -> None:
    prediction = convolutions().all_scales(random(0, 1, 3, 30, 50))
    assert len(prediction.scales) == 1
    assert torch.equal(prediction.scales[0], prediction.depth)


@pytest.mark.parametrize(
    ("space", "losses", "refused"),
    [
        (OutputSpace("disparity", "affine"), {"l1": 1.0}, True),
        (OutputSpace("disparity", "affine"), {"photometric": 1.0}, True),
        (OutputSpace("depth", "affine"), {"photometric": 1.0}, True),
        (OutputSpace("depth", "affine"), {"l1": 1.0}, False),
        (OutputSpace("disparity", "scale"), {"photometric": 1.0}, False),
        (OutputSpace("depth", "metric"), {"photometric": 1.0}, False),
    ],
)
def test_up_to_a_shift_there_is_no_depth(space: OutputSpace, losses: dict[str, float], refused: bool) -> None:
    model = adapt(nn.Conv2d(3, 1, 1), lambda raw: raw, space, mean=(0,) * 3, std=(1,) * 3)
    if not refused:
        DepthTraining(model, LossEngine(losses))
        return
    with pytest.raises(InputError, match="up to a factor and a shift") as error:
        DepthTraining(model, LossEngine(losses))
    assert "\n" not in str(error.value)
    assert f"output_space=OutputSpace('{space.quantity}', 'metric')" in str(error.value)
