"""What is assumed of the data stands in the head of every result and in its JSON file."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lightning as L
import pytest

from gradunc.callbacks.result import ResultCallback, described
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.remarks import Assumption, Note, Remarks
from gradunc.metrics import EvaluationProtocol
from gradunc.results import Result

PLAIN = "alignment median, 0.001-80 m, no crop"


class Reports(ResultCallback):
    def make(self, trainer: L.Trainer) -> Result | None:
        return Result("metrics", "Evaluation", described(EvaluationProtocol(), trainer), facts={"images": 1})


def trainer(data: Any) -> Any:
    return SimpleNamespace(datamodule=data, is_global_zero=True, loggers=[])


def assuming(*values: str) -> DepthData:
    remarks = Remarks()
    for value in values:
        remarks.assume(Assumption(value, "why"), "scene")
    remarks.note(Note("a fact", kind="fact"), Note("unused"))
    return DepthData(lambda split: [{}], batch_size=1, remarks=remarks)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("data", "head", "lines"),
    [
        (assuming("fx 525", "dmin 0"), f"{PLAIN}, assumed: fx 525; dmin 0", ["fx 525: why", "dmin 0: why"]),
        (assuming(), PLAIN, []),
        (None, PLAIN, []),
    ],
)
def test_head_and_facts(tmp_path: Path, data: Any, head: str, lines: list[str]) -> None:
    report = Reports(tmp_path)
    report.on_test_end(trainer(data), None)  # pyright: ignore[reportArgumentType]
    content = json.loads((tmp_path / "metrics.json").read_text())
    assert content["protocol"] == head
    assert content["assumed"] == [f"assumed {line}: 1 ('scene')" for line in lines]
    assert f"Protocol: {head}" in (tmp_path / "metrics.md").read_text()


def test_only_the_first_process_tells(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = assuming("dmin 0")
    monkeypatch.setattr("lightning.pytorch.utilities.rank_zero_only.rank", 1)
    data.train_dataloader()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("lightning.pytorch.utilities.rank_zero_only.rank", 0)
    for _ in range(2):
        data.train_dataloader()
        data.val_dataloader()
        data.test_dataloader()
    assert capsys.readouterr().err.splitlines() == ["assumed dmin 0: why: 1 ('scene')", "a fact", "unused"]
