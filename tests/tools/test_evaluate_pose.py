"""Errors of a pose network over made sequences, with a network whose motions are known, and every promised message."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.assembly import build_training
from gradunc.config.command_line import parse
from gradunc.config.loading import load
from gradunc.config.train import TRAIN_GROUPS, TrainConfig
from gradunc.data.formats import kitti_odometry as odometry
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.tools import evaluate_pose, run_evaluate_pose
from tests.data.kitti_helpers import DRIVE, KITTI, needs_kitti
from tests.helpers import TINY, call_command

FRAMES = 7
CALIBRATION = "P2: 100 0 10 0 0 100 5 0 0 0 1 0\n"


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: call_command(evaluate_pose.main, arguments, monkeypatch, capsys)


@pytest.fixture
def root(tmp_path):
    """Sequences 09 and 10, straight ahead; the gray of frame k is 10 k, and the step behind it k + 1 m long."""
    root = tmp_path / "odometry"
    (root / "poses").mkdir(parents=True)
    for sequence in ("09", "10"):
        for frame in range(FRAMES):
            path = odometry.image_path(root, sequence, "l", frame)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 10), (10 * frame,) * 3).save(path)
        (root / "sequences" / sequence / "calib.txt").write_text(CALIBRATION)
        poses = np.tile(np.eye(4), (FRAMES, 1, 1))
        poses[1:, 2, 3] = np.cumsum(1.0 + np.arange(FRAMES - 1))
        (root / "poses" / f"{sequence}.txt").write_text(odometry.format_poses(poses))
    return root


class Knows(torch.nn.Module):
    """Sees the true step, times a factor, and `aside` metres to the right of it."""

    def __init__(self, factor: float = 1.0, aside: float = 0.0) -> None:
        super().__init__()
        self.factor, self.aside = factor, aside

    def forward(self, first, second):
        shift = torch.zeros(len(first), 3)
        shift[:, 2] = -self.factor * (1 + 25.5 * first.mean((1, 2, 3))).round()
        shift[:, 0] = -self.aside
        assert (second.mean((1, 2, 3)) > first.mean((1, 2, 3))).all()  # in temporal order
        return torch.zeros(len(first), 3), shift


@pytest.fixture
def knows(monkeypatch):
    """Make the checkpoint a network that knows."""

    def give(**options) -> str:
        monkeypatch.setattr(run_evaluate_pose, "load_pose_network", lambda *_: (Knows(**options), (32, 64)))
        return "checkpoint=any.ckpt"

    return give


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """What train.py saves, made without training."""
    config = load(TrainConfig, TRAIN_GROUPS, parse([*TINY, "objective.pose_encoder=lcnet_050"], TRAIN_GROUPS))
    module = build_training(config)
    content = {"state_dict": module.state_dict()}
    module.on_save_checkpoint(content)
    path = tmp_path_factory.mktemp("checkpoint") / "last.ckpt"
    torch.save(content, path)
    return path


def metrics(folder) -> dict:
    return json.loads((folder / "metrics.json").read_text())["sequences"]


def test_half_of_the_truth_is_the_truth_up_to_scale(call, root, knows, tmp_path):
    outcome = call(knows(factor=0.5), f"data.root={root}", f"output={tmp_path / 'out'}", "data.workers=0")
    assert outcome.code == 0, outcome.err
    for text in ("alignment scale", "ATE 5 frames [m]", "RPE [deg]", "drift [deg/100 m]", "0.0000 ± 0.0000"):
        assert text in outcome.out
    found = metrics(tmp_path / "out")
    assert set(found) == {"09", "10"}
    for sequence in found.values():
        assert sequence["frames"] == FRAMES
        assert sequence["length_m"] == pytest.approx(21)
        assert sequence["drift_percent"] is None  # shorter than 100 m
        for key in ("ate_snippet", "ate", "rpe_m", "rpe_deg"):
            assert sequence[key] == pytest.approx(0, abs=1e-6)
    path = odometry.read_poses(tmp_path / "out" / "09.txt")
    assert path[:, 2, 3].tolist() == pytest.approx([0, 1, 3, 6, 10, 15, 21])
    assert not list((tmp_path / "out").glob("*.tmp"))


def test_without_alignment_scale_counts(call, root, knows, tmp_path):
    arguments = [f"data.root={root}", f"output={tmp_path / 'out'}", "data.workers=0", "alignment=none"]
    assert call(knows(factor=0.5), *arguments, "data.kitti_odometry.test_sequences=[9]").code == 0
    (found,) = metrics(tmp_path / "out").values()
    positions = np.array([0, 1, 3, 6, 10, 15, 21])
    assert found["ate"] == pytest.approx(np.sqrt(np.mean((positions / 2) ** 2)))
    assert found["rpe_m"] == pytest.approx(np.mean([0.5, 1, 1.5, 2, 2.5, 3]))
    assert found["ate_snippet"] == pytest.approx(0, abs=1e-6)  # which has a scale of its own


def test_the_side_counts_too(call, root, knows, tmp_path):
    arguments = [f"data.root={root}", f"output={tmp_path / 'out'}", "data.workers=0", "alignment=none"]
    assert call(knows(aside=0.25), *arguments, "data.kitti_odometry.test_sequences=[9]").code == 0
    (found,) = metrics(tmp_path / "out").values()
    assert found["rpe_m"] == pytest.approx(0.25, rel=1e-5)
    assert found["ate"] == pytest.approx(0.25 * np.sqrt(np.mean(np.arange(FRAMES) ** 2)), rel=1e-5)
    assert odometry.read_poses(tmp_path / "out" / "09.txt")[:, 0, 3].tolist() == pytest.approx([*np.arange(7) / 4])


def test_gaps_divide_a_sequence(call, root, knows, tmp_path):
    lines = [f"9 {frame} l" for frame in (0, 1, 2, 4, 5)]
    (tmp_path / "lines.txt").write_text("\n".join(lines))
    arguments = [f"data.root={root}", f"output={tmp_path / 'out'}", "data.workers=0"]
    assert call(knows(), *arguments, f"data.kitti_odometry.test_split={tmp_path / 'lines.txt'}").code == 0
    assert {name: value["frames"] for name, value in metrics(tmp_path / "out").items()} == {"09 (1)": 4, "09 (2)": 3}
    (tmp_path / "lines.txt").write_text("\n".join(lines[::2]))
    outcome = call(knows(), *arguments, f"data.kitti_odometry.test_split={tmp_path / 'lines.txt'}")
    assert outcome.code == 2
    assert "the test split is no video: its frames do not follow one another" in outcome.err


def test_a_checkpoint_of_a_training(call, root, checkpoint):
    network, size = load_pose_network(checkpoint)
    assert size == (64, 96)
    assert not network.training
    outcome = call(f"checkpoint={checkpoint}", f"data.root={root}", "data.workers=0", "device=cpu")
    assert outcome.code == 0, outcome.err
    assert "09" in outcome.out


@needs_kitti
def test_real_motion_of_the_inertial_unit(call, checkpoint, tmp_path):
    """An untrained network on the real drive: the way is 9 frames long, about 0.9 m each."""
    arguments = [f"checkpoint={checkpoint}", "data=kitti", f"data.root={KITTI}", "data.workers=0", "device=cpu"]
    outcome = call(*arguments, "data.kitti.poses=oxts", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    assert metrics(tmp_path / "out")[DRIVE]["length_m"] == pytest.approx(8.2, abs=0.3)
    assert (tmp_path / "out" / f"{DRIVE.replace('/', '_')}.txt").exists()
    outcome = call(*arguments)
    assert outcome.code == 2
    assert "is unknown: KITTI odometry has poses/NN.txt" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "checkpoint is missing"),
        (["checkpoint=no.ckpt"], "checkpoint='no.ckpt' does not exist"),
        (
            ["checkpoint=folder"],
            "checkpoint='folder' is a folder; give a .ckpt file of train.py, for example",
        ),
        (["checkpoint=empty.ckpt"], "is no readable weight file"),
        (["checkpoint=depth.ckpt"], "'depth.ckpt' holds no pose network"),
        (["checkpoint=a.ckpt", "alignment=8dof"], "alignment=8dof must be none, scale, 6dof or 7dof"),
        (["checkpoint=a.ckpt", "snippet=1"], "snippet=1 must be at least 2 frames"),
        (["checkpoint=a.ckpt", "data=kity"], "did you mean 'data=kitti'?"),
        (["checkpoint=a.ckpt", "snipet=3"], "unknown key 'snipet'; did you mean 'snippet'?"),
        (["checkpoint=GIVEN"], "data.root is missing"),
        (["checkpoint=GIVEN", "data=synthetic"], "data=synthetic is no recorded video with known motion"),
        (["checkpoint=GIVEN", "device=cuda:99"], "device='cuda:99' is not available here"),
    ],
)
def test_mistakes(call, checkpoint, tmp_path, arguments, part):
    (tmp_path / "folder").mkdir()
    for path in ("folder/last.ckpt", "empty.ckpt"):
        (tmp_path / path).touch()
    torch.save({"state_dict": {"depth_model.x": torch.zeros(1)}}, tmp_path / "depth.ckpt")
    outcome = call(*(argument.replace("GIVEN", str(checkpoint)) for argument in arguments))
    assert outcome.code == 2
    assert part in outcome.err
    assert outcome.err.count("\n") == 1


def test_help(call):
    outcome = call("--help")
    assert outcome.code == 0
    assert "alignment (str = scale)" in outcome.out
