"""Two thousand cases in the suite; and what is planted is found."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gradunc.errors import InputError
from tests.attack.__main__ import cases
from tests.attack.case import attempt, each
from tests.attack.categories import CATEGORIES
from tests.attack.originals import write_originals
from tests.attack.processes import attack

CASES, SEED = 2000, 9
EVERY = cases(CASES, SEED, CATEGORIES)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_originals(tmp_path_factory.mktemp("originals"))


@pytest.mark.slow
@pytest.mark.parametrize("category", CATEGORIES)
def test_nothing_is_found(category: str, tmp_path: Path, originals: Path) -> None:
    mine = [case for case in EVERY if case[0] == category]
    outcomes = list(attack(mine, {category: CATEGORIES[category].trial}, tmp_path, originals, limit=60))
    assert [outcome for outcome in outcomes if not outcome.fine] == []
    assert [(outcome.category, outcome.seed) for outcome in outcomes] == mine
    assert {outcome.kind for outcome in outcomes} >= {"refused"}, "some damage is noticed"


# --- planted findings


def _ok(folder, random, originals) -> None:
    (folder / "inside").write_text("x")


def _refuses(folder, random, originals) -> None:
    raise InputError("no such thing")


def _raises(folder, random, originals) -> None:
    raise IndexError("7")


def _crashes(folder, random, originals) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hangs(folder, random, originals) -> None:
    time.sleep(60)


def _is_busy(folder, random, originals) -> None:
    while True:
        pass


def _writes_outside(folder, random, originals) -> None:
    (folder.parent / "outside").write_text("x")


ELSEWHERE = {
    "mkdir": lambda there: (there / "new").mkdir(),
    "remove": lambda there: (there / "file").unlink(),
    "rename away": lambda there: (there / "file").rename("file"),
    "rename to": lambda there: Path("mine").rename(there / "new"),
    "link": lambda there: (there / "new").symlink_to("mine"),
    "truncate": lambda there: os.truncate(there / "file", 0),
    "rmtree": lambda there: shutil.rmtree(there),
}


@pytest.mark.parametrize("change", ELSEWHERE)
def test_a_change_elsewhere_is_found(change: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "file").write_text("x")

    def trial(folder, random, originals) -> None:
        Path("mine").touch()
        ELSEWHERE[change](there)

    assert attempt("x", trial, 0, tmp_path / "cases", tmp_path).kind == "escape"


def _starts_a_program(folder, random, originals) -> None:
    subprocess.run(["true"], check=True)


class Mumbled(InputError):
    def __str__(self) -> str:
        return "key '\ufeff' is unknown"


def _mumbles(folder, random, originals) -> None:
    raise Mumbled("x")


PLANTED = {
    "ok": _ok,
    "refused": _refuses,
    "traceback": _raises,
    "crash": _crashes,
    "hang": _hangs,
    "escape": _writes_outside,
    "message": _mumbles,
}


def test_what_is_planted_is_found(tmp_path: Path) -> None:
    planted = [(name, 0) for name in (*PLANTED, "ok")]
    outcomes = list(attack(planted, PLANTED, tmp_path, tmp_path, limit=1))
    assert [outcome.kind for outcome in outcomes] == [*PLANTED, "ok"], "a crash does not end the attack"


def test_a_case_that_is_busy_for_ever_is_found(tmp_path: Path) -> None:
    assert attempt("x", _is_busy, 0, tmp_path, tmp_path, limit=1).kind == "hang"


def test_a_program_that_starts_is_found(tmp_path: Path) -> None:
    assert attempt("x", _starts_a_program, 0, tmp_path, tmp_path).kind == "escape"


def test_a_case_leaves_no_folder(tmp_path: Path) -> None:
    attempt("x", _ok, 0, tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_seed_has_its_cases() -> None:
    assert cases(50, 1, CATEGORIES) == cases(50, 1, CATEGORIES)
    assert cases(50, 1, CATEGORIES) != cases(50, 2, CATEGORIES)
    assert len(set(cases(500, 1, CATEGORIES))) == 500


def test_each_call_is_made() -> None:
    made: list[int] = []
    with pytest.raises(InputError, match="no such thing"):
        each(lambda: made.append(1), lambda: _refuses(None, None, None), lambda: made.append(2))
    assert made == [1, 2]
