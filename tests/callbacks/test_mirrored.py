"""A test whose depth is that of both images: its errors, and uncertainties that judge the plain one."""

from typing import Any, cast

import lightning as L
import numpy as np
import pytest
import torch
from torch import Tensor

from gradunc.callbacks import EvaluationCallback, MirroredCallback, TrivialCallback, UncertaintyCallback
from gradunc.metrics import EvaluationProtocol
from gradunc.types import DepthPrediction, Mirrored
from gradunc.uncertainty.posthoc.mirrored import together
from tests.callbacks.helpers import Told, ToldUncertainty, mean, median_errors, run_test, sample


class Leaning(Told):
    """Depth grows to the right, whatever the image is."""

    def forward(self, image: Tensor) -> DepthPrediction:
        ramp = torch.linspace(1, 2, image.shape[-1])
        return DepthPrediction(super().forward(image).depth * ramp)


SAMPLES = [sample(i) for i in range(3)]


def run_with(how: Mirrored) -> tuple[dict[str, float], EvaluationCallback]:
    trivial = TrivialCallback()
    evaluation = EvaluationCallback(EvaluationProtocol(), ("told", *trivial.names))
    callbacks: list[L.Callback] = [UncertaintyCallback({"told": ToldUncertainty})]
    callbacks += [MirroredCallback(how)] if how != "none" else []
    return run_test(SAMPLES, [*callbacks, trivial, evaluation], Leaning()), evaluation


@pytest.mark.parametrize("how", ["mean", "blended"])
def test_errors_are_of_both_and_uncertainties_of_the_plain_one(how: Mirrored) -> None:
    logged, evaluation = run_with(how)
    rows = []
    for one in SAMPLES:
        known = cast(dict[str, Any], one)
        image = known["image"][None]
        depth = Leaning()(image).depth
        other = Leaning()(image.flip(-1)).depth.flip(-1)
        both = together(depth, other, how, Leaning().output_space)
        counts = known["valid"] & (known["depth"] < 80)
        rows.append(median_errors(*(np.asarray(x).squeeze() for x in (known["depth"], both, counts))))
    assert logged["test/abs_rel"] == pytest.approx(mean(rows)["abs_rel"], rel=1e-5)
    plain, of_plain = run_with("none")
    assert plain["test/abs_rel"] != pytest.approx(logged["test/abs_rel"], rel=1e-3)
    assert evaluation.uncertainty == of_plain.uncertainty


def test_tables_say_so() -> None:
    assert "mirrored" not in EvaluationProtocol().describe()
    said = EvaluationProtocol(mirrored="mean").describe()
    assert said.endswith("depth mean with the mirrored image's, uncertainties of the plain one")
