import json
import os
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.models import build_model, export_model, load_model
from gradunc.models.checkpoints.entry import entry_of
from gradunc.training import DepthTraining
from gradunc.types import OutputSpace
from tests.helpers import DATA, random_images, tiny_model, tiny_settings
from tests.models import published

CHANNELS = {18: (64, 64, 128, 256, 512), 34: (64, 64, 128, 256, 512), 50: (64, 256, 512, 1024, 2048)}


def depth_by(model, image) -> Tensor:
    with torch.inference_mode():
        return model(image).depth


def lightning_checkpoint(path: Path, model, **changes) -> Path:
    """What `Trainer.save_checkpoint` writes: state dict of the module, and what the module adds."""
    module = DepthTraining(model, LossEngine({"l1": 1.0}))
    checkpoint = {"state_dict": module.state_dict(), "epoch": 3, "optimizer_states": [{"state": {}}]}
    module.on_save_checkpoint(checkpoint)
    torch.save({**checkpoint, **changes}, path)
    return path


def fake_rt(folder: Path, **extra) -> Path:
    encoder, decoder = published.rt_weights()
    return published.write(folder, {**encoder, **extra}, decoder)


def fake_monodepth2(folder: Path, layers: int = 18, uncertainty: bool = False, **extra) -> Path:
    encoder, decoder = published.monodepth2_encoder(layers), published.monodepth2_decoder(CHANNELS[layers], uncertainty)
    return published.write(folder, {**encoder, **extra}, decoder)


def assert_one_line(error, *parts: object) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


# --- our own checkpoints


def test_lightning_checkpoint(tmp_path):
    model = tiny_model(head="depth", ambiguity="metric", uncertainty_head=True)
    loaded = load_model(lightning_checkpoint(tmp_path / "a.ckpt", model))
    assert not loaded.training
    assert loaded.settings == model.settings
    assert torch.equal(depth_by(loaded, random_images()), depth_by(model, random_images()))


def test_export_round_trip_is_bit_exact(tmp_path):
    model = tiny_model(mean=[0.45] * 3, min_depth=1.0)
    folder = export_model(model, tmp_path / "new" / "export")
    assert sorted(os.listdir(folder)) == ["config.json", "model.safetensors"]
    loaded = load_model(folder)
    assert loaded.settings == model.settings
    assert loaded.size == (64, 96)
    assert not loaded.training
    for key, value in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value)
    assert torch.equal(depth_by(loaded, random_images()), depth_by(model, random_images()))


def test_export_says_its_version_and_size(tmp_path):
    config = json.loads((export_model(tiny_model(), tmp_path) / "config.json").read_text())
    assert config["schema"] == 2
    assert config["model"]["size"] == [64, 96]


def test_run_folder_stands_for_its_export(tmp_path):
    model = tiny_model()
    export_model(model, tmp_path / "export")
    assert torch.equal(depth_by(load_model(tmp_path), random_images()), depth_by(model, random_images()))


def test_pretrained_weights_are_not_fetched_again(tmp_path):
    model = tiny_model()
    model.settings.pretrained = "true"
    load_model(export_model(model, tmp_path))


@pytest.mark.parametrize("schema", [None, 0, 3, "1"])
def test_other_schema_version(tmp_path, schema):
    export_model(tiny_model(), tmp_path)
    config = {**json.loads((tmp_path / "config.json").read_text()), "schema": schema}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="schema version") as error:
        load_model(tmp_path)
    assert_one_line(error, schema, "reads 1 and 2", tmp_path)


@pytest.mark.parametrize("config", ["[]", "3", '{"schema": 1}', '{"schema": 1, "model": []}', '{"sch', "\xff"])
def test_damaged_config(tmp_path, config):
    export_model(tiny_model(), tmp_path)
    (tmp_path / "config.json").write_bytes(config.encode("latin-1"))
    with pytest.raises(InputError) as error:
        load_model(tmp_path)
    assert_one_line(error, tmp_path)


def test_settings_of_a_newer_version(tmp_path):
    export_model(tiny_model(), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["model"]["wings"] = 2
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="wings"):
        load_model(tmp_path)


@pytest.mark.parametrize("kept", [0, 4, 1000, -1])
def test_truncated_safetensors(tmp_path, kept):
    file = export_model(tiny_model(), tmp_path) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError, match="no readable export") as error:
        load_model(tmp_path)
    assert_one_line(error, tmp_path)


def test_export_without_weights(tmp_path):
    (export_model(tiny_model(), tmp_path) / "model.safetensors").unlink()
    with pytest.raises(InputError, match="no readable export"):
        load_model(tmp_path)


def test_a_failed_export_leaves_the_old_one(tmp_path, monkeypatch):
    model = tiny_model()
    export_model(model, tmp_path)

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("gradunc.models.checkpoints.export.save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        export_model(tiny_model(seed=1), tmp_path)
    assert torch.equal(depth_by(load_model(tmp_path), random_images()), depth_by(model, random_images()))


# --- published folders


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
        assert prediction.log_scales[scale].unique().tolist() == [11 + 2 * scale]


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


# --- strictness


def changed(weights, change, key):
    if change == "missing":
        return {k: v for k, v in weights.items() if k != key}
    if change == "left over":
        return {**weights, "wings.weight": torch.zeros(1)}
    return {**weights, key: torch.zeros(3, 5)}


@pytest.mark.parametrize("change", ["missing", "left over", "of another shape"])
@pytest.mark.parametrize(
    ("kind", "key", "name"),
    [
        ("monodepth2", "decoder.6.conv.conv.weight", "decoder.blocks.6.conv.weight"),
        ("rt", "decoder.6.conv.weight", "decoder.blocks.6.conv.weight"),
        ("lightning", "depth_model.decoder.heads.2.bias", "decoder.heads.2.bias"),
    ],
)
def test_weights_that_do_not_fit(tmp_path, change, kind, key, name):
    if kind == "lightning":
        path = lightning_checkpoint(tmp_path / "a.ckpt", tiny_model())
        checkpoint = torch.load(path, weights_only=True)
        weights = changed(checkpoint["state_dict"], change, key)
        if change == "left over":
            weights["depth_model.wings.weight"] = weights.pop("wings.weight")
        torch.save({**checkpoint, "state_dict": weights}, path)
    else:
        encoder, decoder = (
            published.rt_weights() if kind == "rt" else (published.monodepth2_encoder(), published.monodepth2_decoder())
        )
        path = published.write(tmp_path, encoder, changed(decoder, change, key))
    with pytest.raises(InputError) as error:
        load_model(path)
    assert_one_line(error, path, f"{change}: ", "wings.weight" if change == "left over" else name)
    if change == "of another shape":
        assert_one_line(error, "(3, 5) instead of")


def test_many_missing_weights_stay_one_short_line(tmp_path):
    encoder = {k: v for k, v in published.monodepth2_encoder().items() if "layer4" not in k or "conv" in k}
    folder = published.write(tmp_path, encoder, published.monodepth2_decoder())
    with pytest.raises(InputError, match=r"missing: .* and \d+ more") as error:
        load_model(folder)
    assert len(str(error.value)) < 500


def test_architecture_is_checked(tmp_path):
    folder = fake_rt(tmp_path)
    assert load_model(folder, architecture="rt_monodepth_s").settings.architecture == "rt_monodepth_s"
    with pytest.raises(InputError, match="holds a rt_monodepth_s, not the architecture 'monodepth2'"):
        load_model(folder, architecture="monodepth2")
    with pytest.raises(InputError, match="unknown architecture 'monodepht2'; did you mean 'monodepth2'"):
        load_model(folder, architecture="monodepht2")


def test_head_is_checked(tmp_path):
    folder = fake_rt(tmp_path / "published")
    with pytest.raises(InputError, match="unknown head 'depht'; did you mean 'depth'"):
        load_model(folder, head="depht")
    export = export_model(tiny_model(), tmp_path / "export")
    assert load_model(export, head="disparity").settings.head == "disparity"
    with pytest.raises(InputError, match="says that its head is 'disparity'; omit head=depth"):
        load_model(export, head="depth")


def test_unknown_family(tmp_path):
    published.write(tmp_path, {"stem.weight": torch.zeros(1)}, {"head.weight": torch.zeros(1)})
    with pytest.raises(InputError, match="no known family") as error:
        load_model(tmp_path)
    assert_one_line(error, "stem.weight", "head.weight")


def test_unknown_resnet(tmp_path):
    encoder = {k: v for k, v in published.monodepth2_encoder().items() if "layer3.1" not in k}
    published.write(tmp_path, encoder, published.monodepth2_decoder())
    with pytest.raises(InputError, match=r"\[2, 2, 1, 2\] blocks"):
        load_model(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load_model(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no model"):
        load_model(tmp_path)
    fake_rt(tmp_path)
    (tmp_path / "depth.pth").unlink()
    with pytest.raises(InputError, match=r"depth\.pth does not exist"):
        load_model(tmp_path)


def garbage(tmp_path, kind) -> bytes:
    whole = lightning_checkpoint(tmp_path / "whole.ckpt", tiny_model()).read_bytes()
    Image.new("RGB", (8, 8)).save(tmp_path / "image.png")
    return {
        "empty": b"",
        "text": b"no weights\n",
        "image": (tmp_path / "image.png").read_bytes(),
        "half": whole[: len(whole) // 2],
        "short": whole[:-100],
        "zip": b"PK\x03\x04" + bytes(100),
        "pickle": b"\x80\x04\x95",
        "json": b'{"schema": 1}',
        "zeros": bytes(1000),
    }[kind]


@pytest.mark.parametrize("kind", ["empty", "text", "image", "half", "short", "zip", "pickle", "json", "zeros"])
def test_garbage(tmp_path, kind):
    content = garbage(tmp_path, kind)
    file = tmp_path / "garbage.ckpt"
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        load_model(file)
    assert_one_line(error, file)
    fake_rt(tmp_path / "published")
    (tmp_path / "published" / "encoder.pth").write_bytes(content)
    with pytest.raises(InputError, match=r"encoder\.pth"):
        load_model(tmp_path / "published")


@pytest.mark.parametrize(
    "content",
    [torch.zeros(2), [1], {"state_dict": {}}, {"gradunc": {"schema": 1}}, {"gradunc": 3, "state_dict": {}}],
    ids=["tensor", "list", "foreign", "no weights", "number"],
)
def test_files_that_are_no_checkpoint_of_ours(tmp_path, content):
    torch.save(content, tmp_path / "a.ckpt")
    with pytest.raises(InputError) as error:
        load_model(tmp_path / "a.ckpt")
    assert_one_line(error, tmp_path)


def test_code_in_a_weight_file_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "proof"),))

    torch.save({"state_dict": {}, "x": Evil()}, tmp_path / "a.ckpt")
    with pytest.raises(InputError):
        load_model(tmp_path / "a.ckpt")
    assert not (tmp_path / "proof").exists()


def test_model_entry_is_plain_data():
    """JSON holds it, and a network built from it has the same weights' names."""
    model = build_model(tiny_settings(uncertainty_head=True))
    assert json.loads(json.dumps(entry_of(model)))["model"]["uncertainty_head"] is True
