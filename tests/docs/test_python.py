"""Every Python snippet of the documentation runs as it is written, those of a page one after the other."""

from pathlib import Path

import pytest

from tests.docs.exceptions import PYTHON
from tests.docs.pages import PAGES, ROOT, fences, name_of
from tests.docs.world import HUB_CACHE, PREPARATIONS, importable, make_world

LANGUAGES = {"sh", "python", "yaml", "json", "text"}
WITH_PYTHON = [page for page in PAGES if fences(page, "python")]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_fence_says_its_language(page: Path):
    assert not [str(fence) for fence in fences(page) if fence.language not in LANGUAGES]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_runs_as_written(page: Path, world: Path, monkeypatch: pytest.MonkeyPatch):
    if name_of(page) in PYTHON:
        pytest.skip(PYTHON[name_of(page)])
    monkeypatch.chdir(world)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(world / HUB_CACHE))
    monkeypatch.setenv("MPLBACKEND", "agg")
    if name_of(page) in PREPARATIONS:
        PREPARATIONS[name_of(page)](world)
    namespace = {"__name__": "__main__"}
    with importable(world):
        for fence in fences(page, "python"):
            # The line numbers of a failure are those of the page.
            code = "\n" * fence.line + fence.code
            exec(compile(code, str(page), "exec"), namespace)


def test_exceptions_are_pages_with_python():
    assert set(PYTHON) <= {name_of(page) for page in WITH_PYTHON}


def test_the_readme_shows_python():
    assert ROOT / "README.md" in WITH_PYTHON
