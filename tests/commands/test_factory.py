"""`checkpoint=FILE.py:FUNCTION` in the verbs."""

import json
from pathlib import Path

import pytest

from gradunc.commands.infer import main
from gradunc.commands.train import main as train
from tests.commands.conftest import QUIET
from tests.helpers import SIZE, TINY, Call, assert_one_error, files_in, write_images


@pytest.fixture
def code(tmp_path: Path, export: Path) -> str:
    """A function that returns the tiny network, as `export` holds it."""
    path = tmp_path / "mine" / "nets.py"
    path.parent.mkdir()
    path.write_text(f"import gradunc\n\ndef tiny():\n    return gradunc.load_model({str(export)!r})\n")
    return f"{path}:tiny"


def said(code: str) -> str:
    return f"checkpoint: runs {code.removesuffix(':tiny')} and calls its tiny()"


def test_one_line_says_that_code_runs(call: Call, code: str, export: Path) -> None:
    outcome, expected = (call(main, "layers", f"checkpoint={one}", *QUIET["layers"]) for one in (code, export))
    assert outcome.code == 0, outcome.err
    assert outcome.err.splitlines() == [said(code)]
    assert [line for line in outcome.out.splitlines() if "│" in line] == [
        line for line in expected.out.splitlines() if "│" in line
    ]


def test_an_evaluation_has_the_figures_of_the_same_weights(
    infer: Call, synthetic: tuple[str, ...], code: str, tmp_path: Path
) -> None:
    given = (*synthetic, "uncertainty=gradient_published")
    for name, more in {"code": [f"checkpoint={code}"], "export": []}.items():
        outcome = infer("evaluate", *given, *more, f"output={tmp_path / name}")
        assert outcome.code == 0, outcome.err
    one, other = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("code", "export"))
    assert one["depth"] == other["depth"]
    assert one["uncertainty"] == other["uncertainty"]


@pytest.mark.slow
def test_a_benchmark_beside_another_network(
    infer: Call, synthetic: tuple[str, ...], code: str, export: Path, tmp_path: Path
) -> None:
    given = (*synthetic, "uncertainty=[flip_difference]", "checkpoint=null", f"checkpoints=[{code},{export}]")
    outcome = infer("benchmark", *given, f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "out" / "nets.py_tiny" / "benchmark.json").is_file()


def test_what_is_learned_lies_beside_the_file(
    infer: Call, synthetic: tuple[str, ...], code: str, tmp_path: Path
) -> None:
    few = ("data.synthetic.val_scenes=2", "uncertainty=feature_density")
    outcome = infer("fit", *synthetic, *few, f"checkpoint={code}")
    assert outcome.code == 0, outcome.err
    assert any(name.startswith("uncertainty/feature_density-") for name in files_in(tmp_path / "mine"))


def test_predict(infer: Call, code: str, tmp_path: Path) -> None:
    write_images(tmp_path / "photos", [SIZE])
    given = (str(tmp_path / "photos"), f"output={tmp_path / 'maps'}", "uncertainty=gradient_published")
    for checkpoint in (code, code):
        outcome = infer("predict", *given, f"checkpoint={checkpoint}")
        assert outcome.code == 0, outcome.err
    assert "kept 1 of 1 results" in outcome.out + outcome.err
    assert said(code) in outcome.err


@pytest.mark.slow
def test_export(infer: Call, code: str, tmp_path: Path) -> None:
    outcome = infer("export", f"checkpoint={code}", f"to={tmp_path / 'a.pt2'}", "uncertainty=gradient_published")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "a.pt2").is_file()


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ("architecture=monodepth2", ["makes the network as it is; omit architecture=monodepth2"]),
        ("head=depth", ["makes the network as it is; omit head=depth"]),
    ],
)
def test_options_of_files_are_refused(infer: Call, code: str, change: str, parts: list[str]) -> None:
    assert_one_error(infer("layers", f"checkpoint={code}", change), *parts)


@pytest.mark.parametrize(
    ("verb", "line"),
    [("layers", "checkpoint: {code}"), ("benchmark", "checkpoints: [{code}]"), ("predict", "checkpoint: '{code}'")],
)
def test_no_configuration_file_runs_code(call: Call, code: str, tmp_path: Path, verb: str, line: str) -> None:
    ran = tmp_path / "ran"
    Path(code.removesuffix(":tiny")).write_text(f"open({str(ran)!r}, 'w')\n")
    (tmp_path / "a.yaml").write_text(line.format(code=code))
    outcome = call(main, verb, str(tmp_path / "a.yaml"), *QUIET[verb])
    assert_one_error(outcome, f"checkpoint: {code} is code, which no configuration file can run; give it as argument")
    assert not ran.exists()


@pytest.mark.parametrize(
    ("option", "part"),
    [
        ("resume", "does not exist; give a .ckpt file, a run folder, or auto"),
        ("model.weights", "is code, which only checkpoint= of infer.py runs"),
        ("objective.teacher", "is code, which only checkpoint= of infer.py runs"),
    ],
)
def test_training_runs_no_code(call: Call, synthetic: tuple[str, ...], code: str, option: str, part: str) -> None:
    outcome = call(train, *TINY, *synthetic[:2], "objective=supervised", f"{option}={code}")
    assert_one_error(outcome, option, part)
