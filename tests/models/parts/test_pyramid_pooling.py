import torch
import torch.nn.functional as F

from gradunc.models.parts.pyramid_pooling import PyramidPooling


def test_pooling_by_hand() -> None:
    torch.manual_seed(0)
    module = PyramidPooling(3, 4).double().eval()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    module.join.norm.running_mean.normal_()  # type: ignore[union-attr,operator]
    module.join.norm.running_var.uniform_(0.5, 2)  # type: ignore[union-attr,operator]
    weights = module.state_dict()
    x = torch.randn(2, 3, 6, 12, dtype=torch.float64)
    parts = [x]
    for level, side in enumerate((1, 2, 3, 6)):
        # Sides of the map are multiples of the grid's: every mean is one over a block.
        mean = x.view(2, 3, side, 6 // side, side, 12 // side).mean((3, 5))
        mixed = torch.einsum("oi,bihw->bohw", weights[f"levels.{level}.conv.weight"][:, :, 0, 0], mean)
        pairs = mixed.view(2, 2, 2, side, side)
        centred = pairs - pairs.mean((2, 3, 4), keepdim=True)
        normal = (centred / (centred.square().mean((2, 3, 4), keepdim=True) + 1e-5).sqrt()).view_as(mixed)
        scale, shift = (weights[f"levels.{level}.norm.{kind}"].view(1, 4, 1, 1) for kind in ("weight", "bias"))
        parts.append(F.interpolate((normal * scale + shift).clamp_min(0), (6, 12), mode="bilinear"))
    joined = F.conv2d(torch.cat(parts, 1), weights["join.conv.weight"], padding=1)
    mean, variance, scale, shift = (
        weights[f"join.norm.{kind}"].view(1, 4, 1, 1) for kind in ("running_mean", "running_var", "weight", "bias")
    )
    expected = ((joined - mean) / (variance + 1e-5).sqrt() * scale + shift).clamp_min(0)
    with torch.no_grad():
        torch.testing.assert_close(module(x), expected, rtol=1e-10, atol=1e-10)


def test_a_map_smaller_than_its_grids_and_one_image_in_training() -> None:
    module = PyramidPooling(3, 4).train()
    assert module(torch.randn(1, 3, 2, 3)).shape == (1, 4, 2, 3)
