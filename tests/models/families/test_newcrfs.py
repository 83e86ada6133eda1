"""NeWCRFs: files as they are published, and the numbers of a second implementation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import Tensor

from gradunc import InputError, OutputSpace
from gradunc.models import EncoderDecoder, build_model, load_model
from gradunc.models.families.family import ONE_FILE
from gradunc.models.families.newcrfs.crf import CRFAttention
from gradunc.models.families.newcrfs.published import convert
from gradunc.models.families.newcrfs.settings import NeWCRFsSettings
from gradunc.models.parts.swin_names import SIZES
from gradunc.ops.padding import pad_to_multiple
from tests.helpers import random_images
from tests.models import swin_files
from tests.models.families import newcrfs_files as files
from tests.models.parts import naive_windows as naive


@pytest.fixture(scope="module", autouse=True)
def transformer() -> Iterator[None]:
    """A narrow transformer among those of timm and among the known sizes, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(timm.models._registry._model_entrypoints, swin_files.NAME, swin_files.tiny_swin)
        patch.setitem(SIZES, swin_files.KEY, "nano")
        yield


@pytest.fixture(scope="module")
def backbone() -> Any:
    return swin_files.backbone()


@pytest.fixture(scope="module")
def weights(backbone: Any) -> dict[str, Tensor]:
    return files.published(backbone, files.shapes())


@pytest.fixture(scope="module")
def path(weights: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "model_nyu.ckpt"
    torch.save(files.checkpoint(weights), path)
    return path


@pytest.mark.parametrize("size", [(32, 64), (45, 70)], ids=str)
def test_depth_is_that_of_loops(
    size: tuple[int, int], backbone: Any, weights: dict[str, Tensor], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, image = load_model(path), random_images(1, *size)
    said = capsys.readouterr().err
    assert "NeWCRFs for NYU, metres up to 10 (model.transformer=swin_nano" in said
    assert "licence of the weights: MIT" in said
    expected = files.predicted(backbone, weights, pad_to_multiple(image, 32), 10.0)[..., : size[0], : size[1]]
    with torch.no_grad():
        found = model(image).depth
    assert float(expected.std()) > 0.1
    torch.testing.assert_close(found, expected.float(), rtol=1e-4, atol=1e-4)
    assert model.output_space == OutputSpace("depth", "metric")


def test_what_no_key_says(path: Path, tmp_path: Path) -> None:
    content = torch.load(path, weights_only=False)
    torch.save(content["model"], tmp_path / "mine.pth")
    with pytest.raises(InputError, match="set network= to one of newcrfs_nyu, newcrfs_kitti"):
        load_model(tmp_path / "mine.pth")
    model = load_model(tmp_path / "mine.pth", network="newcrfs_kitti")
    assert isinstance(model, EncoderDecoder)
    assert (model.settings.depth_range[1], model.size) == (80.0, (352, 1216))
    torch.save(content, tmp_path / "model_kittieigen.ckpt")
    again = load_model(tmp_path / "model_kittieigen.ckpt", max_depth=60)
    image = random_images(1, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(60 * model(image).depth, 80 * again(image).depth)


def test_weights_that_do_not_fit(path: Path, tmp_path: Path) -> None:
    given = torch.load(path, weights_only=False)["model"]
    for change, message in [
        ({"module.crf2.proj_v.weight": None}, r"missing: decoder\.crfs\.2\.message\.weight"),
        ({"module.mask_head.0.weight": torch.zeros(1)}, r"left over: mask_head\.0\.weight"),
        ({"module.backbone.patch_embed.proj.weight": torch.zeros(9, 3, 4, 4)}, "a Swin transformer of width 9 with 1"),
        ({"module.disp_head1.conv1.weight": None}, "'disp_head1.conv1.weight' is missing, which NeWCRFs has"),
    ]:
        torch.save(
            {key: value for key, value in {**given, **change}.items() if value is not None}, tmp_path / path.name
        )
        with pytest.raises(InputError, match=message):
            load_model(tmp_path / path.name)


@pytest.mark.parametrize("shift", [0, 3])
def test_attention_weighs_the_message_by_the_features(shift: int) -> None:
    """And the message has no part in its own weights."""
    torch.manual_seed(0)
    attention, size = CRFAttention(4, 2, shift).double(), (9, 10)
    torch.nn.init.normal_(attention.bias.table)
    x, message = torch.randn(2, 2, *size, 4, dtype=torch.float64)
    with torch.no_grad():
        found = attention(x.flatten(1, 2), message, size).unflatten(1, size)
        for image in range(2):
            query, key = attention.qk(naive.padded(x[image])).chunk(2, -1)
            mixed = naive.attention(query, key, naive.padded(message[image]), attention.bias.table, shift)
            expected = attention.out(mixed[: size[0], : size[1]])
            torch.testing.assert_close(found[image], expected, rtol=1e-10, atol=1e-10)


def test_the_published_manifest() -> None:
    """Every shape of the decoder on a Swin-L, but for a counter; for example the last convolution is (1,128,3,3)."""
    shapes = files.shapes((192, 384, 768, 1536), 128, 4)
    published: dict[str, Any] = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    with torch.device("meta"):
        weights = build_model(NeWCRFsSettings(head="sigmoid_depth")).state_dict()
    expected = {key: one.shape for key, one in convert({ONE_FILE: published}).items()}
    found = {key: one.shape for key, one in weights.items() if key.startswith("decoder.") and "num_batches" not in key}
    assert found == expected
    assert shapes["disp_head1.conv1.weight"] == (1, 128, 3, 3)


def test_settings_are_checked() -> None:
    for change, message in [({"features": 5}, "must be even"), ({"attention_heads": 3}, "divide model.features=128")]:
        with pytest.raises(InputError, match=message):
            build_model(NeWCRFsSettings(**change))
