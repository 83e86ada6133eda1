"""What is said of images and their resizes, by hand."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gradunc.data.inspection.images import resize_findings
from gradunc.tools.check.run_check import _resized

SIZE = (100, 100)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ([], None),
        ([None, (100, 100), (70, 70), (790, 790)], None),
        # Twice is 1.33 of the 1.5 that go without a word, 10 times smaller 1.25 of the 8.
        ([(100, 100), None, (1000, 1000), (50, 50)], "images of 50x50 pixels (height x width) are enlarged 2.0 times"),
        ([(50, 50), (2000, 2000)], "images of 2000x2000 pixels (height x width) are shrunk 20.0 times"),
    ],
)
def test_the_worst_resize_is_told(stored: list[Any], said: str | None) -> None:
    found = resize_findings([(one, SIZE) for one in stored])
    assert len(found) == (said is not None)
    assert all(finding.text.startswith(str(said)) for finding in found)
    checks: list[Any] = [SimpleNamespace(stored=one, image=torch.zeros(3, *SIZE)) for one in stored]
    assert _resized(checks) == found
