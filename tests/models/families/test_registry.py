"""What every line of the registry must keep, and how `model.architecture` chooses among them."""

from dataclasses import fields

import pytest
import torch

from gradunc import InputError, ModelSettings, RTMonoDepthSSettings, build_model
from gradunc.config import TrainConfig, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.models import FAMILIES
from gradunc.models.families.family import Family, family_of, settings_class

every_family = pytest.mark.parametrize("name", FAMILIES)


def train(*line: str) -> TrainConfig:
    return load(TrainConfig, TRAIN_GROUPS, parse(line, TRAIN_GROUPS))


@every_family
def test_a_line_names_settings_and_a_family(name: str) -> None:
    kind = settings_class(name)
    assert issubclass(kind, ModelSettings)
    assert kind().architecture == name
    assert isinstance(family_of(name), Family)


@every_family
def test_structure_names_settings(name: str) -> None:
    kind = settings_class(name)
    assert set(kind.STRUCTURE) <= {field.name for field in fields(kind)}
    assert set(ModelSettings.STRUCTURE) <= set(kind.STRUCTURE)


@every_family
def test_without_start_no_weights_are_looked_for(name: str) -> None:
    kind = settings_class(name)
    given = {"weights": "nowhere", **({"pretrained": "nowhere"} if hasattr(kind(), "pretrained") else {})}
    with torch.device("meta"):
        build_model(kind(size=[64, 96], head=kind.ALLOWED_HEADS[0], **given).without_start())


@every_family
def test_the_architecture_alone_chooses_the_section(name: str) -> None:
    """Nothing of the default group's file holds for another family."""
    assert type(train(f"model.architecture={name}").model) is settings_class(name)


def test_settings_of_one_family_are_no_keys_of_another() -> None:
    assert train("model.encoder=resnet50").model.encoder == "resnet50"
    for given in (["model=rt_monodepth_s"], ["model.architecture=rt_monodepth_s"]):
        with pytest.raises(
            InputError, match=r"unknown key 'model\.encoder': it exists with architecture=monodepth2 or adabins only"
        ):
            train(*given, "model.encoder=resnet50")


def test_settings_of_another_family() -> None:
    for settings in (ModelSettings(), RTMonoDepthSSettings("monodepth2")):
        with pytest.raises(InputError, match=r"model\.architecture='monodepth2' takes Monodepth2Settings, not"):
            build_model(settings)
