"""What checkpoints say of their network, in the words of this version and of the one before."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gradunc import InputError, Monodepth2Settings, RTMonoDepthSSettings, build_model, load_model
from gradunc.models import ModelSettings, export_model
from gradunc.models.checkpoints.entry import settings_in
from tests.helpers import random_images

SCHEMA_1: dict[str, Any] = {
    "architecture": "monodepth2",
    "encoder": "lcnet_050",
    "pretrained": "true",
    "size": [64, 96],
    "head": "disparity",
    "min_depth": 0.5,
    "max_depth": 50.0,
    "initial_depth": None,
    "uncertainty_head": True,
    "decoder_channels": [8, 8, 8, 8, 8],
    "ambiguity": "metric",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}
"""As gradunc wrote it until the settings of the families were told apart."""
SAMPLES: list[tuple[dict[str, Any], ModelSettings]] = [
    (
        SCHEMA_1,
        Monodepth2Settings(
            encoder="lcnet_050",
            size=[64, 96],
            min_depth=0.5,
            max_depth=50.0,
            uncertainty_head=True,
            decoder_channels=[8] * 5,
            ambiguity="metric",
            mean=[0.485, 0.456, 0.406],
            std=[0.229, 0.224, 0.225],
        ),
    ),
    (
        {**SCHEMA_1, "architecture": "rt_monodepth_s", "encoder": "none", "uncertainty_head": False},
        RTMonoDepthSSettings(
            size=[64, 96],
            min_depth=0.5,
            max_depth=50.0,
            ambiguity="metric",
            mean=[0.485, 0.456, 0.406],
            std=[0.229, 0.224, 0.225],
        ),
    ),
]
every_sample = pytest.mark.parametrize(("stored", "settings"), SAMPLES, ids=["monodepth2", "rt_monodepth_s"])


@every_sample
def test_an_export_of_schema_1(stored: dict[str, Any], settings: ModelSettings, tmp_path: Path) -> None:
    model = build_model(settings).eval()
    export_model(model, tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"schema": 1, "model": stored}))
    loaded = load_model(tmp_path)
    assert loaded.settings == model.settings
    assert torch.equal(loaded(random_images()).depth, model(random_images()).depth)


@every_sample
def test_a_checkpoint_of_schema_1(stored: dict[str, Any], settings: ModelSettings, tmp_path: Path) -> None:
    model = build_model(settings).eval()
    weights = {f"depth_model.{key}": value for key, value in model.state_dict().items()}
    torch.save({"state_dict": weights, "gradunc": {"schema": 1, "model": stored, "config": {}}}, tmp_path / "a.ckpt")
    assert torch.equal(load_model(tmp_path / "a.ckpt")(random_images()).depth, model(random_images()).depth)


def test_this_version_writes_what_the_family_has(tmp_path: Path) -> None:
    export_model(build_model(RTMonoDepthSSettings(size=[64, 96])), tmp_path)
    entry = json.loads((tmp_path / "config.json").read_text())
    assert entry["schema"] == 2
    assert not {"encoder", "pretrained", "decoder_channels", "weights"} & set(entry["model"])


@pytest.mark.parametrize("schema", [1, 2])
def test_settings_that_are_not_known(schema: int, tmp_path: Path) -> None:
    """A setting of another family is one of them, except in schema 1."""
    stored = {**SCHEMA_1, "architecture": "rt_monodepth_s", "wings": 2}
    with pytest.raises(InputError, match=r"unknown model settings \[.*'wings'\]") as error:
        settings_in({"schema": schema, "model": stored}, tmp_path)
    assert ("decoder_channels" in str(error.value)) == (schema == 2)


def test_a_family_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown model\.architecture 'monodepth3'; did you mean 'monodepth2'"):
        settings_in({"schema": 1, "model": {**SCHEMA_1, "architecture": "monodepth3"}}, tmp_path)
