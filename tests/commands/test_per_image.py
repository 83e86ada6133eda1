"""Behind the tables of `evaluate` and `study`: images, scenes, intervals, and predictions that are no numbers."""

import csv
import json

import pytest
import torch

from gradunc.data.loading.report import Failure
from gradunc.metrics import AREAS
from gradunc.metrics.functional import DEPTH_ERRORS
from gradunc.models.parts.heads import DisparityHead
from tests.helpers import assert_one_error, files_in, write_images

pytestmark = pytest.mark.slow


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def six_scenes(synthetic):
    few = ("data.synthetic.test_scenes=6", "data.synthetic.frames_per_scene=2", "data.synthetic.train_scenes=1")
    return (*synthetic, *few)


@pytest.fixture
def broken(monkeypatch):
    """A network whose depth is NaN in some columns; 1 = everywhere."""

    def break_it(share):
        depth = DisparityHead.depth

        def spoilt(self, activation):
            found = depth(self, activation)
            columns = torch.arange(found.shape[-1]) < share * found.shape[-1]
            return torch.where(columns, torch.nan, found)

        monkeypatch.setattr(DisparityHead, "depth", spoilt)

    return break_it


def test_a_row_for_every_image_and_intervals_over_scenes(evaluate, six_scenes, tmp_path):
    outcome = evaluate(
        *six_scenes, "evaluation.trivial=true", "evaluation.baselines=true", f"output={tmp_path / 'out'}"
    )
    assert outcome.code == 0, outcome.err
    rows = rows_of(tmp_path / "out/metrics_per_image.csv")
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())
    assert [row["image"] for row in rows] == [f"test/scene{i:04d}/frame{j:02d}" for i in range(6) for j in range(2)]
    assert [row["scene"] for row in rows] == [f"test/scene{i:04d}" for i in range(6) for _ in range(2)]
    assert [row["index"] for row in rows] == [str(i) for i in range(12)]
    for name in DEPTH_ERRORS:
        values = [float(row[name]) for row in rows]
        figures = metrics["depth"]["model"]
        assert sum(values) / 12 == pytest.approx(figures[name], rel=1e-12)
        assert min(values) <= figures[f"{name}_low"] <= figures[name] <= figures[f"{name}_high"] <= max(values)
    for estimator, figures in metrics["uncertainty"].items():
        assert all(float(row[f"{estimator}/score"]) == float(row[f"{estimator}/score"]) for row in rows)
        for name in AREAS:
            mean = sum(float(row[f"{estimator}/{name}"]) for row in rows) / 12
            assert mean == pytest.approx(figures[name], rel=1e-12)
            assert figures[f"{name}_low"] <= figures[name] <= figures[f"{name}_high"]
    assert {f"{name}_low" for name in DEPTH_ERRORS} <= metrics["depth"]["mean depth map"].keys()
    assert metrics["intervals"] == {"level": 0.95, "draws": 2000, "seed": 0, "unit": "scene", "units": 6}
    assert "95% bootstrap intervals over 6 scenes" in outcome.out
    figures = metrics["depth"]["model"]
    cell = f"{figures['abs_rel']:.4f} [{figures['abs_rel_low']:.3f}, {figures['abs_rel_high']:.3f}]"
    assert cell in (tmp_path / "out/metrics.md").read_text()


def test_three_scenes_are_too_few(evaluate, synthetic, tmp_path):
    outcome = evaluate(*synthetic, f"output={tmp_path / 'out'}")
    assert "no intervals: n = 3 scenes is too small" in outcome.out
    assert json.loads((tmp_path / "out/metrics.json").read_text())["depth"]["model"].keys() == set(DEPTH_ERRORS)


def test_an_image_that_cannot_be_read_has_its_reason(evaluate, synthetic, tmp_path, monkeypatch):
    from gradunc.data.loading.failures import Checked, Delivery

    read = Checked._read

    def damaged(self, index):
        if index == 1:
            return Delivery(None, [Failure(1, "test/scene0001/frame00", "the file is damaged")])
        return read(self, index)

    monkeypatch.setattr(Checked, "_read", damaged)
    outcome = evaluate(*synthetic, "data.on_error=skip", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    rows = rows_of(tmp_path / "out/metrics_per_image.csv")
    assert [row["left_out"] for row in rows] == ["", "the file is damaged", ""]
    assert (rows[1]["image"], rows[1]["abs_rel"], rows[1]["gradient/score"]) == ("test/scene0001/frame00", "", "")
    assert "1 image that could not be read" in outcome.out


def test_predictions_that_are_no_numbers_are_counted(evaluate, synthetic, broken, tmp_path):
    broken(0.25)
    outcome = evaluate(*synthetic, f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    count = json.loads((tmp_path / "out/metrics.json").read_text())["non_finite_predictions"]
    assert count > 0
    for said in (f"{count} predicted values NaN or infinite", "3 images without a finite score of gradient"):
        assert said in outcome.out
        assert said in (tmp_path / "out/metrics.md").read_text()
    rows = rows_of(tmp_path / "out/metrics_per_image.csv")
    assert sum(int(row["non_finite"]) for row in rows) == count
    assert all(0 < int(row["non_finite"]) < int(row["pixels"]) for row in rows)


def test_a_study_without_a_single_score_is_an_error(infer, synthetic, broken, tmp_path):
    """A loss over pixels of which one is NaN is NaN, and so are all its gradients."""
    broken(0.25)
    outcome = infer("study", *synthetic, f"output={tmp_path / 'out'}")
    assert_one_error(outcome, "not one of", "can be ranked")
    assert no_result(tmp_path / "out")


@pytest.mark.parametrize("verb", ["evaluate", "study", "ood"])
def test_a_network_without_a_single_number_is_an_error_and_no_table(infer, synthetic, broken, tmp_path, verb):
    broken(1)
    write_images(tmp_path / "in", [(48, 64)] * 3)
    more = {"evaluate": ["evaluation.pictures=0"], "ood": [f"other={tmp_path / 'in'}"]}.get(verb, [])
    outcome = infer(verb, *synthetic, *more, f"output={tmp_path / 'out'}")
    assert outcome.code == 2
    said = (
        "6144 of 6144 predicted values are not finite"
        if verb == "ood"
        else "for 3 test images is finite; give a network"
    )
    assert said in outcome.err.strip().splitlines()[-1]
    assert "Traceback" not in outcome.err
    assert no_result(tmp_path / "out")


def test_a_study_has_intervals_and_counts(infer, six_scenes, tmp_path):
    outcome = infer("study", *six_scenes, "uncertainty.gradient.layers=[6,10]", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    content = json.loads((tmp_path / "out/study.json").read_text())
    assert (content["images_without_truth"], content["non_finite_predictions"]) == (0, 0)
    assert content["intervals"]["units"] == 6
    for row in content["rows"]:
        assert all(row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] for name in AREAS)
    assert "95% bootstrap intervals over 6 scenes" in outcome.out


def no_result(folder):
    return not any(name.endswith((".json", ".csv", ".md", ".png")) for name in files_in(folder))
