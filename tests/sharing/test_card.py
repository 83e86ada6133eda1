"""Model cards: what stands in them comes from the facts, and what is not known is said."""

import ast
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from gradunc import adapt_huggingface
from gradunc.results.stored import StoredResult
from gradunc.sharing.calls import Preset
from gradunc.sharing.card import model_card
from gradunc.sharing.facts import Facts
from gradunc.sharing.folder import figure_of
from gradunc.sharing.front_matter import metadata
from gradunc.sharing.learned_files import LearnedFile
from gradunc.uncertainty.learned_file import Origin
from tests.helpers import tiny_model
from tests.models.adapters.huggingface_networks import glpn

RECOMMENDED = {"method": "gradient", "loss": "sensitivity"}
BENCHMARK = StoredResult(
    path=Path("benchmark.json"),
    protocol="Eigen crop",
    images=12,
    units="6 scenes",
    depth={"model": {"abs_rel": 0.125, "abs_rel_low": 0.1, "abs_rel_high": 0.15, "rmse": None}},
    uncertainty={
        "gradient": {"ause_abs_rel": 0.0625, "cost": 1.5, "scale": "score", "ence": None},
        "flip": {
            "ause_abs_rel": 0.25,
            "cost": 2.0,
            "scale": "std [m]",
            "nll": 1.5,
            "ence": 0.5,
            "ence_low": 0.375,
            "ence_high": 0.75,
            "coverage_95": 0.875,
        },
        "trivial_row": {"ause_abs_rel": None, "cost": 1.0, "scale": "score"},
    },
    judged={"data": "kitti", "size": "64x96", "estimators": {"gradient": RECOMMENDED}},
)


@pytest.fixture(scope="module")
def facts() -> Facts:
    presets = {"gradient": Preset("gradient", RECOMMENDED)}
    return Facts(tiny_model(), "street", "hf:me/street", presets=presets, recommended=RECOMMENDED)


def parsed(text: str) -> Any:
    """As the client of the hub reads a card."""
    return ModelCard(text)


def test_nothing_is_claimed_where_nothing_is_known(facts: Facts) -> None:
    text = model_card(facts)
    assert text.count("Not measured. `gradunc-infer evaluate checkpoint=hf:me/street data=NAME`") == 2
    assert text.count("Not measured. `gradunc-infer benchmark checkpoint=hf:me/street data=NAME`") == 1
    for said in ("## Training\n\nNot known", "Nothing was fitted", "`uncertainty=gradient`", "Unknown: nobody has"):
        assert said in text, said
    assert "model-index" not in metadata(facts)


def test_figures_with_their_intervals(facts: Facts) -> None:
    text = model_card(replace(facts, result=BENCHMARK, figure="sparsification.png"))
    for said in (
        "`kitti`, test split: 12 images, shown at 64x96; Eigen crop; 95% bootstrap intervals over 6 scenes.",
        "| model | 0.1250 [0.100, 0.150] | - |",
        "| gradient | 0.0625 | 1.5000 | score |",
        "| trivial_row | - | 1.0000 | score |",
        "![figures of the uncertainties](sparsification.png)",
        "* `gradient`: `uncertainty=gradient`, which is `method=gradient loss=sensitivity`",
        "`gradient`: scores without a unit.",
        "| flip | 1.5000 | 0.5000 [0.375, 0.750] | 0.8750 | std [m] |",
    ):
        assert said in text, said
    assert "Not measured" not in text
    # A model-index as the client reads it: figures that are no numbers are not listed.
    found = parsed(text).data.eval_results
    assert found is not None
    assert {(one.metric_type, one.metric_name, one.metric_value) for one in found} == {
        ("abs_rel", "abs_rel", 0.125),
        ("ause_abs_rel", "AUSE of abs_rel, gradient", 0.0625),
        ("ause_abs_rel", "AUSE of abs_rel, flip", 0.25),
    }
    assert {one.dataset_name for one in found} == {"kitti (12 images; Eigen crop)"}


def test_without_the_name_of_the_data_there_is_no_model_index(facts: Facts) -> None:
    result = replace(BENCHMARK, judged={})
    assert "model-index" not in metadata(replace(facts, result=result))
    text = model_card(replace(facts, result=result))
    assert "A data set that the result does not name: 12 images; Eigen crop" in text
    assert "The settings of the methods are not in the result." in text


def test_what_was_learned_and_whether_it_was_measured(facts: Facts) -> None:
    learned = LearnedFile(
        Path("bayescap-0-0.safetensors"),
        "bayescap",
        {"bayescap": {"method": "bayescap"}},
        "64x96",
        Origin("kitti", "val", 3, ""),
    )
    text = model_card(replace(facts, learned=(learned,), result=BENCHMARK))
    call = "uncertainty=none uncertainty.bayescap.method=bayescap size=64x96"
    assert f"* `bayescap`: method bayescap, learned from kitti val, 3 images, images at 64x96: `{call}`" in text
    assert f"Not measured for `bayescap`. `gradunc-infer benchmark checkpoint=hf:me/street data=NAME {call}`" in text


def test_a_network_of_hugging_face(facts: Facts) -> None:
    model = adapt_huggingface(glpn())
    found = metadata(replace(facts, model=model, licence_text="mit", origin="hf:a/b"))
    assert (found["license"], found["tags"][-1]) == ("mit", "transformers")
    text = model_card(replace(facts, model=model, origin="hf:a/b"))
    assert "| network | GLPNForDepthEstimation of transformers, adapted |" in text
    assert "| weights from | hf:a/b |" in text


@pytest.mark.parametrize(("origin", "tags"), [({"library": "diffusers"}, ["diffusers"]), ({}, [])])
def test_the_library_of_a_network(facts: Facts, origin: dict[str, str], tags: list[str]) -> None:
    model = adapt_huggingface(glpn())
    model.origin = origin
    assert metadata(replace(facts, model=model))["tags"][4:] == tags


@pytest.mark.parametrize("name", ["my street", 'it\'s "mine"', "a;b $HOME"])
def test_odd_names_can_be_typed(facts: Facts, name: str) -> None:
    text = model_card(replace(facts, checkpoint=name))
    shell = text.split("```sh\n")[1].split("\n")[0]
    assert shlex.split(shell) == ["gradunc-infer", "predict", f"checkpoint={name}", "photo.jpg"]
    measured = text.split("Not measured. `")[1].split("`")[0]
    assert shlex.split(measured) == ["gradunc-infer", "evaluate", f"checkpoint={name}", "data=NAME"]
    asked = loading(text.split("```python\n")[1].split("```")[0])
    assert ast.literal_eval(asked.args[0]) == name


def loading(code: str) -> ast.Call:
    """Where the code calls `gradunc.load_model`."""
    (found,) = [
        one
        for one in ast.walk(ast.parse(code))
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "load_model"
    ]
    return found


def test_a_result_of_another_name_has_no_figure(tmp_path: Path) -> None:
    (tmp_path / "sparsification.png").touch()
    assert figure_of(replace(BENCHMARK, path=tmp_path / "metrics-old.json")) is None
    assert figure_of(replace(BENCHMARK, path=tmp_path / "metrics.json")) == tmp_path / "sparsification.png"
    assert figure_of(BENCHMARK) is None


def test_what_an_output_leaves_open(facts: Facts) -> None:
    text = model_card(replace(facts, model=tiny_model(ambiguity="scale")))
    assert "| output | depth per pixel, up to an unknown factor: only ratios of depths mean something |" in text
    assert "| output | depth per pixel [m] |" in model_card(replace(facts, model=tiny_model(ambiguity="metric")))


@pytest.mark.parametrize("text", ["a: b\n---\nx", "Ünï | <b> `x` ---", "'\"#{}[]"])
def test_odd_licences_and_names_stay_text(facts: Facts, text: str) -> None:
    card = model_card(replace(facts, licence_text=text, training={"data": text}))
    head, body = card.removeprefix("---\n").split("\n---\n", 1)
    assert yaml.safe_load(head)["license"] in ("other", "unknown")
    assert parsed(card).data.library_name == "gradunc"
    assert "<b>" not in body.replace("\\<b>", "")
