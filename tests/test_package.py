"""The names of the package itself, which are imported when they are asked for."""

import importlib
import subprocess
import sys

import pytest

import gradunc
from tests.helpers import REPOSITORY


def test_every_public_name_is_that_of_its_module() -> None:
    assert sorted(gradunc._WHERE) == gradunc.__all__
    for name, module in gradunc._WHERE.items():
        assert getattr(gradunc, name) is getattr(importlib.import_module(f"gradunc.{module}"), name)
    assert set(gradunc.__all__) <= set(dir(gradunc))


def test_other_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="module 'gradunc' has no attribute 'load_modle'"):
        gradunc.__getattr__("load_modle")


def test_types_and_file_formats_need_no_torch() -> None:
    code = "import sys, gradunc.types, gradunc.data.formats.kitti_splits; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
