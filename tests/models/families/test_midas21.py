"""MiDaS 2.1: the numbers of a second implementation, from files with the published names."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import timm
import torch

from gradunc import InputError, OutputSpace
from gradunc.models import build_model, load_model
from gradunc.models.adapters.preparation import preparation_of
from gradunc.models.families.dpt import midas21
from gradunc.models.families.dpt.family import FORMS
from gradunc.models.families.dpt.settings import FUSIONS, DPTSettings
from gradunc.models.families.family import ONE_FILE
from tests.helpers import random_images
from tests.models.families import midas21_files as files

NAMES = {"small": "midas_v21_small_256.pt", "large": "midas_v21_384.pt"}


@pytest.fixture(scope="module", autouse=True)
def encoder() -> Iterator[None]:
    """A ResNeXt of four blocks in the place of the published one, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(timm.models._registry._model_entrypoints, "resnext_tiny", files.tiny_resnext)
        patch.setitem(midas21.ENCODERS, files.CHANNELS["large"], ("resnext_tiny", 384, "midas"))
        yield


@pytest.fixture(scope="module", params=["small", "large"])
def file(request: pytest.FixtureRequest) -> files.File:
    made = files.File(request.param, features=16)
    with torch.no_grad():
        level = files.answer(made, random_images(1, 64, 64)).mean()
    # Values near 1, most of them above 0.
    made.weights["scratch.output_conv.4.weight"] /= 4 * max(1.0, float(level))
    made.weights["scratch.output_conv.4.bias"].fill_(1.0)
    return made


@pytest.mark.parametrize("size", [(64, 96), (61, 83)], ids=str)
def test_relative(file: files.File, tmp_path: Path, size: tuple[int, int]) -> None:
    torch.save(file.weights, tmp_path / NAMES[file.kind])
    model, image = load_model(tmp_path / NAMES[file.kind]), random_images(2, 64, 96)
    image = image[..., : size[0], : size[1]]
    padded = torch.nn.functional.pad(image, (0, 96 - size[1], 0, 64 - size[0]), mode="replicate")
    with torch.no_grad():
        found, expected = model(image).depth, files.answer(file, padded)[..., : size[0], : size[1]]
    assert float(expected.std()) > 1e-2
    assert float((expected > 0).float().mean()) > 0.5
    assert float((found - expected).abs().max()) < 1e-4
    assert model.output_space == OutputSpace("disparity", "affine")


def test_what_it_is_and_how_it_takes_images(file: files.File, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Under any name: there is one network of these keys only."""
    torch.save({"model": file.weights, "optimizer": {}}, tmp_path / "mine.pt")
    model = load_model(tmp_path / "mine.pt")
    side = 256 if file.kind == "small" else 384
    assert model.size == (side, side)
    assert "MiDaS 2.1, relative disparity" in (told := capsys.readouterr().err)
    assert "licence of the weights: MIT" in told
    # The published program: both sides by the smaller factor, to the nearest multiples of 32, none beyond the side.
    preparation = preparation_of(model)
    assert preparation is not None
    for given, small, large in (
        ((480, 640), (192, 256), (288, 384)),
        ((375, 1242), (64, 256), (128, 384)),
        ((640, 480), (256, 192), (384, 288)),
        ((500, 500), (256, 256), (384, 384)),
    ):
        assert preparation.size_for(given) == (small if file.kind == "small" else large)


def test_the_published_network_has_the_shapes_of_the_file() -> None:
    """EfficientNet-Lite3 of timm, under the names of the second implementation, at its full width of 64."""
    made = files.File("small", features=64)
    with torch.no_grad():
        files.answer(made, random_images(1, 32, 32))
    ours = build_model(midas21.settings({ONE_FILE: made.weights}, "disparity")).state_dict()
    theirs = midas21.convert({ONE_FILE: made.weights})
    assert {key: tuple(one.shape) for key, one in ours.items()} == {
        key: tuple(one.shape) for key, one in theirs.items()
    }


def test_other_encoders_are_named() -> None:
    content = {f"scratch.layer{index}_rn.weight": torch.zeros(64, 7, 3, 3) for index in range(1, 5)}
    with pytest.raises(InputError, match=r"on maps of \(7, 7, 7, 7\) channels is unknown; known: \(32, 48, 136, 384\)"):
        midas21.settings({ONE_FILE: content}, "disparity")


def test_forms() -> None:
    assert tuple(FORMS) == FUSIONS
    with pytest.raises(InputError, match=r"model.fusion.*midas_small"):
        build_model(DPTSettings(transformer="lcnet_050", taps=[], fusion="midas_smal"))


@pytest.mark.parametrize("fusion", ["midas", "midas_small"])
def test_every_weight_learns(fusion: str) -> None:
    settings = DPTSettings(
        head="sigmoid_depth", transformer="lcnet_050", taps=[], features=8, size=[64, 64], fusion=fusion
    )
    model = build_model(settings)
    model(random_images(1, 64, 64)).depth.sum().backward()
    assert not [name for name, value in model.decoder.named_parameters() if value.grad is None]
