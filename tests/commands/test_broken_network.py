"""A network whose weights are NaN, evaluated: one line and no table."""

import math
from pathlib import Path

import pytest
import torch

from gradunc.models import export_model
from tests.helpers import Call, assert_one_error, files_in, tiny_model


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network with NaN in every weight of its decoder."""
    model = tiny_model()
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.fill_(math.nan)
    return export_model(model, tmp_path_factory.mktemp("broken"))


@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
def test_nothing_is_exported(suffix: str, infer: Call, broken: Path, tmp_path: Path) -> None:
    target = tmp_path / f"a{suffix}"
    outcome = infer("export", f"checkpoint={broken}", f"to={target}", "uncertainty=gradient_published")
    assert_one_error(outcome, "is not finite; a broken network is not exported")
    assert not target.exists()


VERBS = {"evaluate": "uncertainty=gradient_published", "study": "uncertainty.gradient.layers=6"}


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_tabled(verb: str, infer: Call, synthetic: tuple[str, ...], broken: Path, tmp_path: Path) -> None:
    given = (*synthetic, "data.synthetic.test_scenes=2", f"checkpoint={broken}", f"output={tmp_path / 'out'}")
    outcome = infer(verb, *given, VERBS[verb])
    assert_one_error(outcome, "no value that the network predicts for 2 test images is finite")
    written = files_in(tmp_path / "out") if (tmp_path / "out").exists() else set()
    assert {name for name in written if not name.startswith(("pictures/", "metrics.csv"))} == set()
