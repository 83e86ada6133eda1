"""More settings of the published program, against a second implementation that first has to have its figures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from gradunc.models import DepthModel, load_model
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.draws import Draws, image_seeds
from gradunc.uncertainty.gradient.references import ReferenceSpec, Rotate
from tests.golden.inputs import image
from tests.uncertainty.published_program import Program, Result, run

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[2] / "golden"
ROTATE = Rotate(10.0, masked=False)


@pytest.fixture(scope="module")
def programs() -> dict[str, Program]:
    return {"selfsup": Program(), "supervised": Program(linear=True), "log": Program(uncertainty=True)}


@pytest.fixture(scope="module")
def models(programs: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> dict[str, DepthModel]:
    loaded = {}
    for name, program in programs.items():
        folder = tmp_path_factory.mktemp(name)
        encoder, decoder = program.files()
        torch.save(encoder | {"height": 96, "width": 320, "use_stereo": False}, folder / "encoder.pth")
        torch.save(decoder, folder / "depth.pth")
        loaded[name] = load_model(folder, head="depth" if program.linear else "disparity")
    return loaded


@pytest.mark.parametrize(
    ("network", "reference", "layer", "channels", "seed"),
    [("selfsup", "flip", 6, "max", 1), ("selfsup", "gray", 4, "mean", 2), ("supervised", "flip", 6, "max", 3)],
)
def test_the_second_implementation_has_the_published_figures(
    programs: dict[str, Program], network: str, reference: str, layer: int, channels: str, seed: int
) -> None:
    expected = np.load(GOLDEN / f"{network}_{reference}_block{layer}_{channels}.npz")
    found = run(programs[network], image(seed), [reference], [layer], channels)

    np.testing.assert_allclose(found.loss, expected["loss"], rtol=1e-4)
    np.testing.assert_allclose(found.uncertainty, expected["uncertainty"], atol=2e-3)
    assert np.mean(np.abs(found.uncertainty - expected["uncertainty"]) <= 2e-4) >= 0.999


def assert_agree(estimator: GradientUncertainty, picture: Tensor, expected: Result) -> None:
    estimate = estimator.estimate(picture)
    np.testing.assert_allclose(
        estimate.depth[0, 0], expected.depth, rtol=1e-4, atol=1e-4 * np.abs(expected.depth).mean()
    )
    np.testing.assert_allclose(estimate.loss.item(), expected.loss, rtol=1e-4)
    difference = np.abs(estimate.uncertainty[0, 0].numpy() - expected.uncertainty)
    assert np.mean(difference <= 2e-4) >= 0.999
    assert difference.max() <= 2e-3
    assert expected.uncertainty.max() > 0.1
    assert estimate.valid.all()


@pytest.mark.parametrize(
    ("network", "reference", "layers", "channels"),
    [
        ("selfsup", "flip", [6], "norm"),
        ("selfsup", "flip", [6], "sum"),
        ("selfsup", "gray", [6], "max"),
        ("selfsup", "flip", [5, 6, 7], "max"),
        ("selfsup", "gray", [0, 4, 9, 10], "norm"),
        ("supervised", "flip", [5, 6, 7], "sum"),
        ("supervised", "gray", [10], "max"),
        ("supervised", "noise", [6], "max"),
        ("supervised", ROTATE, [6], "max"),
        ("supervised", ROTATE, [5, 6, 7], "norm"),
    ],
)
def test_squared_difference(
    programs: dict[str, Program],
    models: dict[str, DepthModel],
    network: str,
    reference: ReferenceSpec,
    layers: list[int],
    channels: str,
) -> None:
    picture = image(4)
    noise = Draws(lambda: image_seeds(0, picture)).normal(picture)
    name = "rotate" if reference is ROTATE else str(reference)
    expected = run(programs[network], picture, [name], layers, channels, noise=noise)
    estimator = GradientUncertainty(models[network], layers, reference, channels=channels, normalize="minmax")

    assert_agree(estimator, picture, expected)


@pytest.mark.parametrize("reference", ["flip", "gray", "none"])
@pytest.mark.parametrize("layers", [[6], [5, 6, 7]])
def test_variance_term(
    programs: dict[str, Program], models: dict[str, DepthModel], reference: str, layers: list[int]
) -> None:
    references = [] if reference == "none" else [reference]
    expected = run(programs["log"], image(5), references, layers, "max", weight=2.0)
    estimator = GradientUncertainty(models["log"], layers, reference, normalize="minmax", variance_weight=2.0)

    assert_agree(estimator, image(5), expected)


@pytest.mark.parametrize("layers", [[6], [5, 6, 7]])
def test_variance_of_five_maps(programs: dict[str, Program], models: dict[str, DepthModel], layers: list[int]) -> None:
    picture = image(6)
    noise = Draws(lambda: image_seeds(0, picture), stream=2).normal(picture)
    expected = run(programs["supervised"], picture, ["flip", "gray", "noise", "rotate"], layers, "max", noise=noise)
    estimator = GradientUncertainty(
        models["supervised"], layers, ["flip", "gray", "noise", ROTATE], "variance", normalize="minmax"
    )

    assert_agree(estimator, picture, expected)
