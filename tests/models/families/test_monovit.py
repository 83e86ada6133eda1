import pytest
import torch

from gradunc.errors import InputError
from gradunc.models import build_model, load_model
from gradunc.models.families.monovit.published import NODES
from gradunc.models.families.monovit.settings import MonoViTSettings
from tests.helpers import random_images
from tests.models import published
from tests.models.published_monovit import (
    PUBLISHED,
    SMALL,
    decoder_modules,
    encoder_shapes,
    monovit_disparities,
    monovit_weights,
)

TINY = MonoViTSettings(
    size=[64, 96],
    encoder_channels=list(SMALL[0]),
    encoder_layers=list(SMALL[1]),
    encoder_paths=list(SMALL[2]),
    row_channels=list(SMALL[3]),
)


def folder_of(tmp_path, encoder, decoder):
    return published.write(tmp_path, {"height": 64, "width": 96, **encoder}, decoder)


def test_published_size():
    """MPViT-small has 22.9 million parameters with its classifier (288 x 1000 and a bias), checkpoints.md 4."""
    with torch.device("meta"):
        model = build_model(MonoViTSettings())
    classifier = 288 * 1000 + 1000
    assert sum(p.numel() for p in model.encoder.parameters()) + classifier == pytest.approx(22.9e6, rel=1e-3)
    assert sum(p.numel() for p in model.decoder.parameters()) == sum(
        torch.Size(shape).numel()
        for name, module in decoder_modules(PUBLISHED).items()
        for shape in module.values()
        if not name.startswith("X_0") or not name.endswith("Conv_0") or name == "X_04_Conv_0"
    )


def test_the_table_of_the_decoder_has_87_entries():
    """checkpoints.md 4: 87 for each of the two registrations; some rows of its table."""
    modules = decoder_modules(PUBLISHED)
    assert tuple(modules) == NODES
    assert sum(map(len, modules.values())) == 87
    assert modules["f4"]["conv_se.weight"] == (512, 288, 3, 3)
    assert modules["f2"]["ca.fc.0.weight"] == (13, 216)
    assert modules["X_13_attention"]["conv_se.weight"] == (64, 256, 1, 1)
    assert modules["X_04_attention"]["fc.2.weight"] == (192, 12)
    assert modules["X_03_downsample"]["conv.weight"] == (64, 160, 1, 1)
    assert modules["X_10_Conv_1"]["conv.conv.weight"] == (32, 96, 3, 3)
    assert modules["X_00_Conv_0"]["conv.conv.weight"] == (32, 64, 3, 3)
    assert list(modules).index("X_02_downsample") == 27


def test_maps_and_scales():
    model = build_model(TINY).eval()
    with torch.inference_mode():
        features = model.encode(random_images())
        prediction = model(random_images(), scales=4)
    assert [tuple(f.shape[1:]) for f in features] == [
        (c, 64 >> i, 96 >> i) for i, c in enumerate((16, 8, 24, 16, 16), start=1)
    ]
    assert [tuple(s.shape[2:]) for s in prediction.scales] == [(64 >> i, 96 >> i) for i in range(4)]
    assert not model.mean.any()
    assert (model.std == 1).all()


def test_no_finer_node_runs_before_a_coarser_head():
    """The coarse output stops the decoder; sizes only shrink to where it stops."""
    model, seen = build_model(TINY).eval(), []
    for block in model.decoder.blocks.values():
        block.conv.register_forward_hook(lambda _, __, output: seen.append(output.shape[-1]))
    with torch.no_grad():
        model.decode_coarse(model.encode(random_images()), (64, 96))
    assert max(seen) == 96 // 4


def test_uncertainty_head():
    settings = MonoViTSettings(**{**vars(TINY), "uncertainty_head": "laplace"})
    prediction = build_model(settings)(random_images(), scales=4)
    assert [s.shape for s in prediction.uncertainty_scales] == [s.shape for s in prediction.scales]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"encoder_channels": [60, 128, 216, 288]}, r"model\.encoder_channels=.* must be multiples of 8"),
        ({"encoder_paths": [2, 3, 3]}, r"model\.encoder_paths=\[2, 3, 3\] must be 4 numbers from 1 to"),
        ({"row_channels": [0] * 6}, r"model\.row_channels=.* must be 6 numbers from 1 to"),
        ({"drop_path": -0.1}, r"model\.drop_path=-0\.1 must be"),
    ],
)
def test_wrong_settings(changed, message):
    with pytest.raises(InputError, match=message):
        build_model(MonoViTSettings(**changed))


@pytest.mark.parametrize("halves", [("convs", "decoder"), ("convs",), ("decoder",)])
def test_published_folder(tmp_path, halves):
    """Strict loading of the published keys, by either registration, and the numbers of a second implementation."""
    encoder, decoder = monovit_weights(halves=halves)
    classifier = {"cls_head.cls.weight": torch.ones(10, 16), "cls_head.cls.bias": torch.ones(10)}
    model, image = load_model(folder_of(tmp_path, {**encoder, **classifier}, decoder)), random_images(2)
    assert model.settings.encoder_channels == list(SMALL[0])
    assert (model.settings.encoder_layers, model.settings.encoder_paths) == (list(SMALL[1]), list(SMALL[2]))
    with torch.inference_mode():
        prediction = model(image, scales=4)
        expected = monovit_disparities(SMALL, encoder, monovit_weights(halves=["convs"])[1], image)
    for found, disparity in zip(prediction.scales, expected, strict=True):
        torch.testing.assert_close(found, disparity, rtol=1e-4, atol=1e-5)


def test_the_published_shapes_fit_the_default_settings():
    """Every weight of the encoder that is registered once, under its name."""
    with torch.device("meta"):
        ours = {key: tuple(p.shape) for key, p in build_model(MonoViTSettings()).encoder.named_parameters()}
    first = {key: shape for key, shape in encoder_shapes(PUBLISHED).items() if key in ours}
    assert first == ours


def test_linear_layers_saved_as_convolutions(tmp_path):
    encoder, decoder = monovit_weights(halves=["convs"])
    as_convolutions = {key: value[:, :, None, None] if ".fc." in key else value for key, value in decoder.items()}
    image = random_images()
    models = [
        load_model(folder_of(tmp_path / name, encoder, one))
        for name, one in zip("ab", (decoder, as_convolutions), strict=True)
    ]
    assert torch.equal(*(model(image).depth for model in models))


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("depth.pth", "decoder.33.conv.bias"),
        ("encoder.pth", "mhca_stages.1.mhca_blks.0.MHCA_layers.1.factoratt_crpe.crpe.conv_list.2.bias"),
    ],
)
def test_copies_that_differ_are_refused(tmp_path, file, key):
    encoder, decoder = monovit_weights()
    changed = decoder if file == "depth.pth" else encoder
    changed[key] = changed[key] + 1
    with pytest.raises(InputError, match=rf"{file} holds two copies of '.*' that differ \(one is '{key}'\)"):
        load_model(folder_of(tmp_path, encoder, decoder))


def test_what_is_missing_is_named(tmp_path):
    encoder, decoder = monovit_weights()
    for half in ("convs.X_04_Conv_1", "decoder.19"):
        del decoder[f"{half}.conv.conv.bias"]
    with pytest.raises(InputError, match=r"missing: decoder\.blocks\.04_1\.conv\.bias"):
        load_model(folder_of(tmp_path, encoder, decoder))
