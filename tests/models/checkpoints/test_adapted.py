"""Adapted networks come back from checkpoints and exports: bit for bit, without running code from the file."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from gradunc import InputError, OutputSpace, adapt, adapt_huggingface, load_model
from gradunc.losses import LossEngine
from gradunc.models import AdaptedModel, DepthModel, export_model, start_model
from gradunc.training import DepthTraining
from tests.helpers import random_images, tiny_settings
from tests.training.helpers import quiet_trainer, toy_data

FAMILIES: dict[str, dict[str, Any]] = {
    "depth_anything": {"output_space": OutputSpace("disparity", "metric"), "size": (56, 84)},
    "dpt": {"output_space": OutputSpace("disparity", "scale"), "mean": (0.1, 0.2, 0.3)},
    "dpt_hybrid": {"output_space": OutputSpace("disparity", "scale")},
    "dpt_swin": {"output_space": OutputSpace("disparity", "scale")},
    "dpt_dinov2": {"output_space": OutputSpace("depth", "metric")},
    "zoedepth": {},
    "glpn": {"std": (0.5, 0.5, 0.5)},
}


def huggingface(name: str) -> AdaptedModel:
    from tests.models.adapters import huggingface_networks

    return adapt_huggingface(getattr(huggingface_networks, name)(), **FAMILIES[name])


def checkpoint(path: Path, model: DepthModel) -> Path:
    """What train.py keeps of a network."""
    module = DepthTraining(model, LossEngine({"l1": 1.0}))
    entry: dict[str, Any] = {"state_dict": module.state_dict()}
    module.on_save_checkpoint(entry)
    torch.save(entry, path)
    return path


WRITERS: dict[str, Callable[[Path, DepthModel], Path]] = {
    "checkpoint": lambda folder, model: checkpoint(folder / "a.ckpt", model),
    "export": lambda folder, model: export_model(model, folder / "export"),
}
every_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def assert_the_same(loaded: DepthModel, model: DepthModel) -> None:
    assert not loaded.training
    assert isinstance(loaded, AdaptedModel)
    assert loaded.description() == model.description()
    assert loaded.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in loaded.state_dict().items())
    image = random_images(1, 64, 64)
    with torch.no_grad():
        assert torch.equal(loaded(image).depth, model.eval()(image).depth)
    for name in ("output_space", "multiple", "size", "auto_layer"):
        assert getattr(loaded, name, None) == getattr(model, name, None)


@every_writer
@pytest.mark.parametrize("name", FAMILIES)
def test_huggingface(name: str, write: Callable[[Path, DepthModel], Path], tmp_path: Path) -> None:
    model = huggingface(name)
    assert_the_same(load_model(write(tmp_path, model)), model)


def test_the_checkpoint_of_a_real_run(tmp_path: Path) -> None:
    model = huggingface("glpn")
    trainer = quiet_trainer(max_steps=2, limit_val_batches=0)
    trainer.fit(DepthTraining(model, LossEngine({"l1": 1.0})), toy_data(4))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    assert_the_same(load_model(tmp_path / "a.ckpt"), model)


def test_half_precision_stays(tmp_path: Path) -> None:
    from tests.models.adapters import huggingface_networks

    model = adapt_huggingface(huggingface_networks.glpn().to(torch.bfloat16))
    loaded = load_model(export_model(model, tmp_path))
    assert loaded.mean.dtype == torch.bfloat16
    assert_the_same(loaded, model)


def test_transformers_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = export_model(huggingface("glpn"), tmp_path)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"GLPNForDepthEstimation .* not installed; run pip install 'gradunc\[hugg"):
        load_model(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class": "Trainer"}, "holds a 'Trainer' of transformers, which is none of DepthAnything"),
        ({"library": "wings"}, "written by a newer gradunc"),
        ({"config": {"depths": "many"}}, "makes no GLPNForDepthEstimation of its config"),
        ({"output_space": {}, "size": 3}, "makes no GLPNForDepthEstimation of its config"),
    ],
)
def test_descriptions_that_describe_nothing(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    file = export_model(huggingface("glpn"), tmp_path) / "config.json"
    config = json.loads(file.read_text())
    config["adapted"] |= change
    file.write_text(json.dumps(config))
    with pytest.raises(InputError, match=message) as error:
        load_model(tmp_path)
    assert "\n" not in str(error.value)
    assert str(tmp_path) in str(error.value)


def module_of_ones_own(seed: int = 0, channels: int = 1) -> AdaptedModel:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, channels, 1))
    return adapt(net, torch.exp, OutputSpace(), mean=(0.5,) * 3, std=(0.25,) * 3, multiple=2, size=(32, 64))


@every_writer
def test_any_module_is_filled(write: Callable[[Path, DepthModel], Path], tmp_path: Path) -> None:
    model = module_of_ones_own()
    path = write(tmp_path, model)
    with pytest.raises(InputError, match=r"weights of a Sequential without its code.*load_model\(path, module="):
        load_model(path)
    empty = module_of_ones_own(seed=1)
    assert load_model(path, module=empty) is empty
    assert_the_same(empty, model)


def test_a_module_that_does_not_fit(tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.ckpt", module_of_ones_own())
    with pytest.raises(InputError, match=r"of another shape: .*module\.2\.bias \(1,\) instead of \(2,\)"):
        load_model(path, module=module_of_ones_own(channels=2))


def test_what_an_adapted_network_has_not(tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.ckpt", module_of_ones_own())
    with pytest.raises(InputError, match="no head to choose; omit head=depth"):
        load_model(path, head="depth", module=module_of_ones_own())
    with pytest.raises(InputError, match="no architecture to choose; omit architecture=monodepth2"):
        load_model(path, architecture="monodepth2", module=module_of_ones_own())


def test_train_py_does_not_go_on_from_one(tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.ckpt", huggingface("glpn"))
    with pytest.raises(InputError, match=r"^model\.weights: .*a\.ckpt holds an adapted network; train\.py trains"):
        start_model(tiny_settings(weights=str(path)))
