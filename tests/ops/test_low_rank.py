"""Factors of low rank in state dicts."""

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import nn

from gradunc.ops.low_rank import SCALE, merged


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 3, bias=False))


def test_what_peft_computes() -> None:
    """Its own layers are the second implementation: the same output from one plain network."""
    plain, adapted = network(), network()
    inject_adapter_in_model(LoraConfig(r=2, lora_alpha=SCALE * 2, target_modules=["0", "2"]), adapted)
    with torch.no_grad():
        for name, value in adapted.named_parameters():
            if "lora_" in name:
                value.normal_()
    plain.load_state_dict(merged(adapted.state_dict()))
    inputs = torch.randn(6, 5)
    torch.testing.assert_close(plain.eval()(inputs), adapted.eval()(inputs))
    assert not torch.allclose(plain(inputs), network().eval()(inputs), atol=0.1)


def test_a_state_without_factors_is_unchanged() -> None:
    """DLA of timm has layers of that name."""
    state = {**network().state_dict(), "a.base_layer.weight": torch.ones(2, 2), "a.base_layer.0.bias": torch.ones(2)}
    found = merged(state)
    assert list(found) == list(state)
    assert all(found[key] is value for key, value in state.items())
