"""The order of an encoder's layers: by hand, and on every family."""

import pytest
from torch import nn

from gradunc.models import FAMILIES
from gradunc.training.encoder_layers import layers_of
from tests.contracts.small_networks import VARIANTS, factory


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2), nn.ReLU())


class Encoder(nn.Module):
    """A stem, two stages of two blocks and of one, a norm, and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))
        self.stages = nn.ModuleList([nn.Sequential(Block(), Block()), nn.Sequential(nn.Sequential(Block()))])
        self.act = nn.ReLU()
        self.norm = nn.BatchNorm2d(2)
        self.token = nn.Parameter(nn.Linear(1, 1).weight.detach())


def test_blocks_in_the_order_of_their_definition() -> None:
    encoder = Encoder()
    found = list(layers_of(encoder))
    assert [name for name, _, _ in found] == ["", "stem", "stages.0.0", "stages.0.1", "stages.1", "norm"]
    assert found[0][2] == [encoder.token]
    assert [len(parameters) for _, _, parameters in found] == [1, 4, 4, 4, 4, 2]


def test_a_plain_module_is_one_layer() -> None:
    block = Block()
    ((name, layer, parameters),) = layers_of(block)
    assert (name, layer) == ("", block)
    assert len(parameters) == 4
    assert list(layers_of(nn.ReLU())) == []


@pytest.mark.usefixtures("narrow_transformers")
@pytest.mark.parametrize("variant", [*FAMILIES, "transformer"])
def test_every_parameter_of_every_family_is_in_one_layer(variant: str) -> None:
    encoder = factory(VARIANTS[variant])().encoder
    found = list(layers_of(encoder))
    assert len(found) > 3
    members = [id(parameter) for _, _, parameters in found for parameter in parameters]
    assert sorted(members) == sorted(id(parameter) for parameter in encoder.parameters())
