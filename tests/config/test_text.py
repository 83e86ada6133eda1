"""Text options arrive as they were typed: from the command line, from a file, and from the `config.yaml` of a run."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gradunc.config import as_yaml
from gradunc.config.train import TRAIN_GROUPS
from gradunc.options import path_problem
from tests.config.test_loading import error_of, evaluate, train
from tests.config.test_loading import yaml as file

HOSTILE = [
    "2011_09_26",
    "no",
    "yes",
    "on",
    "true",
    "F3 #2",
    "a: b",
    "{a",
    "[a",
    "[a]",
    "{a: b}",
    "a,b",
    "a=b",
    "!x",
    "!!python/object:os.system",
    "&x",
    "*x",
    "**/*.png",
    "%s",
    "@x",
    "`x`",
    "- a",
    "? a",
    "| a",
    "> a",
    " a",
    "a ",
    "\ta",
    "é",
    "深度",
    "\U0001f600",
    "a\u202eb",
    "1e3",
    "0x10",
    "0b1",
    "1_0",
    "012",
    "08",
    ".5",
    "1.",
    ".inf",
    "nan",
    "~",
    "~/a",
    "2011-09-26",
    "2011-13-45",
    "12:30",
    "1:30:00",
    "C:\\a\\b",
    "\\\\server\\share",
    "???",
    "${a}",
    "${oc.env:HOME}",
    "$HOME",
    "<<",
    "=",
    "'",
    '"',
    "'a' 'b'",
    "it's",
    "a\nb",
    "a\\nb",
    "a\\",
    "None",
    "---",
    "...",
    "#",
    "\ufeffa",
    "\x85",
    "\u2028",
    "\udcff",
    "a" * 250,
]
NULL = ("", "null", "Null", "NULL")
"""What an option that may be nothing takes for nothing."""

texts = st.text(st.characters(exclude_characters="\0"), max_size=20) | st.text(
    "[]{}:,#&*!|>'\"%@`~- \n\\01e.x", max_size=8
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def typed(text: str) -> None:
    """Through the command line, a file that YAML's own writer made, and the file that a run keeps."""
    config = train(f"data.root={text}", f"logger.project={text}", f"data.mixture.a.root={text}")
    values = config.data.root, config.logger.project, config.data.mixture["a"]["root"]
    assert values == (text, text, text)


def written(folder: Path, text: str) -> None:
    content = {"data": {"root": text, "mixture": {"a": {"root": text}}}, "logger": {"project": text}}
    content["data"]["division"] = {split: [text, "b"] for split in ("train", "val", "test")}
    content["uncertainty"] = {"gradient": {"layers": [text, "b"]}}
    config = train(file(folder, yaml.safe_dump(content)))
    again = train(file(folder, as_yaml(config, TRAIN_GROUPS), "again.yaml"))
    assert again == config
    assert (again.data.root, again.data.mixture["a"]["root"], again.logger.project) == (text, text, text)
    assert again.data.division.train == [text, "b"]
    assert again.uncertainty["gradient"].layers == [text, "b"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text(tmp_path, text):
    typed(text)
    written(tmp_path, text)


@quick
@given(texts)
def test_any_text_of_the_command_line(text):
    assume(not path_problem(text))
    assume(text not in NULL and not (len(text) > 1 and text[0] == text[-1] and text[0] in "'\""))
    typed(text)


@quick
@given(texts)
def test_any_text_of_a_file(tmp_path, text):
    assume(not path_problem(text))
    written(tmp_path, text)


BARE = (
    "2011_09_26 no yes on true 1e3 0x10 0b1 1_0 012 08 .5 1. .inf nan 2011-09-26 2011-13-45 12:30 1:30:00 C:\\a\\b ???"
)
BARE += " ${a} $HOME << = it's None null a=b a,b a[0] é ~/a ~"
"""What files may have without quotes, although YAML makes numbers, dates and truth values of most of it."""


@pytest.mark.parametrize("text", BARE.split())
def test_bare_words_of_a_file(tmp_path, text):
    content = f"logger:\n  project: {text}\ndata: {{division: {{train: [b], val: [c]}}, root: x}}\n"
    assert train(file(tmp_path, content)).logger.project == text


@pytest.mark.parametrize(
    ("typed_value", "expected"),
    [
        ("'no'", "no"),
        ('"no"', "no"),
        ("'F3 #2'", "F3 #2"),
        ('"a\\tb"', "a\tb"),
        ("'null'", "null"),
        ("'it''s'", "it's"),
        ("''", ""),
    ],
)
def test_quotes_around_the_whole_are_no_part_of_the_text(typed_value, expected):
    assert train(f"data.root={typed_value}").data.root == expected


@pytest.mark.parametrize("word", NULL)
def test_nothing(tmp_path, word):
    """An option that may be nothing is nothing for a bare word; in a file also for `~`, as YAML has it."""
    assert train("data.root=a", f"data.root={word}").data.root is None
    assert train("data.root=a", file(tmp_path, "data: {root: ~, kitti: {split: null, val_split: }}")).data.root == "a"
    assert train(file(tmp_path, f"data: {{root: {word}}}")).data.root is None
    assert train(file(tmp_path, "data: {root: ~}")).data.root is None
    assert train("data.root=~").data.root == "~"


def test_an_option_that_must_be_text():
    assert train("logger.project=null", "output=~").logger.project == "null"
    assert error_of("logger.project=") == "wrong value for 'logger.project': null must be text"
    assert "must not have a null character" in error_of('data.root="a\\0b"')
    assert "write it without brackets" in error_of("data.mixture={a: {root: [x]}}")


def test_lists_of_names():
    division = train("data.division.train=[012, no, 2011_09_26]", "data.division.val=['a,b']", "data.division.test=[]")
    shares = division.data.division
    assert (shares.train, shares.val, shares.test) == (["012", "no", "2011_09_26"], ["a,b"], [])
    assert train("data.kitti_odometry.test_sequences=[9,010,x]").data.kitti_odometry.test_sequences == [9, "010", "x"]
    assert train("data.division.train=0.5").data.division.train == 0.5
    assert evaluate("uncertainty.gradient.layers=[6,06,'6',!x]".replace("!x", "'!x'")).uncertainty[
        "gradient"
    ].layers == [
        6,
        "06",
        "6",
        "!x",
    ]


def test_names_that_yaml_reads_as_something_else(tmp_path):
    config = train(file(tmp_path, "uncertainty: {no: {seed: 1}, 012: {seed: 2}}"))
    assert [name for name in config.uncertainty if name != "gradient"] == ["no", "012"]
    assert train("uncertainty.1e3.method=gradient", "uncertainty.1e3.seed=4").uncertainty["1e3"].seed == 4
