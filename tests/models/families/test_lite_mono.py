import pytest
import torch

from gradunc.errors import InputError
from gradunc.models import build_model, load_model
from gradunc.models.families.lite_mono.encoder import dilations_of
from gradunc.models.families.lite_mono.settings import VARIANTS, LiteMonoSettings
from tests.helpers import random_images
from tests.models import published
from tests.models.published_lite_mono import BLOCKS, CHANNELS, lite_mono_disparities, lite_mono_weights

TINY = LiteMonoSettings(variant="lite-mono-tiny", size=[64, 96])


@pytest.mark.parametrize(
    ("variant", "millions"),
    [("lite-mono", 3.1), ("lite-mono-small", 2.5), ("lite-mono-tiny", 2.2), ("lite-mono-8m", 8.7)],
)
def test_published_size(variant, millions):
    """Parameters of the README; a layer norm per block of convolutions is counted there and left out here."""
    with torch.device("meta"):
        model = build_model(LiteMonoSettings(variant=variant))
    unused = sum(2 * c * (b - 1) for c, b in zip(CHANNELS[variant], BLOCKS[variant], strict=True))
    assert (sum(p.numel() for p in model.parameters()) + unused) / 1e6 == pytest.approx(millions, abs=0.1)


def test_maps_and_scales():
    """Features at 1/4, 1/8, 1/16; blocks (i,0) at 1/2^(i+2), (i,1) at 1/2^(i+1); three scales."""
    model, shapes = build_model(TINY).eval(), []
    for block in model.decoder.blocks:
        block.conv.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    with torch.inference_mode():
        features = model.encode(random_images())
        prediction = model(random_images(), scales=4)
    assert [tuple(f.shape[1:]) for f in features] == [(32, 16, 24), (64, 8, 12), (128, 4, 6)]
    assert shapes == [
        (c, 64 // s, 96 // s) for c, i in ((64, 2), (32, 1), (16, 0)) for s in (2 ** (i + 2), 2 ** (i + 1))
    ]
    assert [tuple(s.shape[2:]) for s in prediction.scales] == [(64, 96), (32, 48), (16, 24)]


def test_dilations():
    assert dilations_of(4, 3) == [1, 2, 3]
    assert dilations_of(10, 3) == [1, 2, 3, 1, 2, 3, 2, 4, 6]
    assert dilations_of(10, 5) == [1, 2, 5, 1, 2, 5, 2, 4, 10]


def test_uncertainty_head():
    settings = LiteMonoSettings(variant="lite-mono-tiny", size=[64, 96], uncertainty_head="evidential", head="depth")
    prediction = build_model(settings)(random_images(), scales=3)
    assert [s.shape for s in prediction.uncertainty_scales] == [(1, 3, *s.shape[2:]) for s in prediction.scales]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"variant": "lite-mono-9m"}, r"model\.variant='lite-mono-9m' must be one of: lite-mono, "),
        ({"dilation": 4}, r"model\.dilation=4 must be 3 .* or 5"),
        ({"drop_path": 1.0}, r"model\.drop_path=1\.0 must be"),
    ],
)
def test_wrong_settings(changed, message):
    with pytest.raises(InputError, match=message):
        build_model(LiteMonoSettings(**changed))


@pytest.mark.parametrize("variant", VARIANTS)
def test_published_folder(tmp_path, variant):
    """Strict loading of the published keys, and the numbers of a second implementation."""
    encoder, decoder = lite_mono_weights(variant)
    folder = published.write(tmp_path, {"height": 192, "width": 640, "use_stereo": False, **encoder}, decoder)
    model, image = load_model(folder), random_images(2, 48, 64)
    assert (model.settings.variant, model.settings.dilation, model.size) == (variant, 3, (192, 640))
    assert model.mean.flatten().tolist() == pytest.approx([0.45] * 3)
    with torch.inference_mode():
        prediction = model(image, scales=4)
        expected = lite_mono_disparities(variant, encoder, decoder, image)
    for found, disparity in zip(prediction.scales, expected, strict=True):
        torch.testing.assert_close(found, disparity, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("variant", "dilation"), [("lite-mono-tiny", 5), ("lite-mono-8m", 3)])
def test_the_large_size_has_wider_dilations_but_for_the_largest_network(tmp_path, variant, dilation):
    encoder, decoder = lite_mono_weights(variant)
    folder = published.write(tmp_path, {"height": 320, "width": 1024, **encoder}, decoder)
    assert load_model(folder).settings.dilation == dilation


def test_what_is_missing_is_named(tmp_path):
    encoder, decoder = lite_mono_weights()
    del encoder["stages.1.3.norm.weight"]
    with pytest.raises(InputError, match=r"missing: encoder\.stages\.1\.3\.norm\.weight"):
        load_model(published.write(tmp_path, encoder, decoder))


def test_another_depth_is_no_variant(tmp_path):
    encoder, decoder = lite_mono_weights()
    fewer = {key: value for key, value in encoder.items() if not key.startswith("stages.2.6.")}
    with pytest.raises(InputError, match=r"Lite-Mono with channels \(32, 64, 128\) and blocks \(4, 4, 6\)"):
        load_model(published.write(tmp_path, fewer, decoder))
