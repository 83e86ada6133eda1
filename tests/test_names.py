"""Names of runs, estimators and parts of a mixture, through the options that hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradunc.names import LONGEST, SIGNS, name_problem
from tests.config.test_loading import error_of, train, yaml

SOUND = [
    "a",
    "run 3",
    "v1.0",
    "2011_09_26",
    "no",
    "深度",
    "é",
    "e\u0301",
    "a=b,c",
    "lr(1e-3)",
    "50%",
    "a#2",
    "_",
    "x" * LONGEST,
]
WRONG = {
    "../../x": "must not have '/'",
    "a/b": "must not have '/'",
    "a\\b": "must not have '\\'",
    "C:x": "must not have ':'",
    "a\nb": r"must not have '\n'",
    "a\x07b": r"must not have '\x07'",
    "a\u202eb": r"must not have '\u202e'",
    "a\udcff": r"must not have '\udcff'",
    "a*": "must not have '*'",
    "[a]": "must not have '['",
    "${a}": "must not have '$'",
    "a|b": "must not have '|'",
    "..": "must not begin with a dot",
    ".": "must not begin with a dot",
    ".hidden": "must not begin with a dot",
    "-x": "must not begin with a dot, a dash",
    " x": "must not begin with a dot, a dash or a blank",
    "x ": "nor end with a dot or a blank",
    "x.": "nor end with a dot",
    "   ": "is empty",
    "x" * (LONGEST + 1): f"is {LONGEST + 1} bytes long",
    "深" * 41: "is 123 bytes long",
    "con": "is reserved by Windows",
    "NUL.txt": "is reserved by Windows",
    "Com1": "is reserved by Windows",
}


@pytest.mark.parametrize("name", SOUND)
def test_a_name_of_a_run(name):
    assert train(f"name={name}").name == name


@pytest.mark.parametrize(("name", "problem"), WRONG.items(), ids=range(len(WRONG)))
def test_no_name_of_a_run(name, problem):
    message = error_of(f"name={name}")
    assert message.startswith("name=")
    assert problem in message
    assert len(message) < 300


@pytest.mark.parametrize("name", ["x/../y", "../../traversed", "a.b", ".", "a\\b", "", "a" * 200, "a\nb", "con", "-a"])
@pytest.mark.parametrize("section", ["uncertainty", "data.mixture"])
def test_no_name_of_an_entry(tmp_path, section, name):
    written = "".join(
        letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in name.replace("\\", "\\\\")
    )
    inner = f'{{"{written}": {{seed: 1}}}}'
    path = yaml(tmp_path, f"uncertainty: {inner}" if section == "uncertainty" else f"data: {{mixture: {inner}}}")
    assert error_of(path).startswith(f"{path}: {section}: the name '")


def test_entries_of_the_command_line():
    assert "the name 'a/b' must not have '/'" in error_of("uncertainty.a/b.method=gradient")
    assert "the name 'a/b' must not have '/'" in error_of("uncertainty.a/b={seed: 1}")
    assert "the name 'a/b' must not have '/'" in error_of("data.mixture.a/b.weight=1")
    assert "unknown key 'uncertainty.a.b.method'" in error_of("uncertainty.a.b.method=gradient")
    assert train("uncertainty.my run={seed: 3}").uncertainty["my run"].seed == 3


def test_names_that_are_one_file_where_case_does_not_count(tmp_path):
    message = "uncertainty: the names 'mine' and 'MINE' are one file where case does not count; rename one"
    assert error_of(yaml(tmp_path, "uncertainty: {mine: {}, MINE: {}}")) == message
    assert error_of("uncertainty.mine={seed: 1}", "uncertainty.MINE={seed: 1}") == message
    assert "are one file" in error_of("uncertainty.\u00e9={seed: 1}", "uncertainty.e\u0301={seed: 1}")


@given(st.text(max_size=130))
def test_a_sound_name_is_one_folder_of_every_system(name):
    """Whatever the rule lets through has one component, no control character, and fits beside a suffix."""
    if name_problem(name):
        return
    assert not set(name) & set('/\\:*?"<>|\0')
    assert name not in (".", "..")
    assert name == name.strip(" ")
    assert all(letter.isprintable() or letter in SIGNS for letter in name.replace("\u0301", ""))
    assert len(name.encode()) <= 255 - len(".uncertainty-.npy") - 100
