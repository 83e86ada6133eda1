"""The names of the package itself, which are imported when they are asked for."""

import importlib

import pytest

import gradunc


def test_every_public_name_is_that_of_its_module() -> None:
    assert sorted(gradunc._WHERE) == gradunc.__all__
    for name, module in gradunc._WHERE.items():
        assert getattr(gradunc, name) is getattr(importlib.import_module(f"gradunc.{module}"), name)
    assert set(gradunc.__all__) <= set(dir(gradunc))


def test_other_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="module 'gradunc' has no attribute 'load_modle'"):
        gradunc.__getattr__("load_modle")
