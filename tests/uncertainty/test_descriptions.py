"""Plain values that say what an estimator computes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.uncertainty import TRIVIAL, GradientUncertainty
from gradunc.uncertainty.descriptions import UNREADABLE, described, description_of, weights_of
from gradunc.uncertainty.gradient.references import Given
from tests.uncertainty.networks import Pyramid

HERE = "tests.uncertainty.test_descriptions"


@dataclass
class Options:
    share: float
    names: tuple[str, ...]


class Learner:
    """Learns one number."""

    fit_split, is_fitted = "train", True

    def __init__(self, number: float) -> None:
        self.number = number

    def fit(self, batches: Any) -> None: ...

    def learned(self) -> Mapping[str, Tensor]:
        return {"number": torch.tensor(self.number, dtype=torch.bfloat16)}

    def restore(self, learned: Mapping[str, Tensor]) -> None: ...


def test_all_options_of_the_gradient() -> None:
    layers = [name for name, module in Pyramid().named_modules() if isinstance(module, nn.Conv2d)]
    estimator = GradientUncertainty(
        Pyramid(),
        layers,
        ["flip", {"rotate": {"degrees": 5}}],
        "l1",
        "norm",
        "weighted",
        layer_weights=[1] * len(layers),
    )
    assert estimator.description() == {
        "class": "GradientUncertainty",
        "layers": layers,
        "reference": [
            {"class": "gradunc.uncertainty.gradient.references.of_images.Flip"},
            {"class": "gradunc.uncertainty.gradient.references.of_images.Rotate", "degrees": 5, "masked": True},
        ],
        "loss": "l1",
        "channels": "norm",
        "across_layers": "weighted",
        "normalize": "minmax",
        "layer_weights": [1] * len(layers),
        "variance_weight": 0.0,
        "depth_power": 0.0,
        "seed": 0,
    }


def test_layers_that_an_image_has_yet_to_find() -> None:
    assert GradientUncertainty(nn.Conv2d(3, 1, 1), "auto").description()["layers"] == ["auto"]


def test_scores_and_objects_of_others() -> None:
    row = TRIVIAL["row"](Pyramid())
    assert description_of(row) == {"class": "TrivialUncertainty", "score": "gradunc.uncertainty.trivial.row"}
    assert description_of(Options(1.0, ())) == {"class": f"{HERE}.Options"}


def test_what_was_learned_counts() -> None:
    one, same, other = (description_of(Learner(number)) for number in (1.0, 1.0, 2.0))
    assert one == same != other


def test_values() -> None:
    assert described([None, True, 3, 0.5, "a", len, object()]) == [
        None, True, 3, 0.5, "a", "builtins.len", "builtins.object",
    ]  # fmt: skip
    assert described({"a": Options(0.5, ("b", "c"))}) == {
        "a": {"class": f"{HERE}.Options", "share": 0.5, "names": ["b", "c"]}
    }
    assert described(torch.zeros(2, 3)) != described(torch.zeros(3, 2))


def test_a_teacher_is_known_by_its_weights() -> None:
    teacher, twin = nn.Conv2d(3, 1, 1), nn.Conv2d(3, 1, 1)
    before = described(Given(teacher))
    assert described(Given(twin)) != before
    twin.load_state_dict(teacher.state_dict())
    assert described(Given(twin)) == before
    json.dumps(before)


def test_weights_that_are_no_plain_tensors() -> None:
    class Packed(nn.Module):
        def get_extra_state(self) -> Any:
            return {"bits": 4}

        def set_extra_state(self, state: Any) -> None: ...

    assert weights_of(Packed()) == UNREADABLE


class Tuned:
    """A function with an attribute."""

    def __init__(self, share: float) -> None:
        self.share, self.me = share, self

    def __call__(self, gradient: Tensor) -> Tensor:
        return self.share * gradient.amax(1, keepdim=True)


def test_functions_with_other_arguments_and_objects_with_other_attributes_differ() -> None:
    assert described(partial(torch.quantile, q=0.1)) != described(partial(torch.quantile, q=0.9))
    assert described(partial(torch.quantile, q=0.1)) == described(partial(torch.quantile, q=0.1))
    assert (
        described(Tuned(1.0))
        == described(Tuned(1.0))
        == {"class": f"{HERE}.Tuned", "share": 1.0, "me": f"{HERE}.Tuned"}
    )
    assert described(Tuned(1.0)) != described(Tuned(2.0))
