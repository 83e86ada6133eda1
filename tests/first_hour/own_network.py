"""A network that knows nothing of gradunc, as the README says."""

import torch
from torch import nn

from gradunc import GradientUncertainty, list_layers


class MyNet(nn.Module):
    """A small network: (B,3,H,W) -> depth (B,1,H,W)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(16, 1, 3, padding=1),
            nn.Softplus(),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.body(image)


torch.manual_seed(0)
model = MyNet().eval()
for estimator in (GradientUncertainty(model), GradientUncertainty.recommended(model)):
    estimate = estimator.estimate(torch.rand(2, 3, 64, 96))
    assert estimate.uncertainty.shape == (2, 1, 64, 96)
    assert estimate.uncertainty.std() > 0
    print(estimate)
assert list_layers(model, torch.rand(1, 3, 64, 96))
