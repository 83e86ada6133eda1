"""What loggers are told of a run."""

import hashlib
from pathlib import Path

from gradunc.assembly.run_info import training_info, weights_input
from gradunc.config.train import TrainConfig
from gradunc.data.loading.datamodule import DepthData
from gradunc.models import Monodepth2Settings
from tests.config.test_loading import train

NO_DATA = DepthData(lambda split: [])  # pyright: ignore[reportArgumentType]


def test_the_name_says_model_data_and_objective(tmp_path):
    info = training_info(train("experiment=demo"), tmp_path, NO_DATA)
    assert (info.title, info.job, info.group) == ("monodepth2-lcnet_050 synthetic stereo", "train", "demo")
    supervised = training_info(train("model=rt_monodepth_s", "objective=supervised_silog"), tmp_path, NO_DATA)
    assert supervised.title == "rt_monodepth_s synthetic silog"
    assert supervised.group is None
    assert supervised.config["objective"]["losses"] == {"silog": 1.0}


def test_start_weights(tmp_path: Path):
    assert weights_input(Monodepth2Settings()) == []
    (tmp_path / "a.ckpt").write_bytes(b"weights")
    (found,) = weights_input(Monodepth2Settings(weights=str(tmp_path / "a.ckpt")))
    assert found.facts["sha256"] == {"a.ckpt": hashlib.sha256(b"weights").hexdigest()}
    (folder,) = weights_input(Monodepth2Settings(weights=str(tmp_path)))
    assert folder.facts["sha256"] == found.facts["sha256"]
    assert TrainConfig().model.weights is None


def test_the_start_weights_of_a_run_are_those_of_its_export(tmp_path: Path):
    (tmp_path / "config.yaml").write_text("seed: 3")
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "model.safetensors").write_bytes(b"weights")
    (found,) = weights_input(Monodepth2Settings(weights=str(tmp_path)))
    assert found.facts["sha256"] == {"model.safetensors": hashlib.sha256(b"weights").hexdigest()}
