from dataclasses import replace

import pytest

from gradunc.errors import InputError
from gradunc.results import FORMATS, write, writing
from tests.helpers import files_in
from tests.results.helpers import RESULT

NAMES = ["metrics.json", "depth.csv", "layers.csv", "plot.csv", "metrics.md", "plot.png"]


def test_every_file_of_every_format(tmp_path):
    folder = tmp_path / "new" / "folder"
    assert write(RESULT, folder) == [folder / name for name in NAMES]
    assert files_in(tmp_path / "new/folder") == set(NAMES)
    for render in FORMATS:
        for name, content in render(RESULT).items():
            assert (folder / name).read_bytes() == content


def test_files_beside_the_result(tmp_path):
    assert [path.name for path in write(RESULT, tmp_path, beside={"09.txt": b"1 2"})] == [*NAMES, "09.txt"]
    assert (tmp_path / "09.txt").read_bytes() == b"1 2"


def test_a_new_format_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "FORMATS", (*FORMATS, lambda result: {f"{result.name}.html": b"<p>"}))
    write(RESULT, tmp_path)
    assert files_in(tmp_path) == {*NAMES, "metrics.html"}


def test_a_format_that_fails_leaves_the_old_files(tmp_path):
    write(RESULT, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(TypeError):
        write(replace(RESULT, facts={"images": object()}), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_one(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"^cannot write to '.*file': .*; set output=DIR$"):
        write(RESULT, tmp_path / "file")
    assert files_in(tmp_path) == {"file"}
