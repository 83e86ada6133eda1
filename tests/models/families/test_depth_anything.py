"""Depth Anything V1 and V2: the numbers of transformers, from files as they are published."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn
from transformers import DPTImageProcessor

from gradunc import InputError, OutputSpace
from gradunc.models import EncoderDecoder, build_model, export_model, load_model, start_model
from gradunc.models.adapters.preparation import preparation_of
from gradunc.models.families.depth_anything.published import SIZES as SIZES_OF
from gradunc.models.families.depth_anything.published import VARIANTS
from gradunc.models.families.depth_anything.settings import DepthAnythingSettings
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.vision_transformer import VisionTransformerEncoder, positions_for
from gradunc.ops.padding import pad_to_multiple
from tests.helpers import random_images
from tests.models.families import depth_anything_files as files

SIZES = [(70, 98), (61, 83), (518, 56)]
"""Not of the square that position embeddings are for; the second is no multiple of 14."""


@pytest.fixture(scope="module", autouse=True)
def transformer() -> Iterator[None]:
    """A narrow transformer among those of timm and among the published sizes, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(timm.models._registry._model_entrypoints, "vit_tiny_patch14_dinov2", files.tiny_transformer)
        patch.setitem(SIZES_OF, 24, ("tiny", [2, 5, 8, 11]))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def small(folder: Path) -> tuple[Any, Path]:
    network = files.tiny(files.V2)
    torch.save(files.published(network), folder / "depth_anything_v2_vits.pth")
    return network, folder / "depth_anything_v2_vits.pth"


def loaded(path: Path, **told: Any) -> EncoderDecoder:
    model = load_model(path, **told)
    assert isinstance(model, EncoderDecoder)
    model.encoder.positions = "transformers"  # pyright: ignore[reportArgumentType]
    return model


def answer(network: nn.Module, model: EncoderDecoder, image: Tensor) -> Tensor:
    """What transformers predicts of the image, prepared as its processor would do it."""
    prepared = (pad_to_multiple(image, 14) - model.mean) / model.std
    with torch.no_grad():
        depth = network(prepared).predicted_depth[:, None]
    return depth[..., : image.shape[-2], : image.shape[-1]]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_relative_v2(small: tuple[Any, Path], size: tuple[int, int]) -> None:
    network, path = small
    model, image = loaded(path), random_images(1, *size)
    expected = answer(network, model, image)
    with torch.no_grad():
        found = model(image).depth
    assert float(expected.std()) > 1e-3
    assert float((found - expected).abs().max()) < 1e-4
    assert model.output_space == OutputSpace("disparity", "affine")


def test_photos_keep_their_shape(small: tuple[Any, Path], tmp_path: Path) -> None:
    """As the image processor of the same network at transformers resizes them."""
    again = load_model(export_model(load_model(small[1]), tmp_path / "export"))
    processor = DPTImageProcessor(
        size={"height": 518, "width": 518}, keep_aspect_ratio=True, ensure_multiple_of=14, resample=3
    )
    for height, width in ((480, 640), (600, 400), (1080, 1920)):
        expected = processor(np.zeros((height, width, 3), np.uint8), return_tensors="pt")["pixel_values"]
        found = preparation_of(again)
        assert found is not None
        assert found.size_for((height, width)) == tuple(expected.shape[-2:])
        assert found.filter == "bicubic"


def test_v1_reads_the_last_four_blocks(folder: Path) -> None:
    network, image = files.tiny(files.V1), random_images(1, 70, 98)
    torch.save({"model": files.published(network)}, folder / "mine.pth")
    right, wrong = (loaded(folder / "mine.pth", network=f"depth_anything_v{version}") for version in (1, 2))
    expected = answer(network, right, image)
    with torch.no_grad():
        assert float((right(image).depth - expected).abs().max()) < 1e-4
        assert float((wrong(image).depth - expected).abs().max()) > 1e-2
    assert right.settings.taps == [8, 9, 10, 11]  # type: ignore[attr-defined]


def test_metric(folder: Path) -> None:
    network, image = files.tiny(files.V2, "metric", 80), random_images(1, 56, 70)
    weights = {f"module.{key}": value for key, value in files.published(network).items()}
    path = folder / "depth_anything_v2_metric_vkitti_vits.pth"
    torch.save(weights, path)
    model = loaded(path)
    with torch.no_grad():
        assert float((model(image).depth - answer(network, model, image)).abs().max()) < 1e-4
    assert model.output_space == OutputSpace("depth", "metric")
    assert loaded(path, max_depth=30).settings.depth_range[1] == 30


def test_nothing_is_guessed(small: tuple[Any, Path], tmp_path: Path) -> None:
    renamed = tmp_path / "weights.pth"
    renamed.write_bytes(small[1].read_bytes())
    with pytest.raises(
        InputError, match="its keys fit several networks, and its name says nothing; set network= to"
    ) as e:
        load_model(renamed)
    assert all(name in str(e.value) for name in VARIANTS)
    with pytest.raises(InputError, match="it has the published name of depth_anything_v2; omit network="):
        load_model(small[1], network="depth_anything_v1")
    with pytest.raises(InputError, match="unknown network 'depth_anything_v3'; did you mean"):
        load_model(renamed, network="depth_anything_v3")
    with pytest.raises(InputError, match="its keys are those of Depth Anything, not of network=grumodepth_nyu"):
        load_model(renamed, network="grumodepth_nyu")
    with pytest.raises(InputError, match="has no greatest depth; omit max_depth=30"):
        load_model(renamed, network="depth_anything_v2", max_depth=30)
    with pytest.raises(InputError, match="has the head 'sigmoid_depth'; omit head=depth"):
        load_model(renamed, network="depth_anything_v2_outdoor", head="depth")


def test_weights_that_do_not_fit(small: tuple[Any, Path], tmp_path: Path) -> None:
    weights = torch.load(small[1])
    for change, message in [
        ({"depth_head.scratch.output_conv1.weight": None}, "missing: decoder.output1.weight"),
        ({"pretrained.register_tokens": torch.zeros(1, 4, 24)}, "left over: encoder.backbone.register_tokens"),
        ({"pretrained.cls_token": torch.zeros(1, 1, 100)}, "a DINOv2 of width 100 is unknown"),
    ]:
        changed = {key: value for key, value in {**weights, **change}.items() if value is not None}
        torch.save(changed, tmp_path / "depth_anything_v2_vits.pth")
        with pytest.raises(InputError, match=message):
            load_model(tmp_path / "depth_anything_v2_vits.pth")


def test_half_precision_and_safetensors(small: tuple[Any, Path], tmp_path: Path) -> None:
    from safetensors.torch import save_file

    half = {key: value.half().contiguous() for key, value in torch.load(small[1]).items()}
    save_file(half, tmp_path / "depth_anything_v2_vits.safetensors")
    model, image = loaded(tmp_path / "depth_anything_v2_vits.safetensors"), random_images(1, 56, 56)
    assert model.mean.dtype == next(model.parameters()).dtype == torch.float32
    with torch.no_grad():
        expected = loaded(small[1])(image).depth
        assert float((model(image).depth - expected).abs().max() / expected.max()) < 5e-3


def test_exports_keep_the_licence_and_the_way_of_positions(
    small: tuple[Any, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = load_model(small[1])
    assert "Depth Anything V2, relative disparity (model.transformer=vit_tiny_patch14_dinov2" in (
        said := capsys.readouterr().err
    )
    assert "licence of the weights: CC-BY-NC-4.0, non-commercial use only" in said
    again = load_model(export_model(model, tmp_path / "export"))
    assert "non-commercial use only" in capsys.readouterr().err
    assert again.settings.positions == "original"  # type: ignore[attr-defined]
    with torch.no_grad():
        image = random_images(1, 42, 70)
        assert torch.equal(again(image).depth, model(image).depth)


def test_a_training_that_starts_there_keeps_the_licence(small: tuple[Any, Path]) -> None:
    given = load_model(small[1], network="depth_anything_v2")
    assert isinstance(given, EncoderDecoder)
    started = start_model(replace(given.settings, weights=str(small[1]), licence=None))
    assert started.settings.licence == "CC-BY-NC-4.0, non-commercial use only"


def test_a_relative_network_has_no_start_depth() -> None:
    settings = DepthAnythingSettings(head="relative", transformer="vit_tiny_patch14_dinov2", initial_depth=5.0)
    with pytest.raises(InputError, match=r"model.initial_depth=5.0: model.head=relative gives no depth; omit it"):
        build_model(settings)


def test_features_are_those_of_timm() -> None:
    name = "vit_tiny_patch16_224"
    torch.manual_seed(0)
    ours = VisionTransformerEncoder(name, Pretrained(), (2, 5, 8, 11), positions="timm").eval()
    theirs: Any = timm.create_model(name, num_classes=0, dynamic_img_size=True).eval()
    theirs.load_state_dict(ours.backbone.state_dict())
    image = random_images(2, 64, 160)
    with torch.no_grad():
        expected = theirs.forward_intermediates(image, indices=[2, 5, 8, 11], norm=True, intermediates_only=True)
        for one, other in zip(ours(image), expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def cubic(x: float) -> float:
    """The kernel of cubic convolution with a = -0.75."""
    x, a = abs(x), -0.75
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def resampling(old: int, new: int) -> Tensor:
    """(new, old): DINOv2's factor (new + 0.1) / old, half-pixel centres, borders repeated."""
    matrix = torch.zeros(new, old, dtype=torch.float64)
    for target in range(new):
        source = (target + 0.5) * old / (new + 0.1) - 0.5
        base = int(torch.tensor(source).floor())
        for tap in range(base - 1, base + 3):
            matrix[target, min(max(tap, 0), old - 1)] += cubic(source - tap)
    return matrix


@pytest.mark.parametrize("size", [(3, 5), (9, 7), (5, 5)])
def test_original_positions_are_a_cubic_convolution(size: tuple[int, int]) -> None:
    embedding = torch.randn(1, 1 + 25, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = positions_for(embedding, size, "original")
    grid = embedding[0, 1:].reshape(5, 5, 4)
    rows, columns = (torch.eye(5).double() if size == (5, 5) else resampling(5, new) for new in size)
    expected = torch.einsum("hi,wj,ijc->hwc", rows, columns, grid).reshape(-1, 4)
    assert torch.equal(found[:, :1], embedding[:, :1])
    torch.testing.assert_close(found[0, 1:], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "licence"), [("small", "Apache-2.0"), ("base", "non-commercial"), ("large", "non-commercial")]
)
def test_licences(size: str, licence: str) -> None:
    settings = DepthAnythingSettings(transformer=f"vit_{size}_patch14_dinov2")
    for name, variant in VARIANTS.items():
        found = variant.licence(settings) if callable(variant.licence) else variant.licence
        assert ("Apache-2.0" if name == "depth_anything_v1" else licence) in found


@pytest.mark.parametrize(
    ("width", "entries", "millions"), [(384, 239, 24.785), (768, 239, 97.471), (1024, None, 335.3)]
)
def test_the_published_manifest(width: int, entries: int | None, millions: float) -> None:
    """Number of entries and of parameters of the three published sizes (shared checkpoints.md 6)."""
    features = {384: 64, 768: 128, 1024: 256}[width]
    channels = {384: [48, 96, 192, 384], 768: [96, 192, 384, 768], 1024: [256, 512, 1024, 1024]}[width]
    name, taps = SIZES_OF[width]
    settings = DepthAnythingSettings(
        head="relative", transformer=f"vit_{name}_patch14_dinov2", taps=taps, features=features, channels=channels
    )
    with torch.device("meta"):
        weights = build_model(settings).state_dict()
    unused = {
        "mask_token": width,
        **{f"{conv}.weight": 9 * features**2 for conv in ("a", "b")},
        "c": features,
        "d": features,
    }
    assert entries is None or len(weights) + len(unused) == entries
    total = sum(value.numel() for value in weights.values()) + sum(unused.values())
    assert total / 1e6 == pytest.approx(millions, abs=0.05)
