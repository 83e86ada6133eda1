"""Each operation beside that of torchvision, image by image."""

import pytest
import torch
import torchvision.transforms.v2.functional as vision

from gradunc.data.loading import colour


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation", "hue"])
@pytest.mark.parametrize("strength", [-0.5, -0.1, 0.0, 0.1, 0.5])
def test_operations_agree_with_torchvision(name, strength):
    views = torch.rand(2, 3, 3, 16, 20, generator=torch.Generator().manual_seed(0))
    views[0, 0, :, :4] = views[0, 0, :1, :4]  # gray pixels have no hue
    views[1, 0, :, 0] = 0
    views[1, 0, :, 1] = 1
    views[1, 1, :2] = views[1, 1, :1]  # two channels share the maximum or the minimum
    base = 0 if name == "hue" else 1
    factors = torch.tensor([base + strength, base + strength / 2])
    ours = getattr(colour, f"adjust_{name}")(views, factors)
    theirs = [getattr(vision, f"adjust_{name}")(v, float(f)) for v, f in zip(views, factors, strict=True)]
    torch.testing.assert_close(ours, torch.stack(theirs), rtol=0, atol=1e-5)
