"""A network whose errors are known, and data for it."""

from torch import Tensor, nn

from gradunc.types import OutputSpace
from tests.uncertainty.networks import noise

SPACE = OutputSpace("depth", "metric")


def data(images: int = 7, size: tuple[int, int] = (6, 8)) -> list[dict]:
    """Batches of up to three images with truth of a sixth of the pixels; every image is a scene of its own."""
    image = noise(images, *size, seed=1)
    truth = 1 + 3 * noise(images, *size, seed=2)[:, :1]
    valid = noise(images, *size, seed=4)[:, :1] < 0.4
    rows = [image.split(3), truth.split(3), valid.split(3)]
    return [dict(zip(("image", "depth", "valid"), parts, strict=True)) for parts in zip(*rows, strict=True)]


class Straight(nn.Module):
    """Depth = w colour + b, with the weights of a linear regression, so that errors are known."""

    output_space = SPACE

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, 1, 1)
        nn.init.constant_(self.head.weight, 1.0)
        nn.init.constant_(self.head.bias, 5.0)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(image)
