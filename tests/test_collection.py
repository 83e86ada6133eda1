"""Every test that the project holds is run: none is lost to the name of its folder, of its file or of itself."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import REPOSITORY


def git(project: Path, *arguments: str) -> list[str]:
    """Lines that git prints; none where git is missing or does not know the folder."""
    try:
        done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    return done.stdout.splitlines()


def modules(project: Path, top: str) -> dict[str, ast.Module]:
    """Path -> syntax tree of the Python files that git tracks or will track; of all outside a checkout (an sdist)."""
    names = git(project, "ls-files", "--cached", "--others", "--exclude-standard", "--", top) or [
        path.relative_to(project).as_posix() for path in (project / top).rglob("*.py")
    ]
    python = (name for name in names if name.endswith(".py") and (project / name).exists())
    return {name: ast.parse((project / name).read_text()) for name in sorted(python)}


def functions(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """(name in pytest's words, function) of the functions of a module and of its classes called `Test...`."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from ((f"{node.name}::{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def written_tests(project: Path) -> list[str]:
    """`FILE::FUNCTION` of every test function in whatever file it stands, and the files `test_*.py` without any."""
    found: list[str] = []
    for path, module in modules(project, "tests").items():
        names = [name for name, node in functions(module) if node.name.startswith("test")]
        found += [f"{path}::{name}" for name in names]
        found += [path] if path.rpartition("/")[2].startswith("test_") and not names else []
    return found


def written_doctests(project: Path) -> list[str]:
    """Files of the package with an example in a docstring."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return [
        path
        for path, module in modules(project, "gradunc").items()
        if any(">>> " in (ast.get_docstring(node) or "") for node in ast.walk(module) if isinstance(node, kinds))
    ]


def collected(project: Path) -> set[str]:
    """Files and `FILE::FUNCTION`s that a pytest without arguments collects, in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "--collect-only", "--verbosity=-1", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    return found | {name.partition("::")[0] for name in found}


def lost(project: Path) -> list[str]:
    """What is written but not collected, and names that stand twice in one file: the second replaces the first."""
    written, found = [*written_tests(project), *written_doctests(project)], collected(project)
    return sorted({name for name in written if name not in found or written.count(name) > 1})


def names_in(module: ast.Module) -> set[str]:
    """Every name that the module mentions, imports or reads as an attribute."""
    return {
        str(getattr(node, field))
        for node in ast.walk(module)
        for kind, field in ((ast.Name, "id"), (ast.Attribute, "attr"), (ast.alias, "name"))
        if isinstance(node, kind)
    }


def misnamed(project: Path) -> list[str]:
    """Functions of test files that pytest runs by no name: marked like a test, or used by nobody and no fixture."""
    trees = modules(project, "tests")
    mentioned = set().union(*map(names_in, trees.values()))
    found = []
    for path, module in trees.items():
        for name, node in functions(module):
            decorators = " ".join(map(ast.unparse, node.decorator_list))
            a_test = "mark." in decorators or "given(" in decorators
            nobody = path.rpartition("/")[2].startswith("test_") and not decorators and node.name not in mentioned
            if not node.name.startswith(("test_", "__")) and (a_test or nobody):
                found.append(f"{path}::{name}")
    return found


@pytest.mark.slow
def test_every_test_is_collected():
    assert len(written_tests(REPOSITORY)) > 1000, "the files are found"
    assert __name__.replace(".", "/") + ".py::test_every_test_is_collected" in written_tests(REPOSITORY)
    assert len(written_doctests(REPOSITORY)) > 10
    assert lost(REPOSITORY) == []


def test_every_test_is_named_like_one():
    assert misnamed(REPOSITORY) == []


def test_git_ignores_no_source():
    """A folder of ours that is called like a folder of results would be in no clone and in no sdist."""
    ours = ("gradunc", "configs", "tests", "benchmarks", "docs")
    ignored = git(REPOSITORY, "ls-files", "--others", "--ignored", "--exclude-standard", "--", *ours)
    assert [name for name in ignored if name.endswith((".py", ".yaml", ".md"))] == []


ONE = "def test_one():\n    pass\n"
PLANTED = {
    "tests/build/test_folder.py": ONE,
    "tests/helpers.py": ONE,
    "tests/test_twice.py": ONE + ONE,
    "tests/test_nothing.py": "def one():\n    pass\n",
    "tests/test_class.py": "class TestMade:\n    def __init__(self): ...\n\n    def test_one(self): ...\n",
    "tests/test_sound.py": ONE,
    "gradunc/dist/example.py": '"""Say.\n\n>>> 1\n1\n"""\n',
    "gradunc/sound.py": '"""Say.\n\n>>> 1\n1\n"""\n',
}


@pytest.fixture
def planted(tmp_path) -> Path:
    """A project under pytest's own settings, in no checkout, whose tests are lost in every way."""
    for name, content in PLANTED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --doctest-modules -p no:xdist\n")
    return tmp_path


def test_planted_losses_are_named(planted):
    assert lost(planted) == [
        "gradunc/dist/example.py",
        "tests/build/test_folder.py::test_one",
        "tests/helpers.py::test_one",
        "tests/test_class.py::TestMade::test_one",
        "tests/test_nothing.py",
        "tests/test_twice.py::test_one",
    ]
    assert misnamed(planted) == ["tests/test_nothing.py::one"]


def test_a_marked_function_is_a_test(planted):
    (planted / "tests/test_nothing.py").write_text("@mark.parametrize('x', [1])\ndef one(x):\n    pass\n\none\n")
    assert misnamed(planted) == ["tests/test_nothing.py::one"]


def test_in_a_checkout_git_says_which_tests_there_are(planted):
    git(planted, "init", "--quiet")
    git(planted, "add", "tests/test_sound.py")
    (planted / ".gitignore").write_text("build/\ntest_*.py\n")
    assert written_tests(planted) == ["tests/helpers.py::test_one", "tests/test_sound.py::test_one"]
