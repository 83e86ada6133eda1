"""The message of an error is one line that a person can read, whatever stands in it."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradunc.errors import LONGEST, InputError, did_you_mean, nearest, nearest_path, one_line


@given(st.text())
def test_every_message_is_one_printable_line(text: str) -> None:
    line = str(InputError(f"name '{text}' is unknown"))
    assert line.isprintable()
    line.encode()
    assert len(line) <= LONGEST


@given(st.text(st.characters(categories=["L", "N", "P", "S"])).filter(lambda text: len(text) < LONGEST))
def test_printable_words_stay(text: str) -> None:
    assert one_line(text) == text


def test_a_long_text_keeps_both_ends() -> None:
    line = str(InputError(f"start {'9' * 10**7} end"))
    assert line.startswith("start 999")
    assert line.endswith("999 end")
    assert len(line) == LONGEST


def test_signs_that_cannot_be_seen_are_named() -> None:
    assert one_line("\ufefffx\x00 \udc80") == "\\ufefffx\\x00 \\udc80"


def test_it_comes_through_a_process() -> None:
    error = InputError("'a b' is\nunknown")
    assert str(pickle.loads(pickle.dumps(error))) == str(error) == "'a b' is unknown"


def test_pytorch_s_wrapping_is_taken_off() -> None:
    text = "Caught InputError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n"
    assert str(InputError(f'{text}  File "x"\ngradunc.errors.InputError: it is damaged')) == "it is damaged"


NEAR = [
    ("flpi", "flip"),
    ("ot", "to"),
    ("sdt", "std"),
    ("kity", "kitti"),
    ("trian", "train"),
    ("training", "train"),
    ("val", "validation"),
    ("skp", "skip"),
    ("8dof", "7dof"),
    ("--prnt-config", "--print-config"),
    ("--dry_run", "--dry-run"),
    ("EIGEN", "eigen"),
    ("bf16", "bf16-mixed"),
    ("min-max", "minmax"),
    ("model.encder", "model.encoder"),
    ("modle.encoder", "model.encoder"),
    ("objective.learnin_rate", "objective.learning_rate"),
    ("encder", "model.encoder"),
    ("data.batchsize", "data.batch_size"),
]
FAR = [
    ("--lr", "--help"),
    ("--lr", "--dry-run"),
    ("--wandb", "--print-config"),
    ("sunrgbd", "kitti"),
    ("left", "l"),
    ("eigen", "odom"),
    ("hdf5", "auto"),
    ("objective.lr", "objective.ema"),
    ("objective.betas", "objective.gamma"),
    ("uncertainty.gradient.foo", "uncertainty.gradient.loss"),
    ("trainer.enable_model_summary", "trainer.accelerator"),
    ("12", "11"),
    ("0000000005", "0000000006"),
    ("LiheYoung/depth-anything-small-hf", "README.md"),
    ("", "flip"),
]


@pytest.mark.parametrize(("typed", "choice"), NEAR)
def test_a_slip_is_near(typed: str, choice: str) -> None:
    assert nearest(typed, ["zzz", choice]) == [choice]
    assert did_you_mean(typed, ["zzz", choice]) == f"; did you mean '{choice}'?"


@pytest.mark.parametrize(("typed", "choice"), FAR)
def test_another_word_is_not(typed: str, choice: str) -> None:
    assert nearest(typed, [choice]) == []
    assert did_you_mean(typed, [choice]) == ""


def test_the_likeliest_comes_first() -> None:
    assert nearest("brightnes", ["brightest", "light", "brightness"], 3) == ["brightness", "brightest"]
    assert did_you_mean("resnet17", ["resnet18", "vit"], "encoder=") == "; did you mean 'encoder=resnet18'?"
    assert nearest("uncertainty.a.loss", ["uncertainty.b.loss", "uncertainty.a.los"])[0] == "uncertainty.b.loss"


@pytest.mark.parametrize(
    ("missing", "found"),
    [
        ("stret.png", "street.png"),
        ("street.jpg", "street.png"),
        ("Walk/a/b.png", "walk"),
        ("walks", "walk"),
        ("bird.png", ""),
        ("depth-anything/Depth-Anything-V2-Small-hf", ""),
        ("000006.png", ""),
    ],
)
def test_near_paths(tmp_path: Path, missing: str, found: str) -> None:
    for name in ("street.png", "notes.txt", "000005.png"):
        (tmp_path / name).touch()
    (tmp_path / "walk").mkdir()
    assert nearest_path(tmp_path / missing) == (str(tmp_path / found) if found else "")
