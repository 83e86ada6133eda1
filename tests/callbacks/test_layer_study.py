"""Every cell of a study is what the ordinary evaluation of that estimator gives."""

import csv
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gradunc.callbacks import (
    EvaluationCallback,
    LayerStudyCallback,
    StudyReportCallback,
    TrivialCallback,
    UncertaintyCallback,
)
from gradunc.callbacks.layer_study import Cell
from gradunc.data.loading.datamodule import DepthData
from gradunc.metrics import EvaluationProtocol
from gradunc.results import show
from gradunc.training import DepthEvaluation
from gradunc.types import Sample
from gradunc.uncertainty import TRIVIAL, GradientUncertainty
from gradunc.uncertainty.gradient.reductions import CHANNELS
from tests.helpers import files_in
from tests.training.helpers import Toy, quiet_trainer, random, tiny_model
from tests.training.helpers import sample as toy_sample

pytestmark = pytest.mark.slow

LAYERS = ("decoder.blocks.6.conv", "decoder.blocks.9.conv", "decoder.heads.0")
REFERENCES: dict[str, Any] = {"flip": "flip", "rotate(degrees=20)": {"rotate": {"degrees": 20}}, "given": "given"}
SETTINGS = {"loss": "l1", "chunk": 2}


def sample(index: int) -> Sample:
    """35x61: padded by the network. Truth is twice as large, and half of it unknown."""
    made = toy_sample(index, height=35, width=61)
    depth = 2 + 18 * random(index + 500, 1, 70, 122)
    made["depth"] = torch.where(random(index + 600, 1, 70, 122) > 0.5, depth, 0.0)
    made["valid"] = (made["depth"] > 0) & (random(index + 700, 1, 70, 122) > 0.1)
    return made


def run(callbacks: list[Any], samples: list[Sample], model: torch.nn.Module) -> None:
    data = DepthData(lambda split: Toy(samples), eval_batch_size=3)
    quiet_trainer(callbacks=callbacks).test(DepthEvaluation(model), data, verbose=False)


def make_study(model: torch.nn.Module, references: dict[str, Any] = REFERENCES) -> LayerStudyCallback:
    def one(reference: Any, network: torch.nn.Module, layer: str) -> GradientUncertainty:
        return GradientUncertainty(network, [layer], reference, **SETTINGS)

    return LayerStudyCallback(
        {name: GradientUncertainty(model, LAYERS, spec, **SETTINGS) for name, spec in references.items()},
        {name: partial(one, spec) for name, spec in references.items()},
        EvaluationProtocol(),
    )


@pytest.fixture(scope="module")
def studied() -> tuple[LayerStudyCallback, EvaluationCallback, UncertaintyCallback, dict[Cell, str]]:
    """A study, and the ordinary evaluation of all its cells."""
    model, samples = tiny_model(), [sample(i) for i in range(4)]
    study = make_study(model)
    names = {
        Cell(reference, layer, channels): f"{reference} {layer} {channels}"
        for reference in REFERENCES
        for layer in LAYERS
        for channels in CHANNELS
    }
    estimators = {
        name: GradientUncertainty(model, [cell.layer], REFERENCES[cell.reference], channels=cell.channels, **SETTINGS)
        for cell, name in names.items()
    }
    ordinary = UncertaintyCallback(estimators)
    evaluation = EvaluationCallback(EvaluationProtocol(), tuple(estimators))
    run([study], samples, model)
    run([ordinary, evaluation], samples, model)
    return study, evaluation, ordinary, names


def test_every_cell_is_an_ordinary_evaluation(studied: Any) -> None:
    study, evaluation, _, names = studied
    assert list(study.results) == list(names)
    for cell, name in names.items():
        assert study.results[cell] == pytest.approx(evaluation.uncertainty[name], rel=1e-6, abs=1e-9), cell
    assert len({round(row["ause_abs_rel"], 9) for row in study.results.values()}) > 20


def test_every_cell_counts_every_image(studied: Any) -> None:
    study, *_ = studied
    assert {int(metric.images) for metric in study.metrics.values()} == {4}


def test_the_cost_is_that_of_the_ordinary_estimate(studied: Any) -> None:
    study, _, ordinary, names = studied
    for cell, name in names.items():
        assert study.costs[cell.reference, cell.layer] == pytest.approx(ordinary.costs[name], rel=1e-3), cell
    assert study.costs["flip", "decoder.heads.0"] == pytest.approx(2.0, abs=0.01)
    assert study.costs["given", "decoder.heads.0"] == pytest.approx(1.0, abs=0.01)


def test_a_second_test_begins_anew() -> None:
    model = tiny_model()
    study = make_study(model, {"flip": "flip"})
    run([study], [sample(0)], model)
    first = dict(study.results)
    run([study], [sample(0)], model)
    assert study.results == first
    given = sample(1)
    del given["depth"], given["valid"]
    run([study], [given], model)
    assert study.results == {}


def test_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[tuple[Any, ...]] = []
    monkeypatch.setattr("gradunc.callbacks.result.log_result", lambda _trainer, *rest: logged.append(rest))
    model = tiny_model()
    study = make_study(model, {"flip": "flip", "gray": "gray"})
    trivial = TrivialCallback("")
    evaluation = EvaluationCallback(EvaluationProtocol(crop="garg"), tuple(TRIVIAL))
    report = StudyReportCallback(tmp_path / "out", study, evaluation, trivial, {"loss": "l1"})
    run([study, trivial, evaluation, report], [sample(0), sample(1)], model)
    names = ["study.json", "study.csv", "study.md", "study.png"]
    assert files_in(tmp_path / "out") == set(names)
    assert [path.name for path in report.written] == names
    with (tmp_path / "out/study.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(LAYERS) * len(CHANNELS) + len(TRIVIAL)
    areas = [float(row["ause_abs_rel"]) for row in rows[: -len(TRIVIAL)]]
    assert areas == sorted(areas) == sorted(result["ause_abs_rel"] for result in study.results.values())
    assert [row["method"] for row in rows[-len(TRIVIAL) :]] == list(TRIVIAL)
    assert {row["cost"] for row in rows[-len(TRIVIAL) :]} == {"1.0"}
    content = json.loads((tmp_path / "out/study.json").read_text())
    result = report.result
    assert result is not None
    assert content["rows"] == list(result.tables[0].rows)
    assert content["best"]["ause_abs_rel"] == areas[0]
    assert (content["images"], content["loss"]) == (2, "l1")
    assert "Garg crop" in content["protocol"]
    assert Image.open(tmp_path / "out/study.png").width > 400
    assert logged == [(result, {"study": "test/study"}, {"study": "test/study_heatmap"})]
    columns = [column.name for column in result.tables[0].columns]
    assert (len(rows), columns[:5]) == (35, ["method", "reference", "layer", "channels", "cost"])
    show(result)
    printed = capsys.readouterr().out
    assert f"{areas[0]:.4f}" in printed
    assert "the best 10 of 30 cells" in printed
    for name in TRIVIAL:
        assert f"trivial: {name}" in printed
