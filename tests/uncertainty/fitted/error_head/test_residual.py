"""The photometric residual, on a plane in front of a stereo pair."""

import pytest
import torch

from gradunc.errors import InputError
from gradunc.uncertainty.fitted.error_head.residual import photometric_residual

FOCAL, BASELINE, SHIFT = 20.0, 0.5, 4


def pair():
    """A textured plane at FOCAL * BASELINE / SHIFT = 2.5 m: the other camera, to the right, sees it SHIFT px left."""
    wide = torch.rand(1, 3, 12, 40, generator=torch.Generator().manual_seed(0))
    pose = torch.eye(4)
    pose[0, 3] = -BASELINE
    intrinsics = torch.tensor([[FOCAL, 0, 15.5], [0, FOCAL, 5.5], [0, 0, 1]])
    return {
        "image": wide[..., :32],
        "sources": wide[..., SHIFT : 32 + SHIFT][:, None],
        "source_pose": pose[None, None],
        "intrinsics": intrinsics[None],
    }


def test_the_true_depth_has_no_residual_and_a_wrong_one_has():
    sample, depth = pair(), torch.full((1, 1, 12, 32), 2.5)
    residual, keep = photometric_residual(sample, depth)
    assert keep[..., SHIFT + 1 :].all()
    assert not keep[..., : SHIFT - 1].any(), "the other camera does not see the left border"
    # Away from the border by the window of SSIM.
    assert float(residual[..., 1:-1, SHIFT + 1 : -1].max()) < 1e-4
    wrong, _ = photometric_residual(sample, 2 * depth)
    assert float(wrong[..., SHIFT + 1 : -1].mean()) > 0.2


def test_the_best_of_several_views_counts():
    sample, depth = pair(), torch.full((1, 1, 12, 32), 2.5)
    alone, _ = photometric_residual(sample, depth)
    sample["sources"] = torch.cat([torch.rand_like(sample["sources"]), sample["sources"]], 1)
    sample["source_pose"] = sample["source_pose"].repeat(1, 2, 1, 1)
    both, _ = photometric_residual(sample, depth)
    assert (both <= alone + 1e-6).all()


def test_views_of_unknown_pose_and_depths_that_are_none_are_unknown():
    sample, depth = pair(), torch.full((1, 1, 12, 32), 2.5)
    depth[..., 6, 10], depth[..., 6, 11] = torch.nan, -1.0
    residual, keep = photometric_residual(sample, depth)
    assert not keep[..., 6, 10:12].any()
    assert residual.isfinite().all()
    sample["source_pose"] = torch.full_like(sample["source_pose"], torch.nan)
    assert not photometric_residual(sample, depth)[1].any()


def test_data_without_another_camera_are_one_line():
    with pytest.raises(InputError, match="needs the other camera, but the data have no sources; give stereo data"):
        photometric_residual({"image": torch.rand(1, 3, 4, 4)}, torch.ones(1, 1, 4, 4))
