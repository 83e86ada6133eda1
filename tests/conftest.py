"""Settings of all tests."""

import os
import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import settings

# Its default deadline of 200 ms per example would be a test of wall-clock time, which a busy machine fails. Examples
# are the same in every run, so that a failure can be repeated.
settings.register_profile("gradunc", deadline=None, derandomize=True)
settings.load_profile("gradunc")


@pytest.fixture(autouse=True)
def _own_state() -> Iterator[None]:
    """What a test draws and the environment that it finds do not depend on the tests before it."""
    before = dict(os.environ)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - libraries draw from this one
    torch.manual_seed(0)
    yield
    os.environ.clear()
    os.environ.update(before)
