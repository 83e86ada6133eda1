"""Which images are refused, and how often their range is looked at."""

import pytest
import torch
from torch import Tensor, nn

from gradunc import DepthPrediction, GradientUncertainty, InputError, OutputSpace, adapt
from gradunc.ops.checks import OVERSHOOT, check_range, one_call
from gradunc.uncertainty.trivial import TRIVIAL
from tests.helpers import random_images, tiny_model

MEAN, STD = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

WRONG = {
    "8 bits": lambda image: image * 255,
    "normalised": lambda image: (image - MEAN) / STD,
    "-1 to 1": lambda image: 2 * image - 1,
    "infinite": lambda image: image / 0,
}


class Raw(nn.Module):
    """A network of somebody else that nobody has adapted."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Conv2d(3, 1, 1)

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(self.net(image))


def adapted() -> nn.Module:
    return adapt(nn.Conv2d(3, 1, 1), torch.exp, OutputSpace(), mean=(0.5,) * 3, std=(0.5,) * 3).eval()


CALLS = {
    "network": lambda image: tiny_model()(image),
    "adapted network": lambda image: adapted()(image),
    "gradient": lambda image: GradientUncertainty(tiny_model(), 6).estimate(image),
    "raw gradients": lambda image: GradientUncertainty(tiny_model()).gradients(image, torch.abs),
    "trivial": lambda image: TRIVIAL["row"](tiny_model()).estimate(image),
    "cost": lambda image: GradientUncertainty(tiny_model()).cost(image),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("call", CALLS)
def test_images_out_of_range_are_refused(call: str, wrong: str) -> None:
    with pytest.raises(InputError, match=r"image must be in \[0,1\], but reaches from \S+ to \S+; divide 8-bit"):
        CALLS[call](WRONG[wrong](random_images()))


@pytest.mark.parametrize("call", CALLS)
def test_overshoot_passes(call: str) -> None:
    CALLS[call](random_images() * 1.2)


def test_a_corner_resized_bicubically_is_within_the_tolerance() -> None:
    corner = torch.zeros(1, 3, 8, 8)
    corner[..., :4, :4] = 1
    # 1 + the largest outer weight of the kernel, 0.75 t (1 - t)^2 at t = 1/3, in both directions.
    for image in (corner, 1 - corner):
        resized = nn.functional.interpolate(image, scale_factor=8, mode="bicubic")
        check_range(resized)
    assert 0.2345 < (1 + 0.75 * 4 / 27) ** 2 - 1 < OVERSHOOT
    resized = nn.functional.interpolate(corner, scale_factor=8, mode="bicubic")
    assert 1.2 < float(resized.max()) < 1 + OVERSHOOT


@pytest.mark.parametrize(("value", "passes"), [(-0.25, True), (-0.2501, False), (1.25, True), (1.2501, False)])
def test_the_limits_themselves(value: float, passes: bool) -> None:
    image = random_images().double()
    image[0, 1, 2, 3] = value
    if passes:
        check_range(image)
        return
    with pytest.raises(InputError, match=f"{value:g}"):
        check_range(image)


class Counted:
    """Counts reductions over the image."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, ask = 0, torch.aminmax

        def aminmax(image: Tensor) -> tuple[Tensor, Tensor]:
            self.count += 1
            return ask(image)

        monkeypatch.setattr(torch, "aminmax", aminmax)


@pytest.mark.parametrize("call", ["network", "gradient", "trivial"])
def test_the_range_is_looked_at_once_per_call(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    for calls in (1, 2):
        CALLS[call](random_images(3))
        assert counted.count == calls


def test_every_image_of_a_batch_counts() -> None:
    image = random_images(3)
    image[2] *= 255
    with pytest.raises(InputError, match="reaches from"):
        GradientUncertainty(tiny_model(), chunk=1).estimate(image)


def test_the_range_of_a_module_that_does_not_normalise_is_its_own() -> None:
    module = Raw()
    assert GradientUncertainty(module, ["net"]).estimate(random_images() * 255).depth.shape == (1, 1, 64, 96)


def test_images_made_of_a_sound_one_may_leave_the_range() -> None:
    with one_call():
        check_range(random_images())
        check_range(random_images() + 5)
    with pytest.raises(InputError):
        check_range(random_images() + 5)


def test_a_refused_image_does_not_stand_for_the_next_one() -> None:
    with one_call():
        for _ in range(2):
            with pytest.raises(InputError):
                check_range(random_images() + 5)


def test_training_and_compiled_networks_look_at_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    tiny_model().train()(random_images(2))
    check_range(torch.zeros(1, 3, 8, 8, device="meta"))
    compiled = torch.compile(check_range, backend="eager", fullgraph=True)
    compiled(random_images() * 255)
    assert counted.count == 0
