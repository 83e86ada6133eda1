"""A family in a few lines and one line of the registry: built from a configuration, trained, saved, loaded."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gradunc import InputError, load_model
from gradunc.assembly import build_training
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.models import FAMILIES, EncoderDecoder, ModelSettings
from gradunc.models.families.family import Family, Files, PublishedWeights
from gradunc.models.parts.blocks import Logits
from gradunc.models.parts.heads import head_of
from gradunc.options import option
from gradunc.registry import Entry
from tests.training.helpers import quiet_trainer, toy_data


@dataclass
class ToySettings(ModelSettings):
    """One convolution down, one up."""

    STRUCTURE = (*ModelSettings.STRUCTURE, "width")
    architecture: str = option("toy", "network family")
    width: int = option(4, "channels")


class ToyEncoder(nn.Conv2d):
    mean, std, multiple = (0.5,) * 3, (0.5,) * 3, 2


class ToyDecoder(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList([nn.Conv2d(width, 1, 1)])

    def forward(self, features: Tensor, scales: int = 1) -> Logits:
        return Logits((nn.functional.interpolate(self.heads[0](features), scale_factor=2.0),))


def build(settings: ToySettings) -> EncoderDecoder:
    encoder, decoder = ToyEncoder(3, settings.width, 2, stride=2), ToyDecoder(settings.width)
    return EncoderDecoder(encoder, decoder, head_of(settings), settings)


def settings(files: Files, head: str) -> ToySettings:
    return ToySettings(width=len(files["toy.pth"]["w"]), head=head, size=[32, 64])


def convert(files: Files) -> dict[str, Tensor]:
    names = {"w": "encoder.weight", "b": "encoder.bias", "v": "decoder.heads.0.weight", "c": "decoder.heads.0.bias"}
    return {names[name]: value for name, value in files["toy.pth"].items()}


TOY = Family(build, PublishedWeights("Toy", ("toy.pth",), lambda files: "w" in files["toy.pth"], settings, convert))


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "toy", Entry(f"{__name__}:ToySettings", f"{__name__}:TOY"))


def test_from_a_configuration_to_a_file_and_back(tmp_path: Path) -> None:
    line = ["model.architecture=toy", "model.width=6", "model.size=[32,64]", "objective=supervised", "data=synthetic"]
    module = build_training(load(TrainConfig, TRAIN_GROUPS, parse(line, TRAIN_GROUPS)))
    (trainer := quiet_trainer(max_steps=1, limit_val_batches=0)).fit(module, toy_data(2))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    loaded, image = load_model(tmp_path / "a.ckpt"), torch.rand(1, 3, 33, 50)
    assert torch.equal(loaded(image).depth, module.depth_model.eval()(image).depth)
    assert loaded.settings == module.depth_model.settings
    weights = {"w": torch.ones(6, 3, 2, 2), "b": torch.zeros(6), "v": torch.ones(1, 6, 1, 1), "c": torch.zeros(1)}
    torch.save(weights, tmp_path / "toy.pth")
    assert load_model(tmp_path, architecture="toy", head="depth").settings.width == 6
    with pytest.raises(InputError, match=r"unknown key 'model\.width': it exists with architecture=toy only"):
        load(TrainConfig, TRAIN_GROUPS, parse(["model.width=6"], TRAIN_GROUPS))
