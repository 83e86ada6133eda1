"""YAML as a tree: what is written stays, and no file takes long or ends in a traceback."""

import contextlib
import os

import pytest
import yaml as library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradunc.config.scalars import Scalar
from gradunc.config.tree import DEEPEST, LARGEST_FILE, MOST_NODES, read_yaml, tree_of
from gradunc.errors import InputError
from tests.config.test_loading import error_of, train, yaml

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine lines that stand for 9^9 values."""
MERGE_BOMB = "a: &a {k: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{','.join([f'*{old}'] * 9)}]}}\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_scalars_keep_their_text():
    tree = tree_of("{a: 012, b: [no, 2011-13-45], c: , d: '1', e: ~, 1: x, no: {f: 1e3}}")
    assert tree == {"a": "012", "b": ["no", "2011-13-45"], "c": None, "d": "1", "e": "~", "1": "x", "no": {"f": "1e3"}}
    assert (tree["a"].quoted, tree["d"].quoted) == (False, True)
    assert isinstance(tree["e"], Scalar)


def test_aliases_and_merges_are_as_in_yaml():
    """Compared with the library's own constructor, for text that it leaves alone."""
    text = "a: &a {k: x, l: y}\nb: {<<: *a, k: z}\nc: {<<: [{k: 1st}, *a]}\nd: [*a, *a]\n'<<': q\n"
    assert tree_of(text) == library.safe_load(text)
    assert tree_of("") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, f"more than {MOST_NODES} values"),
        (MERGE_BOMB, f"more than {MOST_NODES} values"),
        ("[" * 3000, f"more than {DEEPEST} brackets"),
        ("a: " + "{a: " * 3000, f"more than {DEEPEST} brackets"),
        ("\n".join(" " * i + f"a{i}:" for i in range(200)), f"more than {DEEPEST} brackets or levels"),
        (f"a: [{'x,' * MOST_NODES}]", f"more than {MOST_NODES} values"),
        ("&a {data: *a}", "the alias in line 1 stands within itself"),
        ("data:\n  a: &b [x, *b]\n", "the alias in line 2 stands within itself"),
        ("seed: 1\nname: a\nseed: 2\n", "the key 'seed' in line 3 stands there a second time"),
        ("{[a]: 1}", "the key in line 1 is no text"),
        ("name: !x y", "'!x' in line 1 means nothing here"),
        ("name: !!python/object/apply:os.system [ls]", "means nothing here"),
        ("data: !!set {a, b}", "means nothing here"),
        ("<<: 3", "'<<' in line 1 must name keys and values"),
    ],
)
def test_what_is_refused_in_one_line(tmp_path, text, message):
    path = yaml(tmp_path, text)
    assert error_of(path).startswith(f"{path}: ")
    assert message in error_of(path)


def test_a_large_file_is_not_read(tmp_path):
    path = yaml(tmp_path, f"name: {'a' * LARGEST_FILE}")
    assert error_of(path) == (
        f"configuration file '{path}' has {LARGEST_FILE + 6} bytes, more than the {LARGEST_FILE} that one can have"
    )


def test_what_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "fifo.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert error_of(tmp_path / "fifo.yaml").endswith("is a FIFO; give a regular file")
    assert error_of(tmp_path / "folder.yaml").endswith("is a folder; give a regular file")
    assert "loop.yaml" in error_of(tmp_path / "loop.yaml")
    assert "is a FIFO" in error_of(f"uncertainty={tmp_path}/fifo.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfseed: 7\r\nname: \xc3\xa9\r\n")
    config = train(tmp_path / "bom.yaml")
    assert (config.seed, config.name) == (7, "é")


def test_the_largest_file_of_a_user():
    """A thousand names of sequences, as an alias for two splits."""
    names = [f"2011_09_26_{i:04d}" for i in range(1000)]
    tree = tree_of(f"train: &names [{', '.join(names)}]\nval: *names\n")
    assert tree["train"] == tree["val"] == names


def test_other_errors_of_reading(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"name: \x07")
    with pytest.raises(InputError, match=r"a\.yaml is no YAML"):
        read_yaml(tmp_path / "a.yaml")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("ab:{}[]&*!<|>-?#,\"'\n \t~0.e_\\%@`", max_size=25))
def test_any_content_is_read_or_refused(tmp_path, text):
    """What we read, the library reads too; what we do not read is refused in words."""
    (tmp_path / "a.yaml").write_text(text)
    with contextlib.suppress(InputError):  # anything else fails
        tree = read_yaml(tmp_path / "a.yaml")
        node = library.compose(text)
        assert tree == {} if node is None else len(tree) <= len(node.value)


@pytest.mark.parametrize("text", ['a: "\\UFFFFFFFF"', f"%YAML {'9' * 5000}.1\n---\na: 1"])
def test_numbers_that_python_refuses_are_no_yaml(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(InputError, match=r"a\.yaml is no YAML: a number in it is too large"):
        read_yaml(tmp_path / "a.yaml")
