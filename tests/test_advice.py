"""Warnings point at the user's own line, whatever lies between it and ours."""

import warnings
from collections.abc import Callable
from functools import partial

import pytest

from gradunc.advice import advise


def through(module: str, inner: Callable[[], None]) -> Callable[[], None]:
    """A function of a module, in a file of that name, that calls another."""
    names: dict[str, object] = {"__name__": module, "inner": inner}
    exec(compile("def outer():\n    inner()\n", f"{module}.py", "exec"), names)
    return names["outer"]  # pyright: ignore[reportReturnType]


def place(call: Callable[[], None]) -> str:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    assert [str(one.message) for one in found] == ["this is done instead"]
    return found[0].filename


ADVISE = partial(advise, "this is done instead")


@pytest.mark.parametrize(
    "module",
    ["gradunc.callbacks.uncertainty", "torch.nn.modules.module", "lightning.pytorch.loops", "pytorch_lightning.loops"],
)
def test_the_line_of_the_caller_of_libraries(module: str) -> None:
    assert place(through(module, through("gradunc.uncertainty", ADVISE))) == __file__


@pytest.mark.parametrize("module", ["lightning_recipes", "theirs.lightning.loops", "gradunc_study"])
def test_a_module_of_the_user_whose_name_is_alike(module: str) -> None:
    assert place(through(module, through("gradunc.uncertainty", ADVISE))) == f"{module}.py"
