"""A network and a teacher of which the student's weights are known, and images for them."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.types import DepthPrediction
from gradunc.uncertainty import Student
from tests.uncertainty.networks import noise

SIZE = (64, 96)


class Colours(nn.Module):
    """Depth from features that are the colours at 1/4 of the resolution, times a 3x3 matrix of full rank."""

    def __init__(self) -> None:
        super().__init__()
        self.pool, self.features = nn.AvgPool2d(4), nn.Conv2d(3, 3, 1, bias=False)
        self.features.weight.data = torch.tensor([[1.0, 0, 0], [1, 1, 0], [0, 1, 1]])[..., None, None]

    def forward(self, image: Tensor) -> DepthPrediction:
        depth = 1 + self.features(self.pool(image)).square().sum(1, keepdim=True)
        return DepthPrediction(F.interpolate(depth, scale_factor=4.0))


WEIGHTS = torch.tensor([0.5, -2.0, 1.0])


class Taught(Student):
    """Its teacher is linear in the features and the log depth, but for a level."""

    def teach(self, image: Tensor, index: Tensor | None) -> Tensor:
        return self.linear(image) + 3

    def linear(self, image: Tensor) -> Tensor:
        features = self.model.features(self.model.pool(image))
        depth = self.model(image).depth[..., ::4, ::4]
        return (WEIGHTS.view(1, 3, 1, 1) * features).sum(1, keepdim=True) - 0.7 * depth.log()


def pictures(count: int, seed: int = 0) -> Tensor:
    """Images whose cells of 8x8 pixels have colours."""
    return F.interpolate(noise(count, SIZE[0] // 8, SIZE[1] // 8, seed), scale_factor=8.0, mode="bilinear")


def batches(images: Tensor, count: int = 2) -> list:
    return [{"image": part} for part in images.split(count)]


def fitted(model: nn.Module, images: Tensor, **options) -> Student:
    student = Student(model, **options)
    student.fit(batches(images))
    return student
