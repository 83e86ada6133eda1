"""Settings of all tests."""

import os
import random
import signal
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import settings

# Its default deadline of 200 ms per example would be a test of wall-clock time, which a busy machine fails. Examples
# are the same in every run, so that a failure can be repeated.
settings.register_profile("gradunc", deadline=None, derandomize=True)
settings.load_profile("gradunc")

# Programs of tests/first_hour.sh, which pytest would import in search of doctests.
collect_ignore = ["first_hour"]


@pytest.fixture(autouse=True)
def _own_state() -> Iterator[None]:
    """What a test draws and the environment that it finds do not depend on the tests before it."""
    before = dict(os.environ)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - libraries draw from this one
    torch.manual_seed(0)
    yield
    # A run of W&B that is still open would take what the trainings of the next test log.
    if getattr(sys.modules.get("wandb"), "run", None) is not None:
        sys.modules["wandb"].finish()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session", autouse=True)
def _signals_end() -> Iterator[None]:
    """Signals do what they usually do, also where tests run in the background or under `nohup`.

    A shell has processes in the background ignore SIGINT, `nohup` SIGHUP, and commands keep to that.
    """
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def narrow_transformers() -> Iterator[None]:
    """A narrow Swin transformer and a narrow BEiT in timm, whose smallest have 28 and 86 million weights."""
    from timm.models import _registry as registry

    from tests.models import swin_files
    from tests.models.families import beit_files

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._model_entrypoints, swin_files.NAME, swin_files.tiny_swin)
        patch.setitem(registry._model_entrypoints, beit_files.NAME, beit_files.tiny_transformer)
        patch.setitem(registry._module_to_models, "beit", registry._module_to_models["beit"] | {beit_files.NAME})
        yield
