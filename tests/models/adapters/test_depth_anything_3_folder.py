"""Folders of Depth Anything 3: its presets without all that the package depends on, exports, and what is refused."""

import json
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import PyTorchModelHubMixin
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from gradunc import GradientUncertainty, InputError, adapt_depth_anything_3, load_model
from gradunc.models import AdaptedModel, export_model
from gradunc.models.adapters.depth_anything_3_folder import INSTALL
from tests.helpers import random_images
from tests.models.adapters.depth_anything_3_networks import any_view, monocular, needs_package
from tests.models.adapters.test_hub import PlayedHub
from tests.models.checkpoints.helpers import assert_one_line

TINY = {"da3-tiny": "any_view", "da3metric-tiny": "monocular"}
PRESET = "__object__:\n  path: tests.models.adapters.depth_anything_3_networks\n  name: {}\n  args: as_params\n"


class Mixed(nn.Module, PyTorchModelHubMixin):
    """Holds and saves a network as the package's `DepthAnything3` does, by the mixin of the hub."""

    def __init__(self, model_name: str = "da3-large") -> None:
        super().__init__()
        tiny = {"da3-tiny": any_view, "da3metric-tiny": monocular}
        self.model = tiny[model_name]() if model_name in tiny else published(model_name)
        self.model_name = model_name


def published(name: str) -> Any:
    """A preset of the package in its full size, by the package's own functions."""
    registry, config = (import_module(f"depth_anything_3.{module}") for module in ("registry", "cfg"))
    return config.create_object(config.load_config(registry.MODEL_REGISTRY[name])).eval()


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tiny presets of the package, and one that cannot be built."""
    known = import_module("depth_anything_3.registry").MODEL_REGISTRY
    for name, function in (*TINY.items(), ("da3-broken", "nothing")):
        (tmp_path / f"{name}.yaml").write_text(
            PRESET.format(function) + ("gs_head: {a: 1}\n" if "-tiny" in name else "")
        )
        monkeypatch.setitem(known, name, str(tmp_path / f"{name}.yaml"))


@pytest.fixture
def folder(presets: None, tmp_path: Path) -> Path:
    return saved(tmp_path / "net")


def saved(folder: Path, name: str = "da3-tiny") -> Path:
    """What `save_pretrained` writes, with a part for Gaussians and a model card."""
    Mixed(model_name=name).save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    save_file(weights | {"model.gs_head.norm.weight": torch.ones(3)}, folder / "model.safetensors")
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    return folder


def depth(model: Any, image: Tensor) -> Tensor:
    with torch.no_grad():
        return model(image).depth


@needs_package
@pytest.mark.parametrize("name", TINY)
def test_a_folder_is_its_network(presets: None, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, image = saved(tmp_path / "net", name), random_images(1, 40, 56)
    capsys.readouterr()
    loaded = load_model(folder)
    assert capsys.readouterr() == ("", f"{folder}: licence of the weights: cc-by-nc-4.0, non-commercial\n")
    expected = adapt_depth_anything_3(Mixed(model_name=name))
    assert isinstance(loaded, AdaptedModel)
    assert loaded.output_space == expected.output_space
    assert torch.equal(depth(loaded, image), depth(expected, image))
    assert GradientUncertainty(loaded, "auto").estimate(image).uncertainty.isfinite().all()


@needs_package
@pytest.mark.slow
def test_a_preset_in_full_size(tmp_path: Path) -> None:
    network, image = Mixed(model_name="da3-small"), random_images(1, 98, 126)
    network.save_pretrained(tmp_path)
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.no_grad():
        expected = network.model(((image - mean) / std)[:, None]).depth
    torch.testing.assert_close(depth(load_model(tmp_path), image), expected)


@needs_package
def test_an_export_is_the_same_network(folder: Path, tmp_path: Path) -> None:
    loaded, image = load_model(folder), random_images(1, 40, 56)
    again = load_model(export_model(loaded, tmp_path / "export"))
    assert isinstance(again, AdaptedModel)
    assert isinstance(loaded, AdaptedModel)
    assert again.description() == loaded.description()
    assert again.own_uncertainty == loaded.own_uncertainty
    assert torch.equal(depth(again, image), depth(loaded, image))


@needs_package
def test_a_network_of_the_hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: Any) -> None:
    """Its description says how images are prepared: nothing is asked for a second time, and nothing warned of."""
    hub = PlayedHub(folder, tmp_path / "cache")
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub)
    loaded = load_model("hf:owner/DA3-TINY")
    assert isinstance(loaded, AdaptedModel)
    assert loaded.preparation is not None
    assert not [one for one in recwarn if "preprocessor_config" in str(one.message)]


def describe(folder: Path, name: str) -> None:
    (folder / "config.json").write_text(json.dumps({"model_name": name}))


def without_a_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["model.head.norm.bias"]
    save_file(weights, folder / "model.safetensors")


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a weight is missing": (without_a_weight, r"does not fit da3-tiny: missing: head\.norm\.bias"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), r"has no model\.safetensors; download it"),
    "an unknown preset": (
        lambda folder: describe(folder, "da3-smal"),
        "net: unknown Depth Anything 3 'da3-smal'; did you mean 'da3-small'",
    ),
    "two networks": (lambda folder: describe(folder, "da3nested-giant-large"), "give one network, such as DA3-LARGE"),
    "a preset of nothing": (lambda folder: describe(folder, "da3-broken"), "makes no da3-broken .AttributeError"),
    "another network's weights": (lambda folder: describe(folder, "da3metric-tiny"), "does not fit da3metric-tiny"),
}


@needs_package
@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_folders(folder: Path, name: str) -> None:
    damage, message = DAMAGE[name]
    damage(folder)
    with pytest.raises(InputError, match=message) as raised:
        load_model(folder)
    assert_one_line(raised)


@needs_package
def test_the_preset_says_what_it_predicts(folder: Path) -> None:
    with pytest.raises(InputError, match="which predicts depth; omit head=disparity"):
        load_model(folder, head="disparity")


@needs_package
def test_damaged_exports(folder: Path, tmp_path: Path) -> None:
    export = export_model(load_model(folder), tmp_path / "export")
    original = json.loads((export / "config.json").read_text())
    for key, value in {"config": None, "dtype": "float99", "output_space": 7}.items():
        (export / "config.json").write_text(json.dumps(original | {"adapted": original["adapted"] | {key: value}}))
        with pytest.raises(InputError, match=re.escape(str(export))) as raised:
            load_model(export)
        assert_one_line(raised)


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("depth_anything_3", "depth_anything_3.cfg"):
        monkeypatch.setitem(sys.modules, name, None)
    describe(tmp_path, "da3-small")
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(InputError, match=f"needs its package .*; run {INSTALL}$") as raised:
        load_model(tmp_path)
    assert_one_line(raised)
