import pytest
import torch

from gradunc.errors import InputError
from gradunc.models import RTMonoDepthSSettings, build_model
from tests.helpers import random_images

SETTINGS = RTMonoDepthSSettings(size=[64, 96])


def test_size_and_hook_points():
    """1.2 million parameters; for i = 3 ... 0 a block at 1/2^(i+1) and one at 1/2^i (shared data README)."""
    model = build_model(SETTINGS).eval()
    shapes = []
    for block in model.decoder.blocks:
        block.conv.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    with torch.inference_mode():
        prediction = model(random_images(), scales=4)
    expected = [(c, 64 // s, 96 // s) for c, i in ((96, 3), (64, 2), (32, 1), (16, 0)) for s in (2 ** (i + 1), 2**i)]
    assert shapes == expected
    assert [tuple(s.shape[2:]) for s in prediction.scales] == [(64, 96), (32, 48), (16, 24)]
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(1.2e6, rel=0.05)


def test_no_uncertainty_head():
    with pytest.raises(InputError, match="rt_monodepth_s has no uncertainty head"):
        build_model(RTMonoDepthSSettings(uncertainty_head=True))
