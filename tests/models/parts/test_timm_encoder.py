import pytest
import timm
import torch
from safetensors.torch import save_file

from gradunc.errors import InputError
from gradunc.models import build_model
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder
from tests.helpers import random_images, tiny_settings

pytestmark = pytest.mark.slow

FRESH = Pretrained()
FAMILIES = ("resnet18", "lcnet_050", "convnext_atto", "swin_tiny_patch4_window7_224", "vit_tiny_patch16_224")
# Channels at strides 2, 4, ... 32 by the papers: ResNet 64,64,128,256,512; ConvNeXt-Atto 40..320 from stride 4;
# Swin-T 96..768 from stride 4; ViT-Ti 192 at stride 16, pooled once more.
CHANNELS = {
    "resnet18": (64, 64, 128, 256, 512),
    "convnext_atto": (0, 40, 80, 160, 320),
    "swin_tiny_patch4_window7_224": (0, 96, 192, 384, 768),
    "vit_tiny_patch16_224": (0, 0, 0, 192, 192),
}


@pytest.fixture(scope="module", params=FAMILIES)
def encoder(request):
    torch.manual_seed(0)
    return request.param, TimmEncoder(request.param, FRESH, (64, 96)).eval()


def no_pickle_weights(name, tmp_path, suffix):
    """A file with the weights of the whole timm model, classifier and all, as they are published."""
    torch.manual_seed(1)
    model = timm.create_model(name)
    path = tmp_path / f"{name}{suffix}"
    save_file(model.state_dict(), path) if suffix == ".safetensors" else torch.save(model.state_dict(), path)
    return model.eval(), path


def test_pyramid(encoder):
    name, network = encoder
    maps = network(random_images(2))
    assert network.channels == CHANNELS.get(name, network.channels)
    for level, (feature, channels) in enumerate(zip(maps, network.channels, strict=True)):
        expected = (2, channels, 64 // 2 ** (level + 1), 96 // 2 ** (level + 1))
        assert (feature is None) == (channels == 0)
        assert feature is None or tuple(feature.shape) == expected
        assert feature is None or feature.isfinite().all()


def test_maps_are_those_of_timm(encoder):
    """The deepest stage, channels first; a second backbone with the same weights is the source."""
    name, network = encoder
    keywords = {"dynamic_img_size": True} if name.startswith(("swin", "vit")) else {}
    other = timm.create_model(name, features_only=True, **keywords).eval()
    other.load_state_dict(network.backbone.state_dict())
    image = random_images()
    expected = other(image)[-1]
    if name.startswith("swin"):
        expected = expected.movedim(-1, 1)
    if name.startswith("vit"):
        expected = torch.nn.functional.avg_pool2d(expected, 2)
    torch.testing.assert_close(network(image)[-1], expected)


def test_any_family_makes_a_depth_network(encoder):
    name, _ = encoder
    model = build_model(tiny_settings(encoder=name)).eval()
    with torch.inference_mode():
        depth = model(random_images(1, 50, 77)).depth
    assert depth.shape == (1, 1, 50, 77)
    assert ((depth > 0.1) & (depth < 100)).all()


@pytest.mark.parametrize("name", ["resnet50", "convnext_tiny", "mobilenetv3_large_100", "efficientnet_b0", *FAMILIES])
def test_all_weights_of_a_backbone_learn(name):
    """Maps that the decoder does not take leave weights without a gradient, for which DDP would wait."""
    model = build_model(tiny_settings(encoder=name)).train()
    sum(scale.mean() for scale in model(random_images(2), scales=4).scales).backward()
    assert [key for key, value in model.named_parameters() if value.grad is None] == []
    assert all(value.grad.isfinite().all() for value in model.parameters())


def test_normalisation_is_that_of_the_pretrained_cfg(encoder):
    name, _ = encoder
    model = build_model(tiny_settings(encoder=name)).eval()
    expected = {"vit_tiny_patch16_224": (0.5, 0.5)}.get(name, (0.485, 0.229))
    assert (model.mean[0, 0].item(), model.std[0, 0].item()) == pytest.approx(expected)
    seen = []
    model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    image = random_images()
    model(image)
    torch.testing.assert_close(seen[0][:, 0], (image[:, 0] - expected[0]) / expected[1])


def test_normalisation_of_the_settings_wins():
    model = build_model(tiny_settings(mean=[0.45] * 3, std=[0.225] * 3))
    assert model.mean.flatten().tolist() == pytest.approx([0.45] * 3)
    assert model.std.flatten().tolist() == pytest.approx([0.225] * 3)


@pytest.mark.parametrize("name", FAMILIES)
def test_weight_file_of_the_whole_timm_model(name, tmp_path):
    model, path = no_pickle_weights(name, tmp_path, ".safetensors" if name == "lcnet_050" else ".pth")
    encoder = TimmEncoder(name, Pretrained(file=path), (224, 224)).eval()
    image = random_images(1, 224, 224)
    with torch.inference_mode():
        expected = model.forward_intermediates(image, indices=1, intermediates_only=True, norm=False)[-1]
        feature = encoder(image)[-1]
    if name == "vit_tiny_patch16_224":
        expected = torch.nn.functional.avg_pool2d(expected, 2)
    torch.testing.assert_close(feature, expected, rtol=1e-4, atol=1e-5)


def test_weight_file_of_the_encoder_round_trip(tmp_path):
    first, second = TimmEncoder("lcnet_050", FRESH, (64, 96)), None
    torch.save(first.backbone.state_dict(), tmp_path / "backbone.pth")
    second = TimmEncoder("lcnet_050", Pretrained(file=tmp_path / "backbone.pth"), (64, 96))
    for key, value in first.backbone.state_dict().items():
        assert torch.equal(second.backbone.state_dict()[key], value)


def test_weight_file_for_three_channels_fits_the_pose_network(tmp_path):
    """Six channels see the same two frames as three channels see one: repeated filters, halved."""
    model, path = no_pickle_weights("resnet18", tmp_path, ".pth")
    six = TimmEncoder("resnet18", Pretrained(file=path), (64, 96), in_chans=6).eval()
    expected = model.conv1.weight.repeat(1, 2, 1, 1) / 2
    torch.testing.assert_close(six.backbone.conv1.weight, expected)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_damaged_weight_file(tmp_path, suffix):
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(b"no weights at all")
    with pytest.raises(InputError, match="no readable weight file"):
        TimmEncoder("lcnet_050", Pretrained(file=path), (64, 96))


def test_weight_file_that_does_not_fit(tmp_path):
    weights = TimmEncoder("lcnet_050", FRESH, (64, 96)).backbone.state_dict()
    path = tmp_path / "weights.pth"
    torch.save({key: value for key, value in weights.items() if key != "bn1.weight"}, path)
    with pytest.raises(InputError, match=r"'bn1\.weight' is missing"):
        TimmEncoder("lcnet_050", Pretrained(file=path), (64, 96))
    torch.save({**weights, "bn1.weight": torch.ones(3)}, path)
    with pytest.raises(InputError, match=r"'bn1\.weight' is \(3,\) instead of \(8,\)"):
        TimmEncoder("lcnet_050", Pretrained(file=path), (64, 96))
    torch.save([1, 2], path)
    with pytest.raises(InputError, match="holds a list"):
        TimmEncoder("lcnet_050", Pretrained(file=path), (64, 96))


def test_weights_that_cannot_be_downloaded(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="encoder 'resnet18' could not be downloaded") as error:
        TimmEncoder("resnet18", Pretrained(download=True), (64, 96))
    assert "model.pretrained=false" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("wrong", [ConnectionError("no route to host"), RuntimeError("line one\nline two"), OSError()])
def test_every_kind_of_failed_download_is_one_line(monkeypatch, wrong):
    def fail(*_, **__):
        raise wrong

    monkeypatch.setattr("gradunc.models.parts.download.check_reachable", lambda url: None)
    monkeypatch.setattr("timm.models._builder.load_pretrained", fail)
    with pytest.raises(InputError, match="could not be downloaded") as error:
        TimmEncoder("lcnet_050", Pretrained(download=True), (64, 96))
    assert "\n" not in str(error.value)


def test_unknown_encoder_names_the_nearest():
    with pytest.raises(InputError, match="unknown timm encoder 'resnt18'; nearest: resnet18") as error:
        TimmEncoder("resnt18", FRESH, (64, 96))
    assert len(str(error.value)) < 200


def test_encoder_with_an_unknown_tag():
    with pytest.raises(InputError, match=r"resnet18\.nonsense.*nonsense"):
        TimmEncoder("resnet18.nonsense", FRESH, (64, 96))
