"""Published folders are recognised and converted."""

from pathlib import Path

import pytest
import torch

from gradunc.errors import InputError
from gradunc.models import export_model, load_model
from gradunc.types import OutputSpace
from tests.helpers import DATA, random_images, tiny_model
from tests.models import published
from tests.models.checkpoints.helpers import depth_by, fake_rt, lightning_checkpoint

CHANNELS = {18: (64, 64, 128, 256, 512), 34: (64, 64, 128, 256, 512), 50: (64, 256, 512, 1024, 2048)}


def fake_monodepth2(folder: Path, layers: int = 18, uncertainty: bool = False, **extra) -> Path:
    encoder, decoder = published.monodepth2_encoder(layers), published.monodepth2_decoder(CHANNELS[layers], uncertainty)
    return published.write(folder, {**encoder, **extra}, decoder)


@pytest.mark.slow
@pytest.mark.parametrize("uncertainty", [False, True])
@pytest.mark.parametrize("layers", [18, 34, 50])
def test_monodepth2_folder(tmp_path, layers, uncertainty):
    folder = fake_monodepth2(tmp_path, layers, uncertainty, height=64, width=96, use_stereo=True)
    encoder, decoder = published.monodepth2_encoder(layers), published.monodepth2_decoder(CHANNELS[layers], uncertainty)
    model, image = load_model(folder), random_images(2)
    assert model.settings.encoder == f"resnet{layers}"
    assert model.size == (64, 96)
    assert model.output_space == OutputSpace("depth", "scale")
    with torch.inference_mode():
        prediction = model(image, scales=4)
        logits = published.monodepth2_logits(encoder, decoder, image, layers)
        torch.testing.assert_close(prediction.depth, published.depth_of(logits.sigmoid()), rtol=1e-4, atol=1e-5)
        if uncertainty:
            expected = published.monodepth2_logits(encoder, decoder, image, layers, index=11)
            torch.testing.assert_close(prediction.log_scale, expected, rtol=1e-4, atol=1e-5)
        else:
            assert prediction.log_scale is None


def test_heads_of_the_coarser_scales_are_not_mixed_up(tmp_path):
    """With uncertainty heads the list alternates: disparity s is 10 + 2 s, uncertainty s is 11 + 2 s."""
    decoder = published.monodepth2_decoder(uncertainty=True)
    for index in range(10, 18):
        decoder[f"decoder.{index}.conv.weight"].zero_()
        decoder[f"decoder.{index}.conv.bias"].fill_(index)
    prediction = load_model(published.write(tmp_path, published.monodepth2_encoder(), decoder))(
        random_images(), scales=4
    )
    for scale in range(4):
        expected = torch.tensor(10.0 + 2 * scale).sigmoid()
        torch.testing.assert_close(prediction.scales[scale].mean(), expected)
        assert prediction.uncertainty_scales[scale].unique().tolist() == [11 + 2 * scale]


def test_extras_may_be_absent(tmp_path):
    """No height, width, use_stereo and classifier: the size is the published default 192x640."""
    encoder = {k: v for k, v in published.monodepth2_encoder().items() if not k.startswith("encoder.fc.")}
    model = load_model(published.write(tmp_path, encoder, published.monodepth2_decoder()))
    assert model.size == (192, 640)
    assert model.mean.flatten().tolist() == pytest.approx([0.45] * 3)


def test_extras_as_tensors(tmp_path):
    folder = fake_monodepth2(tmp_path, height=torch.tensor(64), width=torch.tensor(96), use_stereo=torch.tensor(True))
    assert load_model(folder).size == (64, 96)


@pytest.mark.parametrize("stereo", [True, False])
def test_the_stereo_factor_is_not_the_models_business(tmp_path, stereo):
    with_flag = load_model(fake_monodepth2(tmp_path / "a", use_stereo=stereo))
    without = load_model(fake_monodepth2(tmp_path / "b"))
    assert torch.equal(depth_by(with_flag, random_images()), depth_by(without, random_images()))


def test_linear_metric_decoder(tmp_path):
    model, image = load_model(fake_monodepth2(tmp_path), head="depth"), random_images()
    logits = published.monodepth2_logits(published.monodepth2_encoder(), published.monodepth2_decoder(), image, 18)
    torch.testing.assert_close(depth_by(model, image), logits, rtol=1e-4, atol=1e-5)
    assert model.output_space == OutputSpace("depth", "metric")


def test_rt_monodepth_folder(tmp_path):
    model, image = load_model(fake_rt(tmp_path, height=64, width=96, use_stereo=False)), random_images(2)
    assert model.settings.architecture == "rt_monodepth_s"
    assert model.size == (64, 96)
    with torch.inference_mode():
        prediction = model(image, scales=4)
    for scale, expected in zip(
        prediction.scales, published.rt_disparities(*published.rt_weights(), image), strict=True
    ):
        torch.testing.assert_close(scale, expected)
    torch.testing.assert_close(prediction.depth, published.depth_of(prediction.scales[0]))


@pytest.mark.skipif(not (DATA / "rt_monodepth_s").is_dir(), reason=f"no published weights in {DATA}")
def test_published_rt_monodepth_weights():
    folder = DATA / "rt_monodepth_s"
    model, image = load_model(folder), random_images(1, 192, 640)
    weights = [torch.load(folder / f"{name}.pth", map_location="cpu") for name in ("encoder", "depth")]
    with torch.inference_mode():
        expected = published.depth_of(published.rt_disparities(*weights, image)[0])
    assert model.size == (192, 640)
    torch.testing.assert_close(depth_by(model, image), expected, rtol=1e-4, atol=1e-4)


def test_published_folder_exports_and_loads_again(tmp_path):
    model = load_model(fake_rt(tmp_path / "published", height=64, width=96))
    loaded = load_model(export_model(model, tmp_path / "export"))
    assert loaded.settings == model.settings
    assert torch.equal(depth_by(loaded, random_images()), depth_by(model, random_images()))


def test_files_of_a_gpu_are_mapped(tmp_path, monkeypatch):
    places = []
    original = torch.load

    def spy(*args, **kwargs):
        places.append((str(kwargs.get("map_location")), kwargs.get("weights_only")))
        return original(*args, **kwargs)

    monkeypatch.setattr(torch, "load", spy)
    load_model(fake_rt(tmp_path))
    load_model(lightning_checkpoint(tmp_path / "a.ckpt", tiny_model()))
    assert places == [("cpu", True)] * 3


def test_what_is_told_names_the_head_that_was_asked_for(tmp_path, capsys):
    folder = fake_monodepth2(tmp_path)
    for given, head in (({}, "disparity"), ({"head": "depth"}, "depth"), ({"network": "grumodepth_nyu"}, "depth")):
        load_model(folder, **given)
        assert f"model.head={head}" in capsys.readouterr().err
    with pytest.raises(InputError, match="GrUMoDepth for NYU has the head 'depth'; omit head=disparity"):
        load_model(folder, network="grumodepth_nyu", head="disparity")
