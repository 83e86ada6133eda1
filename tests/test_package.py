"""The names of the package itself, which are imported when they are asked for."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import gradunc
from tests.helpers import REPOSITORY

LAZY = sorted(
    ".".join(path.parent.relative_to(REPOSITORY).parts)
    for path in (REPOSITORY / "gradunc").rglob("__init__.py")
    if "= lazy_names(" in path.read_text()
)
"""Packages that import their public names when they are used."""


@pytest.mark.parametrize("package", LAZY)
def test_every_public_name_is_that_of_its_module(package: str) -> None:
    found = importlib.import_module(package)
    assert set(found._WHERE) <= set(found.__all__) <= set(dir(found))
    for name, module in found._WHERE.items():
        assert getattr(found, name) is getattr(importlib.import_module(f"{package}.{module}"), name)


@pytest.mark.parametrize("package", LAZY)
def test_no_public_name_is_that_of_a_module(package: str) -> None:
    """The module, once imported, would stand in its place."""
    found = importlib.import_module(package)
    assert not {module.name for module in pkgutil.iter_modules(found.__path__)} & set(found._WHERE)


@pytest.mark.parametrize("package", LAZY)
def test_type_checkers_see_the_same_names(package: str) -> None:
    found = importlib.import_module(package)
    (guarded,) = (node for node in ast.parse(inspect.getsource(found)).body if isinstance(node, ast.If))
    imports = [node for node in guarded.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.name: str(node.module).removeprefix(f"{package}.") for node in imports for alias in node.names}
    assert seen == found._WHERE


def test_other_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="module 'gradunc' has no attribute 'load_modle'"):
        gradunc.__getattr__("load_modle")


def test_types_and_file_formats_need_no_torch() -> None:
    code = "import sys, gradunc.types, gradunc.data.formats.kitti_splits; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
