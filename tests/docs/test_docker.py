"""The Dockerfiles hold steps that `docker/verify.py` can do; the README's command builds the one that is there."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.pages import ROOT

FILES = sorted((ROOT / "docker").glob("*.Dockerfile"))


@pytest.fixture(scope="module")
def verify() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify", ROOT / "docker" / "verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("dockerfile", FILES, ids=lambda path: path.name)
def test_steps_are_known_and_make_knows_their_targets(verify: ModuleType, dockerfile: Path):
    steps = verify.steps(dockerfile.read_text())
    assert [step.instruction for step in steps] == ["FROM", "RUN", "WORKDIR", "COPY", "RUN", "CMD"]
    makefile = (ROOT / "Makefile").read_text()
    assert steps[4].arguments == "make install"
    assert "\ninstall:" in makefile
    assert steps[5].arguments == '["make", "demo"]'
    assert "\ndemo:" in makefile


def test_the_readme_builds_it():
    assert "docker build -f docker/cpu.Dockerfile -t gradunc ." in (ROOT / "README.md").read_text()
    assert ROOT / "docker" / "cpu.Dockerfile" in FILES


def test_what_is_copied_is_enough_to_install(verify: ModuleType):
    names = set(verify.copied(ROOT))
    assert {"pyproject.toml", "README.md", "LICENSE", "Makefile", "gradunc/__init__.py", "train.py"} <= names
    assert not [name for name in names if name.startswith((".git/", ".venv/", "runs/"))]


def test_ignored_files_are_left_out(verify: ModuleType):
    assert verify._matches("runs/a/b", "runs")
    assert verify._matches("a.pyc", "*.pyc")
    assert not verify._matches("running", "runs")


def test_steps_are_done_in_a_clean_folder(verify: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET", "of the caller")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(
        'FROM a\nWORKDIR /b\nENV C=d\nRUN echo "$C $SECRET $PWD" > e && \\\n  echo f >> e\nCMD ["touch", "g"]\n'
    )
    verify.main([str(dockerfile), "--folder", str(tmp_path / "container")])
    here = tmp_path / "container" / "b"
    assert (here / "e").read_text().split() == ["d", str(here), "f"]
    assert (here / "g").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM a\nADD b c\n", "line 2: ADD is not known here"),
        ("RUN exit 3\n", "line 1: exit code 3"),
        ("RUN apt-get install no-such-program && b\n", "line 1: not here: no-such-program"),
        ("COPY a b\n", "line 1: only COPY . ."),
    ],
)
def test_what_fails_is_named(verify: ModuleType, tmp_path: Path, text: str, message: str):
    (tmp_path / "Dockerfile").write_text(text)
    with pytest.raises(SystemExit, match=message.replace(".", r"\.")):
        verify.main([str(tmp_path / "Dockerfile"), "--folder", str(tmp_path / "container")])
