"""Whole files or none."""

import os
import stat
from pathlib import Path

import pytest

from gradunc.files import remove_leftovers, replacing, second_name, write_bytes, write_json, write_text
from tests.helpers import files_in

LONG = "x" * 236 + ".npy"
"""240 bytes; most file systems allow 255."""


class Killed(BaseException):
    """What no `except Exception` catches, like an interrupt from the keyboard."""


def test_a_new_file_and_its_folders(tmp_path):
    path = tmp_path / "new" / "folder" / "a.bin"
    assert write_bytes(path, b"\0\1") == path
    assert path.read_bytes() == b"\0\1"
    assert files_in(tmp_path) == {"new/folder/a.bin"}


def test_an_old_file_is_replaced(tmp_path):
    write_text(tmp_path / "a", "a long old content")
    write_text(tmp_path / "a", "né")
    assert (tmp_path / "a").read_bytes() == b"n\xc3\xa9"
    assert files_in(tmp_path) == {"a"}


def test_json(tmp_path):
    assert write_json(tmp_path / "a.json", {"a": [1]}).read_text() == '{\n  "a": [\n    1\n  ]\n}\n'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_does_not_know_leave_the_old_file(tmp_path, value):
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": value})
    assert (tmp_path / "a.json").read_text() == "1\n"
    assert files_in(tmp_path) == {"a.json"}


@pytest.mark.parametrize("error", [OSError, Killed])
def test_a_break_while_writing(tmp_path, error):
    write_text(tmp_path / "a", "old")

    def half(aside: Path) -> None:
        aside.write_text("ne")
        raise error

    with pytest.raises(error), replacing(tmp_path / "a") as (aside,):
        half(aside)
    assert (tmp_path / "a").read_text() == "old"
    assert files_in(tmp_path) == {"a"}


@pytest.mark.parametrize("error", [OSError, Killed])
def test_a_break_between_writing_and_renaming(tmp_path, monkeypatch, error):
    write_text(tmp_path / "a", "old")

    def broken(*_):
        raise error

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(error):
        write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert files_in(tmp_path) == {"a"}


def test_several_files_take_their_places_together(tmp_path):
    paths = [tmp_path / "a", tmp_path / "folder" / "b"]
    with replacing(*paths) as asides:
        for number, aside in enumerate(asides):
            aside.write_text(f"{number}")
            assert not any(path.exists() for path in paths)
    assert [path.read_text() for path in paths] == ["0", "1"]
    assert files_in(tmp_path) == {"a", "folder/b"}


def test_one_of_several_files_fails(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    write_text(paths[0], "old")

    def first(aside: Path) -> None:
        aside.write_text("new")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"), replacing(*paths) as asides:
        first(asides[0])
    assert paths[0].read_text() == "old"
    assert files_in(tmp_path) == {"a"}


def test_a_folder_in_the_way_of_the_second_file_keeps_the_first(tmp_path):
    write_text(tmp_path / "a", "old")
    (tmp_path / "b").mkdir()
    with pytest.raises(IsADirectoryError, match="b"), replacing(tmp_path / "a", tmp_path / "b"):
        pytest.fail("raised before anything is written")
    assert (tmp_path / "a").read_text() == "old"
    assert files_in(tmp_path) == {"a"}


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_text(tmp_path / "file" / "a", "new")
    assert files_in(tmp_path) == {"file"}


def test_the_temporary_file_is_hidden_and_beside_its_target(tmp_path):
    with replacing(tmp_path / "a", tmp_path / "a") as asides:
        assert {aside.parent for aside in asides} == {tmp_path}
        assert all(aside.name.startswith(".") and aside.suffix == ".part" for aside in asides)
        assert len(set(asides)) == 2


def test_a_link_where_a_temporary_file_might_be_expected_is_left_alone(tmp_path):
    """As somebody would place it in a shared folder, to have another file overwritten."""
    (tmp_path / "precious").write_text("precious")
    guesses = [tmp_path / name for name in (".a.part", ".a.tmp", "a.tmp", "a.part", ".partial-a")]
    for guess in guesses:
        guess.symlink_to(tmp_path / "precious")
    write_text(tmp_path / "a", "new")
    assert (tmp_path / "precious").read_text() == "precious"
    assert all(guess.is_symlink() for guess in guesses)


def test_a_name_that_is_taken_is_not_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr("gradunc.files.secrets.token_hex", lambda _: "0")
    taken = tmp_path / ".gradunc-0.part"
    taken.write_text("somebody else's")
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "a", "new")
    assert taken.read_text() == "somebody else's"


def test_a_link_in_the_place_of_the_target_is_replaced(tmp_path):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "a").symlink_to(tmp_path / "precious")
    write_text(tmp_path / "a", "new")
    assert (tmp_path / "precious").read_text() == "precious"
    assert (tmp_path / "a").read_text() == "new"


@pytest.mark.parametrize("name", [LONG, "é" * 120, os.fsdecode(b"\xff\xfe")])
def test_names_that_are_long_or_no_text(tmp_path, name):
    write_bytes(tmp_path / name, b"x")
    assert (tmp_path / name).read_bytes() == b"x"


def test_others_may_read_it(tmp_path):
    """A cache may be shared between people; `tempfile` would keep it to its owner."""
    before = os.umask(0o022)
    try:
        write_bytes(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_durable_files_and_their_folder_are_forced_onto_the_disk_before_and_after_the_renaming(tmp_path, monkeypatch):
    seen = []

    def force(descriptor: int) -> None:
        inode = os.fstat(descriptor).st_ino
        seen.append((inode, sorted(files_in(tmp_path))))

    monkeypatch.setattr(os, "fsync", force)
    with replacing(tmp_path / "a", durable=True) as (aside,):
        aside.write_text("new")
        inode = aside.stat().st_ino
    assert seen == [(inode, [aside.name]), (tmp_path.stat().st_ino, ["a"])]
    with replacing(tmp_path / "b") as (aside,):
        aside.write_text("new")
    assert len(seen) == 2, "a cache does not wait for the disk"


@pytest.mark.parametrize("links", [True, False])
def test_a_second_name_takes_the_place_of_another_file(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", lambda *paths: (_ for _ in ()).throw(PermissionError(1, "no links here")))
    write_text(tmp_path / "a", "new")
    write_text(tmp_path / "b", "old")
    for _ in range(2 if links else 1):
        second_name(tmp_path / "a", tmp_path / "b")
        assert (tmp_path / "b").read_text() == "new"
        assert files_in(tmp_path) == ({"a", "b"} if links else {"b"})


def test_a_missing_file_gets_no_second_name(tmp_path):
    write_text(tmp_path / "b", "old")
    with pytest.raises(FileNotFoundError):
        second_name(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "old"


def test_leftovers_are_ours_only(tmp_path):
    (tmp_path / "inside").mkdir()
    ours = tmp_path / "inside" / f".gradunc-{'0a' * 8}.part"
    others = [".gradunc-1.part", "a.part", f".gradunc-{'0a' * 8}.part.txt", f"x.gradunc-{'0a' * 8}.part"]
    for path in (ours, *(tmp_path / name for name in others)):
        path.write_text("half")
    linked = tmp_path / f".gradunc-{'0b' * 8}.part"
    linked.symlink_to(tmp_path / "a.part")
    (tmp_path / f".gradunc-{'0c' * 8}.part").mkdir()
    assert remove_leftovers(tmp_path) == [ours]
    assert files_in(tmp_path) == {*others, linked.name}


def test_leftovers_have_the_names_of_temporary_files(tmp_path):
    with replacing(tmp_path / "a") as (aside,):
        assert remove_leftovers(tmp_path) == [aside]
        aside.write_text("again")
