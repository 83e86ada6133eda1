"""AdaBins: files as they are published, and the numbers of a second implementation."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import Tensor

from gradunc import InputError, OutputSpace
from gradunc.models import EncoderDecoder, build_model, load_model
from gradunc.models.families.adabins import published as family
from gradunc.models.families.adabins.settings import AdaBinsSettings
from gradunc.models.families.adabins.transformer import PatchTransformer, nearest_grid
from gradunc.models.families.family import ONE_FILE
from gradunc.ops.padding import pad_to_multiple
from tests.helpers import random_images
from tests.models.families import adabins_files as files


@pytest.fixture(scope="module", autouse=True)
def backbone() -> Iterator[None]:
    """A narrow EfficientNet among those of timm and among the known ones, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(timm.models._registry._model_entrypoints, files.NAME, files.tiny_efficientnet)
        patch.setitem(family.BACKBONES, files.KEY, files.NAME)
        yield


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    return files.published()


@pytest.fixture(scope="module")
def path(weights: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "AdaBins_kitti.pt"
    torch.save(files.checkpoint(weights), path)
    return path


@pytest.mark.parametrize("size", [(96, 128), (90, 101)], ids=str)
def test_depth_is_that_of_loops(
    size: tuple[int, int], weights: dict[str, Tensor], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, image = load_model(path), random_images(1, *size)
    said = capsys.readouterr().err
    assert f"AdaBins for KITTI, metres up to 80 (model.encoder={files.NAME}" in said
    assert "licence of the weights: GPL-3.0" in said
    expected = files.predicted(weights, pad_to_multiple(image, 32), 80.0)[..., : size[0], : size[1]]
    with torch.no_grad():
        found = model(image).depth
    assert float(expected.std()) > 0.1
    torch.testing.assert_close(found, expected.float(), rtol=1e-4, atol=1e-3)
    assert model.output_space == OutputSpace("depth", "metric")
    assert isinstance(model, EncoderDecoder)
    assert model.settings.licence == "GPL-3.0"
    assert (model.settings.depth_range, model.size) == ((1e-3, 80.0), (352, 1216))


def test_tokens_are_those_of_loops(weights: dict[str, Tensor]) -> None:
    transformer, prefix = PatchTransformer(8, 16, least=9).double(), "decoder.transformer."
    ours = family.convert({ONE_FILE: weights})
    transformer.load_state_dict(
        {key.removeprefix(prefix): one for key, one in ours.items() if key.startswith(prefix)}, strict=True
    )
    x = torch.randn(2, 8, 48, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = transformer(x)
        for image in range(2):
            expected = torch.stack(files.transformed(weights, x[image : image + 1]))
            torch.testing.assert_close(found[image], expected, rtol=1e-10, atol=1e-10)


def test_older_names(weights: dict[str, Tensor], path: Path, tmp_path: Path) -> None:
    older = {
        key.replace("adaptive_bins_layer.conv3x3", "adaptive_bins_layer.embedding_conv").replace(
            "embedding_convPxP", "embedding_encoder"
        ): value.float()
        for key, value in weights.items()
    }
    assert older.keys() != weights.keys()
    torch.save({"model": older}, tmp_path / "AdaBins_nyu.pt")
    model = load_model(tmp_path / "AdaBins_nyu.pt")
    assert isinstance(model, EncoderDecoder)
    assert (model.settings.depth_range, model.size) == ((1e-3, 10.0), (480, 640))
    same = load_model(path).state_dict()
    assert all(torch.equal(one, same[key]) for key, one in model.state_dict().items() if "num_batches" not in key)


def test_what_no_key_says(path: Path, tmp_path: Path) -> None:
    torch.save(torch.load(path, weights_only=True), tmp_path / "mine.pt")
    with pytest.raises(InputError, match="set network= to one of adabins_nyu, adabins_kitti"):
        load_model(tmp_path / "mine.pt")
    model = load_model(tmp_path / "mine.pt", network="adabins_nyu", max_depth=15)
    assert isinstance(model, EncoderDecoder)
    assert model.settings.depth_range == (1e-3, 15.0)


def test_weights_that_do_not_fit(path: Path, tmp_path: Path) -> None:
    given = torch.load(path, weights_only=True)["model"]
    for change, message in [
        ({"module.decoder.up2._net.3.bias": None}, r"missing: decoder\.ups\.1\.conv2\.bias"),
        ({"module.mask_head.0.weight": torch.zeros(1)}, r"left over: mask_head\.0\.weight"),
        ({"module.encoder.original_model.conv_stem.weight": torch.zeros(9, 3, 3, 3)}, "of 9 to 32 channels is unknown"),
        ({"module.conv_out.0.weight": None}, "'conv_out.0.weight' is missing, which AdaBins has"),
    ]:
        torch.save(
            {"model": {key: one for key, one in {**given, **change}.items() if one is not None}}, tmp_path / path.name
        )
        with pytest.raises(InputError, match=message):
            load_model(tmp_path / path.name)


def test_the_published_manifest() -> None:
    """Every shape of the decoder below an EfficientNet-B5 (shared checkpoints.md 7), and of all of its encoder."""
    shapes = files.shapes((176, 64, 40, 24), 128, 256)
    given: dict[str, Any] = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    with torch.device("meta"):
        whole = timm.create_model("tf_efficientnet_b5").state_dict()
        weights = build_model(AdaBinsSettings(head="bins", encoder="tf_efficientnet_b5.ap_in1k")).state_dict()
    given |= {f"encoder.original_model.{key}": one for key, one in whole.items() if "classifier" not in key}
    found = {key: tuple(one.shape) for key, one in weights.items() if "num_batches" not in key}
    expected = family.convert({ONE_FILE: given})
    assert found == {key: tuple(one.shape) for key, one in expected.items() if "num_batches" not in key}
    for key, shape in {
        "decoder.conv2.weight": (2048, 2048, 1, 1),
        "decoder.up1._net.0.weight": (1024, 2048 + 176, 3, 3),
        "decoder.up4._net.0.weight": (128, 256 + 24, 3, 3),
        "adaptive_bins_layer.patch_transformer.positional_encodings": (500, 128),
        "adaptive_bins_layer.conv3x3.weight": (128, 128, 3, 3),
        "conv_out.0.weight": (256, 128, 1, 1),
    }.items():
        assert shapes[key] == shape


def test_patches_always_have_places_and_are_enough() -> None:
    for rows, columns, least in product(range(1, 41), (1, 2, 3, 7, 20, 40, 700), (5, 129, 249)):
        found = nearest_grid((rows, columns), least, 500)
        assert least <= found[0] * found[1] <= 500, (rows, columns, least, found)
        if least <= rows * columns <= 500:
            assert found == (rows, columns)


def test_an_image_of_another_size_is_told() -> None:
    transformer = PatchTransformer(8, 16, least=9)
    with torch.no_grad(), pytest.warns(UserWarning, match="an image of 64x64 has 4 patches of 32x32 pixels") as said:
        assert transformer(torch.randn(1, 8, 32, 32)).shape == (1, 9, 8)
    assert "sees a resized map, 3x3 patches" in str(said[0].message)
    assert f"H * W from {9 * 32**2} to {500 * 32**2}" in str(said[0].message)


def test_settings_are_checked() -> None:
    for change, message in [
        ({"features": 6}, "model.features=6 must be a multiple of 4 from 4 to 248"),
        ({"features": 252}, "model.features=252 must be"),
        ({"bins": 1}, "model.bins=1 must be at least 2"),
        ({"patch": 3}, "model.patch=3 must be one of 1, 2, 4, 8, 16"),
        ({"head": "depth"}, "model.head=depth does not go with model.architecture=adabins; set one of bins"),
    ]:
        with pytest.raises(InputError, match=message):
            build_model(AdaBinsSettings(**{"head": "bins", **change}))
