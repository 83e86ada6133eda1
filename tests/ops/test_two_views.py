import torch

from gradunc.ops.geometry import pose_matrix
from gradunc.ops.two_views import depth_from, inverse_pose
from tests.losses.helpers import camera, random


def test_there_and_back_is_no_motion() -> None:
    pose = pose_matrix(random(0, 3, 3), random(1, 3, 3))
    assert torch.allclose(inverse_pose(pose), torch.linalg.inv(pose), atol=1e-6)


def test_depth_from_another_camera_by_hand() -> None:
    depth = torch.full((1, 1, 8, 12), 5.0)
    forward = torch.eye(4)[None].clone()
    forward[0, 2, 3] = -2.0  # the other camera is 2 m further on
    assert torch.equal(depth_from(depth, camera(), forward), depth - 2)
    # A quarter turn around y: z' = -x, and x = z (u - 5) / 20.
    quarter = pose_matrix(torch.tensor([[0.0, torch.pi / 2, 0.0]]), torch.zeros(1, 3))
    expected = -5 * (torch.arange(12.0) - 5) / 20
    assert torch.allclose(depth_from(depth, camera(), quarter), expected.expand(1, 1, 8, 12), atol=1e-5)
