"""The reference "given" in an evaluation is the truth at the size of the image, unknown where it is unknown."""

from typing import Any

import pytest
import torch

from gradunc.callbacks import EvaluationCallback, UncertaintyCallback
from gradunc.callbacks.true_reference import true_reference
from gradunc.errors import InputError
from gradunc.metrics import EvaluationProtocol
from gradunc.training import DepthEvaluation
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.references import Given
from tests.callbacks.helpers import run_test, sample
from tests.training.helpers import Toy, quiet_trainer, tiny_model
from tests.uncertainty.networks import Pyramid, noise


def batch() -> dict[str, torch.Tensor]:
    """Truth 4x4 for an image 2x2: nearest takes pixels (0,0), (0,2), (2,0), (2,2)."""
    depth = torch.arange(16.0).view(1, 1, 4, 4)
    valid = depth != 10
    return {"image": torch.rand(1, 3, 2, 2), "depth": depth, "valid": valid}


def told(reference: Any, space: OutputSpace | None = None) -> GradientUncertainty:
    model = Pyramid()
    if space is not None:
        model.output_space = space
    return GradientUncertainty(model, ["fuse"], reference)


def test_nearest_and_unknown_stays_zero() -> None:
    found = true_reference(told("given"), batch())["reference"]
    assert found.tolist() == [[[[0.0, 2.0], [8.0, 0.0]]]]
    inverse = true_reference(told(["flip", "given"], OutputSpace("disparity", "affine")), batch())["reference"]
    assert inverse.tolist() == [[[[0.0, 0.5], [0.125, 0.0]]]]


def test_only_an_estimator_that_awaits_it_gets_it() -> None:
    assert true_reference(told("flip"), batch()) == {}
    assert true_reference(told(Given(teacher=lambda image: DepthPrediction(image[:, :1]))), batch()) == {}
    assert true_reference(object(), batch()) == {}
    assert true_reference(told("given"), {"image": noise(1, 2, 2)}) == {}


def test_the_gradient_is_that_of_the_truth_and_the_map_a_score_everywhere() -> None:
    given = sample(0, scale=2, seen=0.5)
    seen: list[Any] = []

    class Watch(EvaluationCallback):
        def see(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, stage: Any) -> None:
            seen.append(outputs["estimates"])
            super().see(trainer, pl_module, outputs, batch, stage)

    model = tiny_model()
    estimator = GradientUncertainty(model, reference="given")
    watch = Watch(EvaluationProtocol(), ["oracle"])
    run_test([given], [UncertaintyCallback({"oracle": estimator}), watch], model)
    truth = torch.where(given["valid"], given["depth"], 0.0)[None][..., ::2, ::2]
    expected = estimator.estimate(given["image"][None], reference=truth)
    estimate = seen[0]["oracle"]
    torch.testing.assert_close(estimate.uncertainty, expected.uncertainty)
    assert not expected.valid.all()
    assert estimate.valid.all()
    assert watch.uncertainty["oracle"]["ause_abs_rel"] > 0


def test_an_output_at_a_limit_is_no_score_either() -> None:
    given, model = sample(0), tiny_model()
    with torch.no_grad():
        depth = model.eval()(given["image"][None]).depth
    model.head.limits = (float(depth[0, 0, 3, 5]), None)
    callback = UncertaintyCallback({"oracle": GradientUncertainty(model, reference="given")})
    with pytest.warns(UserWarning, match=r"output is at its limit"):
        run_test([given], [callback], model)
    valid = callback.estimates({key: one[None] for key, one in given.items() if torch.is_tensor(one)})["oracle"].valid
    assert not valid[0, 0, 3, 5]
    assert valid.float().mean() > 0.9


def test_without_truth_it_is_refused() -> None:
    model = tiny_model()
    trainer = quiet_trainer(callbacks=[UncertaintyCallback(lambda net: GradientUncertainty(net, reference="given"))])
    loader = torch.utils.data.DataLoader(Toy([sample(0, truth=False)]))
    with pytest.raises(InputError, match="reference 'given' needs"):
        trainer.test(DepthEvaluation(model), loader, verbose=False)
