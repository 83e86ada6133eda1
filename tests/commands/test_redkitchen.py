"""A short supervised training on the real recording learns more than its mean depth map."""

import json
from functools import cache

import pytest

from gradunc.commands.train import main
from gradunc.data.recorded.truth import DepthFile
from tests.helpers import DATA

KITCHEN = DATA / "redkitchen"


@pytest.mark.slow
@pytest.mark.skipif(not KITCHEN.is_dir(), reason=f"no redkitchen in {DATA}")
def test_the_experiment_beats_the_mean_depth_map(call, tmp_path, monkeypatch):
    """`experiment=redkitchen` as it is, but every fourth row and column of the truth, and every file read once."""
    read = DepthFile.__call__
    monkeypatch.setattr(DepthFile, "__call__", cache(lambda self: read(self)[2::4, 2::4].copy()))
    outcome = call(
        main,
        "experiment=redkitchen",
        f"data.root={KITCHEN}",
        "data.frame_cache=true",
        f"data.cache={tmp_path / 'cache'}",
        "evaluation.pictures=0",
        "trainer.progress=false",
        f"output={tmp_path / 'runs'}",
    )
    assert outcome.code == 0, outcome.err
    (file,) = (tmp_path / "runs").rglob("metrics.json")
    depth = json.loads(file.read_text())["depth"]
    assert depth["model"]["abs_rel"] < depth["mean depth map"]["abs_rel"], depth
