"""What was learned under options that name folders of this machine goes to others without these."""

from pathlib import Path

import torch

from gradunc.uncertainty.empirical.settings import EnsembleSettings
from gradunc.uncertainty.fitted.student.settings import StudentSettings
from gradunc.uncertainty.learned import Learned
from gradunc.uncertainty.learned_file import Origin, copy_for_others, for_others
from tests.helpers import tiny_model

VALUES = {"weight": torch.arange(3.0)}
ORIGIN = Origin("kitti", "val", 3, "")


def learned(folder: Path, *members: str) -> Learned:
    """Of a student beside an ensemble of these networks."""
    options = {"student": StudentSettings(), "ensemble": EnsembleSettings(checkpoints=[*members])}
    return Learned(folder, options, (64, 96))


def test_who_names_the_last_parts_finds_it(tmp_path: Path) -> None:
    model = tiny_model()
    path = learned(tmp_path, "/home/me/a", "runs/b", "hf:me/c").save("student", model, VALUES, ["ensemble"], ORIGIN)
    there = learned(tmp_path / "there", "a", "b", "hf:me/c")
    target = tmp_path / "there" / for_others(path)[0]
    target.parent.mkdir()
    copy_for_others(path, target)
    assert target == there.path("student", model, ["ensemble"])
    assert b"/home" not in target.read_bytes()
    assert b"runs/" not in target.read_bytes()
    kept = there.load("student", model, ["ensemble"])
    assert kept is not None
    assert kept.origin == ORIGIN
    assert torch.equal(kept.tensors["weight"], VALUES["weight"])


def test_without_folders_it_stays_as_it_is(tmp_path: Path) -> None:
    path = learned(tmp_path).save("student", tiny_model(), VALUES, (), ORIGIN)
    copy_for_others(path, tmp_path / "copy")
    assert for_others(path)[0].name == path.name
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


def test_a_file_that_says_nothing_is_copied(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"damaged")
    copy_for_others(tmp_path / "a.safetensors", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"damaged"
