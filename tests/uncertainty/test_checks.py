"""What is refused, and how inputs of the network are cut."""

import re
from typing import Any

import pytest
import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.types import DepthPrediction
from gradunc.uncertainty.checks import check_input, prediction_of, slice_inputs, usable
from tests.uncertainty.networks import noise

DEPTH = torch.arange(20.0).view(1, 1, 4, 5)


@pytest.mark.parametrize(
    "image",
    [
        torch.zeros(3, 4, 5),
        torch.zeros(1, 1, 4, 5),
        torch.zeros(0, 3, 4, 5),
        torch.zeros(1, 3, 4, 5, dtype=torch.uint8),
    ],
    ids=["no batch axis", "gray", "empty batch", "8 bit"],
)
def test_a_bad_image_is_refused_with_its_shape(image: Tensor) -> None:
    with pytest.raises(InputError, match=r"image must be \(B,3,H,W\) float in \[0,1\], but is .*divide 8-bit") as error:
        check_input(image, None)

    assert f"{tuple(image.shape)} {image.dtype}" in str(error.value)


@pytest.mark.parametrize(
    "mask",
    [
        torch.ones(2, 1, 4, 5),
        torch.ones(2, 4, 5, dtype=torch.bool),
        torch.ones(1, 1, 4, 5, dtype=torch.bool),
        torch.ones(2, 1, 5, 4, dtype=torch.bool),
    ],
    ids=["float", "no channel axis", "other batch", "other size"],
)
def test_a_bad_mask_is_refused_with_both_shapes(mask: Tensor) -> None:
    with pytest.raises(InputError, match=r"mask must be \(2, 1, 4, 5\) bool \(True = counts\), but is") as error:
        check_input(noise(2, 4, 5), mask)

    assert f"{tuple(mask.shape)} {mask.dtype}" in str(error.value)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_good_image_passes(dtype: torch.dtype) -> None:
    check_input(torch.zeros(2, 3, 4, 5, dtype=dtype), torch.ones(2, 1, 4, 5, dtype=torch.bool))


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (None, "a NoneType; gradunc.adapt(model, lambda answer: answer.depth, "),
        (torch.zeros(1, 1, 2, 5), "(1, 1, 2, 5); gradunc.adapt(model, lambda answer: answer, "),
        (torch.zeros(1, 2, 4, 5), "(1, 2, 4, 5); gradunc.adapt(model, lambda answer: answer[:, :1], "),
        (torch.zeros(4, 5), "(4, 5); gradunc.adapt(model, lambda answer: answer, "),
        (DepthPrediction(torch.zeros(1, 1, 2, 5)), "(1, 1, 2, 5); gradunc.adapt(model, lambda answer: answer.depth, "),
        (
            {"out": DEPTH, "aux": DEPTH},
            "a dict with the keys out, aux; gradunc.adapt(model, lambda answer: answer['out']",
        ),
        ((DEPTH, DEPTH), "a tuple of 2; gradunc.adapt(model, lambda answer: answer[0], "),
    ],
)
def test_a_bad_answer_of_the_network_is_refused(answer: Any, found: str) -> None:
    wanted = f"the model must return a DepthPrediction or a tensor with depth (1, 1, 4, 5), but gave {found}"
    with pytest.raises(InputError, match=re.escape(wanted)):
        prediction_of(answer, noise(1, 4, 5))


@pytest.mark.parametrize("answer", [DEPTH, DEPTH[:, 0], DepthPrediction(DEPTH), DepthPrediction(DEPTH[:, 0])])
def test_depth_alone_is_a_prediction(answer: Any) -> None:
    found = prediction_of(answer, noise(1, 4, 5))

    assert isinstance(found, DepthPrediction)
    assert torch.equal(found.depth, DEPTH)


def test_inputs_of_the_batch_are_cut_and_others_passed_on() -> None:
    whole = torch.arange(3.0)
    inputs = {"per_image": torch.arange(4.0), "table": whole, "scalar": torch.tensor(4.0), "name": "left", "n": 4}
    cut = slice_inputs(inputs, batch=4, start=1, count=2)

    assert cut.pop("per_image").tolist() == [1.0, 2.0]
    assert cut == {"table": whole, "scalar": inputs["scalar"], "name": "left", "n": 4}


def test_only_tensors_of_inference_mode_are_copied() -> None:
    with torch.inference_mode():
        inside = torch.ones(2)
    outside = torch.ones(2)

    assert usable(outside) is outside
    assert not usable(inside).is_inference()
    assert not slice_inputs({"table": inside}, batch=5, start=0, count=1)["table"].is_inference()
