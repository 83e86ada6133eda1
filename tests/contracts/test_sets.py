"""One battery for every data set of the registry, and for each check a data set that must fail it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from gradunc.assembly import data_set
from gradunc.config import TrainConfig, load, parse
from gradunc.config.checks import check_ranges
from gradunc.config.command_line import choices
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.interface import AnyDataSet, DataSet
from gradunc.data.sets import MIXTURE, SETS, data_set_of, settings_of
from gradunc.data.settings import CommonSettings
from gradunc.errors import InputError
from tests.contracts import set_checks as checks
from tests.contracts.set_files import WRITERS
from tests.data.sets.toy import Toy, ToySettings
from tests.helpers import REPOSITORY


def made(name: str, root: Path) -> AnyDataSet:
    """The data set with its smallest files."""
    arguments = [f"data={name}", f"data.root={root}", *WRITERS[name](root)]
    return data_set(load(TrainConfig, TRAIN_GROUPS, parse(arguments, TRAIN_GROUPS)).data)


@pytest.mark.parametrize("name", SETS)
def test_contract(name: str, tmp_path: Path) -> None:
    data = made(name, tmp_path)
    for check in checks.CHECKS:
        check(data)


@pytest.mark.parametrize("name", SETS)
def test_images_know_their_scene(name: str, tmp_path: Path) -> None:
    """Intervals draw whole scenes: frames of one are no independent images."""
    assert made(name, tmp_path).open("test", checks.SIZE)[0].get("scene")


@pytest.mark.parametrize("name", SETS)
def test_defaults_are_in_range(name: str) -> None:
    check_ranges(settings_of(name)(), f"data.{name}.")


@pytest.mark.parametrize("name", SETS)
def test_classes_say_what_they_are_about(name: str) -> None:
    assert issubclass(data_set_of(name), DataSet)
    assert (settings_of(name).__doc__ or "").strip()


def test_every_data_set_has_a_file_of_its_name() -> None:
    assert set(choices("data")) == {*SETS, MIXTURE}


def test_an_unknown_one_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown data set 'kity'; did you mean 'kitti'"):
        settings_of("kity")


@pytest.mark.parametrize("module", ["gradunc", "gradunc.data.settings"])
def test_options_need_no_torch(module: str) -> None:
    code = f"import sys, {module}; assert not {{'torch', 'torchvision', 'lightning'}} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- planted bugs


def good(**options: Any) -> Toy:
    return Toy(CommonSettings(name="toy"), ToySettings(**options))


class LittlePictures(Toy):
    def read(self, split: Any, size: Any, frames: Any) -> Any:
        return super().read(split, (size[0] // 2, size[1]), frames)


class UnknownFrames(Toy):
    default_frames = (1,)

    def read(self, split: Any, size: Any, frames: Any) -> Any:
        return super().read(split, size, ())


class SaysNothing(Toy):
    def missing_truth(self, *, train: bool = False) -> str:
        return ""


class NegativeDepth(Toy):
    def read(self, split: Any, size: Any, frames: Any) -> Any:
        sample = super().read(split, size, frames)[0]
        return [{**sample, "depth": -torch.ones(1, *size), "valid": torch.ones(1, *size, dtype=torch.bool)}]


class ChangesItself(Toy):
    def without_truth(self) -> Toy:
        self.options.truth = False
        return self


class OtherWords(Toy):
    def needs_truth(self, reason: str) -> InputError:
        return InputError("no")


PLANTED = [
    (checks.check_samples, LittlePictures),
    (checks.check_default_frames, UnknownFrames),
    (checks.check_truth, SaysNothing),
    (checks.check_truth, NegativeDepth),
    (checks.check_without_truth, ChangesItself),
    (checks.check_answers, OtherWords),
]


@pytest.mark.parametrize("check", checks.CHECKS)
def test_the_toy_passes(check: checks.Check) -> None:
    check(good())
    check(good(truth=False))


@pytest.mark.parametrize(("check", "bad"), PLANTED)
def test_a_planted_bug_is_found(check: checks.Check, bad: type[Toy]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        check(bad(CommonSettings(name="toy"), ToySettings()))


def test_every_check_finds_a_bug() -> None:
    assert {check for check, _ in PLANTED} == set(checks.CHECKS)
