"""A student learns the depth of a trained network, and nothing of it changes."""

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.models import DepthModel, adapt
from gradunc.models.adapters.model import AdaptedModel
from gradunc.training import DepthTraining, Teacher
from gradunc.types import OutputSpace, Sample
from gradunc.uncertainty.learned import checksum
from tests.helpers import tiny_model


class Constant(nn.Module):
    """Says the same everywhere."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.value.expand(len(image), 1, *image.shape[-2:])


def network(value: float, space: OutputSpace) -> AdaptedModel:
    return adapt(Constant(value), lambda raw: raw, space, mean=(0, 0, 0), std=(1, 1, 1))


def batch(truth: float = 99.0) -> Sample:
    image = torch.rand(2, 3, 32, 64, generator=torch.Generator().manual_seed(0))
    depth = torch.full((2, 1, 40, 70), truth)
    return {"image": image, "depth": depth, "valid": depth > 0, "truth_size": torch.tensor([[40, 70]] * 2)}


@pytest.mark.parametrize(
    ("value", "space", "depth"),
    [
        (5.0, OutputSpace("depth", "metric"), 5.0),
        (0.25, OutputSpace("disparity", "scale"), 4.0),
        (-1.0, OutputSpace("depth", "scale"), None),
        (float("nan"), OutputSpace("depth", "scale"), None),
    ],
)
def test_its_depth_stands_in_the_place_of_the_truth(value: float, space: OutputSpace, depth: float | None) -> None:
    given = batch()
    found = Teacher(network(value, space)).taught(given)
    assert found["depth"].shape == found["valid"].shape == (2, 1, 32, 64)
    assert found["valid"].all() if depth else not found["valid"].any()
    assert found["depth"].unique().tolist() == [depth or 0.0]
    assert "truth_size" not in found
    assert float(given["depth"][0, 0, 0, 0]) == 99.0, "the batch itself keeps the truth, for metrics"
    assert Teacher(network(value, space)).output_space == OutputSpace("depth", space.ambiguity)


def test_depth_up_to_a_shift_cannot_be_taught() -> None:
    with pytest.raises(InputError, match=r"objective\.teacher predicts disparity up to a factor and a shift"):
        Teacher(network(1.0, OutputSpace("disparity", "affine")))


def student(teacher: DepthModel) -> DepthTraining:
    model = tiny_model(uncertainty_head="laplace", initial_depth=8.0, min_depth=1.0, max_depth=40.0)
    return DepthTraining(model, LossEngine({"laplace": 1.0}), teacher=Teacher(teacher))


def test_the_student_comes_nearer_and_the_teacher_stays() -> None:
    teacher = network(5.0, OutputSpace("depth", "metric"))
    module = student(teacher)
    module.log_dict = lambda *_, **__: None
    before = checksum(teacher)
    optimizer = torch.optim.Adam(module.parameters(), lr=2e-3)
    for _ in range(40):
        optimizer.zero_grad()
        outputs = module.training_step(batch(), 0)
        outputs["loss"].backward()
        optimizer.step()
    assert outputs["maps"]["taught"].unique().tolist() == [5.0], "what the panel shows is the teacher's depth"
    with torch.no_grad():
        depth = module.depth_model.eval()(batch()["image"]).depth
    assert float((depth - 5).abs().mean()) < 1, "from 8 m towards 5 m, and not towards the truth of 99 m"
    assert checksum(teacher) == before


def test_the_teacher_is_no_part_of_the_student() -> None:
    teacher = network(5.0, OutputSpace("depth", "metric"))
    module = student(teacher)
    assert not any("teacher" in name for name, _ in [*module.named_parameters(), *module.named_modules()])
    assert not any("teacher" in name for name in module.state_dict())
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
