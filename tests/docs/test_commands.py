"""Every command of the documentation can be typed: its arguments are understood, and what it names exists."""

import re
import shlex
import tomllib
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from gradunc.commands import infer, train
from gradunc.config import load, parse
from gradunc.tools import evaluate_pose, prepare
from gradunc.tools.check import command as check
from tests.docs.pages import PAGES, ROOT, Fence, fences, name_of
from tests.docs.world import write_files_of

ENDS = {"&&", "||", "|", ";"}
"""What ends one command of a line and begins another."""

Words = list[str]


def commands(code: str) -> list[Words]:
    """The commands of a shell snippet as words, without comments; a backslash goes on in the next line."""
    found: list[Words] = []
    for line in code.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.wordchars += "[]{}=,:*$~@%+^!"
        found.append([])
        for word in lexer:
            if word in ENDS:
                found.append([])
            else:
                found[-1].append(word)
    return [words for words in found if words]


def _prints(main: Callable[[Words], int], words: Words) -> None:
    with redirect_stdout(StringIO()) as printed:
        assert main([*words, "--print-config"]) == 0
    assert printed.getvalue()


def _tool(words: Words) -> None:
    module = {"check": check, "evaluate_pose": evaluate_pose}.get(words[0])
    if module is None:
        assert words[0] == "prepare"
        assert words[1] in prepare.PREPARATIONS
        return
    schema = check.CheckConfig if words[0] == "check" else evaluate_pose.PoseConfig
    load(schema, module.GROUPS, parse(words[1:], module.GROUPS, flags=("--help",)))


def _benchmark(script: Path, words: Words) -> None:
    text = script.read_text(encoding="utf-8")
    assert not [word for word in words if word.startswith("--") and f'"{word}"' not in text]


def _make(words: Words) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [word for word in words if "=" not in word]
    assert not [word for word in words if "=" not in word and not re.search(rf"^{word}:", makefile, re.MULTILINE)]


def _pip(words: Words) -> None:
    assert words[0] == "install"
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = [name for word in words[1:] for name in re.findall(r"\[([\w,]+)\]", word)]
    assert {name for one in named for name in one.split(",")} <= set(extras)


def _sets_variable(words: Words, place: int) -> bool:
    """Whether a word gives the command a variable of the environment: `NAME=VALUE` in front of it."""
    return all(re.match(r"[A-Z_]+=", word) for word in words[: place + 1])


def check_command(words: Words) -> None:
    """Raise if a command cannot be typed.

    Raises:
        InputError: gradunc refuses its arguments.
        AssertionError: what it names does not exist, or nobody has said how to look at it.
    """
    match [word for place, word in enumerate(words) if not _sets_variable(words, place)]:
        case ["python", "train.py", *rest]:
            _prints(train.main, rest)
        case ["python", "infer.py", *rest]:
            _prints(infer.main, rest)
        case ["python", "-m", module, *rest] if module.startswith("gradunc.tools."):
            _tool([module.removeprefix("gradunc.tools."), *rest])
        case ["python", "-m", module, *_]:
            assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists()
        case ["python", script, *rest]:
            _benchmark(ROOT / script, rest)
        case ["make", *rest]:
            _make(rest)
        case ["pip", *rest]:
            _pip(rest)
        case ["wandb", ("sweep" | "agent" | "sync"), *_] | ["source", ".venv/bin/activate"] | ["hf", "auth", "login"]:
            pass
        case ["docker", "build", "-f", file, *_]:
            assert (ROOT / file).exists()
        case ["docker", "run", *_]:
            pass
        case _:
            raise AssertionError(f"no test knows how to look at: {shlex.join(words)}")


SHELL = [fence for page in PAGES for fence in fences(page, "sh")]


@pytest.mark.parametrize("fence", SHELL, ids=str)
def test_commands_can_be_typed(fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write_files_of(fence.page, tmp_path)
    for words in commands(fence.code):
        check_command(words)


@pytest.mark.parametrize("page", [page for page in PAGES if fences(page, "yaml")], ids=name_of)
def test_yaml_can_be_used(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file that a page shows is a whole configuration, or holds estimators."""
    monkeypatch.chdir(tmp_path)
    write_files_of(page, tmp_path)
    written = list(tmp_path.glob("*.yaml"))
    assert written
    for path in written:
        whole = path.read_text().splitlines()[1].startswith("defaults:")
        check_command(["python", "train.py", path.name if whole else f"uncertainty={path.name}"])


@pytest.mark.parametrize(
    "wrong",
    [
        "python train.py experiment=demos",
        "python train.py trainer.max_epoch=3",
        "python infer.py predict checkpoint=my_run photos/ sizes=3",
        "python -m gradunc.tools.check data=folder strickt=true",
        "python benchmarks/gradient_cost.py --thread 1",
        "make demos",
        'pip install "gradunc[film]"',
        "python train_all.py",
    ],
)
def test_a_wrong_command_is_found(wrong: str):
    ((words,)) = commands(wrong)
    with pytest.raises(Exception, match=r".*"):
        check_command(words)


def test_words_of_a_command():
    code = "python a.py 'x y' k=[1,2] \\\n    b/*.png # why\nmake c && make d\n"
    assert commands(code) == [["python", "a.py", "x y", "k=[1,2]", "b/*.png"], ["make", "c"], ["make", "d"]]
