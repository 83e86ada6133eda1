"""Maps of the image's size, and images that have none."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import gradunc
from gradunc import DepthPrediction, InputError
from tests.prediction.images import PIXELS, Plain


def test_depth_of_another_size_is_resized_through_disparity() -> None:
    """Depth 1 and 3 side by side: between the two is the inverse of the mean disparity, 1.5."""

    class Two(nn.Module):
        size = (1, 2)

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 1, 1)

        def forward(self, image: Tensor) -> DepthPrediction:
            return DepthPrediction(torch.tensor([1.0, 3.0]).expand(len(image), 1, 1, 2) + 0 * self.layer(image))

    result = gradunc.predict(torch.zeros(3, 1, 3), Two(), estimator=None)
    np.testing.assert_allclose(result.depth, [[1, 1.5, 3]], rtol=1e-6)


def test_a_size_that_the_network_cannot_take() -> None:
    class Even(Plain):
        def forward(self, image: Tensor) -> Tensor:
            if image.shape[-1] % 2:
                raise RuntimeError("odd sizes do not fit")
            return super().forward(image)

    with pytest.raises(InputError, match="the network cannot take 'image', an image of 20x31 px: odd sizes do not fit"):
        gradunc.predict(PIXELS, Even())
    assert gradunc.predict(PIXELS, Even(), size=(20, 32), estimator=None).depth.shape == (20, 31)


def test_a_broken_network() -> None:
    network = Plain()
    network.head.bias.data.fill_(torch.nan)  # pyright: ignore[reportOptionalMemberAccess]
    with pytest.raises(InputError, match="the predicted depth of 'image' is nowhere finite"):
        gradunc.predict(PIXELS, network, estimator=None)
