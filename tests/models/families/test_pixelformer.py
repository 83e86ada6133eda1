"""PixelFormer: files as they are published, and the numbers of a second implementation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import Tensor

from gradunc import InputError, OutputSpace
from gradunc.models import EncoderDecoder, Monodepth2Settings, build_model, load_model
from gradunc.models.families.family import ONE_FILE
from gradunc.models.families.pixelformer.published import convert
from gradunc.models.families.pixelformer.settings import PixelFormerSettings
from gradunc.models.families.pixelformer.skip import SkipAttention
from gradunc.models.parts.swin_names import SIZES
from gradunc.ops.padding import pad_to_multiple
from tests.helpers import random_images
from tests.models import swin_files
from tests.models.families import newcrfs_files
from tests.models.families import pixelformer_files as files
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
    return newcrfs_files.published(backbone, files.shapes())


def test_depth_is_that_of_loops(
    backbone: Any, weights: dict[str, Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(newcrfs_files.checkpoint(weights), tmp_path / "kitti.pth")
    model, image = load_model(tmp_path / "kitti.pth", network="pixelformer_kitti"), random_images(1, 45, 70)
    said = capsys.readouterr().err
    assert "PixelFormer for KITTI, metres up to 80 (model.transformer=swin_nano" in said
    assert "licence of the weights: MIT" in said
    expected = files.predicted(backbone, weights, pad_to_multiple(image, 32), 80.0)[..., :45, :70]
    with torch.no_grad():
        found = model(image).depth
    assert float(expected.std()) > 0.1
    torch.testing.assert_close(found, expected.float(), rtol=1e-4, atol=1e-3)
    assert model.output_space == OutputSpace("depth", "metric")


def test_what_no_key_says(weights: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save({key: value.float() for key, value in weights.items()}, tmp_path / "mine.pth")
    with pytest.raises(InputError, match="set network= to one of pixelformer_nyu, pixelformer_kitti"):
        load_model(tmp_path / "mine.pth")
    model = load_model(tmp_path / "mine.pth", network="pixelformer_nyu", max_depth=15)
    assert isinstance(model, EncoderDecoder)
    assert (model.settings.depth_range, model.size) == ((0.1, 15.0), (480, 640))
    del weights["sam2.proj_q.bias"]
    torch.save({key: value.float() for key, value in weights.items()}, tmp_path / "nyu.pth")
    with pytest.raises(InputError, match=r"missing: decoder\.skips\.1\.query\.bias"):
        load_model(tmp_path / "nyu.pth", network="pixelformer_nyu")


def test_the_decoder_asks_and_the_encoder_answers() -> None:
    torch.manual_seed(0)
    attention, size = SkipAttention(4, 2).double(), (9, 10)
    torch.nn.init.normal_(attention.bias.table)
    x, skip = torch.randn(2, 2, *size, 4, dtype=torch.float64)
    with torch.no_grad():
        found = attention(x.flatten(1, 2), skip.flatten(1, 2), size).unflatten(1, size)
        for image in range(2):
            query, answers = attention.q(naive.padded(x[image])), attention.kv(naive.padded(skip[image]))
            mixed = naive.attention(query, *answers.chunk(2, -1), attention.bias.table, 0)
            expected = attention.out(mixed[: size[0], : size[1]])
            torch.testing.assert_close(found[image], expected, rtol=1e-10, atol=1e-10)


def test_the_published_manifest() -> None:
    """Every shape of the decoder on a Swin-L; the last convolution is (256,128,3,3)."""
    shapes = files.shapes((192, 384, 768, 1536), 128, 4, 256)
    published: dict[str, Any] = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    with torch.device("meta"):
        weights = build_model(PixelFormerSettings(head="bins")).state_dict()
    expected = {key: one.shape for key, one in convert({ONE_FILE: published}).items()}
    found = {key: one.shape for key, one in weights.items() if key.startswith("decoder.") and "num_batches" not in key}
    assert found == expected
    assert shapes["disp_head1.conv1.weight"] == (256, 128, 3, 3)


def test_heads_and_decoders_that_do_not_go_together() -> None:
    with pytest.raises(
        InputError, match=r"model\.head=disparity does not go with model\.architecture=pixelformer; set"
    ):
        build_model(PixelFormerSettings())
    with pytest.raises(InputError, match=r"model\.head=bins does not go with model\.architecture=monodepth2; set one"):
        build_model(Monodepth2Settings(head="bins"))
    with pytest.raises(InputError, match=r"model\.bins=1 must be at least 2"):
        build_model(PixelFormerSettings(head="bins", bins=1))
