"""No reader of files opens what is no file, takes memory for it, or waits for it."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

from gradunc.data import formats
from gradunc.errors import InputError
from tests.data.readers import COPIES, FORMAT_READERS, READERS
from tests.data.special_files import NOT_REGULAR, SPECIAL, answer, in_time


def kind_of(write) -> str:
    return write.__name__.strip("_")


def readers_of_formats() -> set[str]:
    """`module.function` of every public function of gradunc/data/formats whose first parameter is a file's path."""
    found = set()
    for info in pkgutil.iter_modules(formats.__path__):
        module = importlib.import_module(f"{formats.__name__}.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and name[0] != "_":
                parameters = list(inspect.signature(function).parameters)
                found |= {f"{info.name}.{name}"} if parameters[:1] == ["path"] else set()
    return found


def test_every_reader_of_a_format_is_walked_over():
    assert readers_of_formats() <= set(FORMAT_READERS), "name a new one in tests/data/readers.py"


@pytest.mark.parametrize("write", SPECIAL, ids=kind_of)
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_file_is_one_line(tmp_path, name, write):
    reader = READERS[name]
    path = tmp_path / f"{reader.named}{reader.suffix}"
    path.parent.mkdir(exist_ok=True)
    write(path)
    with in_time():
        _, refusal = answer(reader.read, path)
    if refusal:
        assert "\n" not in refusal
        assert path.name in refusal
        assert len(refusal) < 600
    else:
        assert reader.empty_is_well
        assert kind_of(write) in ("empty", "link_to_nothing", "link_to_itself"), "it was read"


@pytest.mark.parametrize("write", SPECIAL, ids=kind_of)
def test_a_copy_that_is_no_file_is_none(tmp_path, write):
    write(tmp_path / "a.bin")
    with in_time():
        assert COPIES(tmp_path / "a.bin") is None


@pytest.mark.parametrize("write", NOT_REGULAR, ids=kind_of)
def test_the_message_says_what_is_there_instead(tmp_path: Path, write):
    write(tmp_path / "a.png")
    with pytest.raises(InputError) as caught, in_time():
        READERS["image"].read(tmp_path / "a.png")
    expected = {
        "fifo": "is a FIFO; give a regular file",
        "folder": "is a folder; give a regular file",
        "zeros_without_end": "is a device; give a regular file",
        "link_to_itself": "cannot be opened: Too many levels of symbolic links",
        "link_to_nothing": "does not exist",
    }
    assert expected[kind_of(write)] in str(caught.value)
