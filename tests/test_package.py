"""The names of the package itself, which are imported when they are asked for."""

import importlib

import pytest

import gradunc


def test_every_public_name_is_that_of_its_module() -> None:
    names = [name for names in gradunc._ORIGINS.values() for name in names]
    assert sorted(names) == gradunc.__all__
    for module, names in gradunc._ORIGINS.items():
        for name in names:
            assert getattr(gradunc, name) is getattr(importlib.import_module(module), name)
    assert set(gradunc.__all__) <= set(dir(gradunc))


def test_other_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="module 'gradunc' has no attribute 'load_modle'"):
        gradunc.__getattr__("load_modle")
