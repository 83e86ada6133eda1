"""Weights that do not fit, wrong arguments and garbage are one line each."""

import os
import zipfile

import pytest
import torch
from PIL import Image

from gradunc.errors import InputError
from gradunc.models import export_model, load_model
from tests.helpers import tiny_model
from tests.models import published
from tests.models.checkpoints.helpers import assert_one_line, fake_rt, lightning_checkpoint


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


def test_one_changed_number_is_told(tmp_path):
    """PyTorch loads it without a word."""
    path = lightning_checkpoint(tmp_path / "a.ckpt", tiny_model())
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.file_size)
        numbers = archive.read(largest)
    content = bytearray(path.read_bytes())
    content[content.index(numbers)] ^= 1
    path.write_bytes(content)
    assert torch.load(path, weights_only=True), "what this test is about"
    with pytest.raises(InputError, match=r"a\.ckpt is no readable weight file \(damaged: '.*' has changed\)$"):
        load_model(path)


def test_a_file_without_checksums_is_read(tmp_path):
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        path = lightning_checkpoint(tmp_path / "a.ckpt", tiny_model())
    finally:
        torch.serialization.set_crc32_options(before)
    load_model(path)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("depth-anything/Depth-Anything-V2-Small-hf", "depth-anything/Depth-Anything-V2-Small-hf"),
        ("https://huggingface.co/Intel/dpt-large", "Intel/dpt-large"),
    ],
)
def test_a_network_of_the_hub_is_named_as_such(given, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        load_model(given)
    assert str(error.value).endswith(f"for a network of the Hugging Face Hub say checkpoint=hf:{name}")
    assert "\n" not in str(error.value)


def test_other_names_of_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"it is an address; download the file, and give its path$"):
        load_model("https://example.org/model.ckpt")
    (tmp_path / "runs").mkdir()
    for name in ("a/b/c", "/a/b", "last.ckpt", "runs/x/last.ckpt", "runs/demo"):
        with pytest.raises(InputError, match=r"does not exist.*; give a \.ckpt file, an export or a published folder$"):
            load_model(name)
