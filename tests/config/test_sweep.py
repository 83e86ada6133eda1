"""configs/sweep.yaml: what `wandb agent` would call is a configuration, whatever values it draws."""

import random
from typing import Any

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

from gradunc.commands.train import main
from gradunc.config import TrainConfig, as_yaml
from gradunc.config.command_line import config_folder
from gradunc.config.keys import known_keys
from tests.config.test_loading import train

SWEEP = yaml.safe_load((config_folder() / "sweep.yaml").read_text())
METHODS = ("grid", "random", "bayes")
DISTRIBUTIONS = ("uniform", "log_uniform_values", "int_uniform", "q_uniform", "constant", "categorical")


def drawn(parameter: dict[str, Any], chance: random.Random) -> Any:
    """One value, as the server draws it."""
    if "value" in parameter:
        return parameter["value"]
    if "values" in parameter:
        return chance.choice(parameter["values"])
    low, high = parameter["min"], parameter["max"]
    if parameter["distribution"] == "log_uniform_values":
        return min(max(low * (high / low) ** chance.random(), low), high)
    return chance.uniform(low, high)


def called(values: dict[str, Any], macro: str = "args") -> list[str]:
    """Arguments behind the program, as `wandb agent` makes them of `command`, by its own functions."""
    made = create_sweep_command_args({"args": {key: {"value": value} for key, value in values.items()}})
    words = create_sweep_command(list(SWEEP["command"]))[3:]
    return [one for word in words for one in (made[macro] if word == "${args}" else [word])]


def test_it_is_one():
    assert SWEEP["program"] == "train.py"
    assert SWEEP["method"] in METHODS
    assert SWEEP["metric"]["goal"] in ("minimize", "maximize")
    assert SWEEP["command"][:3] == ["${env}", "${interpreter}", "${program}"]
    for key, parameter in SWEEP["parameters"].items():
        assert {"value", "values", "min"} & parameter.keys(), key
        assert parameter.get("distribution", "categorical") in DISTRIBUTIONS, key


def test_every_parameter_is_a_key():
    assert SWEEP["parameters"].keys() <= set(known_keys(TrainConfig))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_drawn_is_a_configuration(seed):
    chance = random.Random(seed)
    values = {key: drawn(parameter, chance) for key, parameter in SWEEP["parameters"].items()}
    config = train(*called(values))
    assert (config.name, config.logger.kind) == ("sweep", "wandb")
    assert config.logger.mode == "auto", "the demo is offline, where there is no sweep"
    assert config.objective.learning_rate == values["objective.learning_rate"]
    assert config.data.batch_size == values["data.batch_size"]
    ema = values["objective.ema"]
    assert config.objective.ema == (None if ema == "null" else ema)
    assert f"learning_rate: {values['objective.learning_rate']}" in as_yaml(config)


@pytest.mark.parametrize("macro", ["args_no_hyphens", "args_no_equals", "args_append_hydra", "args_override_hydra"])
def test_the_other_styles_of_an_agent_mean_the_same(macro):
    chance = random.Random(0)
    values = {key: drawn(parameter, chance) for key, parameter in SWEEP["parameters"].items()}
    assert train(*called(values, macro)) == train(*called(values))


def test_print_config_answers_the_call_of_an_agent(capsys):
    chance = random.Random(1)
    values = {key: drawn(parameter, chance) for key, parameter in SWEEP["parameters"].items()}
    assert main([*called(values), "--print-config"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["data"]["augmentation"]["jitter"] == values["data.augmentation.jitter"]


def test_the_metric_is_one_that_is_logged():
    """As `val/` and a depth error, which every validation of the demo measures."""
    from gradunc.metrics.functional import DEPTH_ERRORS

    stage, name = SWEEP["metric"]["name"].split("/")
    assert stage == "val"
    assert name in DEPTH_ERRORS
