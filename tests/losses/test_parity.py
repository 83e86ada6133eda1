"""The self-supervised losses against figures of the published Monodepth2 program (tests/golden, parity README)."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.losses import LossEngine, LossInputs
from gradunc.losses.engine import LossResult
from gradunc.ops.disparity import depth_from_sigmoid
from gradunc.ops.geometry import pose_matrix, warp
from gradunc.types import DepthPrediction, Sample

GOLDEN = Path(__file__).parents[1] / "golden"
FRAMES = {"mono": ("-1", "1"), "stereo": ("s",)}
SCALES = range(4)

Golden = dict[str, Tensor]


@pytest.fixture(scope="module", params=FRAMES)
def case(request: pytest.FixtureRequest) -> tuple[tuple[str, ...], Golden, LossResult, list[Tensor]]:
    """Frames, the file, our loss, and our gradients with respect to the disparities."""
    with np.load(GOLDEN / f"monodepth2_{request.param}_loss.npz") as file:
        golden = {key: torch.from_numpy(file[key]) for key in file.files}
    frames = FRAMES[request.param]
    disparities = tuple(golden[f"disp_{scale}"].clone().requires_grad_() for scale in SCALES)
    sample = Sample(
        image=golden["image_target"],
        sources=torch.stack([golden[f"image_source_{frame}"] for frame in frames], 1),
        intrinsics=golden["K"][:3, :3].expand(2, 3, 3),
    )
    predicted = DepthPrediction(depth_from_sigmoid(disparities[0]), disparities)
    inputs = LossInputs(sample, predicted, depth_from_sigmoid)
    inputs.poses = torch.stack([golden[f"T_{frame}"] for frame in frames], 1)
    result = LossEngine({"photometric": 1.0, "smoothness": 1e-3})(inputs)
    return frames, golden, result, list(torch.autograd.grad(result.total, disparities))


def test_inputs_are_float32(case) -> None:
    _, golden, _, _ = case
    assert {golden[key].dtype for key in ("image_target", "disp_0", "K")} == {torch.float32}


def test_loss(case) -> None:
    _, golden, result, _ = case
    for scale in SCALES:
        assert float(result.per_scale[scale].detach()) == pytest.approx(float(golden[f"loss_scale_{scale}"]), rel=1e-4)
    assert float(result.total.detach()) == pytest.approx(float(golden["loss"]), rel=1e-4)


def test_gradient_norms(case) -> None:
    _, golden, _, gradients = case
    for scale in SCALES:
        assert float(gradients[scale].norm()) == pytest.approx(float(golden[f"grad_norm_{scale}"]), rel=3e-3)


def test_warped_views(case) -> None:
    frames, golden, result, _ = case
    depth = depth_from_sigmoid(golden["disp_0"])
    for frame in frames:
        intrinsics = golden["K"][:3, :3].expand(2, 3, 3)
        view, _ = warp(golden[f"image_source_{frame}"], depth, intrinsics, golden[f"T_{frame}"])
        difference = (view - golden[f"warp_{frame}"].float()).abs()
        # Half precision holds numbers below 1 to 2.5e-4; coordinates differ by rounding, textures amplify it.
        assert float(difference.median()) < 2.5e-4
        assert float(difference.max()) < 2e-3
    assert torch.allclose(result.maps["warped"], golden[f"warp_{frames[0]}"].float(), atol=2e-3)


def test_poses_from_the_networks_numbers(case) -> None:
    frames, golden, _, _ = case
    for frame in frames:
        if frame != "s":
            numbers = golden[f"axisangle_{frame}"], golden[f"translation_{frame}"]
            assert torch.allclose(pose_matrix(*numbers, invert=frame == "-1"), golden[f"T_{frame}"], atol=1e-6)


def test_area_resizing_agrees_with_the_published_coarse_images(case) -> None:
    _, golden, _, _ = case
    for scale in (1, 2, 3):
        published = golden[f"image_target_{scale}"]
        ours = F.interpolate(golden["image_target"], published.shape[-2:], mode="area")
        assert float((ours - published).abs().max()) < 1e-6
