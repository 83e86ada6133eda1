"""DPT on a BEiT (MiDaS 3.1): the numbers of transformers, from a file with the published names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gradunc import InputError, OutputSpace
from gradunc.models import build_model, load_model
from gradunc.models.families.dpt import published as files_of
from gradunc.models.families.dpt.beit import BEiTEncoder, is_beit, resized, rows_of
from gradunc.models.families.dpt.settings import DPTSettings
from gradunc.models.families.family import ONE_FILE
from gradunc.models.parts.pretrained import Pretrained
from gradunc.ops.padding import pad_to_multiple
from tests.helpers import random_images
from tests.models.families import beit_files as files

SIZES = [(files.SIDE, files.SIDE), (64, 96), (61, 83), (320, 32)]
"""The first is that of the training; at the others transformers interpolates, as MiDaS does."""


@pytest.fixture(scope="module", autouse=True)
def transformer(narrow_transformers: None) -> Iterator[None]:
    """A narrow BEiT among the published sizes, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(files_of.BEIT, (24, files.SIDE // 16), (files.NAME, files.BLOCKS))
        yield


@pytest.fixture(scope="module")
def network() -> Any:
    return files.tiny()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_relative(network: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "dpt_beit_base_384.pt"
    torch.save(files.published(network), path)
    model, image = load_model(path), random_images(2, *size)
    padded = (pad_to_multiple(image, 32) - 0.5) / 0.5
    with torch.no_grad():
        found = model(image).depth
        states = network.backbone(padded).feature_maps
        expected = network.head(network.neck(states, padded.shape[-2] // 16, padded.shape[-1] // 16))[:, None]
    expected = expected[..., : size[0], : size[1]]
    assert float(expected.std()) > 1e-3
    assert float((found - expected).abs().max()) < 1e-4
    assert model.output_space == OutputSpace("disparity", "affine")
    assert model.size == (files.SIDE, files.SIDE)


def test_the_tables_matter(network: Any, tmp_path: Path) -> None:
    """Otherwise the comparison above would say nothing of them."""
    weights = files.published(network)
    torch.save(weights, tmp_path / "dpt_beit_base_384.pt")
    flat = {key: 0 * one if key.endswith("bias_table") else one for key, one in weights.items()}
    torch.save(flat, tmp_path / "dpt_beit_large_384.pt")
    image = random_images(1, 64, 96)
    with torch.no_grad():
        found, without = (load_model(path)(image).depth for path in sorted(tmp_path.iterdir()))
    assert float((found - without).abs().max()) > 1e-2


def test_the_encoder_at_the_size_of_its_training_is_that_of_timm() -> None:
    torch.manual_seed(0)
    theirs = files.tiny_transformer(num_classes=0).eval()
    ours = BEiTEncoder(files.NAME, Pretrained(), files.BLOCKS).eval()
    given = theirs.state_dict()
    for index in range(12):
        table = torch.randn(given.pop(f"blocks.{index}.attn.relative_position_bias_table").shape)
        theirs.blocks[index].attn.relative_position_bias_table.data = ours.tables[index].data = table
    ours.backbone.load_state_dict({key: one for key, one in given.items() if not key.startswith("fc_norm.")})
    image = random_images(1, files.SIDE, files.SIDE)
    with torch.no_grad():
        maps = ours(image)
        expected = theirs.forward_intermediates(image, files.BLOCKS, intermediates_only=True)
    for found, of_timm in zip(maps, expected, strict=True):
        assert found is not None
        torch.testing.assert_close(found[:, :24], of_timm, rtol=1e-5, atol=1e-5)


def test_rows_by_counting() -> None:
    """A pair of patches has the row of its offset, down by row and to the right by column, both from the least."""
    height, width = 2, 3
    rows, places = rows_of((height, width)), [(y, x) for y in range(height) for x in range(width)]
    for i, (y, x) in enumerate(places):
        for j, (v, u) in enumerate(places):
            assert int(rows[1 + i, 1 + j]) == (y - v + 1) * 5 + (x - u + 2)
    assert rows[0, 1:].tolist() == [15] * 6
    assert rows[1:, 0].tolist() == [16] * 6
    assert int(rows[0, 0]) == 17


def test_a_table_is_stretched_between_its_offsets() -> None:
    """Three offsets 0, 10, 30 become five, whose centres lie at (i + 0.5) * 3 / 5 - 0.5 of them, held at the ends."""
    table = torch.tensor([0.0, 10, 30, 7, 8, 9])[:, None]
    found = resized(table, (1, 2), (1, 3))[:, 0]
    torch.testing.assert_close(found, torch.tensor([0.0, 4, 10, 22, 30, 7, 8, 9]))


def test_gradients_reach_the_tables() -> None:
    settings = DPTSettings(
        head="sigmoid_depth", transformer=files.NAME, taps=files.BLOCKS, features=8, channels=[8] * 4, size=[64, 64]
    )
    model = build_model(settings)
    model(random_images(1, 64, 64)).depth.sum().backward()
    missing = [name for name, value in model.named_parameters() if value.grad is None]
    assert not missing


def test_which_it_is(network: Any) -> None:
    def published(width: int, rows: int) -> dict[str, Tensor]:
        content = {"pretrained.model.cls_token": torch.zeros(1, 1, width)}
        content["pretrained.model.blocks.0.attn.relative_position_bias_table"] = torch.zeros(rows, 2)
        return content | {f"scratch.layer{index}_rn.weight": torch.zeros(256, 256, 3, 3) for index in range(1, 5)}

    for width, rows, name, side in (
        (1024, 63**2 + 3, "beit_large_patch16_512", 512),
        (1024, 47**2 + 3, "beit_large_patch16_384", 384),
        (768, 47**2 + 3, "beit_base_patch16_384", 384),
    ):
        found = files_of.settings({ONE_FILE: published(width, rows)}, "disparity")
        assert (found.transformer, found.size) == (name, [side, side])
        assert is_beit(name)
    with pytest.raises(InputError, match="a BEiT of width 768 for 14x14 patches is unknown; known: beit_large_patch"):
        files_of.settings({ONE_FILE: published(768, 27**2 + 3)}, "disparity")
