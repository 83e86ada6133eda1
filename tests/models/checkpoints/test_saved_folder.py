"""Folders of Hugging Face's save_pretrained are loaded as the library loads them, and exported as any network is."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import DPTImageProcessor

from gradunc import InputError, OutputSpace, adapt_huggingface, load_model
from gradunc.models import AdaptedModel, export_model, start_model
from gradunc.models.adapters.huggingface.processor import Preparation, from_processor
from gradunc.models.adapters.huggingface.saved_folder import saved_class
from gradunc.models.adapters.preparation import ImagePreparation
from tests.helpers import random_images, tiny_settings
from tests.models.adapters import huggingface_networks
from tests.models.checkpoints.helpers import assert_one_line

NAMES = ("depth_anything", "dpt", "dpt_hybrid", "dpt_swin", "zoedepth", "glpn", "depth_pro", "prompt_depth_anything")


def saved(folder: Path, name: str, **options: Any) -> Path:
    getattr(huggingface_networks, name)().save_pretrained(folder, **options)
    return folder


def change_config(folder: Path, **values: object) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


@pytest.mark.parametrize("name", NAMES)
def test_what_the_network_itself_predicts(name: str, tmp_path: Path) -> None:
    """The names of the weights in the file differ from those in memory: the library knows both."""
    loaded = load_model(saved(tmp_path / "net", name))
    network = adapt_huggingface(getattr(huggingface_networks, name)())
    image = random_images(2, *(loaded.size if name == "depth_pro" else (64, 64)))
    with torch.no_grad():
        assert torch.equal(loaded(image).depth, network(image).depth)
    assert not loaded.training
    assert loaded.output_space == network.output_space
    again = load_model(export_model(loaded, tmp_path / "export"))
    with torch.no_grad():
        assert torch.equal(again(image).depth, loaded(image).depth)


def test_weights_in_several_files_and_in_half_precision(tmp_path: Path) -> None:
    network = huggingface_networks.dpt()
    sharded = load_model(saved(tmp_path / "many", "dpt", max_shard_size="10KB"))
    assert len(list((tmp_path / "many").glob("*.safetensors"))) > 2
    image = random_images(1, 64, 64)
    with torch.no_grad():
        assert torch.equal(sharded(image).depth, adapt_huggingface(network)(image).depth)
    network.to(torch.float16).save_pretrained(tmp_path / "half")  # pyright: ignore[reportCallIssue]
    half = load_model(tmp_path / "half")
    assert {one.dtype for one in half.parameters()} == {torch.float32}


def test_the_image_processor_says_normalisation_and_size(tmp_path: Path) -> None:
    folder = saved(tmp_path, "depth_anything")
    DPTImageProcessor(
        size={"height": 56, "width": 84}, image_mean=[0.1, 0.2, 0.3], image_std=[1, 2, 3]
    ).save_pretrained(folder)
    loaded = load_model(folder)
    assert loaded.size == (56, 84)
    again = load_model(export_model(loaded, tmp_path / "export"))
    for one in (loaded, again):
        assert isinstance(one, AdaptedModel)
        assert one.preparation == ImagePreparation(56, 84, filter="bicubic")
    assert loaded.mean.flatten().tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert loaded.std.flatten().tolist() == pytest.approx([1, 2, 3])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, Preparation()),
        ({"do_rescale": True, "size_divisor": 32}, Preparation()),
        ({"image_mean": [0.5] * 3, "image_std": [0.25] * 3}, Preparation((0.5,) * 3, (0.25,) * 3)),
        ({"image_mean": [0.5] * 3, "image_std": [1] * 3, "do_normalize": False}, Preparation((0.0,) * 3, (1.0,) * 3)),
        ({"image_mean": [51] * 3, "image_std": [255] * 3, "do_rescale": False}, Preparation((0.2,) * 3, (1.0,) * 3)),
        ({"size": {"height": 3, "width": 4}, "do_resize": False}, Preparation()),
        ({"size": {"shortest_edge": 3}}, Preparation()),
    ],
)
def test_preparation(content: dict[str, Any], expected: Preparation) -> None:
    assert from_processor(content) == expected


def test_a_normalisation_of_another_scale_is_the_same_arithmetic() -> None:
    """x * rescale_factor * 255 is what the processor subtracts the mean from."""
    told = from_processor({"rescale_factor": 1 / 127.5, "image_mean": [1.0] * 3, "image_std": [0.5] * 3})
    assert told.mean is not None
    assert told.std is not None
    assert (0.8 - told.mean[0]) / told.std[0] == pytest.approx((0.8 * 255 / 127.5 - 1.0) / 0.5)


def test_a_network_that_does_not_say_what_it_predicts_is_told(tmp_path: Path) -> None:
    folder = saved(tmp_path, "dpt_dinov2")
    with pytest.raises(InputError, match=r"set head=depth \(metres\) or head=disparity"):
        load_model(folder)
    assert load_model(folder, head="depth").output_space == OutputSpace("depth", "metric")
    assert load_model(folder, head="disparity").output_space == OutputSpace("disparity", "affine")


def test_what_a_folder_says_itself_is_not_chosen(tmp_path: Path) -> None:
    folder = saved(tmp_path, "glpn")
    with pytest.raises(InputError, match="says that it predicts metric depth; omit head=depth"):
        load_model(folder, head="depth")
    with pytest.raises(InputError, match="says what its network is; omit architecture=monodepth2"):
        load_model(folder, architecture="monodepth2")
    with pytest.raises(InputError, match="omit module="):
        load_model(folder, module=adapt_huggingface(huggingface_networks.glpn()))
    with pytest.raises(InputError, match=r"holds an adapted network; train\.py trains"):
        start_model(tiny_settings(weights=str(folder)))


def test_transformers_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = saved(tmp_path, "glpn")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"not installed; run pip install 'gradunc\[huggingface\]'"):
        load_model(folder)


def test_damage(tmp_path: Path) -> None:
    def error_of(name: str) -> pytest.ExceptionInfo[InputError]:
        with pytest.raises(InputError) as error:
            load_model(tmp_path / name)
        assert_one_line(error, tmp_path / name)
        return error

    weights = saved(tmp_path / "none", "glpn") / "model.safetensors"
    weights.unlink()
    assert "has no weights beside config.json" in str(error_of("none").value)
    weights = saved(tmp_path / "short", "glpn") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    error_of("short")
    change_config(saved(tmp_path / "huge", "glpn"), decoder_hidden_size=10**6)
    assert "its files have" in str(error_of("huge").value)
    change_config(saved(tmp_path / "other", "glpn"), decoder_hidden_size=4)
    error_of("other")
    change_config(saved(tmp_path / "odd", "glpn"), depths="many")
    assert "loads no GLPNForDepthEstimation" in str(error_of("odd").value)
    folder = saved(tmp_path / "processor", "glpn")
    (folder / "preprocessor_config.json").write_text('{"image_mean": ["red"]}')
    assert "describes no image processor" in str(error_of("processor").value)
    change_config(saved(tmp_path / "hub", "dpt"), backbone="owner/name")
    assert "names the backbone 'owner/name', which is not in the folder" in str(error_of("hub").value)


def test_missing_weights_are_no_random_ones(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = saved(tmp_path, "glpn") / "model.safetensors"
    weights = load_file(file)
    key = next(key for key in weights if key.startswith("head."))
    save_file({name: value for name, value in weights.items() if name != key}, file, {"format": "pt"})
    with pytest.raises(InputError, match=f"does not fit GLPNForDepthEstimation: missing: {key}"):
        load_model(tmp_path)
    save_file({**weights, "wings": torch.ones(1)}, file, {"format": "pt"})
    with pytest.raises(InputError, match="left over: wings"):
        load_model(tmp_path)


def test_no_progress_bar_of_the_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = saved(tmp_path, "glpn")
    capsys.readouterr()
    assert isinstance(load_model(folder), AdaptedModel)
    assert capsys.readouterr() == ("", "")


def test_which_files_are_of_transformers() -> None:
    assert saved_class({"architectures": ["A", "B"]}) == "A"
    assert saved_class({"model_type": "bert"}) == ""
    assert saved_class({"schema": 2, "model_type": "bert"}) is None
    assert saved_class({}) is None
    assert saved_class([]) is None
