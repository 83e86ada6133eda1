"""What users type, through the commands: text that YAML would change, and input that must end in one line."""

import pytest
import yaml as library

from gradunc.commands import infer, train
from tests.config.test_loading import yaml
from tests.config.test_tree import BOMB
from tests.helpers import assert_one_error, call_command

COMMANDS = {"train": (train.main, []), "predict": (infer.main, ["predict", "checkpoint=M"])}


@pytest.fixture
def call(monkeypatch, capsys):
    def _call(command, *arguments):
        main, begin = COMMANDS[command]
        return call_command(main, [*begin, *arguments, "--print-config"], monkeypatch, capsys)

    return _call


@pytest.mark.parametrize(
    "text", ["2011_09_26", "no", "F3 #2", "C:\\a\\b", "012", "1e3", "12:30", "[a", "${HOME}", "*.png"]
)
def test_text_is_what_was_typed(call, tmp_path, text):
    """Also after `--print-config` has become a file again, as the `config.yaml` of a run."""
    first = call("train", f"data.root={text}")
    assert first.code == 0
    again = call("train", yaml(tmp_path, first.out))
    assert again.out == first.out
    assert library.safe_load(first.out)["data"]["root"] == text
    shown = call("predict", f"source={text}")
    assert call("predict", yaml(tmp_path, shown.out)).out == shown.out
    assert library.safe_load(shown.out)["source"] == text


WRONG = {
    "name=../../x": "name=../../x must not have '/'",
    'name="a\\0b"': "must not have a null character",
    f"name={'n' * 300}": "is 300 bytes long",
    "name=..": "must not begin with a dot",
    f"data={'a' * 5000}": "does not exist (choices: ",
    f"data={'a' * 5000}.yaml": "does not exist",
    "model.std=[[1,2],[3]]": "wrong value for 'model.std': [1, 2] must be a number",
    f"model.size=[{'9' * 5000},5]": "is too large a number",
    "model.size=[²,5]": "wrong value for 'model.size': '²' must be a whole number",
    f"model.size={'[' * 3000}": "more than 50 brackets",
    f"uncertainty.gradient.reference{'.x' * 3000}=1": "unknown key 'uncertainty.gradient.reference.x",
    "data.mixture.a/b.weight=1": "the name 'a/b' must not have '/'",
    f"{'k' * 5000}=1": "unknown key 'kkk",
}


@pytest.mark.parametrize(("argument", "message"), WRONG.items(), ids=range(len(WRONG)))
def test_what_is_refused_in_one_line(call, argument, message):
    outcome = call("train", argument)
    assert_one_error(outcome, message)
    assert len(outcome.err) < 600


@pytest.mark.parametrize(
    "content", [BOMB, "[" * 3000, "&a {data: *a}", "defaults: {model: " + "a" * 5000 + "}", "\0", "{"]
)
@pytest.mark.parametrize("command", COMMANDS)
def test_files_that_are_refused_in_one_line(call, tmp_path, command, content):
    outcome = call(command, yaml(tmp_path, content))
    assert_one_error(outcome, str(tmp_path / "mine.yaml"))
    assert len(outcome.err) < 800


@pytest.mark.parametrize("name", ["x/../y", "../../traversed/evil"])
def test_an_estimator_that_leaves_the_folder(call, tmp_path, name):
    """The name is blamed, not the folder of the results."""
    file = yaml(tmp_path, f"{name}: {{layers: [6]}}\n")
    assert_one_error(
        call("predict", f"uncertainty={file}", "source=photos"), f"{file}: uncertainty: the name '{name}' must"
    )


def test_a_bare_argument_that_is_no_file(call):
    assert_one_error(call("train", "a" * 5000), "is neither key=value")
    assert_one_error(call("predict", "a" * 5000), "source=aaa", "has a part of more than 255 bytes")


PATHS = [
    "data.root",
    "data.cache",
    "data.kitti.train_split",
    "resume",
    "output",
    "model.weights",
    "objective.pose_weights",
]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("a" * 5000, "has a part of more than 255 bytes"),
        ("x/" * 3000, "has more than 4095 bytes"),
        ("~nobody-of-this-name/x", "begins with the home of a user who is unknown here"),
        ('"\\ud800"', "holds half a character"),
    ],
)
def test_paths_that_no_system_takes(call, path, problem):
    for key in PATHS:
        assert_one_error(call("train", f"{key}={path}"), f"{key}=", problem)
    for key in ("checkpoint", "source", "output"):
        assert_one_error(call("predict", f"{key}={path}"), f"{key}=", problem)
