"""Signals while infer.py works: an exit code, one line, and whole files."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from gradunc.training.evaluation_module import DepthEvaluation
from tests.commands.predict_files import of
from tests.helpers import Call, files_in, write_images


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_predict(predict: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number, code) -> None:
    write_images(tmp_path / "source", [(48, 64)] * 3)
    save, saved = np.save, []

    def interrupted(file, values) -> None:
        saved.append(file)
        save(file, values)
        if len(saved) == 4:  # the uncertainty of the second image
            os.kill(os.getpid(), number)

    monkeypatch.setattr(np, "save", interrupted)
    outcome = predict(f"source={tmp_path / 'source'}", f"output={tmp_path / 'out'}")
    assert outcome.code == code
    assert outcome.err == f"interrupted ({number.name})\n"
    written = {name for name in files_in(tmp_path / "out") if name != ".settings.json"}
    assert written == of("0.png") | of("1.png"), "what was predicted is written, and no temporary file is left"


def test_a_second_signal_stops_at_once(predict: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_images(tmp_path / "source", [(48, 64)] * 3)
    save = np.save

    def interrupted(file, values) -> None:
        save(file, values)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(np, "save", interrupted)
    outcome = predict(f"source={tmp_path / 'source'}", f"output={tmp_path / 'out'}")
    assert (outcome.code, outcome.err) == (130, "interrupted (SIGINT)\n")
    assert files_in(tmp_path / "out") == {".settings.json"}


def test_evaluate(evaluate: Call, synthetic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def test_step(self: DepthEvaluation, *given: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("not reached")

    monkeypatch.setattr(DepthEvaluation, "test_step", test_step)
    outcome = evaluate(*synthetic, f"output={tmp_path / 'out'}", "uncertainty=none")
    assert outcome.code == 143
    assert outcome.err.splitlines()[-1] == "interrupted (SIGTERM)"
    assert "metrics.json" not in files_in(tmp_path / "out")
