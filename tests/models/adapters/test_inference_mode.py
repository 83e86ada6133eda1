"""Networks adapted in inference mode, and modules whose answer is no map at all."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc import GradientUncertainty, OutputSpace, adapt
from gradunc.errors import InputError
from gradunc.types import DepthPrediction
from gradunc.uncertainty import list_layers
from tests.uncertainty.networks import noise

NORMAL: dict[str, Any] = {"mean": (0.5, 0.4, 0.3), "std": (1, 2, 3)}


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1)).eval()


def test_a_network_that_is_adapted_in_inference_mode_can_be_differentiated() -> None:
    body, image = network(), noise(2, 9, 14)
    expected = GradientUncertainty(adapt(body, torch.exp, OutputSpace(), **NORMAL), "0").estimate(image)
    with torch.inference_mode():
        model = adapt(body, torch.exp, OutputSpace(), **NORMAL)
        assert not any(buffer.is_inference() for buffer in model.buffers())
        inside = GradientUncertainty(model, "0").estimate(image)
    outside = GradientUncertainty(model, "0").estimate(image)
    for found in (inside, outside):
        assert torch.equal(found.uncertainty, expected.uncertainty)


def test_weights_that_the_user_made_in_inference_mode_are_named() -> None:
    with torch.inference_mode():
        model = adapt(network(), torch.exp, OutputSpace(), **NORMAL)
    with pytest.raises(InputError, match=r"'module\.0\.weight' was created under torch\.inference_mode"):
        GradientUncertainty(model, "0").estimate(noise(1, 8, 8))


class Answering(nn.Module):
    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.layer, self.answer = nn.Conv2d(3, 1, 1), answer

    def forward(self, image: Tensor) -> Any:
        self.layer(image)
        return self.answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "Answering returned None"),
        (3, "Answering returned 3"),
        ("depth", "Answering returned 'depth'"),
        ((torch.zeros(1, 1, 4, 4),), "gave tuple"),
        (DepthPrediction(None), "gave a DepthPrediction whose depth is a NoneType"),  # pyright: ignore[reportArgumentType]
        (DepthPrediction(torch.zeros(1, 2, 4, 4)), r"gave \(1, 2, 4, 4\)"),
    ],
)
def test_an_answer_that_is_no_map(answer: Any, said: str) -> None:
    model = adapt(Answering(answer), lambda raw: raw, OutputSpace(), **NORMAL)
    for call in (
        model,
        lambda image: GradientUncertainty(model, "layer").estimate(image),
        lambda i: list_layers(model, i),
    ):
        with pytest.raises(InputError, match=said) as error:
            call(noise(1, 4, 4))
        assert "\n" not in str(error.value)
