"""Dropout in the decoders of the families."""

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.models import EncoderDecoder, Monodepth2Settings, build_model, export_model, load_model
from gradunc.models.families.lite_mono.settings import LiteMonoSettings
from gradunc.models.families.monovit.settings import MonoViTSettings
from gradunc.models.families.rt_monodepth_s.settings import RTMonoDepthSSettings
from tests.helpers import random_images, tiny_settings

FAMILIES = (
    (tiny_settings(), range(10)),
    (RTMonoDepthSSettings(size=[64, 96]), range(8)),
    (LiteMonoSettings(variant="lite-mono-tiny", size=[64, 96]), range(6)),
    (
        MonoViTSettings(encoder_channels=[8] * 4, encoder_layers=[1] * 4, encoder_paths=[1] * 4, row_channels=[4] * 6),
        [
            "10_0",
            "20_0",
            "30_0",
            "40_0",
            "11_0",
            "21_0",
            "31_0",
            "12_0",
            "22_0",
            "13_0",
            "04_0",
            "04_1",
            "10_1",
            "20_1",
            "30_1",
            "11_1",
            "21_1",
            "12_1",
        ],
    ),
)


def networks(settings, p: float) -> tuple[EncoderDecoder, EncoderDecoder]:
    """The same weights without and with dropout, in eval mode."""
    with_dropout = type(settings)(**{**vars(settings), "dropout": p})
    plain, dropping = build_model(settings).eval(), build_model(with_dropout).eval()
    dropping.load_state_dict(plain.state_dict())
    return plain, dropping


@pytest.mark.parametrize(("settings", "places"), FAMILIES, ids=lambda given: getattr(given, "architecture", ""))
def test_dropout_stands_behind_every_block_and_has_no_weights(settings, places):
    plain, dropping = networks(settings, 0.2)
    found = {name: one.p for name, one in dropping.named_modules() if isinstance(one, nn.Dropout2d)}
    assert found == {f"decoder.blocks.{number}.dropout": 0.2 for number in places}
    assert not any(isinstance(one, nn.Dropout2d) for one in plain.modules())
    assert list(plain.state_dict()) == list(dropping.state_dict())
    image = random_images()
    with torch.no_grad():
        assert torch.equal(plain(image).depth, dropping(image).depth)


def test_while_training_whole_channels_behind_the_activation_are_zero_or_scaled():
    model = networks(tiny_settings(), 0.25)[1]
    block = model.get_submodule("decoder.blocks.0")
    x = torch.randn(64, block.conv.in_channels, 4, 6)
    with torch.no_grad():
        before, after = block(x), block.train()(x)
    kept = (after != 0).any((2, 3))
    torch.testing.assert_close(after, torch.where(kept[..., None, None], before / 0.75, 0.0))
    assert 0.15 < (~kept).float().mean() < 0.35


def test_a_checkpoint_keeps_the_dropout_it_was_trained_with(tmp_path):
    model = networks(tiny_settings(), 0.2)[1]
    export_model(model, tmp_path / "export")
    assert vars(load_model(tmp_path / "export").settings)["dropout"] == 0.2


@pytest.mark.parametrize("p", [-0.1, 1.0, float("nan")])
def test_no_share_of_channels(p):
    with pytest.raises(InputError, match=r"model.dropout=.* must be at least 0 and below 1"):
        build_model(Monodepth2Settings(dropout=p))
