"""DPT: the numbers of transformers, from files as they are published; a ResNet below, and pyramids of timm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import Tensor

from gradunc import InputError, OutputSpace
from gradunc.models import EncoderDecoder, build_model, load_model
from gradunc.models.families.dpt import published as files_of
from gradunc.models.families.dpt.hybrid import HybridEncoder
from gradunc.models.families.dpt.settings import DPTSettings
from gradunc.models.families.family import ONE_FILE
from gradunc.models.parts.pretrained import Pretrained
from gradunc.ops.padding import pad_to_multiple
from tests.helpers import random_images
from tests.models.families import dpt_files as files

SIZES = [(64, 96), (61, 83), (384, 32)]


@pytest.fixture(scope="module", autouse=True)
def transformer() -> Iterator[None]:
    """A narrow transformer among those of timm and among the published sizes, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(timm.models._registry._model_entrypoints, "vit_tiny_test", files.tiny_transformer)
        patch.setitem(timm.models._registry._model_entrypoints, "vit_tiny_hybrid", files.tiny_hybrid)
        patch.setitem(files_of.PLAIN, 24, ("vit_tiny_test", [2, 5, 8, 11]))
        yield


@pytest.fixture(scope="module")
def network() -> Any:
    return files.tiny()


def answer(network: Any, image: Tensor) -> Tensor:
    """What transformers predicts; without the grid it takes every image for a square one."""
    padded = (pad_to_multiple(image, 32) - 0.5) / 0.5
    grid = (padded.shape[-2] // 16, padded.shape[-1] // 16)
    with torch.no_grad():
        states = network.dpt(padded, output_hidden_states=True).hidden_states[1:]
        chosen = [states[i] for i in network.config.backbone_out_indices]
        depth = network.head(network.neck(chosen, *grid))[:, None]
    return depth[..., : image.shape[-2], : image.shape[-1]]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_relative(network: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    torch.save(files.published(network), tmp_path / "dpt_large-midas-2f21e586.pt")
    model, image = load_model(tmp_path / "dpt_large-midas-2f21e586.pt"), random_images(1, *size)
    with torch.no_grad():
        found = model(image).depth
    expected = answer(network, image)
    assert float(expected.std()) > 1e-3
    assert float((found - expected).abs().max()) < 1e-4
    assert model.output_space == OutputSpace("disparity", "affine")


@pytest.mark.parametrize(("data", "scale", "shift"), [("kitti", 6.016e-5, 0.00579), ("nyu", 3.05e-4, 0.1378)])
def test_fine_tuned_for_metres(network: Any, tmp_path: Path, data: str, scale: float, shift: float) -> None:
    weights = files.published(network)
    for kind in ("weight", "bias"):
        weights[f"scratch.output_conv.4.{kind}"] = 1000 * weights[f"scratch.output_conv.4.{kind}"]
    torch.save({"model": weights, "optimizer": {"state": {0: {"step": torch.ones(1)}}}}, tmp_path / "mine.pt")
    model, image = load_model(tmp_path / "mine.pt", network=f"dpt_{data}"), random_images(1, 64, 64)
    with torch.no_grad():
        found = model(image).depth
    expected = 1 / (scale * 1000 * answer(network, image) + shift)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert model.output_space == OutputSpace("depth", "metric")


def test_nothing_is_guessed(network: Any, tmp_path: Path) -> None:
    torch.save(files.published(network), tmp_path / "mine.pt")
    with pytest.raises(InputError, match="set network= to one of dpt, dpt_kitti, dpt_nyu"):
        load_model(tmp_path / "mine.pt")


def test_the_hybrid_sees_the_maps_of_its_resnet_and_the_tokens_of_two_blocks() -> None:
    torch.manual_seed(0)
    ours = HybridEncoder("vit_tiny_hybrid", Pretrained(), (0, 1)).eval()
    kept: list[Tensor] = []
    stages = ours.backbone.patch_embed.backbone.stages
    for module in (stages[0], stages[1], *ours.backbone.blocks):
        module.register_forward_hook(lambda _m, _a, output: kept.append(output))
    image = random_images(1, 64, 96)
    with torch.no_grad():
        maps = ours(image)
        embedded = ours.backbone.patch_embed.proj(ours.backbone.patch_embed.backbone(image))
    assert embedded.shape == (1, 32, 4, 6)
    assert [tuple(one.shape) for one in maps if one is not None] == [
        (1, 256, 16, 24), (1, 512, 8, 12), (1, 64, 4, 6), (1, 64, 4, 6),
    ]  # fmt: skip
    for found, tokens in zip(maps[2:], kept[2:4], strict=True):
        assert found is not None
        torch.testing.assert_close(found[0, :32, 1, 2], tokens[0, 1 + 1 * 6 + 2])
        torch.testing.assert_close(found[0, 32:, 3, 5], tokens[0, 0])


def old_names(key: str) -> str:
    """timm's names when MiDaS was published: the downsampling of Swin stood behind a stage."""
    stage = key.split(".")[0].removeprefix("layers_")
    if ".downsample." in key:
        return f"layers.{int(stage) - 1}.{key.split('.', 1)[1]}"
    return key.replace("layers_", "layers.")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "side"), [("swinv2_tiny_window16_256", 256)])
def test_swin(tmp_path: Path, name: str, side: int) -> None:
    torch.manual_seed(0)
    settings = DPTSettings(
        head="relative", transformer=name, taps=[], features=16, channels=[96, 192, 384, 768], size=[side, side]
    )
    model = build_model(settings).eval()
    weights = {"pretrained.model.head.weight": torch.zeros(1), "pretrained.model.norm.weight": torch.zeros(768)}
    for key, value in model.encoder.backbone.backbone.state_dict().items():  # type: ignore[union-attr]
        weights[f"pretrained.model.{old_names(key)}"] = value
    weights |= decoder_weights(model)
    torch.save(weights, tmp_path / "dpt_swin2_tiny_256.pt")
    again, image = load_model(tmp_path / "dpt_swin2_tiny_256.pt"), random_images(1, side, side)
    with torch.no_grad():
        assert torch.equal(again(image).depth, model(image).depth)


def decoder_weights(model: EncoderDecoder) -> dict[str, Tensor]:
    """Ours under the published names, for a pyramid."""
    names: dict[str, str] = {}
    for index in range(4):
        names[f"inputs.{index}.weight"] = f"scratch.layer{index + 1}_rn.weight"
        for kind in ("weight", "bias"):
            names[f"fusions.{index}.out.{kind}"] = f"scratch.refinenet{4 - index}.out_conv.{kind}"
            for conv in ("conv1", "conv2"):
                unit = f"scratch.refinenet{4 - index}.resConfUnit"
                names[f"fusions.{index}.unit.{conv}.{kind}"] = f"{unit}2.{conv}.{kind}"
                names[f"fusions.{index}.skip_unit.{conv}.{kind}"] = f"{unit}1.{conv}.{kind}"
    for position, ours in ((0, "output1"), (2, "output2"), (4, "heads.0")):
        names |= {f"{ours}.{kind}": f"scratch.output_conv.{position}.{kind}" for kind in ("weight", "bias")}
    return {names[key]: value for key, value in model.decoder.state_dict().items()}


def test_other_transformers_are_named() -> None:
    content = {"pretrained.model.cls_token": torch.zeros(1, 1, 100)}
    content |= {f"scratch.layer{index}_rn.weight": torch.zeros(256, 256, 3, 3) for index in range(1, 5)}
    with pytest.raises(InputError, match=r"width 100 is unknown; large \(1024\) and base \(768\) are known"):
        files_of.settings({ONE_FILE: content}, "disparity")


def test_settings() -> None:
    with pytest.raises(
        InputError, match=r"model.taps=\[1\] must be four blocks \(two on a ResNet, none of a pyramid\)"
    ):
        build_model(DPTSettings(taps=[1]))
    with pytest.raises(InputError, match="has no maps at 1/4, 1/8, 1/16 and 1/32, which taps="):
        build_model(DPTSettings(taps=[], transformer="vit_tiny_patch16_224"))
