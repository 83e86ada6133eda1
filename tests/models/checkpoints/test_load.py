"""Own checkpoints and exports are loaded as they were written."""

import json
import os

import pytest
import torch

from gradunc.errors import InputError
from gradunc.models import build_model, export_model, load_model
from gradunc.models.checkpoints.entry import entry_of
from tests.helpers import random_images, tiny_model, tiny_settings
from tests.models.checkpoints.helpers import assert_one_line, depth_by, lightning_checkpoint


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
    with pytest.raises(InputError, match=r"the export cannot be written to .*: disk full"):
        export_model(tiny_model(seed=1), tmp_path)
    assert torch.equal(depth_by(load_model(tmp_path), random_images()), depth_by(model, random_images()))


def test_model_entry_is_plain_data():
    """JSON holds it, and a network built from it has the same weights' names."""
    model = build_model(tiny_settings(uncertainty_head=True))
    assert json.loads(json.dumps(entry_of(model)))["model"]["uncertainty_head"] == "laplace"
