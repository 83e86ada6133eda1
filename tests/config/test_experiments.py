"""The published recipes: the numbers of methods.md F.3 and F.7 to F.9 stand in the YAML, and the parts fit together."""

from pathlib import Path
from typing import Any

import pytest

from gradunc.assembly import build_protocol, build_training, check_protocol
from gradunc.commands.run_stages import student_config
from gradunc.commands.train import main
from gradunc.config.command_line import choices
from gradunc.config.writing import as_dict
from gradunc.types import OutputSpace
from tests.config.test_loading import train
from tests.helpers import DATA

KITTI = DATA / "kitti_raw"
SELF_SUPERVISED = {
    "data.batch_size": 12,
    "trainer.max_epochs": 20,
    "model.size": [192, 640],
    "model.encoder": "resnet18.tv_in1k",
    "model.pretrained": "true",
    "model.mean": [0.45] * 3,
    "objective.losses": {"photometric": 1.0, "smoothness": 0.001},
    "objective.optimizer": "adam",
    "objective.learning_rate": 1e-4,
    "objective.schedule": "step",
    "objective.step_size": 15,
    "objective.gamma": 0.1,
    "data.augmentation.flip": 0.5,
    "data.augmentation.jitter": 0.5,
    "data.augmentation.hue": 0.1,
    "data.kitti.truth": "velodyne",
    "data.kitti.depth": "laser_x",
    "evaluation.protocol": "eigen",
}
SUPERVISED = {
    "data.batch_size": 16,
    "trainer.max_epochs": 25,
    "trainer.gradient_clip_val": 0.1,
    "trainer.gradient_clip_algorithm": "norm",
    "objective.losses": {"silog": 1.0},
    "objective.optimizer": "adamw",
    "objective.weight_decay": 0.1,
    "objective.learning_rate": 3.57e-4,
    "objective.encoder_learning_rate": 3.57e-5,
    "objective.schedule": "onecycle",
    "objective.onecycle_start": 25.0,
    "objective.onecycle_end": 100.0,
    "evaluation.mirrored": "mean",
    "model.encoder": "tf_efficientnet_b5.ap_in1k",
}
WINDOWS: dict[str, Any] = {
    "data.batch_size": 8,
    "trainer.max_epochs": 50,
    "trainer.gradient_clip_val": None,
    "objective.losses": {"silog": 1.0},
    "objective.optimizer": "adam",
    "objective.weight_decay": 0.0,
    "objective.learning_rate": 2e-5,
    "objective.schedule": "poly",
    "model.transformer": "swin_large_patch4_window7_224",
    "model.features": 128,
    "model.attention_heads": 4,
    "model.max_depth": 80.0,
    "data.kitti.truth": "improved",
    "data.augmentation.crop": [352, 1120],
    "data.augmentation.rotate": 0.0,
    "data.augmentation.flip": 0.5,
    "evaluation.mirrored": "mean",
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "kitti_mono": {**SELF_SUPERVISED, "objective.frames": [-1, 1], "data.kitti.split": "eigen_zhou"}
    | {"data.kitti.intrinsics": "published", "model.min_depth": 0.1, "model.max_depth": 100.0},
    "kitti_stereo": {**SELF_SUPERVISED, "objective.frames": ["s"], "data.kitti.split": "eigen_full"}
    | {"data.kitti.intrinsics": "calibration", "model.min_depth": 5.4 * 0.1, "model.max_depth": 5.4 * 100},
    "kitti_mono_stereo": {**SELF_SUPERVISED, "objective.frames": [-1, 1, "s"], "data.kitti.split": "eigen_zhou"}
    | {"data.kitti.intrinsics": "calibration", "model.min_depth": 5.4 * 0.1, "model.max_depth": 5.4 * 100},
    "kitti_supervised": {**SUPERVISED, "data.kitti.truth": "improved", "model.max_depth": 80.0}
    | {"data.augmentation.crop": [352, 704], "data.augmentation.rotate": 1.0},
    "nyu_supervised": {**SUPERVISED, "data.name": "nyu", "model.max_depth": 10.0}
    | {"data.augmentation.crop": [416, 544], "data.augmentation.rotate": 2.5},
    "kitti_newcrfs": {**WINDOWS, "model.head": "sigmoid_depth"},
    "kitti_pixelformer": {**WINDOWS, "model.head": "bins", "model.bins": 256},
}
SMALLER = {name: ["model.transformer=swin_tiny_patch4_window7_224"] for name in ("kitti_newcrfs", "kitti_pixelformer")}
"""What makes a network small enough for a test."""
BOTH = ", depth mean with the mirrored image's, uncertainties of the plain one"


def value(config: Any, key: str) -> Any:
    found = as_dict(config)
    for part in key.split("."):
        found = found[part]
    return found


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name: str) -> None:
    config = train(f"experiment={name}")
    for key, expected in PUBLISHED[name].items():
        assert value(config, key) == (pytest.approx(expected) if isinstance(expected, float) else expected), key


@pytest.mark.parametrize("name", choices("experiment"))
def test_the_parts_fit(name: str) -> None:
    """Everything but the size of the images and weights that would be downloaded."""
    small = ["model.pretrained=false", "objective.pose_pretrained=false", "model.size=[64,96]"]
    config = train(f"experiment={name}", *small, *SMALLER.get(name, []), "data.augmentation.crop=null")
    if config.pseudo.is_asked_for:
        config = student_config(config, Path("labels"))
    module = build_training(config)
    (optimizer,), _ = module.optimization.configure(module, lambda: 100, module.depth_model.encoder)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(list(module.parameters()))
    check_protocol(config.evaluation, config.data)
    build_protocol(config.evaluation, module.depth_model.output_space)


@pytest.mark.parametrize("name", choices("experiment"))
def test_windows_lie_inside_the_images(name: str) -> None:
    config = train(f"experiment={name}")
    window = config.data.augmentation.crop or config.model.size
    assert all(side <= whole and side % 32 == 0 for side, whole in zip(window, config.model.size, strict=True))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kitti_mono", "eigen: alignment median, 0.001-80 m, Garg crop"),
        ("kitti_stereo", "eigen: alignment none, 0.001-80 m, Garg crop"),
        ("kitti_supervised", f"alignment none, 0.001-80 m, Garg crop{BOTH}"),
        ("kitti_newcrfs", f"alignment none, 0.001-80 m, Garg crop{BOTH}"),
        ("nyu_supervised", f"nyu_eigen_crop: alignment none, 0.001-10 m, Eigen crop of NYU{BOTH}"),
    ],
)
def test_protocols_of_the_published_tables(name: str, expected: str) -> None:
    space = OutputSpace("depth", "scale" if name == "kitti_mono" else "metric")
    assert build_protocol(train(f"experiment={name}").evaluation, space).describe() == expected


@pytest.mark.slow
@pytest.mark.skipif(not KITTI.is_dir(), reason=f"no KITTI frames in {DATA}")
@pytest.mark.parametrize("name", ["kitti_mono", "kitti_stereo", "kitti_mono_stereo", "kitti_supervised"])
def test_a_step_of_the_recipe_on_real_frames(name: str, tmp_path: Path, capsys) -> None:
    """With a small network; the published lists name drives that are not here, and there is no improved depth."""
    lines = [f"2011_09_26/2011_09_26_drive_0002_sync {frame} l\n" for frame in (3, 4)]
    (tmp_path / "frames.txt").write_text("".join(lines))
    lists = [f"data.kitti.{split}_split={tmp_path}/frames.txt" for split in ("train", "val", "test")]
    small = ["model=lcnet", "model.size=[64,96]", "objective.pose_encoder=lcnet_050", "objective.pose_pretrained=false"]
    given = [f"data.root={KITTI}", "data.batch_size=2", "data.workers=0", "trainer=cpu", "trainer.progress=false"]
    given += ["data.kitti.truth=velodyne", "data.augmentation.crop=null"]
    assert main([f"experiment={name}", *small, *lists, *given, "--dry-run"]) == 0
    assert "dry run passed" in capsys.readouterr().out
