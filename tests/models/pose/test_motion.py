"""The network of what moves by itself."""

import torch
import torch.nn.functional as F

from gradunc.losses import LossEngine, LossInputs
from gradunc.models.pose.motion import MotionNetwork
from gradunc.types import DepthPrediction
from tests.training.helpers import random

SIZE = (64, 96)


def network(unit: float = 1.0) -> MotionNetwork:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return MotionNetwork("lcnet_050", SIZE, unit)


def test_nothing_moves_at_first() -> None:
    field = network()(random(0, 2, 3, *SIZE), random(1, 2, 3, *SIZE))
    assert field.shape == (2, 3, 16, 24)
    assert not field.any()


def test_it_answers_in_the_unit_of_depth() -> None:
    one, sixty = network().eval(), network(60.0).eval()
    for each in (one, sixty):
        torch.nn.init.normal_(each.head.weight, generator=torch.Generator().manual_seed(0))
    images = random(0, 2, 3, *SIZE), random(1, 2, 3, *SIZE)
    torch.testing.assert_close(sixty(*images), 60 * one(*images))
    other = network()
    other.load_state_dict(sixty.state_dict())
    torch.testing.assert_close(other.eval()(*images), sixty(*images))


def test_it_learns_what_moves_and_nothing_else() -> None:
    """A patch moves 3 px to the right; depth and motion of the camera are known: 3 px at 10 m and f = 50 are 0.6 m."""
    model = network(60.0).train()
    image = F.interpolate(random(5, 1, 3, 22, 32), SIZE, mode="bilinear")
    source = image.clone()
    source[..., 20:44, 35:71] = image[..., 20:44, 32:68]
    depth = torch.full((1, 1, *SIZE), 10.0)
    camera = torch.tensor([[[50.0, 0.0, 48.0], [0.0, 50.0, 32.0], [0.0, 0.0, 1.0]]])
    engine = LossEngine({"photometric": 1.0, "motion_sparsity": 0.02, "motion_smoothness": 0.1})
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    field = torch.zeros(0)
    for _ in range(120):
        field = model(image, source)
        sample = {"image": image, "sources": source[:, None], "intrinsics": camera}
        given = LossInputs(sample, DepthPrediction(depth, (depth,)), lambda activation: activation)  # pyright: ignore[reportArgumentType]
        given.poses, given.motions, given.auto_masked = torch.eye(4)[None, None], field[:, None], False
        optimizer.zero_grad()
        engine(given).total.backward()
        optimizer.step()
    across = field.detach()[0, 0]
    assert 0.4 < float(across[6:10, 10:16].mean()) < 0.8
    still = torch.ones_like(across, dtype=torch.bool)
    still[3:13, 6:20] = False
    assert float(field.detach()[0].norm(dim=0)[still].mean()) < 0.1
