"""Sections that are chosen by name: what files say of another choice, and entries that overrides make."""

import pytest

from gradunc.config.chosen import chosen_names, without_overruled
from gradunc.config.train import TrainConfig
from gradunc.models.families import FAMILIES
from gradunc.uncertainty.gradient.settings import RECOMMENDED, GradientSettings
from gradunc.uncertainty.registry import ESTIMATORS
from tests.config.test_loading import error_of, evaluate, train, yaml
from tests.uncertainty.toys import TOYS
from tests.uncertainty.toys.dropout import Settings as DropoutSettings

DEFAULT = GradientSettings(**RECOMMENDED)
"""What configs/uncertainty/gradient.yaml says."""


@pytest.fixture(autouse=True)
def dropout(monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "dropout", TOYS["dropout"])


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["uncertainty.gradient.method=dropout"], {"gradient": DropoutSettings()}),
        (["uncertainty.gradient={method: dropout, samples: 3}"], {"gradient": DropoutSettings(samples=3)}),
        (
            ["uncertainty.gradient={method: dropout, samples: 3}", "uncertainty.gradient.samples=5"],
            {"gradient": DropoutSettings(samples=5)},
        ),
        # The last one counts, and then the default file holds again.
        (["uncertainty.gradient={method: dropout}", "uncertainty.gradient.method=gradient"], {"gradient": DEFAULT}),
        (["uncertainty.mine.method=dropout"], {"gradient": DEFAULT, "mine": DropoutSettings()}),
        (
            ["uncertainty.mine.samples=7", "uncertainty.mine.method=dropout"],
            {"gradient": DEFAULT, "mine": DropoutSettings(samples=7)},
        ),
        (["uncertainty.mine={method: dropout, samples: 2}"], {"gradient": DEFAULT, "mine": DropoutSettings(samples=2)}),
        (["uncertainty.mine={seed: 4}", "uncertainty=none"], {"mine": GradientSettings(seed=4)}),
        (["uncertainty=none", "uncertainty.mine.method=dropout"], {"mine": DropoutSettings()}),
    ],
)
def test_methods_of_the_command_line(overrides, expected):
    assert train(*overrides).uncertainty == expected
    assert evaluate(*overrides).uncertainty == expected


def test_a_method_of_a_users_file_replaces_the_default_entry(tmp_path):
    file = yaml(tmp_path, "uncertainty: {gradient: {method: dropout, samples: 3}}")
    assert train(file).uncertainty == {"gradient": DropoutSettings(samples=3)}


def test_only_what_says_another_choice_is_dropped():
    overrides = ["uncertainty.a.method=dropout", "model.architecture=rt_monodepth_s"]
    content = {
        "uncertainty": {"a": {"layers": "auto"}, "b": {"layers": "auto"}, "c": {"method": "dropout"}},
        "model": {"architecture": "monodepth2", "size": [32, 64]},
        "seed": 3,
    }
    names = chosen_names(TrainConfig, [content], overrides)
    assert names == {
        "model": "rt_monodepth_s",
        "uncertainty.a": "dropout",
        "uncertainty.b": "gradient",
        "uncertainty.c": "dropout",
    }
    kept = {"uncertainty": {"b": {"layers": "auto"}, "c": {"method": "dropout"}}, "seed": 3}
    assert without_overruled(TrainConfig, content, names) == kept


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("uncertainty.gradient.method=", "uncertainty.gradient.method= must be a name: gradient, flip_difference, "),
        (
            "uncertainty.gradient.method=[a, b]",
            "uncertainty.gradient.method=[a, b] must be a name: gradient, flip_difference, ",
        ),
        (
            "uncertainty.gradient={method: }",
            "uncertainty.gradient.method=null must be a name: gradient, flip_difference, ",
        ),
        ("model.architecture=", f"model.architecture= must be a name: {', '.join(FAMILIES)}"),
        ("uncertainty.mine.method=dropuot", "unknown uncertainty.mine.method 'dropuot'; did you mean 'dropout'?"),
        ("uncertainty.mine={method: dropuot}", "unknown uncertainty.mine.method 'dropuot'; did you mean 'dropout'?"),
        ("uncertainty..method=dropout", "unknown key 'uncertainty..method'"),
    ],
)
def test_a_choice_that_is_none(override, message):
    assert error_of(override).startswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["experiment=kitti_mono", "model.architecture=rt_monodepth_s"],
            "configs/model/monodepth2.yaml: unknown key 'model.encoder': it exists with architecture=monodepth2 or "
            "adabins only; choose model=rt_monodepth_s instead",
        ),
        (
            ["uncertainty=gradient", "uncertainty.gradient.method=dropout"],
            "configs/uncertainty/gradient.yaml: unknown key 'uncertainty.gradient.layers': it exists with "
            "method=gradient, inference_dropout, feature_noise, error_head or student only; choose uncertainty=none "
            "instead",
        ),
    ],
)
def test_a_key_in_a_file_of_ours_is_no_key_that_a_user_can_omit(arguments, message):
    assert error_of(*arguments).endswith(message)


def test_the_advised_group_works():
    assert train("experiment=kitti_mono", "model=rt_monodepth_s").model.architecture == "rt_monodepth_s"
    config = train("uncertainty=none", "uncertainty.gradient.method=dropout")
    assert config.uncertainty == {"gradient": DropoutSettings()}


def test_a_key_in_a_file_of_the_user_is_to_be_omitted(tmp_path):
    file = yaml(tmp_path, "model: {architecture: rt_monodepth_s, encoder: resnet18}")
    assert error_of(file).endswith("it exists with architecture=monodepth2 or adabins only; omit it, or choose that")
