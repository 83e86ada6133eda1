"""The teacher that a configuration names, and the depth that it gives a sample of a data set."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gradunc.assembly.teacher import teacher_of, teaching
from gradunc.config.sections import ObjectiveSettings
from gradunc.data.inspection.depth_range import depth_range
from gradunc.errors import InputError
from gradunc.models import export_model
from tests.helpers import tiny_model


def sample() -> dict[str, Any]:
    image = torch.randint(0, 256, (3, 64, 96), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    truth = torch.full((1, 64, 96), 70.0)
    return {"image": image, "depth": truth, "valid": truth > 0}


def test_a_sample_gets_the_teachers_depth(tmp_path: Path) -> None:
    model = tiny_model(initial_depth=9.0).eval()
    teacher = teacher_of(ObjectiveSettings(teacher=str(export_model(model, tmp_path / "teacher"))))
    taught = teaching(teacher)
    assert taught is not None
    found: Any = taught(sample())  # pyright: ignore[reportArgumentType]
    with torch.no_grad():
        expected = model(sample()["image"][None] / 255).depth[0]
    torch.testing.assert_close(found["depth"], expected)
    assert found["valid"].all()
    told = depth_range([sample(), sample()], taught=taught)
    assert told is not None
    assert told.median == pytest.approx(float(expected.median()), rel=1e-3)


def test_none_and_nothing_there() -> None:
    assert teacher_of(ObjectiveSettings()) is None
    assert teaching(None) is None
    with pytest.raises(InputError, match=r"^objective\.teacher: checkpoint 'nowhere' does not exist"):
        teacher_of(ObjectiveSettings(teacher="nowhere"))
