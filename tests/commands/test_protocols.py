"""Named protocols of infer.py: refused where they are none, and on real frames with real weights."""

import json

import pytest

from gradunc.commands.infer import main
from tests.helpers import DATA, assert_one_error, files_in

KITTI, WEIGHTS = DATA / "kitti_raw", DATA / "rt_monodepth_s"


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["evaluation.protocol=eigen"], ["evaluation.protocol=eigen is about data=kitti, not synthetic"]),
        (["evaluation.protocol=eigne"], ["evaluation.protocol=eigne must be", "'eigen'"]),
        (["evaluation.crop=nyu_eigen"], ["evaluation.crop=nyu_eigen is about truth of 480x640 pixels"]),
    ],
)
def test_protocols_that_do_not_fit(evaluate, synthetic, tmp_path, arguments, parts):
    assert_one_error(evaluate(*synthetic, "uncertainty=none", f"output={tmp_path / 'out'}", *arguments), *parts)
    assert "metrics.json" not in files_in(tmp_path)


def test_a_contradiction_is_found_before_anything_is_read(evaluate, tmp_path):
    given = ["data=kitti", f"data.root={tmp_path}", "evaluation.protocol=eigen", "evaluation.max_depth=50"]
    assert_one_error(evaluate(*given, f"output={tmp_path / 'out'}"), "evaluation.max_depth=50 contradicts")
    assert files_in(tmp_path) == set()


@pytest.fixture
def on_kitti(call, tmp_path):
    if not (KITTI.is_dir() and WEIGHTS.is_dir()):
        pytest.skip(f"no KITTI frames and RT-MonoDepth-S weights in {DATA}")

    def run(*arguments):
        given = [f"checkpoint={WEIGHTS}", "data=kitti", f"data.root={KITTI}", "data.workers=0", "trainer=cpu"]
        given += ["trainer.progress=false", "evaluation.pictures=0", "uncertainty=none", f"output={tmp_path / 'out'}"]
        outcome = call(main, "evaluate", *given, *arguments)
        assert outcome.code == 0, outcome.err
        return json.loads((tmp_path / "out" / "metrics.json").read_text())

    return run


def test_eigen_on_real_frames(on_kitti):
    """The figures in the README of the data, and the name of the protocol with them."""
    result = on_kitti("evaluation.protocol=eigen")
    assert result["protocol"] == "eigen: alignment median, 0.001-80 m, Garg crop, Velodyne"
    assert result["depth"]["model"]["abs_rel"] == pytest.approx(0.0667, abs=1e-4)
    assert result["depth"]["model"]["rmse"] == pytest.approx(2.832, abs=2e-3)


@pytest.mark.slow
def test_png_files_change_little_where_they_scale_by_the_same_pixels(on_kitti):
    """Every truth counts in both; what is left are 16 bits, and depth instead of disparity resized for the median."""
    floats = on_kitti("evaluation.limit_truth=false")
    files = on_kitti("evaluation.protocol=published_png")
    assert files["protocol"] == "published_png: alignment median, 0.001-80 m, truth not limited, no crop, Velodyne"
    difference = {name: abs(files["depth"]["model"][name] - value) for name, value in floats["depth"]["model"].items()}
    assert 0 < difference["abs_rel"] < 1e-3
    assert 0 < difference["rmse"] < 1e-2
    assert difference["a1"] < 1e-3
