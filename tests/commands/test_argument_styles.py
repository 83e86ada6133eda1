"""`--key=value`, as the agent of W&B writes it, `--key value` and Hydra's `+key=value`, in every command."""

import subprocess
import sys

import pytest
import yaml

from gradunc.commands import infer, train
from gradunc.tools import prepare
from gradunc.tools.check.command import main as check
from tests.helpers import REPOSITORY, assert_one_error

STYLES = {
    "agent": ["--model=lcnet", "--objective.learning_rate=0.002", "--model.size=[64, 96]", "--trainer.progress=False"],
    "argparse": [
        *["--model", "lcnet", "--objective.learning_rate", "0.002", "--model.size", "[64, 96]"],
        *["--trainer.progress", "False"],
    ],
    "hydra": ["+model=lcnet", "++objective.learning_rate=0.002", "+model.size=[64,96]", "trainer.progress=false"],
}


@pytest.mark.parametrize("style", STYLES)
def test_train(call, style):
    outcome = call(train.main, *STYLES[style], "--print-config")
    assert (outcome.code, outcome.err) == (0, "")
    config = yaml.safe_load(outcome.out)
    assert config["objective"]["learning_rate"] == 0.002
    assert (config["model"]["encoder"], config["model"]["size"]) == ("lcnet_050", [64, 96])
    assert config["trainer"]["progress"] is False


@pytest.mark.parametrize("rest", [["--size=64x96", "--checkpoint=M", "in"], ["in", "--size", "64x96", "+checkpoint=M"]])
def test_infer(call, rest):
    outcome = call(infer.main, "predict", *rest, "--print-config")
    assert (outcome.code, outcome.err) == (0, "")
    config = yaml.safe_load(outcome.out)
    assert (config["checkpoint"], config["source"], config["size"]) == ("M", "in", "64x96")


def test_keys_of_other_verbs_and_calls_without_a_verb_are_told_as_ever(call):
    assert_one_error(
        call(infer.main, "predict", "--evaluation.crop=garg"), "evaluation.crop belongs to infer.py evaluate"
    )
    assert_one_error(call(infer.main, "--source=in", "--checkpoint", "M"), "infer.py predict source=in checkpoint=M")
    assert_one_error(call(infer.main, "predict", "--list-layers"), "say what to do: infer.py layers")


@pytest.mark.parametrize("main", [check, prepare.main], ids=["check", "prepare"])
def test_tools(call, main):
    name = ["kitti-splits"] if main is prepare.main else []
    assert_one_error(call(main, "--outputt", "x", *name), "unknown key 'outputt'; did you mean 'output'?")
    assert_one_error(call(main, *name, "--outputt=x"), "unknown key 'outputt'; did you mean 'output'?")


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        (["--objective.learnin_rate=1"], ["unknown key 'objective.learnin_rate'", "'objective.learning_rate'"]),
        (["--objective.learning_rate"], ["unknown flag '--objective.learning_rate'", "a key needs a value: key=value"]),
        (["--dry-run=true"], ["--dry-run is a flag and takes no value"]),
        (["--seed=-1"], ["seed=-1 must be between"]),
    ],
)
def test_errors(call, typed, parts):
    assert_one_error(call(train.main, *typed), *parts)


@pytest.mark.slow
def test_the_script_as_an_agent_calls_it():
    command = [sys.executable, "train.py", *STYLES["agent"], "--print-config"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "learning_rate: 0.002" in done.stdout
