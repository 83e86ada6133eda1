"""A really trained network on real frames: KITTI drive 0002 with RT-MonoDepth-S (README of the shared data)."""

import json

import numpy as np
import pytest
import torch

from gradunc.commands.infer import main
from gradunc.data.loading.datamodule import to_float
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.kitti.frames import kitti_raw
from gradunc.metrics import EvaluationProtocol, depth_errors, resize_estimate, sparsification
from gradunc.models import load_model
from gradunc.uncertainty import GradientUncertainty
from tests.helpers import DATA, files_in

KITTI, WEIGHTS = DATA / "kitti_raw", DATA / "rt_monodepth_s"
FRAMES = KITTI / "2011_09_26" / "2011_09_26_drive_0002_sync" / "image_02" / "data"
EXPECTED = {"abs_rel": (0.0667, 0.002), "rmse": (2.832, 0.05), "a1": (0.9593, 0.005)}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (FRAMES.is_dir() and WEIGHTS.is_dir()), reason=f"no KITTI frames and RT-MonoDepth-S weights in {DATA}"
    ),
]


def test_two_frames(call, tmp_path):
    outcome = call(
        main,
        "predict",
        f"checkpoint={WEIGHTS}",
        f"source={FRAMES}/000000000[01].png",
        f"output={tmp_path / 'out'}",
        "device=cpu",
    )
    assert outcome.code == 0, outcome.err
    suffixes = (".depth.npy", ".uncertainty.npy", ".panel.png")
    names = {f"000000000{i}.png{suffix}" for i in (0, 1) for suffix in suffixes}
    assert files_in(tmp_path / "out") == {"summary.json", ".settings.json", *names}
    for i in (0, 1):
        depth, uncertainty = (np.load(tmp_path / "out" / f"000000000{i}.png{s}") for s in suffixes[:2])
        assert depth.shape == uncertainty.shape == (375, 1242)
        assert depth.dtype == uncertainty.dtype == np.float32
        assert ((depth > 0.1) & (depth < 100)).all()
        assert np.isfinite(uncertainty).all()
        assert uncertainty.std() > 0


@pytest.fixture
def metrics(call, tmp_path):
    outcome = call(
        main,
        "evaluate",
        f"checkpoint={WEIGHTS}",
        "data=kitti",
        f"data.root={KITTI}",
        "data.workers=0",
        "evaluation.crop=garg",
        "evaluation.pictures=0",
        "trainer=cpu",
        "trainer.progress=false",
        f"output={tmp_path / 'out'}",
    )
    assert outcome.code == 0, outcome.err
    return json.loads((tmp_path / "out" / "metrics.json").read_text()), outcome.out


def test_data_set(metrics):
    """Median-scaled, Garg crop, 1e-3 to 80 m: the figures of the protocol."""
    result, table = metrics
    assert result["images"] == 10
    for name, (expected, tolerance) in EXPECTED.items():
        assert result["depth"]["model"][name] == pytest.approx(expected, abs=tolerance)
    assert f"{result['depth']['model']['abs_rel']:.4f}" in table
    for word in ("alignment median", "80 m", "Garg crop", "aurg"):
        assert word in table
    for name in ("abs_rel", "rmse", "a1"):
        assert result["uncertainty"]["gradient"][f"aurg_{name}"] > 0


def test_the_laser_axis_of_the_published_export():
    """Laser x in place of camera z, as the published export: the figures of the shared data's README."""
    torch.set_num_threads(2)
    model = load_model(WEIGHTS)
    protocol = EvaluationProtocol("median", 1e-3, 80.0, "garg")
    data = FrameDataset(kitti_raw(KITTI, depth="laser_x"), (192, 640))
    errors = []
    for i in range(len(data)):
        sample = to_float(data[i])
        truth = sample["depth"][None]
        with torch.no_grad():
            depth = model.resize_depth(model(sample["image"][None]).depth, truth.shape[-2:])
        selection = protocol.select(truth[0], depth[0], (truth > 0)[0], model.output_space)
        errors.append(depth_errors(selection.truth, selection.prediction))
    for name, expected in {"abs_rel": 0.0652, "rmse": 2.786, "a1": 0.9613}.items():
        assert np.mean([error[name] for error in errors]) == pytest.approx(expected, abs=2e-3), name


def test_every_frame_is_better_than_random():
    """AURG > 0: the sparsification curve lies below the random one on each of the ten frames."""
    torch.set_num_threads(2)
    model = load_model(WEIGHTS)
    estimator = GradientUncertainty(model)
    protocol = EvaluationProtocol("median", 1e-3, 80.0, "garg")
    data = FrameDataset(kitti_raw(KITTI), (192, 640))
    errors, gains = [], []
    for i in range(len(data)):
        sample = to_float(data[i])
        truth = sample["depth"][None]
        depth, uncertainty, known = resize_estimate(model, estimator.estimate(sample["image"][None]), truth.shape[-2:])
        selection = protocol.select(truth[0], depth[0], (truth > 0)[0] & known[0], model.output_space)
        scores = uncertainty[0, 0][selection.keep]
        errors.append(float(depth_errors(selection.truth, selection.prediction)["abs_rel"]))
        curves = sparsification(selection.truth, selection.prediction, scores)
        gains.append({name: float(curves[name].aurg) for name in ("abs_rel", "rmse", "a1")})
    assert len(errors) == 10
    assert np.mean(errors) == pytest.approx(0.0667, abs=0.002)
    for frame, gain in enumerate(gains):
        assert min(gain.values()) > 0, (frame, gain)
