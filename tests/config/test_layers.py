"""Groups that are chosen by the path of a file, and several files of one group."""

import pytest

from gradunc.commands.verbs import VERBS, verb_of
from gradunc.config import load, parse
from gradunc.uncertainty.gradient.settings import GradientSettings
from tests.config.test_loading import error_of, train, yaml

WITH_UNCERTAINTY = [name for name in VERBS if "uncertainty" in verb_of(name).groups]


@pytest.fixture
def mine(tmp_path):
    return yaml(tmp_path, "mine: {channels: norm}\nother: {layers: [head]}\n")


EXPECTED = {"mine": GradientSettings(channels="norm"), "other": GradientSettings(layers=["head"])}


def test_train_takes_a_path(mine, monkeypatch):
    assert train(f"uncertainty={mine}").uncertainty == EXPECTED
    monkeypatch.chdir(mine.parent)
    assert train("uncertainty=mine.yaml", "uncertainty.mine.seed=3").uncertainty["mine"].seed == 3
    monkeypatch.setenv("HOME", str(mine.parent))
    assert train("uncertainty=~/mine.yaml").uncertainty == EXPECTED


@pytest.mark.parametrize("name", WITH_UNCERTAINTY)
def test_every_verb_takes_a_path(mine, name):
    verb = verb_of(name)
    config = load(verb.schema, verb.groups, parse([f"uncertainty={mine}"], verb.groups, bare=verb.bare))
    assert config.uncertainty == EXPECTED


def test_several_names_and_paths(mine):
    both = train(f"uncertainty=[gradient_layers, {mine}]").uncertainty
    assert list(both) == ["gradient_layers", "mine", "other"]
    assert both["mine"] == EXPECTED["mine"]


def test_other_groups_and_experiments_take_a_path(tmp_path):
    model = yaml(tmp_path, "encoder: lcnet_050\nsize: [32, 64]\n", "model.yml")
    experiment = yaml(tmp_path, "seed: 5\n", "experiment.yaml")
    config = train(f"model={model}", f"experiment={experiment}")
    assert (config.model.encoder, config.model.size, config.seed) == ("lcnet_050", [32, 64], 5)
    assert train(f"experiment=[demo,{experiment}]").evaluation.baselines


def test_an_experiment_names_a_file_beside_it(mine, tmp_path):
    for defaults in ("{uncertainty: mine.yaml}", "{uncertainty: [mine.yaml]}"):
        assert train(yaml(tmp_path, f"defaults: {defaults}\n", "experiment.yaml")).uncertainty == EXPECTED
    both = train(yaml(tmp_path, "defaults: {uncertainty: [mine.yaml, gradient]}\n", "experiment.yaml")).uncertainty
    assert list(both) == ["mine", "other", "gradient"]
    for nothing in ("null", "~", ""):
        assert train(yaml(tmp_path, f"defaults: {{uncertainty: {nothing}}}\n", "experiment.yaml")).uncertainty == {}


def test_the_nearest_path(mine):
    wrong = mine.with_name("mein.yaml")
    assert error_of(f"uncertainty={wrong}") == f"uncertainty={wrong} does not exist; nearest: '{mine}'"
    assert error_of(f"uncertainty=[gradient,{wrong}]").endswith(f"does not exist; nearest: '{mine}'")


def test_mistakes_in_a_file_of_a_group(tmp_path, mine):
    path = yaml(tmp_path, "a: {channles: norm}\n", "wrong.yaml")
    message = f"{path}: unknown key 'uncertainty.a.channles'; did you mean 'uncertainty.a.channels'?"
    assert error_of(f"uncertainty={path}") == message
    whole = yaml(tmp_path, "uncertainty: {a: {channels: norm}}\n", "whole.yaml")
    assert error_of(f"uncertainty={whole}") == (
        f"{whole} holds a section 'uncertainty' and not its content alone; give it without 'uncertainty='"
    )
    assert error_of(f"uncertainty=[{mine},{mine}]") == f"uncertainty: 'mine' stands in {mine} and in {mine}; rename one"
    assert error_of("data=[kitti,nyu]") == "data cannot be several files, because it is one section; choose one"
    assert error_of("uncertainty=[]").startswith("uncertainty=[] must be a name, a FILE.yaml, or several")
    assert error_of("uncertainty=[a").startswith("uncertainty=[a is no YAML")
    assert error_of("uncertainty=").startswith("uncertainty= does not exist")
    assert "must be a name" in error_of(yaml(tmp_path, "defaults: {model: {a: b}}", "x.yaml"))


def test_long_names_of_files(tmp_path):
    """Longer than the file system has."""
    long = "a" * 5000
    for argument in (
        f"data={long}",
        f"uncertainty={long}.yaml",
        f"{long}.yaml",
        f"experiment={long}",
        f"--{long}",
        long,
    ):
        assert len(error_of(argument)) < 500
    assert "does not exist" in error_of(yaml(tmp_path, f"defaults: {{model: {long}}}"))
    assert "does not exist" in error_of(yaml(tmp_path, 'defaults: {model: "\\0"}'))
    assert "does not exist" in error_of(yaml(tmp_path, 'defaults: {model: "\\0.yaml"}'))
    assert parse([long], {}, bare="source").overrides == [f"source={long}"]
